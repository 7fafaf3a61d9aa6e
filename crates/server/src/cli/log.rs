//! `lunas log`: the log of actions.

use std::process::ExitCode;

use domain::action::NAMES;

use super::number;
use super::print::ListArgs;
use crate::admin::Request;
use crate::admin::request::WhichActions;
use crate::config::{Flag, Loaded};

/// Show who changed what: the log of operators' and partners' actions, newest first.
///
/// Each change that an operator makes with `lunas`, and each that a partner makes in the portal, is
/// one line: who, when, what, on what, and the values before and after. The line is written in the
/// same commit as the change, and nobody can change or delete it. A refused request changes nothing
/// and leaves no line; reading leaves none either. Inquiries and payments are not here: see `lunas
/// payment list`.
///
/// For a command, the actor is the user of the operating system that ran it: for a running server,
/// the user that its socket reports, whatever the command says.
#[derive(clap::Args)]
#[command(after_help = examples_and_names())]
pub(super) struct Args {
    /// Only what this one did: a user of the operating system such as root, a partner's username,
    /// or lunas for what it did by itself.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only what was done to this: a partner's username, a product's code, or the number of a
    /// deposit, withdrawal, adjustment or payment.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Only this action, such as partner.suspend.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only from this day on, in Asia/Jakarta: 2026-11-28.
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only entries older than this one: the ID of the last line shows the next page.
    #[arg(long, value_name = "ID", value_parser = number::whole::<i64>)]
    before: Option<i64>,
    #[command(flatten)]
    list: ListArgs,
}

const EXAMPLES: &str = "\
Examples:
  lunas log --subject 081234567890        what was done to a partner
  lunas log --actor root --since 2026-11-28
  lunas log --action deposit.reverse --json";

/// The end of the help: examples, and the names of all actions, one line for each kind of subject.
fn examples_and_names() -> String {
    let mut help = format!("{EXAMPLES}\n\nActions:");
    let mut last = "";
    for name in NAMES {
        let (kind, _) = name.split_once('.').unwrap_or((name, ""));
        help.push_str(if kind == last { " " } else { "\n  " });
        help.push_str(name);
        last = kind;
    }
    help
}

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let Args { actor, subject, action, since, before, list: ListArgs { limit, operator } } = args;
    let which = WhichActions { actor, subject, action, since, before, limit };
    operator.ask(Request::ListActions(which), load)
}
