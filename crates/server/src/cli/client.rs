//! The client commands: a partner's side of any server that speaks IAK's postpaid API.

mod advice;
mod credentials;
mod render;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use chacha20poly1305::aead::Generate;
use client::{Answer, CallError, Outcome, Reply, Url, endpoint, format_of, interpret};
use iak_protocol::{Command, Format, Inquiry, Listing, Request, encode_answer, encode_request};

pub(super) use credentials::{Caller, Credentials, check};

use super::print;
use crate::config::{Flag, Loaded};
use advice::advice;

/// Where the URL of the server comes from.
const URL_SETTING: &str = "--url or LUNAS_URL";

const EXIT_CODES: &str = "\
Exit codes: 0 success; 1 refused or failed; 3 no final answer (in process, lost, or not sent); \
4 `lunas pay` only: this tr_id had been paid before, and nothing was paid now.
A payment without a final answer may be paid: ask with `lunas status REF_ID`, and never pay the \
bill under a new ref_id.";

/// Where to ask, as whom, and how to show the answer.
#[derive(clap::Args)]
struct Server {
    /// The server, or the whole address of its API [default: the sandbox of the data directory, if you
    /// give no credentials, and else http://127.0.0.1:8080].
    #[arg(long, env = "LUNAS_URL")]
    url: Option<String>,
    #[command(flatten)]
    credentials: Credentials,
    /// Speak XML instead of JSON.
    #[arg(long)]
    xml: bool,
    /// Print the answer as a JSON document, that of an XML answer too.
    #[arg(long)]
    json: bool,
    /// Print the request and the answer as sent, on the standard error. The API key is part of neither.
    #[arg(long)]
    show: bool,
    /// How many seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = seconds)]
    timeout: u64,
}

/// The fields of an inquiry.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Inquire {
    /// The product, such as BPJS; `lunas price-list` shows them all.
    #[arg(long)]
    code: String,
    /// The customer's number at the biller.
    #[arg(long, value_name = "NUMBER")]
    hp: String,
    /// Your own number of the transaction, unique for ever; made up if you give none, and shown once the
    /// inquiry was sent.
    #[arg(long)]
    ref_id: Option<String>,
    /// How many months to pay (BPJS, BPJSTK).
    #[arg(long)]
    month: Option<String>,
    /// The tax year (PBB).
    #[arg(long)]
    year: Option<String>,
    /// The owner's identity number (ESAMSAT).
    #[arg(long, value_name = "NUMBER")]
    nomor_identitas: Option<String>,
    /// The amount in whole rupiah (custom denomination, church offering).
    #[arg(long, value_name = "RUPIAH")]
    amount: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// The inquiry to pay.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Pay {
    /// The tr_id that today's inquiry was answered with.
    #[arg(value_parser = tr_id)]
    tr_id: i64,
    #[command(flatten)]
    server: Server,
}

/// The transaction to ask about.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Status {
    /// The ref_id of its inquiry, which `lunas inquire` and `lunas pay` show; not the tr_id.
    ref_id: String,
    #[command(flatten)]
    server: Server,
}

/// Which products to list.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct PriceList {
    /// Only this kind, such as pdam or bpjs.
    #[arg(value_name = "TYPE")]
    product_type: Option<String>,
    /// Only those that are sold now, or those that are not: all, active or non-active.
    #[arg(long, default_value = "all", value_parser = listing)]
    status: Listing,
    /// Only those of this province (pdam).
    #[arg(long)]
    province: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// `lunas inquire`: what is owed?
pub(super) fn inquire(
    args: Inquire,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let made_up = args.ref_id.is_none().then(new_ref_id).transpose()?;
    let ref_id = args.ref_id.or_else(|| made_up.clone()).unwrap_or_default();
    let inquiry = Inquiry {
        code: args.code.into(),
        hp: args.hp.into(),
        ref_id: ref_id.into(),
        month: args.month.map(Cow::from),
        year: args.year.map(Cow::from),
        nomor_identitas: args.nomor_identitas.map(Cow::from),
        amount: args.amount.map(Cow::from),
        unusable: Vec::new(),
    };
    let outcome = args.server.ask(Command::Inquiry(inquiry), None, load)?;
    // Answer even if the answer is lost, but not if nothing was sent: then no server knows it. That it comes
    // after the answer costs nothing: an inquiry moves no money, and may be made again.
    if let Some(ref_id) = made_up.filter(|_| !matches!(outcome, Outcome::NotSent(_))) {
        tell(&format!("ref_id: {ref_id}"));
    }
    Ok(exit_code(&outcome))
}

/// `lunas pay`: pay the bill of an inquiry.
pub(super) fn pay(
    args: Pay,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    Ok(exit_code(&args.server.ask(Command::payment(args.tr_id), None, load)?))
}

/// `lunas status`: what became of it?
pub(super) fn status(
    args: Status,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    Ok(exit_code(&args.server.ask(Command::Status { ref_id: args.ref_id.into() }, None, load)?))
}

/// `lunas price-list`: what is sold?
pub(super) fn price_list(
    args: PriceList,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let PriceList { product_type, status, province, server } = args;
    let command = Command::PriceList { status, province: province.map(Cow::from) };
    Ok(exit_code(&server.ask(command, product_type.as_deref(), load)?))
}

