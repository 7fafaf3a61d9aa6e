//! IAK's postpaid API. Facts: the host decides whether it is the sandbox; `ref_id` is used once; a payment names
//! the inquiry's `tr_id`; there are no callbacks, so an open payment is asked about with `checkstatus`.

mod codes;
mod families;
mod price_list;
mod quote;

use std::time::Duration;

use biller::{
    BalanceError, Biller, BillerPolicy, BoxFuture, CheckError, InquiryError, InquiryRequest,
    ListedProduct, PayError, PaymentRequest, PriceListError, Receipt, Reply, Status,
};
use domain::{BillerSettings, FailureReason, Moment, Quote, Reference, Rupiah};
use iak_protocol::{
    BillAnswer, Class, Command, Format, Inquiry, Listing, ResponseCode, decode_answer,
    encode_request,
};
use outbound::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::ConnectError;
use crate::connection::{Connection, MAX_PRICE_LIST, check_address};
use crate::no_answer::{NoAnswer, without_code};
use codes::Meaning;

/// The hosts where IAK's balance is asked for, by the host of the postpaid API.
const PREPAID_HOSTS: [(&str, &str); 2] = [
    ("testpostpaid.mobilepulsa.net", "https://prepaid.iak.dev"),
    ("mobilepulsa.net", "https://prepaid.iak.id"),
];

/// IAK gives no limit for status queries; these times are usual.
const STATUS_INTERVALS: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(180),
];

/// A client of IAK's postpaid API.
pub struct Iak {
    connection: Connection,
    prepaid: Connection,
    /// Where every command goes.
    url: Url,
    balance_url: Url,
    /// What to do if no balance is told there, because the address is a guess.
    balance_advice: Option<String>,
    username: String,
    api_key: SecretString,
    deadline: Duration,
}

impl Iak {
    /// A client with these settings. The address may be plain HTTP: whoever stored it has allowed that.
    ///
    /// # Errors
    /// When the address is not valid or no HTTP client can be created.
    pub fn new(settings: &BillerSettings, api_key: SecretString) -> Result<Iak, ConnectError> {
        let base = check_address(&settings.url, true)?;
        let not_a_url = |_| crate::BadAddress::NotAUrl(settings.url.to_string());
        let url = client::endpoint(base.as_str(), None).map_err(not_a_url)?;
        let prepaid = match &settings.prepaid_url {
            Some(prepaid) => check_address(prepaid, true)?,
            None => known_prepaid_url(&base).unwrap_or_else(|| base.clone()),
        };
        let is_a_guess = settings.prepaid_url.is_none() && known_prepaid_url(&base).is_none();
        let mut balance_url = prepaid;
        balance_url.set_path("/api/check-balance");
        Ok(Iak {
            connection: Connection::new(&url, settings)?,
            prepaid: Connection::new(&balance_url, settings)?,
            url,
            balance_url,
            balance_advice: is_a_guess.then(|| {
                format!(
                    "{} is not one of IAK's own hosts: if it has a prepaid API elsewhere, set its address with \
                     `lunas biller set {} --prepaid-url URL`; without one, the balance is known from the answers \
                     to payments only",
                    settings.url, settings.name
                )
            }),
            username: settings.username.as_str().to_owned(),
            api_key,
            deadline: settings.deadline,
        })
    }

    /// Sends a command and reads the answer about a bill.
    async fn call<T>(
        &self,
        command: Command<'_>,
        interpret: impl FnOnce(Result<&BillAnswer<'_>, NoAnswer>) -> T,
    ) -> Reply<T> {
        let request = client::signed(&self.username, &self.api_key, command);
        let body = encode_request(&request, Format::Json);
        let secrets = [self.api_key.expose_secret(), &*request.sign];
        let (reply, evidence) = self.connection.post(&self.url, body, &secrets).await;
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return without_code(interpret(Err(error.into())), evidence),
        };
        // IAK: 200 has the code, 400 refuses a malformed request, all else is trouble with an unknown outcome.
        if !matches!(reply.status, 200 | 400) {
            let why = NoAnswer::http_status(reply.status);
            return without_code(interpret(Err(why)), evidence);
        }
        match decode_answer(&reply.body, Format::Json) {
            Err(error) => {
                without_code(interpret(Err(NoAnswer::unreadable(error.to_string()))), evidence)
            }
            // A malformed request cannot have succeeded.
            Ok(answer) if reply.status == 400 && answer.response_code.class() != Class::Failed => {
                let why = NoAnswer::unreadable("a success with the HTTP status 400");
                without_code(interpret(Err(why)), evidence)
            }
            Ok(answer) => Reply {
                said: Some(said(&answer)),
                balance: answer.balance.map(Rupiah::new),
                answer: interpret(Ok(&answer)),
                evidence,
            },
        }
    }

