//! Callbacks on the wire: a POST of the fields of a check status with a signature, to the address that
//! the partner has named. What may be called stands in [`EgressPolicy`].

use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use biller::BoxFuture;
use gateway::{CallbackTransport, Message, Sent};
use iak_protocol::{Format, encode_answer, sign};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, header, redirect, retry};
use secrecy::ExposeSecret;

use super::egress_policy::EgressPolicy;
use crate::config::Callbacks;
use crate::iak::answers;
use crate::secrets::vault::Vault;

/// The same over all attempts to tell of one end, so that a partner knows what it has heard before.
const EVENT: &str = "x-lunas-event";

/// Which attempt it is, from 1 on.
const ATTEMPT: &str = "x-lunas-attempt";

/// The longest account of what went wrong that is kept, in characters.
const LONGEST_REASON: usize = 120;

/// Sends callbacks over HTTP.
pub(crate) struct HttpCallbackSender {
    vault: Vault,
    egress: EgressPolicy,
    deadline: Duration,
    give_up_after: Duration,
    /// Made for the first URL of its scheme: TLS has the system's certificates read.
    plain: OnceLock<Option<Client>>,
    tls: OnceLock<Option<Client>>,
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

    /// Sends a message once and says whether it was taken, or why not, in words.
    async fn post(&self, message: &Message) -> Result<String, String> {
        let Some(url) = &message.partner.callback else {
            return Err("the partner has no callback address any more".to_owned());
        };
        // It was checked when it was set, under another configuration perhaps.
        let url = self.egress.check(url.as_str()).map_err(|error| error.to_string())?;
        let body = self.body(message)?;
        let tr_id = message.transaction.inquiry.tr_id;
        let request = self.client(&url)?.post(url).body(body);
        let request = request.header(header::CONTENT_TYPE, Format::Json.content_type());
        let request = request.header(EVENT, format!("payment-{tr_id}"));
        let answer = request.header(ATTEMPT, message.attempt).send().await;
        // What the partner says beside the status is not read, however much it is.
        let status = answer.map_err(|error| self.failure(error))?.status();
        match status {
            _ if status.is_success() => Ok(format!("HTTP status {}", status.as_u16())),
            _ if status.is_redirection() => {
                Err(format!("HTTP status {}: redirects are not followed", status.as_u16()))
            }
            _ => Err(format!("HTTP status {}", status.as_u16())),
        }
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, String> {
        let partner = &message.partner;
        // While the key is being rotated the partner knows the old one for sure.
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

    fn client(&self, url: &Url) -> Result<Client, String> {
        let is_tls = url.scheme() == "https";
        let client = if is_tls { &self.tls } else { &self.plain };
        let made = client.get_or_init(|| {
            let made = make_client(self.egress.clone(), is_tls, self.deadline);
            made.inspect_err(|error| tracing::error!(%error, "no client for callbacks")).ok()
        });
        made.clone().ok_or_else(|| "this machine cannot make such connections".to_owned())
    }

    fn failure(&self, error: reqwest::Error) -> String {
        let is_connect = error.is_connect();
        if error.is_timeout() {
            return format!("no answer within {} s", self.deadline.as_secs());
        }
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let what = if is_connect { "no connection" } else { "the connection broke" };
        let why: String = cause.to_string().chars().take(LONGEST_REASON).collect();
        format!("{what}: {why}")
    }
}

impl CallbackTransport for HttpCallbackSender {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let posted = self.post(message).await;
            let is_taken = posted.is_ok();
            let words = posted.unwrap_or_else(|why| why);
            Sent { is_taken, words: words.into() }
        })
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn give_up_after(&self) -> Duration {
        self.give_up_after
    }
}

/// A client that connects to what may be called and follows nobody anywhere.
fn make_client(egress: EgressPolicy, is_tls: bool, deadline: Duration) -> reqwest::Result<Client> {
    // It fails if the process has one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("lunas/", env!("CARGO_PKG_VERSION")))
        .timeout(deadline)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .dns_resolver(Arc::new(Resolver { egress, is_tls }));
    match is_tls {
        true => builder.https_only(true).build(),
        false => builder.tls_certs_only([]).build(),
    }
}

/// Finds the addresses of a host, of which only those are told that may be called: what is connected to
/// is what was checked.
struct Resolver {
    egress: EgressPolicy,
    is_tls: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, is_tls) = (self.egress.clone(), self.is_tls);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may_call = |address: IpAddr| egress.admits(address, is_tls);
            let admitted: Vec<_> = found.filter(|found| may_call(found.ip())).collect();
            match admitted.is_empty() {
                true => Err("the host has no address that may be called".into()),
                false => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_home_is_called_where_home_is_trusted_only() {
        let found = async |trusted: &[&str]| {
            let resolver = Resolver { egress: EgressPolicy::trusting(trusted), is_tls: true };
            let found = resolver.resolve("localhost".parse().unwrap()).await;
            found.map(Iterator::count).map_err(|error| error.to_string())
        };
        let refused = found(&[]).await.unwrap_err();
        assert!(refused.contains("no address that may be called"), "{refused}");
        assert!(found(&["127.0.0.0/8", "::1"]).await.unwrap() > 0);
    }
}
