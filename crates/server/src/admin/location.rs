//! Where a server keeps its books, and whether they are those that an operator means.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::postgres::Address;

use super::Refused;
use crate::config::Config;

/// Where books are. It may hold a database's password and therefore has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Location {
    /// The data directory, which is theirs or that of the server that keeps them elsewhere.
    data: PathBuf,
    /// The URL of the database, unless they are in the directory.
    #[serde(with = "super::secret_serde")]
    database: Option<SecretString>,
}

impl Location {
    /// Where a configuration says that they are.
    pub(crate) fn of(config: &Config) -> Location {
        let named = &config.store.data;
        let data = std::path::absolute(named).unwrap_or_else(|_| named.clone());
        Location { data, database: config.store.database.clone() }
    }

    /// The server of the database, if they are on one.
    pub(crate) fn address(&self) -> anyhow::Result<Option<Address>> {
        let url = self.database.as_ref();
        Ok(url.map(|url| Address::parse(url.expose_secret())).transpose()?)
    }

    /// Which database a request names, whose socket names its directory already.
    pub(super) fn named(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.address()?.map(|address| address.places()).unwrap_or_default())
    }

    /// Refuses a request that names other books than these.
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
            "the server that runs on {data} keeps its books {place}, and another database was named; \
             leave --database (store.database) out to use those, or name a data directory of its own \
             for the other with --data"
        )))
    }
}
