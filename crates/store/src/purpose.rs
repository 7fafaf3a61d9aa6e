//! What books were made for. They say it themselves, as neither a directory nor a database does.

use crate::StoreError;

/// Who is served from these books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Partners that pay real bills with real money.
    Production,
    /// Whoever tries lunas out: deposits are no money, and the API key may be public.
    Sandbox,
}

/// Reads the one row.
pub(crate) const READ: &str = "SELECT name FROM purpose";

/// Writes it. Both databases number this parameter in the same way.
pub(crate) const WRITE: &str = "UPDATE purpose SET name = $1";

impl Purpose {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Purpose::Production => "production",
            Purpose::Sandbox => "sandbox",
        }
    }

    /// The purpose of that name, where there is one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is none, or one that is unknown.
    pub(crate) fn named(name: Option<&str>) -> Result<Purpose, StoreError> {
        let known = [Purpose::Production, Purpose::Sandbox];
        let found = known.into_iter().find(|known| Some(known.name()) == name);
        let missing = || "it does not say what it was made for; restore a backup".to_owned();
        found.ok_or_else(|| StoreError::Damaged(missing()))
    }
}
