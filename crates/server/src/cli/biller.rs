//! `lunas biller`: the billers that lunas pays at.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use super::biller_products::{self, Products};
use super::print::Operator;
use crate::admin::Request;
use crate::admin::biller_request::{BillerPatch, BillerRequest, NewBiller};
use crate::config::{Flag, Loaded};
use crate::secrets::secret_file;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a biller, after one harmless signed call to it. Then add routes: `lunas route add`.
    Add(Box<Add>),
    /// List the billers: state, circuit, lunas's balance there, calls of the last hour.
    List {
        #[command(flatten)]
        operator: Operator,
    },
    /// Show one biller.
    Show {
        /// The biller's name.
        name: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Change the address, the username or the limits of a biller. Options that are not given stay
    /// unchanged. A new address is checked with one harmless signed call first.
    Set(Box<Set>),
    /// Leave a biller out of new inquiries. Bills that it has answered are still paid there.
    Pause {
        /// The biller's name.
        name: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Ask a paused biller again.
    Resume {
        /// The biller's name.
        name: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Replace lunas's API key at a biller, after one harmless signed call with the new one.
    RotateKey {
        /// The biller's name.
        name: String,
        /// The file with the new API key; - reads it from standard input.
        #[arg(long, value_name = "FILE")]
        api_key_file: PathBuf,
        /// Do not call the biller first.
        #[arg(long)]
        no_check: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set the secret of a biller's webhooks, or stop accepting them.
    #[command(group(ArgGroup::new("secret").required(true)))]
    WebhookSecret {
        /// The biller's name.
        name: String,
        /// The file with the secret; - reads it from standard input.
        #[arg(long, value_name = "FILE", group = "secret")]
        file: Option<PathBuf>,
        /// Accept no webhooks.
        #[arg(long, group = "secret")]
        off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Show a biller's price list beside what lunas sells, or import what is missing.
    Products(Products),
    /// Ask a biller for lunas's balance there, beside what the books say it took.
    ///
    /// If the biller does not tell it now, the balance that it told last is shown, with the reason.
    Balance {
        /// The biller's name.
        name: String,
        #[command(flatten)]
        operator: Operator,
    },
}

/// The API that a biller speaks.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// IAK's postpaid API.
    Iak,
    /// Digiflazz's API for buyers.
    Digiflazz,
}

#[derive(Args)]
pub(super) struct Add {
    /// The biller's name at lunas: 1 to 32 small letters, digits or -.
    name: String,
    /// The API that the biller speaks.
    #[arg(long)]
    kind: Kind,
    /// The address of its API: the bare host for IAK, such as `https://mobilepulsa.net`; with /v1 for
    /// Digiflazz, `https://api.digiflazz.com/v1`.
    #[arg(long)]
    url: String,
    /// Where IAK's balance is asked for [default: known for IAK's own hosts, else the host of --url].
    #[arg(long, value_name = "URL")]
    prepaid_url: Option<String>,
    /// lunas's username at the biller.
    #[arg(long)]
    username: String,
    /// The file with lunas's API key at the biller; - reads it from standard input.
    #[arg(long, value_name = "FILE")]
    api_key_file: PathBuf,
    /// The file with the secret of the biller's webhooks. Without it, none is accepted.
    #[arg(long, value_name = "FILE")]
    webhook_secret_file: Option<PathBuf>,
    /// Call Digiflazz in its test mode, with the development key. IAK's host decides by itself.
    #[arg(long)]
    testing: bool,
    /// The longest time for a call, 1s to 25s.
    #[arg(long, value_name = "TIME", default_value = "20s")]
    deadline: Deadline,
    /// The most calls at a time, 1 to 20000.
    #[arg(long, value_name = "N", default_value_t = 64)]
    concurrency: u16,
    #[command(flatten)]
    call: Call,
    #[command(flatten)]
    operator: Operator,
}

/// The longest time for a call: whole seconds, written `20s`.
#[derive(Clone, Copy)]
struct Deadline(u16);

impl FromStr for Deadline {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Deadline, &'static str> {
        let seconds = text.strip_suffix('s').and_then(|digits| digits.parse().ok());
        seconds.map(Deadline).ok_or("expected whole seconds such as 20s")
    }
}

/// How a new address is used.
#[derive(Args)]
struct Call {
    /// Do not call the biller first.
    #[arg(long)]
    no_check: bool,
    /// Allow plain http to another machine. Others on the way can then read and change payments.
    #[arg(long)]
    allow_plain_http: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)))]
