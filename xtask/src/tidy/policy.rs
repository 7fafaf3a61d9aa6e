//! What is decided: the tables that the rules read.

/// This file, for whatever is found about its own tables.
pub(super) const POLICY: &str = "xtask/src/tidy/policy.rs";

/// The arrows: a crate, and the crates of this workspace that it may use.
pub(super) const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("iak-protocol", &[]),
    ("store", &["domain", "fail-points"]),
    ("biller", &["domain"]),
    ("sandbox", &["domain", "biller", "fail-points"]),
    ("gateway", &["domain", "store", "biller", "fail-points"]),
    ("portal", &["domain", "iak-protocol", "sandbox"]),
    ("receipt", &["domain"]),
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
            "portal",
            "fail-points",
        ],
    ),
    ("sim", &["domain", "iak-protocol", "store", "biller", "gateway"]),
    ("fuzz", &["domain", "iak-protocol", "biller", "sandbox"]),
    ("steps", &["domain", "iak-protocol"]),
    ("fail-points", &[]),
    ("tutorial", &[]),
    ("bench", &["xtask"]),
    ("xtask", &[]),
];

/// Arrows that only tests may follow.
pub(super) const DEV_ARROWS: &[(&str, &str)] =
    &[("bench", "domain"), ("receipt", "sandbox"), ("server", "fuzz")];

/// Features that only tests may turn on, by their crates.
pub(super) const FOR_TESTS: &[(&str, &str)] = &[("fail-points", "armed")];

/// Crates without I/O, and what would bring it in.
pub(super) const PURE: &[&str] =
    &["domain", "iak-protocol", "biller", "sandbox", "receipt", "portal"];
pub(super) const IMPURE: &[&str] =
    &["axum", "hyper", "hyper-util", "reqwest", "rusqlite", "tokio", "tokio-rustls"];

/// Crates without I/O that reach one with I/O through others, and which one: to be mended.
pub(super) const KNOWN_REACHES: &[(&str, &str)] = &[];

/// Crates and test suites whose files use each other in a circle: to be mended.
pub(super) const KNOWN_CIRCLES: &[&str] =
    &["portal", "iak-protocol", "sim", "store", "store/tests/power_cut"];

/// A foreign crate, and the one crate of ours that may use it.
pub(super) const KEPT_IN_ONE_ROOM: &[(&str, &str)] =
    &[("refinery", "store"), ("rusqlite", "store"), ("tokio-postgres", "store")];

/// Packages whose library has a name of its own.
pub(super) const LIBRARY_NAMES: &[(&str, &str)] = &[("md-5", "md5")];

/// Dependencies that no source names: the crate, the dependency. The manifest says why it is there.
pub(super) const UNNAMED: &[(&str, &str)] = &[];

/// What a crate's manifest takes from the workspace.
pub(super) const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// Where the money is: no floating point.
pub(super) const WITHOUT_FLOATS: &[&str] =
    &["domain", "iak-protocol", "store", "biller", "sandbox", "gateway"];

/// The only crate that knows SQL.
pub(super) const SQL_ROOM: &str = "crates/store/";

/// Lines of a source file.
pub(super) const LENGTH_WARNING: usize = 400;
pub(super) const LENGTH_ERROR: usize = 800;

/// Macros that may not stay, and marks of work that was put off.
pub(super) const LEFTOVER_MACROS: &[&str] = &["todo!", "dbg!", "unimplemented!"];
pub(super) const LEFTOVER_MARKS: &[&str] = &["FIXME", "XXX"];

/// Files written here, by the end of their name; others are data and stay as they came.
pub(super) const WRITTEN_HERE: &[&str] =
    &[".css", ".html", ".js", ".md", ".rs", ".sh", ".sql", ".toml", ".yaml", ".yml", ".ci/run"];

/// Files of others, kept to the letter.
pub(super) const WRITTEN_ELSEWHERE: &[&str] = &["crates/receipt/assets/"];

/// Directories that exist on some machine only.
pub(super) const MACHINE_PATHS: &[&str] = &["/work/", "/root/", "/home/", "/tmp/target"];

/// Here the bad examples are spelled out, for these tables and for the tests of the rules.
pub(super) const BAD_EXAMPLES: &str = "xtask/src/tidy/";