    fn inquiry<'a>(
        question: &'a InquiryRequest,
        reference: &'a Reference,
        amount: Option<&'a str>,
        month: Option<&'a str>,
        year: Option<&'a str>,
    ) -> Command<'a> {
        Command::Inquiry(Inquiry {
            code: question.biller_code.as_str().into(),
            hp: (&*question.customer_no).into(),
            ref_id: reference.as_str().into(),
            month: month.map(Into::into),
            year: year.map(Into::into),
            nomor_identitas: question.identity.as_deref().map(Into::into),
            amount: amount.map(Into::into),
            unusable: Vec::new(),
        })
    }
}

/// Where the balance of an account at `base` is asked for, if `base` is one of IAK's own hosts.
fn known_prepaid_url(base: &Url) -> Option<Url> {
    let host = base.host_str().unwrap_or_default();
    let known = PREPAID_HOSTS.iter().find(|(postpaid, _)| *postpaid == host);
    known.and_then(|(_, prepaid)| Url::parse(prepaid).ok())
}

/// The code and its documented description. The message of the answer may hold personal data.
fn said(answer: &BillAnswer<'_>) -> Box<str> {
    described(answer.response_code)
}

fn described(code: ResponseCode) -> Box<str> {
    format!("{code}: {}", code.description()).into()
}

impl Biller for Iak {
    fn inquire<'a>(
        &'a self,
        question: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>> {
        Box::pin(async move {
            let Some(reference) = &question.reference else {
                return Err(InquiryError::Unreachable { why: "no reference was made".into() })
                    .into();
            };
            let amount = question.amount.map(|amount| amount.get().to_string());
            let month = question.month.map(|month| format!("{month:02}"));
            let year = question.year.map(|year| year.to_string());
            let (amount, month, year) = (amount.as_deref(), month.as_deref(), year.as_deref());
            let command = Iak::inquiry(question, reference, amount, month, year);
            self.call(command, |answer| {
                let answer = answer.map_err(|no| InquiryError::Unreachable { why: no.why })?;
                match codes::after_inquiry(answer.response_code) {
                    Meaning::Done => quote::read(answer, question, reference)
                        .map_err(|why| InquiryError::Unreachable { why }),
                    Meaning::Failed(reason) | Meaning::Refused(reason) => {
                        Err(InquiryError::Refused(reason))
                    }
                    _ => Err(InquiryError::Unreachable { why: said(answer) }),
                }
            })
            .await
        })
    }

    fn pay<'a>(
        &'a self,
        order: &'a PaymentRequest,
    ) -> BoxFuture<'a, Reply<Result<Receipt, PayError>>> {
        Box::pin(async move {
            let Some(tr_id) = tr_id_at_iak(order) else {
                let why = "the inquiry has no tr_id of the biller".into();
                return Err(PayError::NotSent { why }).into();
            };
            self.call(Command::payment(tr_id), |answer| match answer {
                Err(no) => Err(no.into()),
                Ok(answer) => after_payment(answer, order, tr_id),
            })
            .await
        })
    }

    fn status<'a>(
        &'a self,
        order: &'a PaymentRequest,
        _now: Moment,
    ) -> BoxFuture<'a, Reply<Status>> {
        Box::pin(async move {
            let reference = order.inquiry.reference.as_ref();
            let (Some(tr_id), Some(reference)) = (tr_id_at_iak(order), reference) else {
                let why = "the inquiry has no tr_id or no reference at the biller".into();
                return Status::Unknown { why }.into();
            };
            let command = Command::Status { ref_id: reference.as_str().into() };
            self.call(command, |answer| match answer {
                Err(no) => Status::Unknown { why: no.why },
                Ok(answer) => after_status(answer, order, tr_id),
            })
            .await
        })
    }

    fn check<'a>(&'a self, unused: &'a Reference) -> BoxFuture<'a, Reply<Result<(), CheckError>>> {
        Box::pin(async move {
            let command = Command::Status { ref_id: unused.as_str().into() };
            self.call(command, |answer| {
                let answer = answer.map_err(|no| CheckError::Unreachable { why: no.why })?;
                // A status of a reference that was never used: the signature, the address and the account
                // are in order if IAK says that it does not know it.
                match codes::after_payment(answer.response_code) {
                    Meaning::Refused(FailureReason::BillerAccountRejected) => {
                        Err(CheckError::Rejected { why: said(answer) })
                    }
                    Meaning::Failed(FailureReason::InquiryUnknown) | Meaning::Nothing => Ok(()),
                    _ => Err(CheckError::Unreachable { why: said(answer) }),
                }
            })
            .await
        })
    }

    fn balance(&self) -> BoxFuture<'_, Reply<Result<Rupiah, BalanceError>>> {
        Box::pin(async move {
            let key = self.api_key.expose_secret();
            let sign = iak_protocol::sign(&self.username, key, "bl").to_string();
            let body = serde_json::json!({ "username": self.username, "sign": sign });
            let body = body.to_string().into_bytes();
            let (reply, evidence) = self.prepaid.post(&self.balance_url, body, &[key, &sign]).await;
            let balance = match reply {
                Ok(reply) => quote::read_balance(&reply),
                Err(error) => Err(BalanceError::Unreachable { why: error.to_string().into() }),
            };
            let balance = balance.map_err(|error| match (error, &self.balance_advice) {
                (BalanceError::Unreachable { why }, Some(advice)) => {
                    BalanceError::Unreachable { why: format!("{why}. {advice}").into() }
                }
                (error, _) => error,
            });
            let known = balance.as_ref().ok().copied();
            Reply { answer: balance, evidence, said: None, balance: known }
        })
    }

    fn price_list<'a>(
        &'a self,
        kind: Option<&'a str>,
    ) -> BoxFuture<'a, Reply<Result<Vec<ListedProduct>, PriceListError>>> {
        Box::pin(async move {
            let command = Command::PriceList { status: Listing::All, province: None };
            let request = client::signed(&self.username, &self.api_key, command);
            let body = encode_request(&request, Format::Json);
            let secrets = [self.api_key.expose_secret(), &*request.sign];
            let url =
                client::endpoint(self.url.as_str(), kind).unwrap_or_else(|_| self.url.clone());
            let (reply, evidence) =
                self.connection.post_for(MAX_PRICE_LIST, &url, body, &secrets).await;
            let (answer, said) = match reply {
                Ok(reply) => price_list::read(&reply, kind),
                Err(error) => {
                    (Err(PriceListError::Unreachable { why: error.to_string().into() }), None)
                }
            };
            Reply { answer, evidence, said, balance: None }
        })
    }

    fn policy(&self) -> BillerPolicy {
        BillerPolicy {
            deadline: Some(self.deadline),
            needs_reference: true,
            status_intervals: &STATUS_INTERVALS,
            verifies_at_once: true,
            ..BillerPolicy::default()
        }
    }
}

