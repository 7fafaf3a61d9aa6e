//! Digiflazz's API for buyers. Facts: the test mode is a field of the request; lunas's reference (`ref_id`) of an
//! inquiry identifies its payment, too; a bill call names its command in `commands`; final results also come by
//! webhook.

mod answer;
mod codes;
mod conclusion;
mod desc;
mod families;
mod json;
mod price_list;
mod quote;
mod request;
#[cfg(test)]
mod samples;
pub mod webhook;

use std::time::Duration;

use biller::{
    BalanceError, Biller, BillerPolicy, BoxFuture, CheckError, InquiryError, InquiryRequest,
    ListedProduct, PayError, PaymentRequest, PriceListError, Receipt, Reply, Status,
};
use domain::product::RequiredField;
use domain::{BillerSettings, Evidence, FailureReason, Family, Moment, Quote, Reference, Rupiah};
use outbound::Url;
use secrecy::SecretString;

use crate::connection::{Connection, MAX_ANSWER, MAX_PRICE_LIST, check_address};
use crate::no_answer::{NoAnswer, without_code};
use crate::{BadAddress, ConnectError};
use answer::Answer;
use codes::Meaning;
use conclusion::Occasion;
use json::Object;
use request::{Account, Command, Extras, SignedRequest, Subject};

/// Digiflazz: not more often than once a minute for the same transaction.
const STATUS_INTERVALS: [Duration; 1] = [Duration::from_secs(60)];

/// A client of Digiflazz's API for buyers.
pub struct Digiflazz {
    connection: Connection,
    transaction_url: Url,
    balance_url: Url,
    price_list_url: Url,
    account: Account,
    deadline: Duration,
}

impl Digiflazz {
    /// A client with these settings. The address contains the version, as `https://api.digiflazz.com/v1`. It may
    /// be plain HTTP: whoever stored it has allowed that.
    ///
    /// # Errors
    /// When the address is not valid or no HTTP client can be created.
    pub fn new(
        settings: &BillerSettings,
        api_key: SecretString,
    ) -> Result<Digiflazz, ConnectError> {
        let base = check_address(&settings.url, true)?;
        let transaction_url = below(&base, "transaction", settings)?;
        let balance_url = below(&base, "cek-saldo", settings)?;
        let price_list_url = below(&base, "price-list", settings)?;
        let username = settings.username.as_str().to_owned();
        Ok(Digiflazz {
            connection: Connection::new(&transaction_url, settings)?,
            transaction_url,
            balance_url,
            price_list_url,
            account: Account::new(username, api_key, settings.testing),
            deadline: settings.deadline,
        })
    }

    /// Sends a call about a bill and reads the answer.
    async fn bill_call<T>(
        &self,
        command: Command,
        subject: &Subject<'_>,
        extras: &Extras,
        interpret: impl FnOnce(Result<&Answer, NoAnswer>) -> T,
    ) -> Reply<T> {
        let request = self.account.bill_call(command, subject, extras);
        let (reply, evidence) = self.post(&self.transaction_url, request).await;
        match reply.and_then(|(status, body)| read(status, &body)) {
            Err(no) => without_code(interpret(Err(no)), evidence),
            Ok(answer) => Reply {
                said: Some(codes::said(&answer.rc)),
                balance: answer.balance,
                answer: interpret(Ok(&answer)),
                evidence,
            },
        }
    }

    /// Sends a request once. Only an HTTP status that may come with an answer is let through.
    async fn post(
        &self,
        url: &Url,
        request: SignedRequest,
    ) -> (Result<(u16, Vec<u8>), NoAnswer>, Option<Evidence>) {
        self.post_for(MAX_ANSWER, url, request).await
    }

    /// The same with an answer of at most `longest` bytes.
    async fn post_for(
        &self,
        longest: usize,
        url: &Url,
        request: SignedRequest,
    ) -> (Result<(u16, Vec<u8>), NoAnswer>, Option<Evidence>) {
        let SignedRequest { body, sign } = request;
        let secrets = [self.account.key(), &*sign];
        let (reply, evidence) = self.connection.post_for(longest, url, body, &secrets).await;
        let reply = match reply {
            Ok(reply) if matches!(reply.status, 200 | 400..500) => Ok((reply.status, reply.body)),
            Ok(reply) => Err(NoAnswer::http_status(reply.status)),
            Err(error) => Err(error.into()),
        };
        (reply, evidence)
    }

    /// Asks for the deposit: the answer, or the code of a refusal.
    async fn ask_balance(&self) -> (Result<Result<Rupiah, Box<str>>, NoAnswer>, Option<Evidence>) {
        let (reply, evidence) = self.post(&self.balance_url, self.account.balance_call()).await;
        let unreadable = || NoAnswer::unreadable("the answer has no deposit and no rc");
        let read = |(status, body): (u16, Vec<u8>)| {
            let body = Object::read(&body).ok_or_else(unreadable)?;
            let data = body.object("data").ok_or_else(unreadable)?;
            match (data.get("rc"), data.rupiah("deposit")) {
                (None, Some(deposit)) if status == 200 => Ok(Ok(deposit)),
                (Some(_), _) => Ok(Err(data.text("rc").unwrap_or_default().into())),
                _ => Err(unreadable()),
            }
        };
        (reply.and_then(read), evidence)
    }
}

/// The address of an endpoint.
fn below(base: &Url, endpoint: &str, settings: &BillerSettings) -> Result<Url, BadAddress> {
    let mut url = base.clone();
    let not_a_url = |()| BadAddress::NotAUrl(settings.url.to_string());
    url.path_segments_mut().map_err(not_a_url)?.pop_if_empty().push(endpoint);
    Ok(url)
}

