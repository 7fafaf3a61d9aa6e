//! Each rule finds what it must and nothing else, and the workspace is tidy.

mod graph;

use super::*;

/// The findings of `rule` in `files`, as `path:line`.
fn found(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    let place = |it: Finding| format!("{}:{}", it.path, it.line);
    rule(&Tree::of(files)).into_iter().map(place).collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

/// A member that inherits everything from the workspace.
fn member(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion.workspace = true\nedition.workspace = true\n\
         rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
         [lints]\nworkspace = true\n{dependencies}"
    )
}

#[test]
fn the_workspace_is_tidy() {
    let errors: Vec<String> = check(&Tree::read(root()).unwrap())
        .unwrap()
        .iter()
        .filter(|finding| !finding.is_warning)
        .map(ToString::to_string)
        .collect();
    assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
}

#[test]
fn a_finding_names_file_line_rule_and_remedy() {
    let finding = Finding::new("sql", "a.rs", 7, "move it".to_owned());
    assert_eq!(finding.to_string(), "a.rs:7: error: sql: move it");
}

#[test]
fn arrows_that_are_not_drawn_are_refused() {
    let domain = member("domain", "[dependencies]\nstore.workspace = true\n");
    let store = member("store", "[dependencies]\ndomain.workspace = true\n");
    let biller = member("biller", "[dev-dependencies]\nstore = { workspace = true }\n");
    let files = [
        ("crates/domain/Cargo.toml", domain.as_str()),
        ("crates/store/Cargo.toml", &store),
        ("crates/biller/Cargo.toml", &biller),
    ];
    assert_eq!(
        found(manifest::arrows, &files),
        ["crates/biller/Cargo.toml:11", "crates/domain/Cargo.toml:11"]
    );
}

#[test]
fn an_arrow_is_seen_under_another_name_and_for_one_platform() {
    let root =
        "[workspace.dependencies]\nbooks = { path = \"crates/store\", package = \"store\" }\n";
    let protocol =
        member("iak-protocol", "[target.'cfg(unix)'.dependencies]\nbooks.workspace = true\n");
    let files = [
        ("Cargo.toml", root),
        ("crates/iak-protocol/Cargo.toml", protocol.as_str()),
        ("crates/store/Cargo.toml", &member("store", "")),
    ];
    assert_eq!(found(manifest::arrows, &files), ["crates/iak-protocol/Cargo.toml:11"]);
}

