//! Rules about Rust sources.

use super::Finding;
use super::policy::{
    BAD_EXAMPLES, LEFTOVER_MACROS, LEFTOVER_MARKS, LENGTH_ERROR, LENGTH_WARNING, NOT_RUST,
    SQL_CRATE, WITHOUT_FLOATS,
};
use super::scan::{find_word, line, scan, words};
use super::tree::Tree;

/// SQL is in the store only.
pub(super) fn sql(tree: &Tree) -> Vec<Finding> {
    let elsewhere = |path: &str| !path.starts_with(SQL_CRATE) && !path.starts_with(BAD_EXAMPLES);
    let mut findings = Vec::new();
    for (path, source) in tree.sources().filter(|(path, _)| elsewhere(path)) {
        for (at, _) in scan(source).literals.into_iter().filter(|(_, text)| is_sql(text)) {
            let message = format!("a literal with SQL: only {SQL_CRATE} may talk to the database");
            findings.push(Finding::new("sql", path, line(source, at), message));
        }
    }
    findings
}

fn is_sql(literal: &str) -> bool {
    let words: Vec<&str> = words(literal).map(|(_, word)| word).collect();
    let follow = |first, second| words.windows(2).any(|pair| pair == [first, second]);
    let statement = |verb| {
        find_word(literal, verb).any(|at| literal[at + verb.len()..].starts_with([' ', '\n']))
    };
    follow("INSERT", "INTO")
        || follow("DELETE", "FROM")
        || statement("SELECT")
        || words.iter().skip_while(|word| **word != "UPDATE").any(|word| *word == "SET")
}

/// A long file must be split.
pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    let check = |(path, source): (&str, &str)| {
        let lines = source.lines().count();
        let message = format!("{lines} lines: split the file, {LENGTH_ERROR} are the limit");
        let is_warning = lines <= LENGTH_ERROR;
        (lines > LENGTH_WARNING)
            .then(|| Finding { is_warning, ..Finding::new("length", path, lines, message) })
    };
    tree.sources().filter_map(check).collect()
}

/// Money is whole rupiah: no floating point where it is handled.
pub(super) fn floats(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources().filter(|(path, _)| is_without_floats(path)) {
        let code = scan(source).code;
        for (at, word) in words(&code).filter(|(_, word)| is_float(word)) {
            let message = format!("`{word}`: count in whole units, such as rupiah or milliseconds");
            findings.push(Finding::new("floats", path, line(source, at), message));
        }
    }
    findings
}

fn is_without_floats(path: &str) -> bool {
    let of_crate = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
    of_crate.is_some_and(|name| WITHOUT_FLOATS.contains(&name))
}

/// The types, numbers with such a suffix (`1f64`) and functions named after them (`as_f64`).
fn is_float(word: &str) -> bool {
    let Some(before) = word.strip_suffix("f32").or_else(|| word.strip_suffix("f64")) else {
        return false;
    };
    let is_number = before.starts_with(|c: char| c.is_ascii_digit()) && !before.starts_with("0x");
    before.is_empty() || before.ends_with('_') || is_number
}

/// No unfinished work.
pub(super) fn leftovers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.written_here().filter(|(path, _)| !path.starts_with(BAD_EXAMPLES)) {
        let code = if path.ends_with(".rs") { scan(text).code } else { String::new() };
        let macros = LEFTOVER_MACROS.iter().map(|name| (code.as_str(), name));
        let marks = LEFTOVER_MARKS.iter().map(|mark| (text, mark));
        for (place, leftover) in macros.chain(marks) {
            for at in find_word(place, leftover) {
                let message = format!("`{leftover}`: finish it, or take it out");
                findings.push(Finding::new("leftovers", path, line(text, at), message));
            }
        }
    }
    findings
}

/// Every file of a crate begins with a comment about its purpose.
pub(super) fn head_docs(tree: &Tree) -> Vec<Finding> {
    let is_of_a_crate = |path: &str| path.starts_with("src/") || path.contains("/src/");
    tree.sources()
        .filter(|(path, source)| is_of_a_crate(path) && !source.starts_with("//! "))
        .map(|(path, _)| {
            let message = "begin the file with `//!` and a sentence that says what it is for";
            Finding::new("head-docs", path, 1, message.to_owned())
        })
        .collect()
}

/// No comment has an example in Rust: cargo would not run it, because the libraries have no doc tests.
pub(super) fn doc_examples(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        let mut is_open = false;
        for (number, line) in source.lines().enumerate() {
            let line = line.trim_start();
            let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            let fence = comment.and_then(|text| text.trim_start().strip_prefix("```"));
            let Some(language) = fence.map(str::trim) else { continue };
            is_open = !is_open;
            if is_open && !NOT_RUST.contains(&language) {
                let message = format!(
                    "nothing runs this example: write a test, or name its language, of {NOT_RUST:?}"
                );
                findings.push(Finding::new("doc-examples", path, number + 1, message));
            }
        }
    }
    findings
}
