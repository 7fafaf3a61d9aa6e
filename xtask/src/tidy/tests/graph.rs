//! The rules about graphs: the dependencies of crates, and the modules of a crate.

use super::*;

/// The findings of the rule about reached crates, for the output of `cargo tree` about `domain` and
/// `portal`.
fn reached(domain: &str, portal: &str, known: &[(&str, &str)]) -> Vec<String> {
    let manifest = |name: &str| {
        member(name, "[dependencies]\nother.workspace = true\nbillers.workspace = true\n")
    };
    let files = [
        ("crates/domain/Cargo.toml", &*manifest("domain")),
        ("crates/portal/Cargo.toml", &*manifest("portal")),
        // It may do I/O, so cargo is not asked about it.
        ("crates/billers/Cargo.toml", &*member("billers", "")),
    ];
    let dependencies = |name: &str| match name {
        "domain" => Ok(domain.to_owned()),
        "portal" => Ok(portal.to_owned()),
        name => Err(format!("nobody asks about {name}")),
    };
    let findings = reach::find(&Tree::of(&files), known, dependencies).unwrap();
    findings.iter().map(ToString::to_string).collect()
}

const CLEAN: &str =
    "0domain v0.1.0 (/x/domain)\n1jiff v0.2.46\n2tokio-like v1.0.0\n1serde v1.0.1 (*)\n";

/// tokio is reached through a crate of ours and, in a later line, through an external one.
const IMPURE: &str = "0portal v0.1.0 (/x/portal)\n1other v2.0.0\n1billers v0.1.0 (/x/billers)\n\
                      2serde v1.0.1\n2tokio v1.54.1\n3mio v1.2.5\n1askama v0.16.0\n2hyper v1.0.0\n2tokio v1.54.1 (*)\n";

#[test]
fn a_crate_without_io_reaches_none_with_io_through_others() {
    assert_eq!(reached(CLEAN, CLEAN, &[]), nothing());
    let found = reached(CLEAN, IMPURE, &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("crates/portal/Cargo.toml:12: error: reaches: "), "{found:?}");
    assert!(found[0].ends_with(": portal → billers → tokio"), "{found:?}");
    assert!(found[1].ends_with(": portal → askama → hyper"), "{found:?}");
    let itself = "0domain v0.1.0 (/x)\n1tokio v1.0.0\n";
    assert_eq!(reached(itself, CLEAN, &[]).len(), 1, "directly too");
}

#[test]
fn a_known_reach_is_left_alone_until_it_is_gone() {
    let known = [("portal", "tokio"), ("portal", "hyper")];
    assert_eq!(reached(CLEAN, IMPURE, &known), nothing());
    let gone = reached(CLEAN, CLEAN, &known[..1]);
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(gone[0].contains("`portal` does not reach `tokio`: take it out"), "{gone:?}");
    let unknown = reached(CLEAN, IMPURE, &[("portal", "hyper"), ("receipt", "tokio")]);
    assert!(unknown[0].ends_with("portal → billers → tokio"), "{unknown:?}");
    assert!(unknown[1].contains("`receipt` does not reach `tokio`"), "{unknown:?}");
}

/// The circles in `files`, as printed, without the advice.
fn circles_in(files: &[(&str, &str)], known: &[&str]) -> Vec<String> {
    let findings = circles::find(&Tree::of(files), known);
    let text = |it: Finding| it.to_string().split(": a circle of").next().unwrap().to_owned();
    findings.into_iter().map(text).collect()
}

#[test]
fn files_that_use_each_other_are_a_circle() {
    let root = ("crates/x/src/lib.rs", "mod a;\nmod b;\nmod c;\n");
    let c = ("crates/x/src/c.rs", "use crate::a;\n");
    let found = "crates/x/src/a.rs:2: error: circles: crates/x/src/a.rs → crates/x/src/b.rs → \
                 crates/x/src/a.rs";
    for (a, b) in [
        ("//! A.\nuse crate::b::B;\n", "use crate::a::A;\n"),
        ("//! A.\nuse super::b;\n", "fn f() { super::a::g() }\n"),
        ("//! A.\nuse crate::{b::{self, B}, c};\n", "use crate::c; impl crate::a::A for B {}\n"),
        ("//! A.\ntype B = crate::b::B;\n", "mod tests { use super::super::a; }\n"),
        ("//! A.\nmacro_rules! m { () => { $crate::b::B } }\n", "fn f(a: &crate::a::A) {}\n"),
    ] {
        let files = [root, ("crates/x/src/a.rs", a), ("crates/x/src/b.rs", b), c];
        let circles = circles_in(&files, &[]);
        assert!(circles.contains(&found.to_owned()), "{a}{b}{circles:?}");
    }
}

#[test]
fn a_longer_circle_is_found_once_and_through_what_was_imported() {
    let files = [
        ("crates/x/tests/s/main.rs", "mod a;\nmod b;\nmod c;\n"),
        ("crates/x/tests/s/a.rs", "use crate::b;\nfn f() { b::d::f() }\n"),
        ("crates/x/tests/s/b/mod.rs", "pub mod d;\n"),
        ("crates/x/tests/s/b/d.rs", "pub use crate::c::f;\n"),
        ("crates/x/tests/s/c.rs", "use crate::a as first;\nfn f() { first::f() }\n"),
    ];
    let found = "crates/x/tests/s/a.rs:2: error: circles: crates/x/tests/s/a.rs → \
                 crates/x/tests/s/b/d.rs → crates/x/tests/s/c.rs → crates/x/tests/s/a.rs";
    assert_eq!(circles_in(&files, &[]), [found]);
}

#[test]
fn parents_children_and_what_is_used_one_way_are_no_circle() {
    let files = [
        ("crates/x/src/lib.rs", "mod a;\nmod b;\npub use a::A;\nuse b::c::C;\n"),
        // The library is another crate than the program beside it.
        ("crates/x/src/main.rs", "mod e;\nuse x::A;\n"),
        ("crates/x/src/e.rs", "use crate::A;\n"),
        ("crates/x/src/a.rs", "use crate::b::c::C;\nuse crate::b;\n// use crate::e;\n"),
        ("crates/x/src/b.rs", "mod c;\nmod d;\nuse c::C;\nuse d::D;\n"),
        (
            "crates/x/src/b/c.rs",
            "use super::d;\nuse super::B;\nuse crate::A;\nconst A: &str = \"crate::a\";\n",
        ),
        ("crates/x/src/b/d.rs", "use crate::b::B;\nuse std::a;\n"),
    ];
    assert_eq!(circles_in(&files, &[]), nothing());
}

#[test]
fn a_known_circle_is_a_warning_until_it_is_gone() {
    let with = |a: &'static str| {
        [
            ("crates/x/src/lib.rs", "mod a;\nmod b;\n"),
            ("crates/x/src/a.rs", a),
            ("crates/x/src/b.rs", "use crate::a;\n"),
        ]
    };
    let circle = circles::find(&Tree::of(&with("use crate::b;\n")), &["x"]);
    assert_eq!((circle.len(), circle[0].is_warning), (1, true));
    let gone = circles_in(&with("use std::b;\n"), &["x"]);
    assert!(gone[0].contains("error: circles: `x` has no circle any more"), "{gone:?}");
}
