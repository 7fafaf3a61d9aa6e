//! One call to a biller: at most so many at a time, within a deadline, and with its evidence.

use std::time::Duration;

use domain::{BillerSettings, Evidence};
use outbound::{Body, CallError, HttpClient, Options, Reply, Url, is_loopback};
use tokio::sync::Semaphore;

/// The largest answer about one bill that is read, in bytes.
pub(crate) const MAX_ANSWER: usize = 128 * 1024;

/// The largest price list that is read, in bytes.
pub(crate) const MAX_PRICE_LIST: usize = 8 * 1024 * 1024;

/// How much of an answer is kept as evidence, in bytes.
const MAX_EVIDENCE: usize = 16 * 1024;

/// The setting that a message names.
const URL_SETTING: &str = "the biller's --url";

/// What stands in evidence in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// An address that is not used for a biller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is no URL of a web server.
    #[error("{0:?} is not the address of a biller: write for example https://mobilepulsa.net")]
    NotAUrl(String),
    /// It holds a user name, a password, a query or a fragment.
    #[error("a biller's address has no user name, password, query or fragment")]
    TooMuch,
    /// It is plain HTTP to another machine.
    #[error(
        "{0} is plain http, so others on the way can read and change payments: use https, or allow it \
         with --allow-plain-http"
    )]
    Plain(String),
}

/// Checks an address. Plain HTTP is for this machine only, unless `allow_plain` is set.
///
/// # Errors
/// With what is wrong with it.
pub fn check_address(text: &str, allow_plain: bool) -> Result<Url, BadAddress> {
    // What has an @ may hold a password, and a message repeats the text.
    let not_a_url = || match text.contains('@') {
        true => BadAddress::TooMuch,
        false => BadAddress::NotAUrl(text.to_owned()),
    };
    let url = Url::parse(text).map_err(|_| not_a_url())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(not_a_url());
    }
    let has_password = !url.username().is_empty() || url.password().is_some();
    if has_password || url.query().is_some() || url.fragment().is_some() {
        return Err(BadAddress::TooMuch);
    }
    if url.scheme() == "http" && !allow_plain && !is_loopback(&url) {
        return Err(BadAddress::Plain(text.to_owned()));
    }
    Ok(url)
}

/// The connection to one biller. All its calls share the limit on how many run at a time.
pub(crate) struct Connection {
    http: HttpClient,
    slots: Semaphore,
    deadline: Duration,
}

impl Connection {
    /// A connection for URLs like `url`, with the biller's limits.
    pub(crate) fn new(url: &Url, settings: &BillerSettings) -> Result<Connection, CallError> {
        let options = Options::without_proxy(settings.deadline, URL_SETTING);
        Ok(Connection {
            http: HttpClient::new(url, options)?,
            slots: Semaphore::new(usize::from(settings.concurrency)),
            deadline: settings.deadline,
        })
    }

    /// Sends a JSON body once and reads an answer about one bill. `secrets` are the texts that evidence must not
    /// hold. If there was no connection, the evidence says that nothing was sent; if all slots were taken, there is
    /// none.
    pub(crate) async fn post(
        &self,
        url: &Url,
        body: Vec<u8>,
        secrets: &[&str],
    ) -> (Result<Reply, CallError>, Option<Evidence>) {
        self.post_for(MAX_ANSWER, url, body, secrets).await
    }

    /// The same with an answer of at most `longest` bytes.
    pub(crate) async fn post_for(
        &self,
        longest: usize,
        url: &Url,
        body: Vec<u8>,
        secrets: &[&str],
    ) -> (Result<Reply, CallError>, Option<Evidence>) {
        let Ok(Ok(_slot)) = tokio::time::timeout(self.deadline, self.slots.acquire()).await else {
            let why = format!(
                "all connections to this biller were busy for {} s: raise --concurrency",
                self.deadline.as_secs()
            );
            return (Err(CallError::NotSent(why)), None);
        };
        let sent = without(secrets, &body);
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let reply = self.http.post(url, &headers, body, Body::UpTo(longest)).await;
        let evidence = match &reply {
            Ok(reply) => Evidence {
                sent,
                http_status: Some(reply.status),
                received: without(secrets, &reply.body),
            },
            Err(CallError::MaybeSent(_)) => {
                Evidence { sent, http_status: None, received: "".into() }
            }
            Err(CallError::NotSent(_)) => {
                Evidence { sent: "".into(), http_status: None, received: "".into() }
            }
        };
        (reply, Some(evidence))
    }
}

/// The text of a body for evidence: bounded, and without the secrets.
pub(crate) fn without(secrets: &[&str], body: &[u8]) -> Box<str> {
    let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
    let read = &body[..body.len().min(MAX_EVIDENCE)];
    let mut text = String::from_utf8_lossy(read).into_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, HIDDEN);
    }
    if read.len() < body.len() {
        // The end of what was read may be a part of a secret.
        let end = text.floor_char_boundary(text.len().saturating_sub(longest));
        text.truncate(end);
        text.push('…');
    }
    // Neither database takes it in a text.
    text.replace('\0', "\u{fffd}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_server_and_plain_http_is_for_this_machine() {
        for good in [
            "https://mobilepulsa.net",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost/v1",
        ] {
            assert!(check_address(good, false).is_ok(), "{good}");
        }
        for bad in ["", "mobilepulsa.net", "ftp://a", "https://", "https://a?b", "https://a#b"] {
            assert!(check_address(bad, false).is_err(), "{bad}");
        }
        let plain = check_address("http://10.0.0.1", false).unwrap_err();
        assert!(matches!(plain, BadAddress::Plain(_)));
        assert!(check_address("http://10.0.0.1", true).is_ok());
    }

    #[test]
    fn a_message_about_an_address_holds_no_password() {
        for bad in ["https://me:secret@a", "me:secret@a", "https://me:secret@:x"] {
            let message = check_address(bad, false).unwrap_err().to_string();
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn evidence_holds_no_secret_and_is_bounded() {
        let text = without(&["key", ""], b"a key and a key");
        assert_eq!(&*text, "a *** and a ***");
        let long = without(&["é"], "aé".repeat(MAX_EVIDENCE).as_bytes());
        assert!(long.len() <= 2 * MAX_EVIDENCE && !long.contains('é'));
        // A secret that begins before the cut and ends after it.
        let body = ["x".repeat(MAX_EVIDENCE - 3), "the-key".to_owned()].concat();
        assert!(!without(&["the-key"], body.as_bytes()).contains("the"));
        assert_eq!(&*without(&[], b"a\0\xff"), "a\u{fffd}\u{fffd}");
    }
}
