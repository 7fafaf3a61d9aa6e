//! `cargo xtask tidy`: the rules of the project that no compiler checks.
//!
//! [`policy`] holds the decisions: which crate may use which, what a source may not contain. A rule
//! is a function from the [`Tree`] of files to its [`Finding`]s; one also asks cargo for
//! dependencies.

mod circles;
mod manifest;
mod modules;
mod paths;
mod policy;
mod reach;
mod scan;
mod source;
mod text;
pub(crate) mod tree;

#[cfg(test)]
mod tests;

use std::fmt;

use xtask::process::root;
use xtask::{Outcome, say};

use tree::Tree;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    /// Counted from one.
    line: usize,
    rule: &'static str,
    /// What is wrong, and what to do.
    message: String,
    is_warning: bool,
}

impl Finding {
    fn new(rule: &'static str, path: &str, line: usize, message: String) -> Finding {
        Finding { path: path.to_owned(), line, rule, message, is_warning: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { path, line, rule, message, is_warning } = self;
        let level = if *is_warning { "warning" } else { "error" };
        write!(f, "{path}:{line}: {level}: {rule}: {message}")
    }
}

const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    manifest::arrows,
    manifest::foreign_crates,
    manifest::unused_dependencies,
    manifest::inheritance,
    manifest::features_for_tests,
    circles::circles,
    source::sql,
    source::length,
    source::floats,
    source::leftovers,
    source::head_docs,
    source::doc_examples,
    text::whitespace,
    text::configuration_comments,
    text::links,
    text::machine_paths,
];

/// Checks the workspace, prints the findings, and fails on any error.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!("tidy takes no arguments, `{argument}` was given"));
    }
    let findings = check(&Tree::read(root())?)?;
    findings.iter().for_each(|finding| say!("{finding}"));
    match findings.iter().filter(|finding| !finding.is_warning).count() {
        0 => Ok(()),
        errors => Err(format!("tidy found {errors} error(s)")),
    }
}

fn check(tree: &Tree) -> Result<Vec<Finding>, String> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.extend(reach::reaches(tree)?);
    Ok(findings)
}
