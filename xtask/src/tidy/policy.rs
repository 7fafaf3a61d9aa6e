//! The decisions: the tables that the rules use.

/// This file, for findings about its own tables.
pub(super) const POLICY: &str = "xtask/src/tidy/policy.rs";

/// The allowed dependencies: a crate, and the crates of this workspace that it may use.
pub(super) const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("iak-protocol", &["domain"]),
    ("store", &["domain", "fail-points"]),
    ("biller", &["domain"]),
    ("sandbox", &["domain", "iak-protocol", "biller", "fail-points"]),
    ("gateway", &["domain", "store", "biller", "fail-points"]),
    ("portal", &["domain", "iak-protocol", "sandbox"]),
    ("receipt", &["domain"]),
    ("bank-statements", &[]),
    ("outbound", &["domain"]),
    ("client", &["iak-protocol", "outbound"]),
    ("connectors", &["domain", "iak-protocol", "biller", "outbound", "client"]),
    (
        "server",
        &[
            "domain",
            "iak-protocol",
            "store",
            "biller",
            "sandbox",
            "gateway",
            "receipt",
            "bank-statements",
            "outbound",
            "client",
            "connectors",
            "portal",
            "fail-points",
        ],
    ),
    ("seeded-rng", &["domain"]),
    ("sim", &["domain", "iak-protocol", "store", "biller", "gateway", "seeded-rng"]),
    ("fuzz", &["domain", "iak-protocol", "biller", "sandbox", "connectors", "seeded-rng"]),
    ("steps", &["domain", "iak-protocol"]),
    ("fail-points", &[]),
    ("tutorial", &[]),
    ("bench", &["xtask"]),
    ("xtask", &[]),
];

/// Dependencies that only tests may have.
pub(super) const DEV_ARROWS: &[(&str, &str)] =
    &[("bench", "domain"), ("receipt", "sandbox"), ("server", "fuzz"), ("store", "seeded-rng")];

/// Features that only tests may turn on, by their crates.
pub(super) const FOR_TESTS: &[(&str, &str)] = &[("fail-points", "armed")];

/// Pure crates, and the crates that do I/O.
pub(super) const PURE: &[&str] =
    &["domain", "iak-protocol", "biller", "sandbox", "receipt", "portal", "bank-statements"];
pub(super) const IMPURE: &[&str] =
    &["axum", "hyper", "hyper-util", "reqwest", "rusqlite", "tokio", "tokio-rustls"];

/// Pure crates that reach a crate with I/O through others, and which one: to be fixed.
pub(super) const KNOWN_REACHES: &[(&str, &str)] = &[];

/// Crates and test suites with circles of files: to be fixed.
pub(super) const KNOWN_CIRCLES: &[&str] = &[];

/// An external crate, and the only crate of ours that may use it.
pub(super) const USED_BY_ONE_CRATE: &[(&str, &str)] = &[
    ("refinery", "store"),
    ("reqwest", "outbound"),
    ("rusqlite", "store"),
    ("tokio-postgres", "store"),
];

/// Packages whose library has another name.
pub(super) const LIBRARY_NAMES: &[(&str, &str)] = &[("md-5", "md5")];

/// Dependencies that no source names: the crate, the dependency. The manifest says why it is there.
pub(super) const NOT_NAMED_IN_SOURCE: &[(&str, &str)] = &[("server", "md-5")];

/// The keys that a crate's manifest inherits from the workspace.
pub(super) const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// The crates that handle money: no floating point.
pub(super) const WITHOUT_FLOATS: &[&str] = &[
    "domain",
    "iak-protocol",
    "store",
    "biller",
    "sandbox",
    "gateway",
    "connectors",
    "bank-statements",
];

/// The only crate that contains SQL.
pub(super) const SQL_CRATE: &str = "crates/store/";

/// Limits of the lines of a source file.
pub(super) const LENGTH_WARNING: usize = 400;
pub(super) const LENGTH_ERROR: usize = 800;

/// Macros and markers of unfinished work.
pub(super) const LEFTOVER_MACROS: &[&str] = &["todo!", "dbg!", "unimplemented!"];
pub(super) const LEFTOVER_MARKS: &[&str] = &["FIXME", "XXX"];

/// Files that we write, by the end of their name; others are data and are not checked.
pub(super) const WRITTEN_HERE: &[&str] =
    &[".css", ".html", ".js", ".md", ".rs", ".sh", ".sql", ".toml", ".yaml", ".yml", ".ci/run"];

/// Files written by others, kept unchanged.
pub(super) const WRITTEN_ELSEWHERE: &[&str] = &["crates/receipt/assets/"];

/// Directories that exist only on some machines.
pub(super) const MACHINE_PATHS: &[&str] = &["/work/", "/root/", "/home/", "/tmp/target"];

/// The bad examples of these tables and of the rules' tests are here.
pub(super) const BAD_EXAMPLES: &str = "xtask/src/tidy/";

/// The languages of examples in comments.
pub(super) const NOT_RUST: &[&str] = &["json", "sh", "sql", "text", "toml", "xml"];
