//! `lunas partner`: add, show and change partners.

mod password_prompt;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Args, Subcommand};
use secrecy::SecretString;

use super::number;
use super::print::Operator;
use crate::admin::Request;
use crate::admin::request::{NewPartner, PartnerChange};
use crate::config::{Flag, Loaded};
use crate::secrets::secret_file;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a partner. Its API key is generated and shown once, unless you give one.
    Add {
        /// The username of the partner, usually a phone number.
        #[arg(long)]
        username: String,
        /// The display name [default: the username].
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        key: GivenKey,
        /// An address or range from which the partner may call, such as 203.0.113.7 or
        /// 203.0.113.0/24. May be repeated [default: any address].
        #[arg(long, value_name = "ADDRESS")]
        allow: Vec<String>,
        /// The lowest available balance, in whole rupiah. A negative number grants credit.
        #[arg(long, value_name = "RUPIAH", default_value_t = 0, allow_negative_numbers = true,
            value_parser = number::whole::<i64>)]
        min_balance: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// List all partners with their balances.
    List {
        #[command(flatten)]
        operator: Operator,
    },
    /// Show one partner.
    Show {
        /// The partner's username.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Change the allowed addresses or the lowest balance of a partner.
    #[command(group(ArgGroup::new("change").required(true).multiple(true)))]
    Set {
        /// The partner's username.
        username: String,
        /// The addresses or ranges that may call from now on. May be repeated.
        #[arg(long, value_name = "ADDRESS", group = "change")]
        allow: Vec<String>,
        /// Allow calls from any address.
        #[arg(long, group = "change", conflicts_with = "allow")]
        allow_any: bool,
        /// The lowest available balance, in whole rupiah. A negative number grants credit.
        #[arg(long, value_name = "RUPIAH", allow_negative_numbers = true, group = "change",
            value_parser = number::whole::<i64>)]
        min_balance: Option<i64>,
        #[command(flatten)]
        operator: Operator,
    },
    /// Add a second API key; both are valid. Run again with `--finish` when the partner uses the
    /// new one.
    RotateKey {
        /// The partner's username.
        username: String,
        #[command(flatten)]
        key: GivenKey,
        /// Remove the old key.
        #[arg(long, conflicts_with_all = ["api_key_file", "api_key_stdin"])]
        finish: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set the password with which a partner's people sign in to the portal. It is asked for twice
    /// at a terminal, or read as one line from standard input. All their sessions end.
    Password {
        /// The partner's username.
        username: String,
        /// Remove the password and the one-time codes: nobody can sign in.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Require one-time codes in addition to the password. Prints the URL for the authenticator
    /// app, once. All sessions of the partner end.
    Totp {
        /// The partner's username.
        username: String,
        /// Stop requiring one-time codes.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set the callback address of a partner. When a payment that was answered 39 (pending) ends,
    /// lunas POSTs the result to this https URL, and retries for up to three days until it is
    /// answered 2xx.
    // clap's own usage line would put the URL first.
    #[command(group(ArgGroup::new("callback").required(true)),
        override_usage = "lunas partner callback [OPTIONS] <USERNAME> <URL|--off>")]
    Callback {
        /// The partner's username.
        username: String,
        /// The https URL. It may contain a secret.
        #[arg(group = "callback")]
        url: Option<String>,
        /// Stop sending callbacks.
        #[arg(long, group = "callback")]
        off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// End all sessions of a partner's people. They can sign in again.
    SignOut {
        /// The partner's username.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Refuse all requests of a partner (RC 118). Its running payments still complete.
    Suspend {
        /// The partner's username.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Accept the requests of a suspended partner again.
    Resume {
        /// The partner's username.
        username: String,
        #[command(flatten)]
        operator: Operator,
    },
}

/// An API key given by the operator. It is not an argument, because other users can see arguments.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct GivenKey {
    /// Read the API key from this file instead of generating one.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Read the API key from standard input instead of generating one.
    #[arg(long)]
    api_key_stdin: bool,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let (request, operator) = match command {
        Command::Add { username, name, key, allow, min_balance, operator } => {
            let api_key = key.read()?;
            let new = NewPartner { username, name, api_key, allow, min_balance };
            (Request::AddPartner(new), operator)
        }
        Command::List { operator } => (Request::ListPartners, operator),
        Command::Show { username, operator } => (Request::ShowPartner { username }, operator),
        Command::Set { username, allow, allow_any, min_balance, operator } => {
            let allow = (allow_any || !allow.is_empty()).then_some(allow);
            (Request::SetPartner(PartnerChange { username, allow, min_balance }), operator)
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
        match &self.api_key_file {
            Some(file) => secret_file::read(file).context("the API key file").map(Some),
            None if self.api_key_stdin => {
                secret_file::read_stdin().context("the API key on standard input").map(Some)
            }
            None => Ok(None),
        }
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
