//! `lunas audit`: checks the rules of the ledger on the stored rows.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;
use store::postgres::{Address, Server};
use store::sqlite::{database, reader};
use store::{Read, StoreError};

use super::print::{self, Operator, Render, Table, left, pairs};
use crate::admin;
use crate::config::{Flag, Loaded};
use crate::run::books;

/// A larger database, in bytes, takes so long that a message says so.
const LARGE: u64 = 256 << 20;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    operator: Operator,
}

/// The totals and the broken rules.
#[derive(Serialize)]
pub(super) struct Report {
    clean: bool,
    inquiries: u64,
    payments: u64,
    /// Payments whose outcome is unknown.
    open: u64,
    deposits: u64,
    reversals: u64,
    balance_changes: u64,
    postings: u64,
    accounts: u64,
    /// The total number of broken rules.
    broken: u64,
    /// The first thousand of them.
    faults: Vec<Fault>,
}

#[derive(Serialize)]
struct Fault {
    rule: &'static str,
    at: String,
}

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let config = args.operator.load(load)?.config;
    let report = match admin::locate(&config)? {
        None => Report::of(&config.store.data)?,
        Some(address) => Report::on(address)?,
    };
    args.operator.format().show(&report)?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Report {
    /// Audits the database in `data`; a server may be using it.
    pub(super) fn of(data: &Path) -> anyhow::Result<Report> {
        let mut reader = match reader(data) {
            Err(StoreError::Missing(_)) => anyhow::bail!(books::none_in(data)),
            opened => opened?,
        };
        let size = std::fs::metadata(database(data))?.len();
        if size > LARGE && std::io::stderr().is_terminal() {
            print::say(&format!("auditing {} MiB: every row is read", size >> 20));
        }
        Report::read(&mut reader).with_context(|| format!("in {}", data.display()))
    }

    /// Audits a PostgreSQL database; servers may be using it.
    fn on(address: Address) -> anyhow::Result<Report> {
        let place = address.to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let opened = runtime.block_on(Server::read_only(address));
        let audited = opened.and_then(|server| server.reader()).map_err(anyhow::Error::from);
        audited.and_then(|mut reader| Report::read(&mut reader)).context(place)
    }

    fn read(reader: &mut dyn Read) -> anyhow::Result<Report> {
        let report = store::audit::audit(reader)?;
        Ok(Report {
            clean: report.is_clean(),
            inquiries: report.inquiries,
            payments: report.payments,
            open: report.open,
            deposits: report.deposits,
            reversals: report.reversals,
            balance_changes: report.balance_changes,
            postings: report.postings,
            accounts: report.accounts,
            broken: report.broken,
            faults: report.faults.into_iter().map(|f| Fault { rule: f.rule, at: f.at }).collect(),
        })
    }

    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }
}

impl Render for Report {
    fn text(&self) -> String {
        let counted = pairs([
            ("inquiries", Some(self.inquiries.to_string())),
            ("payments", Some(self.payments.to_string())),
            ("of which open", Some(self.open.to_string())),
            ("deposits", Some(self.deposits.to_string())),
            ("reversals", Some(self.reversals.to_string())),
            ("withdrawals and adjustments", Some(self.balance_changes.to_string())),
            ("postings", Some(self.postings.to_string())),
            ("accounts", Some(self.accounts.to_string())),
        ]);
        if self.clean {
            return counted + "\nEvery balance equals its postings, and every rule holds.\n";
        }
        let row = |fault: &Fault| [fault.rule.to_owned(), fault.at.clone()];
        let faults = Table::new([left("BROKEN RULE"), left("AT")], self.faults.iter().map(row));
        format!("{counted}\n{faults}\nBroken in all: {}\n", self.broken)
    }
}
