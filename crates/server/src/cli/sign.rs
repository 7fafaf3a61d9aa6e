//! `lunas sign`: shows how a signature is made, and checks a given one.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use iak_protocol::{
    Command, Format, Inquiry, Known, Listing, MAX_BODY, Request, decode_request, diagnose,
    receipt_suffix, sign, verify,
};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::client::{Credentials, check};
use super::{input, print};
use crate::config::{Flag, Loaded};

/// Printed instead of the API key.
const MASK: &str = "********";

/// Show the text that a signature is made of, and check a given signature.
#[derive(clap::Args)]
#[command(
    after_help = "Every signature is the md5, in hex, of the username, the API key and a last part, \
with nothing between them. \
`lunas sign pay-pasca --tr-id 9732787 --given SIGN` tells whether SIGN is right and, if it is \
made by a known mistake, by which.\n\nExit codes: 0 signed, and the given one is right; 1 it is \
wrong."
)]
pub(super) struct Args {
    #[command(subcommand)]
    subject: Option<Subject>,
    /// Read a whole request (JSON or XML) and check its signature; - reads standard input.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    #[command(flatten)]
    credentials: Credentials,
    /// A signature to check.
    #[arg(long, global = true, value_name = "SIGN", allow_hyphen_values = true)]
    given: Option<String>,
    /// Show the API key in the text, instead of asterisks.
    #[arg(long, global = true)]
    reveal: bool,
    /// Print the answer as JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// The requests that are signed.
#[derive(clap::Subcommand)]
enum Subject {
    /// An inquiry.
    InqPasca {
        /// The ref_id of the inquiry.
        #[arg(long)]
        ref_id: String,
    },
    /// A payment.
    PayPasca {
        /// The tr_id, exactly as it is sent.
        #[arg(long)]
        tr_id: String,
        /// The ref_id of its inquiry, to check whether that was signed by mistake.
        #[arg(long)]
        ref_id: Option<String>,
    },
    /// A status request.
    Checkstatus,
    /// A price list request.
    PricelistPasca,
    /// A receipt download.
    Receipt {
        /// The tr_id of the paid transaction.
        #[arg(long)]
        tr_id: String,
    },
}

/// A signature and how it is made.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Report {
    /// The command that is signed.
    command: &'static str,
    /// The formula: the names of the parts.
    formula: &'static str,
    /// The parts; the key is masked unless it was asked for.
    text: String,
    /// The correct signature.
    sign: String,
    /// The check of a given signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Given>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Given {
    right: bool,
    /// The mistake that was made, if it is known.
    mistake: Option<String>,
}

