//! Which migrations of a newer lunas an older one accepts.
//!
//! Nodes are upgraded one after the other, so for a while an older node uses a database that a newer one has
//! migrated. A migration whose name begins with `expand_` only adds something that an older lunas can ignore: a
//! table, an index, a column with a default. Apart from its own migrations a lunas accepts only such ones. As
//! soon as any other one was applied, it refuses the database.

use std::path::Path;

use refinery::Migration;

use crate::StoreError;

/// Name prefix of a migration that only adds.
const EXPANDS: &str = "expand_";

/// The error for a database with tables of another program.
pub(crate) const TAKEN: &str =
    "it contains tables of another program; give lunas a database of its own";

/// Selects number and name of each applied migration.
pub(crate) const APPLIED: &str =
    "SELECT CAST(version AS bigint), name FROM refinery_schema_history ORDER BY version";

/// The migrations that this binary knows. A test can add later ones.
pub(crate) fn known(embedded: &[Migration]) -> Vec<Migration> {
    let mut known = embedded.to_vec();
    if let Some(folder) = fail_points::setting("LATER_MIGRATIONS") {
        let later = refinery::load_sql_migrations(Path::new(&folder));
        known.extend(later.expect("the later migrations are read"));
    }
    known
}

/// Whether they were applied by lunas, and not by another program that uses the same tool.
pub(crate) fn is_ours(applied: &[(i64, String)], known: &[Migration]) -> bool {
    known.iter().any(|known| {
        let known = (i64::from(known.version()), known.name());
        applied.iter().any(|(version, name)| (*version, &**name) == known)
    })
}

/// Whether any known migration is not yet `applied`.
///
/// # Errors
/// When they are of another program, and when one is of a newer lunas and does more than add.
pub(crate) fn are_missing(
    applied: &[(i64, String)],
    known: &[Migration],
) -> Result<bool, StoreError> {
    let is_other = |(version, name): &(i64, String)| {
        let mut known = known.iter();
        known.any(|known| i64::from(known.version()) == *version && known.name() != name)
    };
    if applied.iter().any(is_other) {
        return Err(StoreError::Migration(TAKEN.to_owned()));
    }
    let newest = newest(known);
    let mut later = applied.iter().filter(|(version, _)| *version > newest);
    if later.any(|(_, name)| !name.starts_with(EXPANDS)) {
        return Err(StoreError::Newer { found: version(applied), known: newest });
    }
    let is_there = |known: &Migration| {
        applied.iter().any(|(version, _)| *version == i64::from(known.version()))
    };
    Ok(!known.iter().all(is_there))
}

/// Checks that no migration is missing, for a process that cannot migrate.
///
/// # Errors
/// Those of [`are_missing`], and when a migration is missing.
pub(crate) fn none_is_missing(
    applied: &[(i64, String)],
    known: &[Migration],
) -> Result<(), StoreError> {
    if !are_missing(applied, known)? {
        return Ok(());
    }
    Err(StoreError::Migration(match version(applied) {
        0 => "it contains no books of lunas".to_owned(),
        found => format!(
            "it is of version {found}; start this lunas once on it to bring it to version {}",
            newest(known)
        ),
    }))
}

/// The number of the newest applied migration; 0 on a new database.
fn version(applied: &[(i64, String)]) -> i64 {
    applied.iter().map(|(version, _)| *version).max().unwrap_or(0)
}

/// The number of the newest known migration.
pub(crate) fn newest(known: &[Migration]) -> i64 {
    known.iter().map(|migration| i64::from(migration.version())).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_lunas_accepts_migrations_that_only_add() {
        let known = |to: usize| -> Vec<Migration> {
            let names = ["V1__ledger", "V2__expand_a", "V3__expand_b", "V4__contract_a"];
            let known = names[..to].iter().map(|name| Migration::unapplied(name, "SELECT 1"));
            known.map(Result::unwrap).collect()
        };
        let applied = |names: &[&str]| -> Vec<(i64, String)> {
            (1..).zip(names).map(|(version, name)| (version, (*name).to_owned())).collect()
        };
        let ledger = ["ledger", "expand_a", "expand_b", "contract_a"];
        for (names, knows, expected) in [
            (&ledger[..0], 1, Some(true)),
            (&ledger[..1], 1, Some(false)),
            (&ledger[..1], 2, Some(true)),
            (&ledger[..3], 1, Some(false)),
            (&ledger[..3], 2, Some(false)),
            (&ledger[..4], 1, None),
            (&ledger[..4], 3, None),
            (&ledger[..4], 4, Some(false)),
            (&["ledger", "unexpand_a"], 1, None),
            (&["ledger", "expand_b"], 2, None),
            (&["first"], 1, None),
            (&["first"], 2, None),
        ] {
            let (applied, known) = (applied(names), known(knows));
            assert_eq!(are_missing(&applied, &known).ok(), expected, "{names:?} {knows}");
            let usable = expected == Some(false);
            assert_eq!(none_is_missing(&applied, &known).is_ok(), usable, "{names:?} {knows}");
        }
        // A later migration does not replace a missing earlier one.
        let gap = [(1, "ledger".to_owned()), (3, "expand_b".to_owned())];
        assert_eq!(are_missing(&gap, &known(2)).ok(), Some(true));
    }
}