impl Server {
    fn ask(
        &self,
        command: Command<'_>,
        product_type: Option<&str>,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<Outcome> {
        let caller = self.credentials.caller(self.url.as_deref(), true, load)?;
        let request = signed(&caller, command)?;
        let url = endpoint(&caller.url, product_type)?;
        self.exchange(&url, &request, &mut print::stdout())
    }

    /// Sends the request and prints what is told. Once a payment or a question about one was sent,
    /// nothing but its answer decides the outcome, not even an output that fails: an error means that
    /// nothing was sent, or that an answer with which no money moves cannot be printed.
    fn exchange(
        &self,
        url: &Url,
        request: &Request<'_>,
        out: &mut dyn Write,
    ) -> anyhow::Result<Outcome> {
        let format = if self.xml { Format::Xml } else { Format::Json };
        if self.show {
            let body = encode_request(request, format);
            let (kind, body) = (format.content_type(), String::from_utf8_lossy(&body));
            tell(&format!("POST {url}\nContent-Type: {kind}\n\n{body}\n"));
        }
        let reply = send(url, request, format, Duration::from_secs(self.timeout));
        let (told, outcome) = match &reply {
            Ok(reply) => interpret(reply, &request.command),
            Err(error) => (None, Outcome::from(error)),
        };
        if let Ok(reply) = &reply {
            if self.show {
                tell(&shown(reply));
            }
            let printed = told.as_ref().map_or(Ok(()), |told| self.print(reply, told, out));
            if let Err(error) = printed {
                // Whoever asked for nothing but the answer has nothing without it.
                if matches!(request.command, Command::Inquiry(_) | Command::PriceList { .. }) {
                    return Err(error);
                }
                tell(&format!("lunas: {error:#}"));
            }
        }
        if let Some(advice) = advice(&outcome, &request.command, told.as_ref()) {
            tell(&advice);
        }
        Ok(outcome)
    }

    fn print(&self, reply: &Reply, told: &Answer<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
        let text = match told {
            _ if self.json => render::document(&as_json(reply, told)),
            Answer::Bill(answer) => render::bill(answer)?,
            Answer::Products(products) => render::products(products),
        };
        print::unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }
}

/// Sends a request once and waits for the whole answer.
fn send(
    url: &Url,
    request: &Request<'_>,
    format: Format,
    deadline: Duration,
) -> Result<Reply, CallError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let no_room = |error| CallError::NotSent(format!("the system gives no connection: {error}"));
    let runtime = runtime.map_err(no_room)?;
    runtime.block_on(client::send(url, request, format, deadline, URL_SETTING))
}

fn signed<'a>(caller: &'a Caller, command: Command<'a>) -> anyhow::Result<Request<'a>> {
    let request = client::signed(caller.username()?, &caller.api_key, command);
    check(&request)?;
    Ok(request)
}

/// 0 done, 1 refused, 3 anything that is no final answer, 4 paid before. A payment that was not sent has
/// no final answer: it may have been sent before.
fn exit_code(outcome: &Outcome) -> ExitCode {
    ExitCode::from(match outcome {
        Outcome::Done => 0,
        Outcome::Refused => 1,
        Outcome::Pending | Outcome::Unknown(_) | Outcome::NotSent(_) => 3,
        Outcome::AlreadyPaid => 4,
    })
}

/// The answer as JSON: as it was sent, or told anew from XML.
fn as_json<'r>(reply: &'r Reply, told: &Answer<'_>) -> Cow<'r, str> {
    if format_of(reply) == Some(Format::Json) {
        return String::from_utf8_lossy(&reply.body);
    }
    let mut body = Vec::new();
    match told {
        Answer::Bill(answer) => encode_answer(answer, Format::Json, &mut body),
        Answer::Products(products) => {
            iak_protocol::encode_price_list(products, Format::Json, &mut body)
        }
    }
    Cow::Owned(String::from_utf8_lossy(&body).into_owned())
}

fn shown(reply: &Reply) -> String {
    let content_type = reply.content_type.as_deref().unwrap_or("none");
    let body = String::from_utf8_lossy(&reply.body);
    format!("HTTP status {}\nContent-Type: {content_type}\n\n{body}\n", reply.status)
}

/// Says something beside the answer.
fn tell(text: &str) {
    print::say(&render::document(text));
}

/// A ref_id that nobody has used: 128 random bits.
fn new_ref_id() -> anyhow::Result<String> {
    let bits = <[u8; 16]>::try_generate()
        .map_err(|error| anyhow::anyhow!("the system has no random numbers: {error}"))?;
    Ok(format!("lunas-{:032x}", u128::from_be_bytes(bits)))
}

fn tr_id(text: &str) -> Result<i64, &'static str> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let tr_id = text.parse().ok().filter(|_| digits);
    tr_id
        .ok_or("expected the tr_id that the inquiry was answered with, in digits, such as 10000001")
}

fn seconds(text: &str) -> Result<u64, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (1..=600).contains(seconds));
    seconds.ok_or("expected a whole number of seconds, 1 to 600")
}

fn listing(text: &str) -> Result<Listing, &'static str> {
    Listing::parse(text).ok_or("expected all, active or non-active")
}
