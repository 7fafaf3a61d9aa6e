//! The copy of the sources in which every bug sleeps.
//!
//! An expression that a bug replaces becomes a choice between the two, so that all bugs are compiled
//! at once and each runs alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::package_of;
use super::table::{Edit, Table};
use crate::tidy::tree::paths;

/// The variable that names the bug which is awake.
pub(super) const AWAKE: &str = "PLANTED";

/// What each crate that has a bug gets at its end.
const MODULE: &str = "
mod planted {
    pub(crate) fn is(name: &str) -> bool {
        static AWAKE: std::sync::LazyLock<Option<String>> =
            std::sync::LazyLock::new(|| std::env::var(\"PLANTED\").ok());
        AWAKE.as_deref() == Some(name)
    }
}
";

/// The lints are for the sources themselves.
const NO_LINTS: &str = "#![allow(warnings)] ";

/// Brings `copy` to what the sources below `root` are with all bugs planted. Files that stay the same
/// are not touched, so that cargo builds only what changed.
pub(super) fn tree(table: &Table, root: &Path, copy: &Path) -> Result<(), String> {
    let mut planted = files(table, root)?;
    let paths = paths(root)?;
    for path in &paths {
        let Ok(original) = fs::read(root.join(path)) else { continue };
        let wanted = planted.remove(path).map_or(original, String::into_bytes);
        let file = copy.join(path);
        if fs::read(&file).is_ok_and(|found| found == wanted) {
            continue;
        }
        let written = fs::create_dir_all(file.parent().unwrap_or(copy));
        let written = written.and_then(|()| fs::write(&file, wanted));
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    for path in crate::tidy::tree::walked(copy)? {
        if !paths.contains(&path) && path != "Cargo.lock" {
            let _ = fs::remove_file(copy.join(path));
        }
    }
    Ok(())
}

/// The files that differ from the sources below `root`, with what is in them.
pub(super) fn files(table: &Table, root: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut places: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    let bugs = table
        .plants
        .iter()
        .flat_map(|plant| plant.edits.iter().map(move |edit| (Some(plant.name.as_str()), edit)));
    for (bug, edit) in bugs.chain(table.always.iter().map(|edit| (None, edit))) {
        places.entry(&edit.file).or_default().push(Place { bug, edit });
    }
    let mut files = BTreeMap::new();
    for (file, places) in &places {
        files.insert((*file).to_owned(), planted(file, &read(root, file)?, places)?);
    }
    let with_bugs = places.iter().filter(|(_, places)| places.iter().any(|it| it.bug.is_some()));
    for (file, _) in with_bugs {
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

/// The file with which the crate begins that `file` belongs to.
fn crate_root(root: &Path, file: &str) -> Result<String, String> {
    let none = || format!("{file} is no source of a crate, so that no bug can sleep there");
    let package = package_of(Path::new(file)).ok_or_else(none)?;
    let mut roots = ["src/lib.rs", "src/main.rs"].map(|name| package.join(name)).into_iter();
    let found: PathBuf = roots.find(|path| root.join(path).exists()).ok_or_else(none)?;
    Ok(found.to_string_lossy().into_owned())
}

/// An edit, and the bug that it is a part of.
struct Place<'t> {
    bug: Option<&'t str>,
    edit: &'t Edit,
}

/// `source` with all that is planted in it.
fn planted(file: &str, source: &str, places: &[Place<'_>]) -> Result<String, String> {
    let mut spots: BTreeMap<usize, Vec<&Place<'_>>> = BTreeMap::new();
    for place in places {
        spots.entry(start(file, source, place)?).or_default().push(place);
    }
    let mut out = String::with_capacity(2 * source.len());
    let mut end = 0;
    for (start, places) in spots {
        let find = places[0].edit.find.as_str();
        if start < end || places.iter().any(|place| place.edit.find != find) {
            let names: Vec<_> = places.iter().filter_map(|place| place.bug).collect();
            return Err(format!("{file}: {} overlaps with another bug", names.join(", ")));
        }
        out.push_str(&source[end..start]);
        out.push_str(&choice(find, &places));
        end = start + find.len();
    }
    out.push_str(&source[end..]);
    Ok(out)
}

/// Where the edit's text begins, which must be in one place.
fn start(file: &str, source: &str, Place { bug, edit }: &Place<'_>) -> Result<usize, String> {
    let text = [edit.after.as_str(), &edit.find].concat();
    let mut found = source.match_indices(&text);
    match (found.next(), found.count()) {
        (Some((at, _)), 0) => Ok(at + edit.after.len()),
        (first, more) => {
            let times = usize::from(first.is_some()) + more;
            let bug = bug.unwrap_or("what is always changed");
            Err(format!("{file}: planted bug `{bug}`: `{text}` is there {times} times, not once"))
        }
    }
}

/// The expression that is each bug's when that is awake, and `otherwise` when none is.
fn choice(otherwise: &str, places: &[&Place<'_>]) -> String {
    let mut choice = String::new();
    for Place { bug, edit } in places {
        match bug {
            None => return edit.replace.clone(),
            Some(bug) => {
                let replace = &edit.replace;
                choice.push_str(&format!("if crate::planted::is({bug:?}) {{ {replace} }} else "));
            }
        }
    }
    format!("({choice}{{ {otherwise} }})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn sum(a: u8, b: u8) -> u8 { a + b }\nfn one() -> u8 { 1 }\n";

    fn plant(edits: &[(&str, &str, &str, &str)]) -> Result<String, String> {
        let edit = |&(_, after, find, replace): &(&str, &str, &str, &str)| Edit {
            file: "x.rs".into(),
            after: after.into(),
            find: find.into(),
            replace: replace.into(),
        };
        let places: Vec<(Option<&str>, Edit)> =
            edits.iter().map(|it| (Some(it.0).filter(|name| !name.is_empty()), edit(it))).collect();
        let places: Vec<_> = places.iter().map(|(bug, edit)| Place { bug: *bug, edit }).collect();
        planted("x.rs", SOURCE, &places)
    }

    #[test]
    fn an_expression_becomes_a_choice() {
        let one = plant(&[("less", "", "a + b", "a - b")]).unwrap();
        assert!(one.contains(r#"{ (if crate::planted::is("less") { a - b } else { a + b }) }"#));
        assert!(one.ends_with("fn one() -> u8 { 1 }\n"), "the rest stays");
        let two = plant(&[("less", "", "a + b", "a - b"), ("none", "", "a + b", "0")]).unwrap();
        let last =
            r#"is("less") { a - b } else if crate::planted::is("none") { 0 } else { a + b })"#;
        assert!(two.contains(last), "{two}");
        let told_apart = plant(&[("two", "one() -> u8 { ", "1", "2")]).unwrap();
        assert!(told_apart.contains(r#"u8 { (if crate::planted::is("two") { 2 } else { 1 }) }"#));
        assert!(plant(&[("", "", "a + b", "b + a")]).unwrap().contains("{ b + a }"));
    }

    #[test]
    fn a_place_that_is_gone_or_not_the_only_one_is_told() {
        for (edits, fault) in [
            (
                &[("less", "", "a * b", "0")][..],
                "x.rs: planted bug `less`: `a * b` is there 0 times",
            ),
            (&[("two", "", "u8 {", "0")], "`u8 {` is there 2 times"),
            (&[("one", "", "a + b", "0"), ("two", "", "+ b", "")], "two overlaps"),
        ] {
            let error = plant(edits).unwrap_err();
            assert!(error.contains(fault), "{error}");
        }
    }

    #[test]
    fn every_crate_with_a_bug_can_ask_which_is_awake() {
        assert!(MODULE.contains(&format!("{AWAKE:?}")));
        let root = xtask::process::root();
        let of = |file| crate_root(root, file);
        assert_eq!(of("crates/store/src/sqlite/write.rs").unwrap(), "crates/store/src/lib.rs");
        assert_eq!(of("crates/server/src/auth.rs").unwrap(), "crates/server/src/main.rs");
        assert!(of("crates/store/migrations/sqlite/V1__ledger.sql").is_err());
    }
}
