//! `lunas partner`: who may pay.

mod password_prompt;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Args, Subcommand};
use secrecy::SecretString;
use store::Obstacle;

use super::number;
use super::print::Operator;
use crate::admin::Request;
use crate::admin::request::{NewPartner, PartnerChange};
use crate::config::{Flag, Loaded};

/// The longest file that is read for an API key, in bytes.
const LONGEST_KEY_FILE: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Take a partner on; its API key is made up and shown once, unless you bring one.
    Add {
        /// What it signs in with, a phone number as a rule.
        #[arg(long)]
        username: String,
        /// What people call it [default: its username].
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        key: GivenKey,
        /// From where it may call, such as 203.0.113.7 or 203.0.113.0/24; may be given several times
        /// [default: from anywhere].
        #[arg(long, value_name = "ADDRESS")]
        allow: Vec<String>,
        /// What its available deposit never goes below, in whole rupiah; negative grants credit.
        #[arg(long, value_name = "RUPIAH", default_value_t = 0, allow_negative_numbers = true,
            value_parser = number::whole::<i64>)]
        limit: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// List all partners with their deposits.
    List {
        #[command(flatten)]
        operator: Operator,
    },
    /// Show one partner.
    Show {
        /// What it signs in with.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Change from where a partner may call, or the limit of its deposit.
    #[command(group(ArgGroup::new("change").required(true).multiple(true)))]
    Set {
        /// What it signs in with.
        username: String,
        /// From where it may call from now on; may be given several times.
        #[arg(long, value_name = "ADDRESS", group = "change")]
        allow: Vec<String>,
        /// Lets it call from anywhere.
        #[arg(long, group = "change", conflicts_with = "allow")]
        allow_any: bool,
        /// What its available deposit never goes below, in whole rupiah; negative grants credit.
        #[arg(long, value_name = "RUPIAH", allow_negative_numbers = true, group = "change",
            value_parser = number::whole::<i64>)]
        limit: Option<i64>,
        #[command(flatten)]
        operator: Operator,
    },
    /// Put a new API key in force beside the old one; once the partner uses it, `--finish`.
    RotateKey {
        /// What it signs in with.
        username: String,
        #[command(flatten)]
        key: GivenKey,
        /// Drops the old key.
        #[arg(long, conflicts_with_all = ["api_key_file", "api_key_stdin"])]
        finish: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set the password by which a partner's people sign in to the portal: typed twice at a terminal,
    /// or one line of standard input. Whoever is signed in is so no longer.
    Password {
        /// What it signs in with.
        username: String,
        /// Removes the password and the codes: nobody signs in any more.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Ask a partner's people for one-time codes beside the password; the URL for the app that shows
    /// them is printed once. Whoever is signed in is so no longer.
    Totp {
        /// What it signs in with.
        username: String,
        /// Asks for no codes any more.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set where a partner is told how a payment ended that was left open (39): an https address that
    /// is POSTed to until it answers 2xx, for up to three days.
    // The usage that clap makes has the address first.
    #[command(group(ArgGroup::new("callback").required(true)),
        override_usage = "lunas partner callback [OPTIONS] <USERNAME> <URL|--off>")]
    Callback {
        /// What it signs in with.
        username: String,
        /// The address, an https URL; it may hold a secret.
        #[arg(group = "callback")]
        url: Option<String>,
        /// Tells it nowhere any more.
        #[arg(long, group = "callback")]
        off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// End the sessions of all people of a partner, who may sign in again.
    SignOut {
        /// What it signs in with.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Accept nothing from a partner any more (RC 118); its payments in process still end.
    Suspend {
        /// What it signs in with.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Accept requests of a suspended partner again.
    Resume {
        /// What it signs in with.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
}

/// An API key that is brought along. It is no argument, as arguments are for all users to see.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct GivenKey {
    /// Reads the API key from this file, instead of making one up.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Reads the API key from standard input, instead of making one up.
    #[arg(long)]
    api_key_stdin: bool,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let (request, operator) = match command {
        Command::Add { username, name, key, allow, limit, operator } => {
            let api_key = key.read()?;
            (Request::AddPartner(NewPartner { username, name, api_key, allow, limit }), operator)
        }
        Command::List { operator } => (Request::ListPartners, operator),
        Command::Show { username, operator } => (Request::ShowPartner { username }, operator),
        Command::Set { username, allow, allow_any, limit, operator } => {
            let allow = (allow_any || !allow.is_empty()).then_some(allow);
            (Request::SetPartner(PartnerChange { username, allow, limit }), operator)
        }
        Command::RotateKey { username, finish: true, operator, .. } => {
            (Request::FinishRotation { username }, operator)
        }
        Command::RotateKey { username, key, operator, .. } => {
            (Request::RotateKey { username, api_key: key.read()? }, operator)
        }
        Command::Password { username, remove, operator } => {
            let password = if remove { None } else { Some(password_prompt::password()?) };
            (Request::SetPassword { username, password }, operator)
        }
        Command::Totp { username, remove: true, operator } => {
            (Request::RemoveCodes { username }, operator)
        }
        Command::Totp { username, remove: false, operator } => {
            (Request::SetCodes { username }, operator)
        }
        Command::Callback { username, url, operator, .. } => {
            (Request::SetCallback { username, url }, operator)
        }
        Command::SignOut { username, operator } => (Request::EndSessions { username }, operator),
        Command::Suspend { username, operator } => {
            (Request::SuspendPartner { username, suspended: true }, operator)
        }
        Command::Resume { username, operator } => {
            (Request::SuspendPartner { username, suspended: false }, operator)
        }
    };
    operator.ask(request, load)
}

impl GivenKey {
    fn read(&self) -> anyhow::Result<Option<SecretString>> {
        let mut text = String::new();
        match &self.api_key_file {
            Some(file) => {
                let opened = std::fs::File::open(file);
                let read = opened.and_then(|f| f.take(LONGEST_KEY_FILE).read_to_string(&mut text));
                read.map_err(|error| Obstacle::new(file, "read", &error))
                    .context("the API key file")?;
            }
            None if self.api_key_stdin => {
                let read = std::io::stdin().take(LONGEST_KEY_FILE).read_to_string(&mut text);
                read.context("the API key on standard input")?;
            }
            None => return Ok(None),
        }
        let key = SecretString::from(text.trim_end_matches(['\r', '\n']));
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_key_file_is_read_without_its_line_end() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "secret-key\r\n").unwrap();
        let given = GivenKey { api_key_file: Some(file), api_key_stdin: false };
        assert_eq!(given.read().unwrap().unwrap().expose_secret(), "secret-key");
        let absent = dir.path().join("none");
        let given = GivenKey { api_key_file: Some(absent), api_key_stdin: false };
        assert!(given.read().is_err());
        let none = GivenKey { api_key_file: None, api_key_stdin: false };
        assert!(none.read().unwrap().is_none());
    }
}
