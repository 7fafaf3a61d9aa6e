//! `lunas migrate-store`: moves the books of a data directory to a PostgreSQL database.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gateway::{Clock, SystemClock};
use secrecy::ExposeSecret;
use serde::Serialize;
use store::postgres::Address;
use store::sqlite::{DataDir, Presence, presence};
use store::store_migration::{Moved, Step, migrate_store, roll_back};

use super::print::{self, OutputFormat, Render, pairs, rupiah};
use crate::config::{Flag, Loaded};
use crate::run::books;

/// The interval between progress messages.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Move the books of a data directory to a PostgreSQL database.
///
/// Stop the directory's server, create an empty database (without `lunas init`), and run this
/// command. It copies everything, audits both sides, and compares them (counts, sums, and a hash of
/// every row). Only then the database can be served, and the books in the directory are closed. If
/// it is interrupted, run it again: it continues where it stopped, and until it has finished
/// neither side can be served. It never writes to a database with other data.
///
/// Then set store.database in the configuration and start the server with the same data directory.
/// The master key is not moved: it stays a file, and every server of the database needs a copy. The
/// old books stay in the directory, unchanged, as a copy of that moment.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data directory with the books [default: store.data of the configuration].
    #[arg(long, value_name = "DIR")]
    from: Option<String>,
    /// The URL of the PostgreSQL database [default: store.database of the configuration]. Put a URL
    /// with a password into the environment variable LUNAS_STORE__DATABASE instead: other users can
    /// see arguments.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Undo a move that has not finished, or after which no server has worked on the database: the
    /// directory can be served again, and that database cannot.
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    if args.from.as_ref().is_some_and(|from| from.contains("://")) {
        bail!("--from must be a data directory: books move to PostgreSQL, not back");
    }
    let flag = |name: &str, key: &str, value: &Option<String>| {
        let value = value.clone()?;
        Some(Flag { name: name.to_owned(), key: key.to_owned(), value })
    };
    let from = flag("--from", "store.data", &args.from);
    let to = flag("--to", "store.database", &args.to);
    let config = load(from.into_iter().chain(to).collect())?.config;
    let Some(url) = &config.store.database else {
        bail!("no target: give --to postgres://USER@HOST/DATABASE, or set store.database");
    };
    let (from, to) = (config.store.data.clone(), Address::parse(url.expose_secret())?);
    let place = to.to_string();
    if presence(&from)? != Presence::Something {
        bail!(books::none_in(&from));
    }
    let data = DataDir::own(&from)?;
    let now = SystemClock.now();
    if args.undo {
        roll_back(&data, to, now)?;
        args.format.show(&UndoResult { from, to: place })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut progress = Progress::default();
    let moved = migrate_store(&data, to, now, &mut |step| progress.update(step));
    let moved = moved.with_context(|| format!("{} is not moved to {place}", from.display()))?;
    let master_key = books::master_key(&config);
    args.format.show(&MoveResult::of(moved, from, place, master_key))?;
    Ok(ExitCode::SUCCESS)
}

/// Progress messages on standard error: the first, the last, and one each second between them.
#[derive(Default)]
struct Progress {
    /// When the copying began, and how much was already copied then.
    begun: Option<(Instant, u64)>,
    reported_at: Option<Instant>,
}

impl Progress {
    fn update(&mut self, step: Step) {
        match step {
            Step::Comparing => print::say("copied; now auditing and comparing both sides"),
            Step::Copied { done, of } => self.copied(done, of),
        }
    }

    fn copied(&mut self, done: u64, of: u64) {
        let now = Instant::now();
        let (begun, before) = *self.begun.get_or_insert((now, done));
        let is_due = self
            .reported_at
            .is_none_or(|reported_at| now.duration_since(reported_at) >= PROGRESS_INTERVAL);
        if !is_due && done < of {
            return;
        }
        self.reported_at = Some(now);
        let percent = (done * 100).checked_div(of).unwrap_or(100);
        let took = u64::try_from(now.duration_since(begun).as_millis()).unwrap_or(u64::MAX);
        let rate = ((done - before) * 1000).checked_div(took).unwrap_or(0);
        print::say(&format!(
            "copied {done} of {of} transactions and deposits ({percent} %), {rate} per second"
        ));
    }
}

/// The result of a move, equal on both sides.
#[derive(Serialize)]
struct MoveResult {
    from: PathBuf,
    /// Without its password.
    to: String,
    inquiries: u64,
    payments: u64,
    /// Payments whose outcome is unknown.
    open: u64,
    deposits: u64,
    reversals: u64,
    balance_changes: u64,
    postings: u64,
    exchanges: u64,
    /// Attempts after the first ones of their payments.
    later_attempts: u64,
    /// Whole rupiah.
    paid_in: i64,
    /// The hash of all rows.
    hash: String,
    /// The master key: it was not moved, and every server of the database needs it.
    master_key: PathBuf,
}

impl MoveResult {
    fn of(moved: Moved, from: PathBuf, to: String, master_key: PathBuf) -> MoveResult {
        let Moved { audited, digest } = moved;
        MoveResult {
            from,
            to,
            inquiries: digest.inquiries,
            payments: digest.payments,
            open: audited.open,
            deposits: digest.deposits,
            reversals: digest.reversals,
            balance_changes: digest.balance_changes,
            postings: digest.postings,
            exchanges: digest.exchanges,
            later_attempts: digest.attempts,
            paid_in: i64::try_from(digest.paid_in).unwrap_or(i64::MAX),
            hash: format!("{:032x}", digest.hash),
            master_key,
        }
    }
}

impl Render for MoveResult {
    fn text(&self) -> String {
        let counted = pairs([
            ("inquiries", Some(self.inquiries.to_string())),
            ("payments", Some(self.payments.to_string())),
            ("of which open", Some(self.open.to_string())),
            ("deposits", Some(self.deposits.to_string())),
            ("reversals", Some(self.reversals.to_string())),
            ("withdrawals and adjustments", Some(self.balance_changes.to_string())),
            ("paid in", Some(rupiah(self.paid_in))),
            ("postings", Some(self.postings.to_string())),
            ("exchanges", Some(self.exchanges.to_string())),
            ("later attempts", Some(self.later_attempts.to_string())),
            ("hash", Some(self.hash.clone())),
        ]);
        let (from, to, key) = (self.from.display(), &self.to, self.master_key.display());
        format!(
            "{counted}\nBoth sides passed the audit and are equal. The books are now served from \
             {to}, and no longer from {from}.\n\
             - Set store.database to it, and start the server with the data directory {from}.\n\
             - The master key {key} was not moved: servers with another data directory need a copy.\n\
             - To undo it, before any server has worked there: lunas migrate-store --undo \
             --from {from} --to {to}\n"
        )
    }
}

/// The result of an undo.
#[derive(Serialize)]
struct UndoResult {
    from: PathBuf,
    to: String,
}

impl Render for UndoResult {
    fn text(&self) -> String {
        format!(
            "{} can be served again, and {} cannot: drop that database.\n",
            self.from.display(),
            self.to
        )
    }
}
