//! `lunas backup` and `lunas restore`.
//!
//! A backup is a directory with one consistent `lunas.db`, which `lunas audit --data` can read.
//! Neither command leaves an incomplete directory under the requested name.

mod atomic_dir;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use atomic_dir::AtomicDir;
use clap::Args;
use serde::Serialize;
use store::sqlite::{Presence, database, presence, reader};
use store::{Obstacle, StoreError};

use super::audit::Report;
use super::print::{self, Operator, OutputFormat, Render};
use crate::admin;
use crate::config::{Flag, Loaded};
use crate::run::books;
use crate::secrets::vault::Vault;

/// The file name of the master key, in a data directory and in a backup.
const MASTER_KEY: &str = "master.key";

#[derive(Args)]
pub(super) struct BackupArgs {
    /// The directory to create. It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Also copy the master key. Anybody who has both can sign as every partner: protect such a
    /// backup like the keys.
    #[arg(long)]
    with_master_key: bool,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The directory that `lunas backup` created.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to create. It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    format: OutputFormat,
}

/// The result of a backup.
#[derive(Serialize)]
struct Copied {
    to: PathBuf,
    /// The size of the database.
    bytes: u64,
    master_key: bool,
    #[serde(skip)]
    advice: String,
}

pub(super) fn backup(
    args: BackupArgs,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let config = args.operator.load(load)?.config;
    if let Some(address) = admin::locate(&config)? {
        bail!(
            "the books are in {address}, and this command copies only data directories; copy a \
             PostgreSQL database with pg_basebackup or pg_dump"
        );
    }
    let data = &config.store.data;
    let mut reader = match reader(data) {
        Err(StoreError::Missing(_)) => bail!(books::none_in(data)),
        opened => opened?,
    };
    let copy = AtomicDir::begin(&args.to)?;
    let copied = reader.backup(&database(copy.path()));
    copied.with_context(|| format!("the copy to {} failed", args.to.display()))?;
    let bytes = copy.secure("lunas.db")?;
    let key = books::master_key(&config);
    if args.with_master_key {
        copy.add(&key, MASTER_KEY)?;
    }
    copy.finish()?;
    let advice = match args.with_master_key {
        true => {
            "It contains the master key: anybody who has this backup can sign as every partner."
                .to_owned()
        }
        false => format!(
            "It does not contain the master key {}. Without the key no API key can be used: keep \
             a copy elsewhere.",
            key.display()
        ),
    };
    let copied = Copied { to: args.to, bytes, master_key: args.with_master_key, advice };
    args.operator.format().show(&copied)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    check_is_backup(&args.from)?;
    let copy = AtomicDir::begin(&args.data)?;
    copy.add(&database(&args.from), "lunas.db")?;
    let key = args.from.join(MASTER_KEY);
    let master_key = Vault::is_there(&key)?;
    if master_key {
        copy.add(&key, MASTER_KEY)?;
    }
    let report = Report::of(copy.path()).context("the backup does not pass its audit")?;
    if report.is_clean() {
        copy.finish()?;
    }
    args.format.show(&report)?;
    if !report.is_clean() {
        bail!("the backup does not pass its audit; nothing was restored");
    }
    if !master_key {
        let place = args.data.join(MASTER_KEY);
        print::say(&format!(
            "Before you start the server, copy the master key to {}.",
            place.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// In a data directory that is in use, some rows are not yet in the database file.
fn check_is_backup(from: &Path) -> anyhow::Result<()> {
    let found = presence(from)?;
    ensure!(
        found == Presence::Something,
        "there is no backup in {}: name the directory that `lunas backup --to` has made",
        from.display()
    );
    let wal = from.join("lunas.db-wal");
    let beside = match fs::metadata(&wal) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        found => found.map_err(|error| Obstacle::new(&wal, "read", &error))?.len(),
    };
    ensure!(
        beside == 0,
        "{} is a data directory, not a backup; make one with `lunas backup`",
        from.display()
    );
    Ok(())
}

impl Render for Copied {
    fn text(&self) -> String {
        let to = self.to.display();
        format!(
            "{to}/lunas.db  {} bytes\n{}\nCheck it with `lunas audit --data {to}`.\n",
            self.bytes, self.advice
        )
    }
}
