//! Where a server keeps its books, and whether these are the books that an operator means.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::postgres::Address;

use super::Refused;
use crate::config::Config;

/// Where books are. It may hold a database password, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Location {
    /// The data directory: of the books, or of the server whose books are in PostgreSQL.
    data: PathBuf,
    /// The URL of the database; `None` if the books are in the directory.
    #[serde(with = "super::secret_serde")]
    database: Option<SecretString>,
}

impl Location {
    /// The location that a configuration names.
    pub(crate) fn of(config: &Config) -> Location {
        let named = &config.store.data;
        let data = std::path::absolute(named).unwrap_or_else(|_| named.clone());
        Location { data, database: config.store.database.clone() }
    }

    /// The address of the PostgreSQL database, if the books are in one.
    pub(crate) fn address(&self) -> anyhow::Result<Option<Address>> {
        let url = self.database.as_ref();
        Ok(url.map(|url| Address::parse(url.expose_secret())).transpose()?)
    }

    /// The database that a request names. The directory is known from the socket's path.
    pub(super) fn named(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.address()?.map(|address| address.places()).unwrap_or_default())
    }

    /// Refuses a request that names other books.
    pub(super) fn check(&self, named: &[String]) -> Result<(), Refused> {
        let address = self.address().map_err(Refused::because)?;
        let ours = address.as_ref().map(Address::places).unwrap_or_default();
        if named.is_empty() || named.iter().any(|place| ours.contains(place)) {
            return Ok(());
        }
        let data = self.data.display();
        let place = match address {
            None => "there".to_owned(),
            Some(address) => format!("in {address}"),
        };
        Err(Refused::because(format_args!(
            "the server that runs on {data} keeps its books {place}, and another database was \
             named; leave out --database (store.database) to use those books, or name another \
             data directory with --data"
        )))
    }
}
