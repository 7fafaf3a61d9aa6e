//! A client of IAK's postpaid API. It signs a command, sends it once and says what came of it.
//!
//! What is in doubt is never taken for a failure, as the bill would then be paid again.

mod endpoint;
mod outcome;

use std::borrow::Cow;
use std::time::Duration;

use iak_protocol::{Command, Format, Request, encode_request, sign};
use outbound::{Body, HttpClient, Options};
use secrecy::{ExposeSecret, SecretString};

pub use endpoint::{UrlError, endpoint};
pub use outbound::{CallError, Reply, Url};
pub use outcome::{Answer, Outcome, format_of, interpret};

/// The largest answer that is read, in bytes: a price list.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// A command as `username` sends it, signed with its API key.
pub fn signed<'a>(username: &'a str, api_key: &SecretString, command: Command<'a>) -> Request<'a> {
    let suffix = command.signed_suffix();
    let signature = sign(username, api_key.expose_secret(), suffix).to_string();
    Request { username: Cow::from(username), sign: signature.into(), command }
}

/// Sends a request once and waits for the whole answer. `url_setting` names the setting that holds the
/// URL, for messages.
///
/// # Errors
/// When no whole answer came.
pub async fn send(
    url: &Url,
    request: &Request<'_>,
    format: Format,
    deadline: Duration,
    url_setting: &'static str,
) -> Result<Reply, CallError> {
    let client =
        HttpClient::new(url, Options { deadline, egress: None, uses_proxy: true, url_setting })?;
    let headers = [("content-type", format.content_type())];
    client.post(url, &headers, encode_request(request, format), Body::UpTo(MAX_ANSWER)).await
}