pub(super) struct Set {
    /// The biller's name.
    name: String,
    /// The address of its API.
    #[arg(long, group = "change")]
    url: Option<String>,
    /// Where IAK's balance is asked for.
    #[arg(long, value_name = "URL", group = "change")]
    prepaid_url: Option<String>,
    /// lunas's username at the biller.
    #[arg(long, group = "change")]
    username: Option<String>,
    /// Whether Digiflazz is called in its test mode.
    #[arg(long, value_name = "BOOL", group = "change")]
    testing: Option<bool>,
    /// The longest time for a call, 1s to 25s.
    #[arg(long, value_name = "TIME", group = "change")]
    deadline: Option<Deadline>,
    /// The most calls at a time, 1 to 20000.
    #[arg(long, value_name = "N", group = "change")]
    concurrency: Option<u16>,
    #[command(flatten)]
    call: Call,
    #[command(flatten)]
    operator: Operator,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let (request, operator) = match command {
        Command::Add(add) => add.into_request()?,
        Command::List { operator } => (BillerRequest::List, operator),
        Command::Show { name, operator } => (BillerRequest::Show { name }, operator),
        Command::Set(set) => set.into_request(),
        Command::Pause { name, operator } => {
            (BillerRequest::Pause { name, paused: true }, operator)
        }
        Command::Resume { name, operator } => {
            (BillerRequest::Pause { name, paused: false }, operator)
        }
        Command::RotateKey { name, api_key_file, no_check, operator } => {
            let api_key = Some(secret("the API key", &api_key_file)?);
            (BillerRequest::RotateKey { name, api_key, is_checked: !no_check }, operator)
        }
        Command::WebhookSecret { name, file, off: _, operator } => {
            let secret = file.as_deref().map(|file| secret("the secret", file)).transpose()?;
            (BillerRequest::SetWebhookSecret { name, secret }, operator)
        }
        Command::Products(products) => return biller_products::run(products, load),
        Command::Balance { name, operator } => (BillerRequest::Balance { name }, operator),
    };
    operator.ask(Request::Biller(request), load)
}

impl Add {
    fn into_request(self) -> anyhow::Result<(BillerRequest, Operator)> {
        let webhook_secret = self.webhook_secret_file.as_deref();
        let kind = match self.kind {
            Kind::Iak => "iak",
            Kind::Digiflazz => "digiflazz",
        };
        let new = NewBiller {
            name: self.name,
            kind: kind.to_owned(),
            url: self.url,
            prepaid_url: self.prepaid_url,
            username: self.username,
            api_key: Some(secret("the API key", &self.api_key_file)?),
            webhook_secret: webhook_secret.map(|file| secret("the secret", file)).transpose()?,
            testing: self.testing,
            deadline_seconds: self.deadline.0,
            concurrency: self.concurrency,
            allow_plain_http: self.call.allow_plain_http,
            is_checked: !self.call.no_check,
        };
        Ok((BillerRequest::Add(Box::new(new)), self.operator))
    }
}

impl Set {
    fn into_request(self) -> (BillerRequest, Operator) {
        let patch = BillerPatch {
            name: self.name,
            url: self.url,
            prepaid_url: self.prepaid_url,
            username: self.username,
            testing: self.testing,
            deadline_seconds: self.deadline.map(|deadline| deadline.0),
            concurrency: self.concurrency,
            allow_plain_http: self.call.allow_plain_http,
            is_checked: !self.call.no_check,
        };
        (BillerRequest::Set(Box::new(patch)), self.operator)
    }
}

/// The secret in a file, or on standard input if the file is `-`.
fn secret(what: &'static str, file: &Path) -> anyhow::Result<SecretString> {
    let read = match file.as_os_str() == "-" {
        true => secret_file::read_stdin(),
        false => secret_file::read(file),
    };
    read.context(what)
}