/// Shows a signature and checks a given one.
pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let report = report(&args, load)?;
    match args.json {
        true => print::json(&report)?,
        false => print::text(&lines(&report))?,
    }
    let is_wrong = report.given.is_some_and(|given| !given.right);
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn report(
    args: &Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<Report> {
    let url = std::env::var("LUNAS_URL").ok();
    // A request contains its username.
    let needs_username = args.request.is_none();
    let caller = || args.credentials.caller(url.as_deref(), needs_username, load);
    let stated = args.credentials.username.as_deref();
    match (&args.subject, &args.request) {
        (Some(_), Some(_)) => bail!("--request holds the command itself: give it alone"),
        (None, None) => bail!("there is nothing to sign: name a command or give --request"),
        (None, Some(file)) => {
            ensure!(args.given.is_none(), "--request holds its own sign: give --given without it");
            let body = input::bytes(file, MAX_BODY)?;
            let format = Format::detect(None, &body).context("the request is no JSON or XML")?;
            let request = decode_request(&body, format)?;
            let caller = caller()?;
            let key = caller.api_key.expose_secret();
            let mut report = covered(&request, key, args.reveal);
            report.given = Some(judged(&request, key, None, stated));
            Ok(report)
        }
        (Some(subject), None) => {
            let caller = caller()?;
            let key = caller.api_key.expose_secret();
            let sign = args.given.as_deref().unwrap_or_default();
            let request = subject.request(caller.username()?, sign)?;
            let mut report = covered(&request, key, args.reveal);
            if let Subject::Receipt { .. } = subject {
                (report.command, report.formula) = RECEIPT;
            }
            report.given = args.given.as_ref().map(|_| subject.judged(&request, key));
            Ok(report)
        }
    }
}

/// The name of a receipt download, and its formula.
const RECEIPT: (&str, &str) = ("receipt", "username + api_key + tr_id + \"receipt\"");

impl Subject {
    /// A request with this signature; its signed part is validated.
    fn request<'a>(&'a self, username: &'a str, sign: &'a str) -> anyhow::Result<Request<'a>> {
        let request = |command| Request { username: username.into(), sign: sign.into(), command };
        let payment = |tr_id: &'a str| Command::Payment {
            tr_id: tr_id.parse().unwrap_or_default(),
            sent: tr_id.into(),
        };
        // An inquiry has further fields that are not signed and not known here, so its ref_id is
        // validated in a status request, which has no other field.
        let inquiry =
            |ref_id: Cow<'a, str>| Command::Inquiry(Inquiry { ref_id, ..Inquiry::default() });
        let (checked, signed) = match self {
            Subject::InqPasca { ref_id } => {
                (Command::Status { ref_id: ref_id.into() }, inquiry(ref_id.into()))
            }
            Subject::PayPasca { tr_id, .. } => (payment(tr_id), payment(tr_id)),
            // Signed like an inquiry: over a text that the client chooses.
            Subject::Receipt { tr_id } => (payment(tr_id), inquiry(receipt_suffix(tr_id).into())),
            Subject::Checkstatus => {
                let status = Command::Status { ref_id: "any".into() };
                (status.clone(), status)
            }
            Subject::PricelistPasca => {
                let list = Command::PriceList { status: Listing::All, province: None };
                (list.clone(), list)
            }
        };
        check(&request(checked))?;
        Ok(request(signed))
    }

    fn judged(&self, request: &Request<'_>, key: &str) -> Given {
        match self {
            Subject::Receipt { tr_id } if verify(&request.username, key, tr_id, &request.sign) => {
                let mistake = "The word receipt is missing after the tr_id.".to_owned();
                Given { right: false, mistake: Some(mistake) }
            }
            Subject::PayPasca { ref_id, .. } => judged(request, key, ref_id.as_deref(), None),
            _ => judged(request, key, None, None),
        }
    }
}

/// The text and the correct signature of a request.
fn covered(request: &Request<'_>, key: &str, reveal: bool) -> Report {
    let (username, suffix) = (&*request.username, request.command.signed_suffix());
    let shown = if reveal { key } else { MASK };
    Report {
        command: request.command.name(),
        formula: diagnose(request, &Known::default()).canonical,
        text: [username, shown, suffix].concat(),
        sign: sign(username, key, suffix).to_string(),
        given: None,
    }
}

/// Checks a request's own signature. `stated` is the username that the user gave.
fn judged(request: &Request<'_>, key: &str, ref_id: Option<&str>, stated: Option<&str>) -> Given {
    let right = request.is_signed_with(key);
    let known = Known { api_keys: &[key], other_keys: &[], ref_id };
    let mistake = diagnose(request, &known).mistake.map(|mistake| mistake.to_string());
    let other_username = || {
        let stated = stated.filter(|stated| !right && *stated != request.username)?;
        Some(format!("The request's username is {}, not {stated:?}.", request.username))
    };
    Given { right, mistake: mistake.or_else(other_username) }
}

fn lines(report: &Report) -> String {
    let judged = report.given.as_ref().map(|given| match given {
        Given { right: true, .. } => "right".to_owned(),
        Given { mistake: Some(mistake), .. } => format!("wrong. {mistake}"),
        Given { mistake: None, .. } => {
            "wrong, but not by a known mistake. Compare the API key, and the text that was hashed."
                .to_owned()
        }
    });
    print::pairs([
        ("command", Some(report.command.to_owned())),
        ("formula", Some(report.formula.to_owned())),
        ("text", Some(report.text.clone())),
        ("sign", Some(report.sign.clone())),
        ("given", judged),
    ])
}