#[test]
fn a_crate_without_a_place_among_the_arrows_is_refused() {
    let files = [("crates/utils/Cargo.toml", member("utils", ""))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    assert_eq!(found(manifest::arrows, &files), ["crates/utils/Cargo.toml:1"]);
}

#[test]
fn only_one_crate_uses_a_foreign_crate() {
    let domain =
        member("domain", "[dependencies]\njiff.workspace = true\ntokio.workspace = true\n");
    let server = member("server", "[dev-dependencies]\nrusqlite.workspace = true\n");
    let store = member("store", "[dependencies]\nrusqlite.workspace = true\n");
    let files = [
        ("crates/domain/Cargo.toml", domain.as_str()),
        ("crates/server/Cargo.toml", &server),
        ("crates/store/Cargo.toml", &store),
    ];
    assert_eq!(
        found(manifest::foreign_crates, &files),
        ["crates/domain/Cargo.toml:12", "crates/server/Cargo.toml:11"]
    );
}

#[test]
fn what_is_there_for_tests_is_turned_on_by_tests_only() {
    let armed = "fail-points = { workspace = true, features = [\"armed\"] }\n";
    let store = member("store", &format!("[dependencies]\n{armed}"));
    let server = member("server", &format!("[dev-dependencies]\n{armed}"));
    let files = [("crates/store/Cargo.toml", &*store), ("crates/server/Cargo.toml", &*server)];
    assert_eq!(found(manifest::features_for_tests, &files), ["crates/store/Cargo.toml:11"]);

    let root =
        format!("[workspace.dependencies]\n{}", armed.replace("workspace = true", "path = \"\""));
    let store = member("store", "[dependencies]\nfail-points.workspace = true\n");
    let files = [("Cargo.toml", &*root), ("crates/store/Cargo.toml", &store)];
    assert_eq!(found(manifest::features_for_tests, &files), ["crates/store/Cargo.toml:11"]);
}

#[test]
fn a_dependency_that_no_source_uses_is_found() {
    let store = member(
        "store",
        "[dependencies]\nmd-5.workspace = true\ntokio-rustls.workspace = true\n\
         serde.workspace = true\njiff.workspace = true\n\
         [dev-dependencies]\nproptest.workspace = true\n",
    );
    let source = "//! With tokio_rustls::x.\nuse md5::Md5;\nfn f(x: my_serde::T) { \"jiff::\" }\n";
    let files = [
        ("crates/store/Cargo.toml", store.as_str()),
        ("crates/store/src/lib.rs", source),
        ("crates/store/tests/a.rs", "use proptest::prelude::*;\nuse jiff;\n"),
        ("crates/billers/src/lib.rs", "use serde::Serialize;\n"),
    ];
    assert_eq!(
        found(manifest::unused_dependencies, &files),
        ["crates/store/Cargo.toml:14", "crates/store/Cargo.toml:13", "crates/store/Cargo.toml:12"]
    );
}

#[test]
fn versions_are_taken_from_the_workspace() {
    let good = member("store", "[dependencies]\njiff = { workspace = true, features = [] }\n");
    let bad = "[package]\nname = \"domain\"\nversion = \"1.0.0\"\nedition.workspace = true\n\
               rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
               [dependencies]\njiff = \"0.2\"\n";
    let files = [("crates/store/Cargo.toml", good.as_str()), ("crates/domain/Cargo.toml", bad)];
    assert_eq!(
        found(manifest::inheritance, &files),
        // The dependency, the version, and the missing lints.
        ["crates/domain/Cargo.toml:9", "crates/domain/Cargo.toml:3", "crates/domain/Cargo.toml:1"]
    );
}

#[test]
fn sql_outside_the_store_is_refused() {
    let source = "//! A.\n// SELECT a FROM b\nlet a = \"SELECT a\";\nlet b = \"Select a bill\";\n\
                  let c = r#\"\n  UPDATE a\n  SET b = 1\"#;\nlet d = \"INSERT INTO a\";\n\
                  let e = \"DELETE FROM a\";\nlet f = \"UPDATES, SETS\";\nlet g = \"SELECTED a\";\n";
    let expected = [3, 5, 8, 9].map(|line| format!("crates/server/src/a.rs:{line}"));
    assert_eq!(found(source::sql, &[("crates/server/src/a.rs", source)]), expected);
    assert_eq!(found(source::sql, &[("crates/store/src/a.rs", source)]), nothing());
}

#[test]
fn a_long_file_is_warned_about_and_a_very_long_one_refused() {
    let findings = |lines: usize| source::length(&Tree::of(&[("a.rs", &"x\n".repeat(lines))]));
    assert!(findings(400).is_empty());
    assert!(findings(401)[0].is_warning && findings(800)[0].is_warning);
    assert!(!findings(801)[0].is_warning);
}

#[test]
fn floats_are_refused_where_the_money_is() {
    let source = "//! Never f64.\nlet a: f64 = 1;\nlet b = 1_f32;\nlet c = 2.0f64;\n\
                  let d = value.as_f64();\nlet e = 0xf64 + 0x1f64;\nlet f = buf64;\nlet g = \"f64\";\n";
    let expected = [2, 3, 4, 5].map(|line| format!("crates/domain/src/a.rs:{line}"));
    assert_eq!(found(source::floats, &[("crates/domain/src/a.rs", source)]), expected);
    assert_eq!(found(source::floats, &[("crates/server/src/a.rs", source)]), nothing());
}

#[test]
fn leftovers_are_refused() {
    let source = "//! A.\nfn a() { todo!() }\nfn b() { dbg!(1); }\nfn c() { unimplemented!() }\n\
                  // FIXME later\n// XXX\nlet mask = \"XXXX\";\nlet text = \"todo!\";\n";
    let expected = [2, 3, 4, 5, 6].map(|line| format!("a.rs:{line}"));
    assert_eq!(found(source::leftovers, &[("a.rs", source)]), expected);
    assert_eq!(found(source::leftovers, &[("a.md", "do not write todo!\nFIXME\n")]), ["a.md:2"]);
    assert_eq!(found(source::leftovers, &[("data.csv", "XXX\n")]), nothing());
}

#[test]
fn a_source_without_a_head_doc_is_found() {
    let files = [
        ("crates/store/src/lib.rs", "mod a;\n"),
        ("crates/store/src/a.rs", "//! Rows.\n"),
        ("crates/store/src/b.rs", "//!\n"),
        ("crates/store/tests/c.rs", "#[test]\nfn d() {}\n"),
    ];
    assert_eq!(
        found(source::head_docs, &files),
        ["crates/store/src/b.rs:1", "crates/store/src/lib.rs:1"]
    );
}

#[test]
fn an_example_that_nothing_runs_is_found() {
    let files = [
        ("a.rs", "//! ```\n//! a();\n//! ```\nfn a() {}\n"),
        ("b.rs", "/// Words.\n///\n/// ```sh\n/// ls\n/// ```\nfn b() {}\n"),
        (
            "c.rs",
            "impl C {\n    /// ```text\n    /// c\n    /// ```\n    /// ```should_panic\n    /// ```\n}\n",
        ),
        ("d.rs", "// ```\nfn d() {}\n"),
    ];
    assert_eq!(found(source::doc_examples, &files), ["a.rs:1", "c.rs:5"]);
}

#[test]
fn stray_whitespace_is_found() {
    let cases = [("a \nb\n", 1), ("\tb\n", 1), ("a\r\n", 1), ("a\nb", 2), ("a\n\n", 2)];
    for (text, line) in cases {
        assert_eq!(
            found(text::whitespace, &[("a.rs", text)]),
            [format!("a.rs:{line}")],
            "{text:?}"
        );
    }
    let left_alone = [
        ("a.rs", "a\n\nb\n"),
        ("empty.md", ""),
        ("example.json", "{}"),
        ("crates/receipt/assets/LICENSE.md", "a "),
        ("script.sh", "\ta\n"),
    ];
    assert_eq!(found(text::whitespace, &left_alone), nothing());
}

#[test]
fn a_key_without_a_comment_is_found() {
    let text = "# Where to listen.\n[server]\n# The address.\nlisten = \"a=b\"\nlimit = 1\n\n\
                #\nempty = 1\n# Apart.\n\napart = 1\n";
    let path = "crates/server/config.default.toml";
    let expected = [5, 8, 11].map(|line| format!("{path}:{line}"));
    assert_eq!(found(text::configuration_comments, &[(path, text)]), expected);
    assert_eq!(found(text::configuration_comments, &[("Cargo.toml", text)]), nothing());
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let page = "[a](../README.md#top) [b](missing.md) ![c](../../secret.png)\n\
                [d](https://example.com/x) [e](#here) `[f](code.md)` [g](../docs \"Docs\")\n\
                ```\n[h](fenced.md)\n```\n<img src=\"gone.svg\">\n[ref]: also/gone.md\n\
                [i](/README.md) [j](mailto:a@example.com)\n";
    let files = [("README.md", "[to](docs/page.md)\n"), ("docs/page.md", page)];
    let expected = [1, 1, 6, 7, 8].map(|line| format!("docs/page.md:{line}"));
    assert_eq!(found(text::links, &files), expected);
}

#[test]
fn paths_of_one_machine_are_found() {
    let text = "cd /work/x\nsee docs/work/x\nfile:///root/y\nhttps://example.com/home/\n\
                CARGO_TARGET_DIR=/tmp/target-a\n\"$HOME/work/x\"\n";
    let expected = [1, 3, 5].map(|line| format!("notes.txt:{line}"));
    assert_eq!(found(text::machine_paths, &[("notes.txt", text)]), expected);
}
