//! Whether the configured place has books and their master key.
//!
//! Books without their key are useless. A key without books means that the books are lost or that
//! another disk is mounted. In both cases nothing new is created. New books are created only in an
//! empty place, and only by `lunas init` and `lunas sandbox`. The books store which of the two
//! created them, and are not served by the other.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store::Purpose;
use store::postgres::{Address, Server};
use store::sqlite::{Presence, presence};

use crate::config::Config;
use crate::secrets::vault::{NewKey, Vault, VaultError};

/// Why the books are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// To carry out one request of an operator.
    AtRest,
    /// To serve existing books.
    ToServe,
    /// To serve; creates the books if the place is empty.
    ToServeOrMake,
}

/// What the place contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BooksState {
    /// Books and their master key.
    Complete,
    /// Books without their master key.
    WithoutKey,
    /// Incomplete books: their creation was interrupted before the master key got its final name.
    Incomplete,
    /// Neither books nor a master key.
    Absent,
}

impl BooksState {
    /// Checks a data directory without creating anything.
    ///
    /// # Errors
    /// When the check fails, and when there is a key without books.
    pub(crate) fn of_directory(config: &Config) -> anyhow::Result<BooksState> {
        let data = &config.store.data;
        let has_books = presence(data)? == Presence::Something;
        let key = master_key(config);
        match (has_books, Vault::is_there(&key)?) {
            (true, true) => Ok(BooksState::Complete),
            (true, false) => Ok(BooksState::without(&key)),
            (false, false) => Ok(BooksState::Absent),
            (false, true) => bail!(lost(data, &key)),
        }
    }

    /// Checks a PostgreSQL database without creating anything.
    ///
    /// # Errors
    /// As for [`BooksState::of_directory`].
    pub(crate) async fn of_postgres(
        config: &Config,
        address: &Address,
    ) -> anyhow::Result<BooksState> {
        let key = master_key(config);
        let has_key = Vault::is_there(&key)?;
        let has_books = Server::has_books(address).await;
        match (has_books.with_context(|| format!("{address} is not opened"))?, has_key) {
            (true, true) => Ok(BooksState::Complete),
            (true, false) => Ok(BooksState::without(&key)),
            (false, false) => Ok(BooksState::Absent),
            (false, true) => bail!(
                "there are no books in {address}, but their master key {} is there: either they are \
                 lost, or another database is meant. Check store.database, or restore a backup; for \
                 new books name a data directory of their own",
                key.display()
            ),
        }
    }

    /// Books without this key file.
    fn without(key: &Path) -> BooksState {
        if NewKey::is_begun(key) { BooksState::Incomplete } else { BooksState::WithoutKey }
    }

    /// Refuses a place that does not contain what `mode` needs.
    ///
    /// # Errors
    /// With what is missing and what to do.
    pub(crate) fn check(self, config: &Config, mode: OpenMode) -> anyhow::Result<()> {
        match (self, mode) {
            (BooksState::Complete, _) => Ok(()),
            (BooksState::Incomplete | BooksState::Absent, OpenMode::ToServeOrMake) => Ok(()),
            (BooksState::WithoutKey | BooksState::Incomplete, _) => {
                Err(VaultError::Missing(master_key(config)).into())
            }
            (BooksState::Absent, _) => bail!(none(config)),
        }
    }
}

/// The path of the master key.
pub(crate) fn master_key(config: &Config) -> PathBuf {
    let named = config.security.master_key_file.clone();
    named.unwrap_or_else(|| config.store.data.join("master.key"))
}

/// The purpose for which this configuration opens or creates books.
pub(crate) fn purpose(config: &Config) -> Purpose {
    if config.sandbox.enabled { Purpose::Sandbox } else { Purpose::Production }
}

/// Refuses books in `place` that were created for another purpose. A command on a stopped sandbox
/// does not need `sandbox.enabled`.
///
/// # Errors
/// With the purpose of the books and what to do.
pub(crate) fn check_purpose(
    found: Purpose,
    config: &Config,
    mode: OpenMode,
    place: &str,
) -> anyhow::Result<()> {
    match (found, purpose(config), mode) {
        (Purpose::Production, Purpose::Sandbox, _) => bail!(
            "the books in {place} were made for production: a sandbox would add products and \
             deposits to \
             them that are not real; run `lunas serve` on them, or {}",
            match config.store.database {
                None => "name another directory for the sandbox with --data",
                Some(_) => "name another database for the sandbox with store.database",
            }
        ),
        (Purpose::Sandbox, Purpose::Production, OpenMode::ToServe | OpenMode::ToServeOrMake) => {
            bail!(
                "the books in {place} were made by a sandbox: their deposits are no real money, and \
             their API \
             keys may be public; make new ones for production {} with `lunas init`, or run `lunas sandbox` \
             on these",
                match config.store.database {
                    None => "in another directory",
                    Some(_) => "in another database",
                }
            )
        }
        _ => Ok(()),
    }
}

/// The message that there are no books, with what to do.
pub(crate) fn none(config: &Config) -> String {
    let data = config.store.data.display();
    match &config.store.database {
        None => none_in(&config.store.data),
        Some(_) => format!(
            "there are no books in the database: check store.database, or make new ones with \
             `lunas init --data {data}`"
        ),
    }
}

/// The same for a data directory.
pub(crate) fn none_in(data: &Path) -> String {
    let data = data.display();
    format!(
        "there are no books in {data}: check --data and store.data, or make new ones with `lunas init \
         --data {data}`. Where its server keeps them in PostgreSQL, start that one or name the \
         database with --database"
    )
}

/// The message that a master key exists without its books.
pub(crate) fn lost(data: &Path, key: &Path) -> String {
    format!(
        "there are no books in {}, but their master key {} is there: either they are lost, or another \
         disk is mounted. Mount the right one, or restore a backup with `lunas restore` into a new \
         directory; for new books name another directory. Books that are in PostgreSQL are named with \
         --database or store.database",
        data.display(),
        key.display()
    )
}
