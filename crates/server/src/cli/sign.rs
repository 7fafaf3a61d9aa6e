//! `lunas sign`: what a request's signature covers, and what is wrong with a given one.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use iak_protocol::{
    Command, Format, Inquiry, Known, Listing, MAX_BODY, Request, decode_request, diagnose,
    receipt_suffix, sign, verify,
};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::client::{Credentials, check};
use super::print;
use crate::config::{Flag, Loaded};

/// Stands for the API key where it is not to be seen.
const MASK: &str = "********";

/// What to sign, as whom, and what to compare it with.
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
    /// Read a whole request, JSON or XML, and judge its own signature; - is the standard input.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    #[command(flatten)]
    credentials: Credentials,
    /// A signature to judge.
    #[arg(long, global = true, value_name = "SIGN", allow_hyphen_values = true)]
    given: Option<String>,
    /// Show the API key within the text.
    #[arg(long, global = true)]
    reveal: bool,
    /// Print a JSON document.
    #[arg(long, global = true)]
    json: bool,
}

/// What can be signed.
#[derive(clap::Subcommand)]
enum Subject {
    /// An inquiry.
    InqPasca {
        /// The ref_id that is sent.
        #[arg(long)]
        ref_id: String,
    },
    /// A payment.
    PayPasca {
        /// The tr_id exactly as it is sent.
        #[arg(long)]
        tr_id: String,
        /// The ref_id of its inquiry, to find out whether that was signed instead.
        #[arg(long)]
        ref_id: Option<String>,
    },
    /// A question for a transaction's status.
    Checkstatus,
    /// A question for the price list.
    PricelistPasca,
    /// The download of a receipt.
    Receipt {
        /// The tr_id of the paid transaction.
        #[arg(long)]
        tr_id: String,
    },
}

/// A signature and how it comes about.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Report {
    /// The command that is signed.
    command: &'static str,
    /// The names of the parts.
    formula: &'static str,
    /// The parts, the key masked unless it is to be seen.
    text: String,
    /// The right signature.
    sign: String,
    /// What is said of a given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Given>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Given {
    right: bool,
    /// What was done instead, if it is known.
    mistake: Option<String>,
}

/// Shows a signature and judges a given one.
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
    // A request says itself whose it is.
    let needs_username = args.request.is_none();
    let caller = || args.credentials.caller(url.as_deref(), needs_username, load);
    let stated = args.credentials.username.as_deref();
    match (&args.subject, &args.request) {
        (Some(_), Some(_)) => bail!("--request holds the command itself: give it alone"),
        (None, None) => bail!("there is nothing to sign: name a command or give --request"),
        (None, Some(file)) => {
            ensure!(args.given.is_none(), "--request holds its own sign: give --given without it");
            let body = read(file)?;
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

/// What the download of a receipt is called, and its formula.
const RECEIPT: (&str, &str) = ("receipt", "username + api_key + tr_id + \"receipt\"");

impl Subject {
    /// A request with this signature, its signed part checked.
    fn request<'a>(&'a self, username: &'a str, sign: &'a str) -> anyhow::Result<Request<'a>> {
        let request = |command| Request { username: username.into(), sign: sign.into(), command };
        let payment = |tr_id: &'a str| Command::Payment {
            tr_id: tr_id.parse().unwrap_or_default(),
            sent: tr_id.into(),
        };
        // An inquiry has fields that are not signed and not known here: its ref_id is checked in
        // the command that has no other.
        let inquiry =
            |ref_id: Cow<'a, str>| Command::Inquiry(Inquiry { ref_id, ..Inquiry::default() });
        let (checked, signed) = match self {
            Subject::InqPasca { ref_id } => {
                (Command::Status { ref_id: ref_id.into() }, inquiry(ref_id.into()))
            }
            Subject::PayPasca { tr_id, .. } => (payment(tr_id), payment(tr_id)),
            // It is signed like an inquiry: over a text that the client names.
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

/// What the signature of a request covers.
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

/// What is wrong with a request's own signature. `stated` is who the sender believes to be.
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
            "wrong, by no known mistake. Compare the API key, and the text as it was hashed."
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

/// A request from a file or the standard input, no more of it than a request may have.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    let most = MAX_BODY as u64 + 1;
    if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut body)?;
    } else {
        let name = || format!("the request cannot be read from {}", file.display());
        let opened = std::fs::File::open(file).with_context(name)?;
        opened.take(most).read_to_end(&mut body).with_context(name)?;
    }
    Ok(body)
}