/// The answer in a body. A refusal may come with a 4xx; a success with one contradicts itself.
fn read(status: u16, body: &[u8]) -> Result<Answer, NoAnswer> {
    let answer = Answer::read(body)
        .map_err(|why| NoAnswer::unreadable(format!("{why}; the HTTP status is {status}")))?;
    match status != 200 && answer.rc.as_ref() == "00" {
        true => Err(NoAnswer::unreadable(format!("a success with the HTTP status {status}"))),
        false => Ok(answer),
    }
}

/// What an inquiry says beside the customer's number, or why Digiflazz cannot be asked: it has no field for
/// a number of months, so that it would quote another bill than the one asked for.
fn extras(question: &InquiryRequest) -> Result<Extras, InquiryError> {
    if question.month.is_some_and(|months| months > 1) {
        return Err(InquiryError::Refused(FailureReason::ProductUnavailable));
    }
    let wanted = question.family.required_field();
    Ok(Extras {
        year: question.year.filter(|_| question.family == Family::Pbb),
        amount: question.amount.filter(|_| wanted == Some(RequiredField::Amount)),
    })
}

impl Biller for Digiflazz {
    fn inquire<'a>(
        &'a self,
        question: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>> {
        Box::pin(async move {
            let unreachable = |why: &str| InquiryError::Unreachable { why: why.into() };
            let Some(reference) = &question.reference else {
                return Err(unreachable("the inquiry has no reference")).into();
            };
            let subject = match Subject::of_inquiry(question, reference) {
                Ok(subject) => subject,
                Err(why) => return Err(unreachable(why)).into(),
            };
            let extras = match extras(question) {
                Ok(extras) => extras,
                Err(refusal) => return Err(refusal).into(),
            };
            self.bill_call(Command::Inquire, &subject, &extras, |answer| {
                let answer = answer.map_err(|no| InquiryError::Unreachable { why: no.why })?;
                if let Some(why) = answer.names_another(&subject) {
                    return Err(unreachable(&format!("the answer has {why}")));
                }
                match codes::after_inquiry(&answer.rc, answer.status.as_deref()) {
                    Meaning::Done => quote::read(answer, question)
                        .map_err(|why| InquiryError::Unreachable { why }),
                    Meaning::Failed(reason) => {
                        Err(InquiryError::Refused(conclusion::closer(reason, answer)))
                    }
                    _ => Err(InquiryError::Unreachable { why: conclusion::why_nothing(answer) }),
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
            let subject = match Subject::of_payment(order) {
                Ok(subject) => subject,
                Err(why) => return Err(PayError::NotSent { why: why.into() }).into(),
            };
            self.bill_call(Command::Pay, &subject, &Extras::default(), |answer| match answer {
                Err(no) => Err(no.into()),
                Ok(answer) => conclusion::of_payment(answer, order, &subject),
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
            let subject = match Subject::of_payment(order) {
                Ok(subject) => subject,
                Err(why) => return Status::Unknown { why: why.into() }.into(),
            };
            self.bill_call(Command::Status, &subject, &Extras::default(), |answer| match answer {
                Err(no) => Status::Unknown { why: no.why },
                Ok(answer) => conclusion::of_status(answer, order, Occasion::StatusQuery),
            })
            .await
        })
    }

    fn check<'a>(&'a self, _unused: &'a Reference) -> BoxFuture<'a, Reply<Result<(), CheckError>>> {
        Box::pin(async move {
            let reply = self.balance().await;
            let said = reply.said.clone().unwrap_or_default();
            reply.map(|balance| match balance {
                Ok(_) => Ok(()),
                Err(BalanceError::Refused(_)) => Err(CheckError::Rejected { why: said }),
                Err(BalanceError::Unreachable { why }) => Err(CheckError::Unreachable { why }),
                Err(BalanceError::NotKept) => Err(CheckError::Unreachable { why: said }),
            })
        })
    }

    fn balance(&self) -> BoxFuture<'_, Reply<Result<Rupiah, BalanceError>>> {
        Box::pin(async move {
            let (asked, evidence) = self.ask_balance().await;
            let (answer, said) = match asked {
                Ok(Ok(deposit)) => (Ok(deposit), None),
                Ok(Err(rc)) => (Err(refused_balance(&rc)), Some(codes::said(&rc))),
                Err(no) => (Err(BalanceError::Unreachable { why: no.why }), None),
            };
            let balance = answer.as_ref().ok().copied();
            Reply { answer, evidence, said, balance }
        })
    }

    fn price_list<'a>(
        &'a self,
        kind: Option<&'a str>,
    ) -> BoxFuture<'a, Reply<Result<Vec<ListedProduct>, PriceListError>>> {
        Box::pin(async move {
            let call = self.account.price_list_call();
            let (reply, evidence) = self.post_for(MAX_PRICE_LIST, &self.price_list_url, call).await;
            let (answer, said) = match reply {
                Ok((status, body)) => price_list::read(status, &body, kind),
                Err(no) => (Err(PriceListError::Unreachable { why: no.why }), None),
            };
            Reply { answer, evidence, said, balance: None }
        })
    }

    fn policy(&self) -> BillerPolicy {
        BillerPolicy {
            deadline: Some(self.deadline),
            needs_reference: true,
            status_intervals: &STATUS_INTERVALS,
            verifies_at_once: false,
            ..BillerPolicy::default()
        }
    }
}

/// Why there is no balance. Only a refusal of lunas's account is one; any other code is no answer.
fn refused_balance(rc: &str) -> BalanceError {
    match codes::after_inquiry(rc, None) {
        Meaning::Failed(FailureReason::BillerAccountRejected) => {
            BalanceError::Refused(FailureReason::BillerAccountRejected)
        }
        _ => BalanceError::Unreachable { why: codes::said(rc) },
    }
}