/// IAK's number of the inquiry.
fn tr_id_at_iak(order: &PaymentRequest) -> Option<i64> {
    order.inquiry.biller_reference.as_deref()?.parse().ok()
}

fn after_payment(
    answer: &BillAnswer<'_>,
    order: &PaymentRequest,
    tr_id: i64,
) -> Result<Receipt, PayError> {
    let mismatch = |why: &str| PayError::Mismatch { why: why.into() };
    if let Some(why) = quote::names_another(answer, order, tr_id) {
        return Err(mismatch(why));
    }
    let names_it = answer.tr_id == Some(tr_id);
    match (codes::after_payment(answer.response_code), answer.status) {
        (Meaning::Done, None | Some(1)) => match quote::difference(answer, order, tr_id) {
            Some(why) => Err(mismatch(why)),
            None => Ok(quote::receipt(answer)),
        },
        (Meaning::Refused(reason), None | Some(2)) => Err(PayError::Refused(reason)),
        (Meaning::Failed(reason), None | Some(2)) if names_it => Err(PayError::Refused(reason)),
        (Meaning::Pending, _) => Err(PayError::InProcess),
        // Also a code and a status that contradict each other, and a failure of nothing in particular.
        (Meaning::Verify | Meaning::Done | Meaning::Refused(_) | Meaning::Failed(_), _) => {
            Err(PayError::Unverified { why: said(answer) })
        }
        (Meaning::NotReceived | Meaning::Nothing | Meaning::FailedIfStated(_), _) => {
            Err(PayError::MaybeSent { why: said(answer) })
        }
    }
}

fn after_status(answer: &BillAnswer<'_>, order: &PaymentRequest, tr_id: i64) -> Status {
    if let Some(why) = quote::names_another(answer, order, tr_id) {
        return Status::Mismatch { why: why.into() };
    }
    // Only an answer that names the payment says something about it.
    let names_it = answer.tr_id == Some(tr_id);
    match (codes::after_status(answer.response_code), answer.status) {
        (Meaning::Done, None | Some(1)) if names_it => {
            match quote::difference(answer, order, tr_id) {
                Some(why) => Status::Mismatch { why: why.into() },
                None => Status::Paid(quote::receipt(answer)),
            }
        }
        (Meaning::Failed(reason), None | Some(2)) if names_it => Status::Failed(reason),
        (Meaning::FailedIfStated(reason), Some(2)) if names_it => Status::Failed(reason),
        (Meaning::Pending, None | Some(3)) => Status::Pending,
        (Meaning::NotReceived, None | Some(0)) => Status::NotFound { is_final: true },
        _ => Status::Unknown { why: said(answer) },
    }
}

#[cfg(test)]
mod tests;
