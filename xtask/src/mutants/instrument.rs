//! Makes the copy of the sources that contains all mutants.
//!
//! An expression that a mutant replaces becomes a choice between the original and the mutant, so
//! that all mutants are compiled at once and each runs alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::package_of;
use super::table::{Edit, Table};
use crate::tidy::tree::paths;

/// The environment variable with the name of the active mutant.
pub(super) const ACTIVE: &str = "MUTANT";

/// The code that is added to each crate that has a mutant.
const MODULE: &str = "
mod mutants {
    pub(crate) fn is_active(name: &str) -> bool {
        static ACTIVE: std::sync::LazyLock<Option<String>> =
            std::sync::LazyLock::new(|| std::env::var(\"MUTANT\").ok());
        ACTIVE.as_deref() == Some(name)
    }
}
";

/// The lints apply to the sources only.
const NO_LINTS: &str = "#![allow(warnings)] ";

/// Makes `copy` a copy of the sources below `root` with all mutants. Unchanged files are not
/// touched, so that cargo rebuilds only what changed.
pub(super) fn tree(table: &Table, root: &Path, copy: &Path) -> Result<(), String> {
    let mut changed = files(table, root)?;
    let paths = paths(root)?;
    for path in &paths {
        let Ok(original) = fs::read(root.join(path)) else { continue };
        let wanted = changed.remove(path).map_or(original, String::into_bytes);
        let file = copy.join(path);
        if fs::read(&file).is_ok_and(|found| found == wanted) {
            continue;
        }
        let written = fs::create_dir_all(file.parent().unwrap_or(copy));
        let written = written.and_then(|()| fs::write(&file, wanted));
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    for path in crate::tidy::tree::files_on_disk(copy)? {
        if !paths.contains(&path) && path != "Cargo.lock" {
            let _ = fs::remove_file(copy.join(path));
        }
    }
    Ok(())
}

/// The files that differ from the sources below `root`, with their contents.
pub(super) fn files(table: &Table, root: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut places: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    let edits = table
        .mutants
        .iter()
        .flat_map(|mutant| mutant.edits.iter().map(move |edit| (Some(mutant.name.as_str()), edit)));
    for (mutant, edit) in edits.chain(table.always.iter().map(|edit| (None, edit))) {
        places.entry(&edit.file).or_default().push(Place { mutant, edit });
    }
    let mut files = BTreeMap::new();
    for (file, places) in &places {
        files.insert((*file).to_owned(), instrument(file, &read(root, file)?, places)?);
    }
    let with_mutants =
        places.iter().filter(|(_, places)| places.iter().any(|it| it.mutant.is_some()));
    for (file, _) in with_mutants {
        let crate_root = crate_root(root, file)?;
        let source = match files.get(&crate_root) {
            Some(source) => source.clone(),
            None => read(root, &crate_root)?,
        };
        if !source.starts_with(NO_LINTS) {
            files.insert(crate_root, [NO_LINTS, &source, MODULE].concat());
        }
    }
    Ok(files)
}

fn read(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("cannot read {file}: {error}"))
}

/// The root file of the crate to which `file` belongs.
fn crate_root(root: &Path, file: &str) -> Result<String, String> {
    let none = || format!("{file} is no source of a crate, so it can have no mutant");
    let package = package_of(Path::new(file)).ok_or_else(none)?;
    let mut roots = ["src/lib.rs", "src/main.rs"].map(|name| package.join(name)).into_iter();
    let found: PathBuf = roots.find(|path| root.join(path).exists()).ok_or_else(none)?;
    Ok(found.to_string_lossy().into_owned())
}

/// An edit, and its mutant.
struct Place<'t> {
    mutant: Option<&'t str>,
    edit: &'t Edit,
}

/// `source` with all its mutants.
fn instrument(file: &str, source: &str, places: &[Place<'_>]) -> Result<String, String> {
    let mut spots: BTreeMap<usize, Vec<&Place<'_>>> = BTreeMap::new();
    for place in places {
        spots.entry(start(file, source, place)?).or_default().push(place);
    }
    let mut out = String::with_capacity(2 * source.len());
    let mut end = 0;
    for (start, places) in spots {
        let find = places[0].edit.find.as_str();
        if start < end || places.iter().any(|place| place.edit.find != find) {
            let names: Vec<_> = places.iter().filter_map(|place| place.mutant).collect();
            return Err(format!("{file}: {} overlaps with another mutant", names.join(", ")));
        }
        out.push_str(&source[end..start]);
        out.push_str(&choice(find, &places));
        end = start + find.len();
    }
    out.push_str(&source[end..]);
    Ok(out)
}

/// The position of the edit's text, which must occur exactly once.
fn start(file: &str, source: &str, Place { mutant, edit }: &Place<'_>) -> Result<usize, String> {
    let text = [edit.after.as_str(), &edit.find].concat();
    let mut found = source.match_indices(&text);
    match (found.next(), found.count()) {
        (Some((at, _)), 0) => Ok(at + edit.after.len()),
        (first, more) => {
            let times = usize::from(first.is_some()) + more;
            let mutant = mutant.unwrap_or("the change of every run");
            Err(format!("{file}: mutant `{mutant}`: `{text}` is there {times} times, not once"))
        }
    }
}

/// The expression of the active mutant, or `otherwise` if none of them is active.
fn choice(otherwise: &str, places: &[&Place<'_>]) -> String {
    let mut choice = String::new();
    for Place { mutant, edit } in places {
        match mutant {
            None => return edit.replace.clone(),
            Some(mutant) => {
                let replace = &edit.replace;
                choice.push_str(&format!(
                    "if crate::mutants::is_active({mutant:?}) {{ {replace} }} else "
                ));
            }
        }
    }
    format!("({choice}{{ {otherwise} }})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn sum(a: u8, b: u8) -> u8 { a + b }\nfn one() -> u8 { 1 }\n";

    fn instrumented(edits: &[(&str, &str, &str, &str)]) -> Result<String, String> {
        let edit = |&(_, after, find, replace): &(&str, &str, &str, &str)| Edit {
            file: "x.rs".into(),
            after: after.into(),
            find: find.into(),
            replace: replace.into(),
        };
        let places: Vec<(Option<&str>, Edit)> =
            edits.iter().map(|it| (Some(it.0).filter(|name| !name.is_empty()), edit(it))).collect();
        let places: Vec<_> =
            places.iter().map(|(mutant, edit)| Place { mutant: *mutant, edit }).collect();
        instrument("x.rs", SOURCE, &places)
    }

    #[test]
    fn an_expression_becomes_a_choice() {
        let one = instrumented(&[("less", "", "a + b", "a - b")]).unwrap();
        assert!(
            one.contains(r#"{ (if crate::mutants::is_active("less") { a - b } else { a + b }) }"#)
        );
        assert!(one.ends_with("fn one() -> u8 { 1 }\n"), "the rest stays");
        let two =
            instrumented(&[("less", "", "a + b", "a - b"), ("none", "", "a + b", "0")]).unwrap();
        let last = r#"is_active("less") { a - b } else if crate::mutants::is_active("none") { 0 } else { a + b })"#;
        assert!(two.contains(last), "{two}");
        let distinct = instrumented(&[("two", "one() -> u8 { ", "1", "2")]).unwrap();
        assert!(
            distinct.contains(r#"u8 { (if crate::mutants::is_active("two") { 2 } else { 1 }) }"#)
        );
        assert!(instrumented(&[("", "", "a + b", "b + a")]).unwrap().contains("{ b + a }"));
    }

    #[test]
    fn a_place_that_is_gone_or_not_the_only_one_is_reported() {
        for (edits, fault) in [
            (&[("less", "", "a * b", "0")][..], "x.rs: mutant `less`: `a * b` is there 0 times"),
            (&[("two", "", "u8 {", "0")], "`u8 {` is there 2 times"),
            (&[("one", "", "a + b", "0"), ("two", "", "+ b", "")], "two overlaps"),
        ] {
            let error = instrumented(edits).unwrap_err();
            assert!(error.contains(fault), "{error}");
        }
    }

    #[test]
    fn every_mutant_still_finds_its_place() {
        let root = xtask::process::root();
        let table = Table::read(root).unwrap();
        let files = files(&table, root).unwrap();
        let edits = table.mutants.iter().flat_map(|mutant| &mutant.edits);
        for edit in edits.chain(&table.always) {
            assert!(files.contains_key(&edit.file), "{}", edit.file);
        }
    }

    #[test]
    fn every_crate_with_a_mutant_can_ask_whether_it_is_active() {
        assert!(MODULE.contains(&format!("{ACTIVE:?}")));
        let root = xtask::process::root();
        let of = |file| crate_root(root, file);
        assert_eq!(of("crates/store/src/sqlite/write.rs").unwrap(), "crates/store/src/lib.rs");
        assert_eq!(of("crates/server/src/iak/signature.rs").unwrap(), "crates/server/src/main.rs");
        assert!(of("crates/store/migrations/sqlite/V1__ledger.sql").is_err());
    }
}
