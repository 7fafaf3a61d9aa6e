//! The mutants and the checks that must catch them: the files of `xtask/mutants`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// All mutants and checks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// By name.
    #[serde(default)]
    pub(super) checks: BTreeMap<String, Check>,
    #[serde(default)]
    pub(super) mutants: Vec<Mutant>,
    /// Changes that are in every run: they pass the active mutant on to programs that tests start.
    #[serde(default)]
    pub(super) always: Vec<Edit>,
}

/// Tests that must fail when their mutant is active, and pass when none is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    pub(super) target: Target,
    /// Its arguments; for tests their filters.
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
}

/// A program that cargo builds.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(super) enum Target {
    /// The integration test with this name of a crate.
    Test(String),
    /// The unit tests of the library with this name.
    Lib(String),
    /// The program itself.
    Bin(String),
}

/// A known bug.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mutant {
    pub(super) name: String,
    /// What is broken, in a sentence.
    pub(super) breaks: String,
    /// The check that is expected to catch it.
    pub(super) caught_by: String,
    pub(super) edits: Vec<Edit>,
}

/// A change in a source file. For a mutant, `find` and `replace` are expressions of the same type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// The path from the root, with `/` as separator.
    pub(super) file: String,
    /// The text directly before `find`, needed if `find` alone occurs more than once.
    #[serde(default)]
    pub(super) after: String,
    pub(super) find: String,
    pub(super) replace: String,
}

impl Table {
    /// Reads the table from the sources below `root`.
    pub(super) fn read(root: &Path) -> Result<Table, String> {
        let dir = root.join("xtask/mutants");
        let cannot = |error| format!("cannot read {}: {error}", dir.display());
        let mut table = Table::default();
        for entry in fs::read_dir(&dir).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            let text = fs::read_to_string(&path).map_err(cannot)?;
            let part: Table =
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            table.checks.extend(part.checks);
            table.mutants.extend(part.mutants);
            table.always.extend(part.always);
        }
        table.mutants.sort_by(|one, other| one.name.cmp(&other.name));
        table.is_whole()?;
        Ok(table)
    }

    fn is_whole(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for Mutant { name, breaks, caught_by, edits } in &self.mutants {
            let fault = match () {
                () if !names.insert(name) => "is there twice",
                () if !self.checks.contains_key(caught_by) => "is caught by an unknown check",
                () if edits.is_empty() => "changes nothing",
                () if breaks.is_empty() => "does not say what it breaks",
                () => continue,
            };
            return Err(format!("mutant `{name}`: it {fault}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::process::root;

    #[test]
    fn every_check_catches_a_mutant() {
        let table = Table::read(root()).unwrap();
        assert!(table.mutants.len() >= 25, "{}", table.mutants.len());
        for name in table.checks.keys() {
            let catches = table.mutants.iter().any(|mutant| mutant.caught_by == *name);
            assert!(catches, "the check {name} is expected to catch nothing");
        }
    }

    #[test]
    fn a_table_with_a_hole_is_refused() {
        const MUTANT: &str = "[[mutants]]\nname = 'a'\nbreaks = 'b'\ncaught_by = 'c'\n";
        const CHECK: &str = "[checks.c]\ntarget.bin = 'sim'\n";
        const EDIT: &str = "[[mutants.edits]]\nfile = 'f'\nfind = 'x'\nreplace = 'y'\n";
        let twice = [CHECK, MUTANT, EDIT, MUTANT, EDIT].concat();
        for (text, fault) in [
            (twice.as_str(), "is there twice"),
            (&[MUTANT, EDIT].concat(), "unknown check"),
            (&[CHECK, &MUTANT.replace("'b'", "''"), EDIT].concat(), "does not say"),
            (&[CHECK, MUTANT, "edits = []\n"].concat(), "changes nothing"),
        ] {
            let table: Table = toml::from_str(text).unwrap();
            let error = table.is_whole().unwrap_err();
            assert!(error.contains(fault), "{error}");
        }
        let table: Table = toml::from_str(&[CHECK, MUTANT, EDIT].concat()).unwrap();
        assert_eq!(table.is_whole(), Ok(()));
    }
}
