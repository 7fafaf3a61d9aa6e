//! Sends callbacks: a signed POST with the fields of a `checkstatus` answer, to the address that the
//! partner has set. [`EgressPolicy`] says which addresses may be called.

use std::sync::OnceLock;
use std::time::Duration;

use biller::BoxFuture;
use gateway::{CallbackTransport, Message, SendResult};
use iak_protocol::{Format, encode_answer, sign};
use outbound::{Body, CallError, EgressPolicy, HttpClient, Options, Url};
use secrecy::ExposeSecret;

use super::answers;
use crate::config::Callbacks;
use crate::secrets::vault::Vault;

/// Idempotency key: equal for every attempt of one callback.
const EVENT: &str = "x-lunas-event";

/// The number of the attempt, from 1.
const ATTEMPT: &str = "x-lunas-attempt";

/// Maximum length of a recorded error, in characters.
const MAX_ERROR_LENGTH: usize = 120;

/// Sends callbacks over HTTP.
pub(crate) struct HttpCallbackSender {
    vault: Vault,
    egress: EgressPolicy,
    deadline: Duration,
    give_up_after: Duration,
    /// Created on first use: the TLS client reads the certificates of the system.
    plain: OnceLock<Result<HttpClient, CallError>>,
    tls: OnceLock<Result<HttpClient, CallError>>,
}

impl HttpCallbackSender {
    pub(crate) fn new(
        settings: &Callbacks,
        egress: EgressPolicy,
        vault: Vault,
    ) -> HttpCallbackSender {
        let Callbacks { deadline, give_up_after, .. } = *settings;
        let (plain, tls) = (OnceLock::new(), OnceLock::new());
        HttpCallbackSender { vault, egress, deadline, give_up_after, plain, tls }
    }

    /// Sends a message once. Returns the HTTP status as text, or the reason of the failure.
    async fn post(&self, message: &Message) -> Result<String, String> {
        let Some(url) = &message.partner.callback else {
            return Err("the partner has no callback address any more".to_owned());
        };
        // It was checked when it was set, but the configuration may have changed since then.
        let url = self.egress.check(url.as_str()).map_err(|error| error.to_string())?;
        let body = self.signed_body(message)?;
        let tr_id = message.transaction.inquiry.tr_id;
        let event = format!("payment-{tr_id}");
        let attempt = message.attempt.to_string();
        let headers =
            [("content-type", Format::Json.content_type()), (EVENT, &*event), (ATTEMPT, &*attempt)];
        let client = self.client(&url)?;
        // Only the status of the answer counts; the body may be of any size.
        let reply = client.post(&url, &headers, body, Body::Ignored).await;
        let status = reply.map_err(|error| shortened(&error))?.status;
        match status {
            200..=299 => Ok(format!("HTTP status {status}")),
            300..=399 => Err(format!("HTTP status {status}: redirects are not followed")),
            _ => Err(format!("HTTP status {status}")),
        }
    }

    fn signed_body(&self, message: &Message) -> Result<Vec<u8>, String> {
        let partner = &message.partner;
        // While a key is rotated, the partner certainly knows the old one.
        let sealed = partner.keys.last().ok_or("the partner has no key")?;
        let key = self.vault.open(sealed).map_err(|error| error.to_string())?;
        let ref_id = message.transaction.inquiry.ref_id.as_str();
        let signature = sign(partner.username.as_str(), key.expose_secret(), ref_id);
        let mut answer = answers::status(&message.transaction);
        answer.sign = Some(signature.as_str().into());
        let mut body = Vec::with_capacity(1024);
        encode_answer(&answer, Format::Json, &mut body);
        Ok(body)
    }

    fn client(&self, url: &Url) -> Result<&HttpClient, String> {
        let client = if url.scheme() == "https" { &self.tls } else { &self.plain };
        let made = client.get_or_init(|| {
            let egress = Some(self.egress.clone());
            let url_setting = "the callback address";
            let deadline = self.deadline;
            let options = Options { deadline, egress, uses_proxy: false, url_setting };
            let made = HttpClient::new(url, options);
            made.inspect_err(|error| tracing::error!(%error, "no client for callbacks"))
        });
        made.as_ref().map_err(shortened)
    }
}

/// The error as text, short enough to record.
fn shortened(error: &CallError) -> String {
    error.to_string().chars().take(MAX_ERROR_LENGTH).collect()
}

impl CallbackTransport for HttpCallbackSender {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            let posted = self.post(message).await;
            let is_delivered = posted.is_ok();
            let words = posted.unwrap_or_else(|why| why);
            SendResult { is_delivered, answer: words.into() }
        })
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn give_up_after(&self) -> Duration {
        self.give_up_after
    }
}
