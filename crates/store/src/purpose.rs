//! What books are for. It is stored in the books, as their place does not tell it.

use crate::StoreError;

/// What books are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real partners, bills and money.
    Production,
    /// Trying lunas out: deposits are not real money, and the API key may be public.
    Sandbox,
}

/// Reads the purpose.
pub(crate) const READ: &str = "SELECT name FROM purpose";

/// Writes the purpose. Both databases accept `$1`.
pub(crate) const WRITE: &str = "UPDATE purpose SET name = $1";

impl Purpose {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Purpose::Production => "production",
            Purpose::Sandbox => "sandbox",
        }
    }

    /// The purpose with that name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no name, or an unknown one.
    pub(crate) fn named(name: Option<&str>) -> Result<Purpose, StoreError> {
        let known = [Purpose::Production, Purpose::Sandbox];
        let found = known.into_iter().find(|known| Some(known.name()) == name);
        let missing = || "it does not say what it was made for; restore a backup".to_owned();
        found.ok_or_else(|| StoreError::Damaged(missing()))
    }
}
