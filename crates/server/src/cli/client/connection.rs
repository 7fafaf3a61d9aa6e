//! One request to a server and its answer. Nothing is sent twice: no retries, no redirects.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use iak_protocol::Format;
use reqwest::{Client, Response, Url, header, redirect, retry};

use super::trouble::{no_client, no_reply};

/// The largest answer that is read, in bytes: a price list.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Where every command goes.
const PATH: [&str; 4] = ["api", "v1", "bill", "check"];

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// What the body is in, which need not be what was asked in; none if it is neither.
    pub(super) fn format(&self) -> Option<Format> {
        Format::detect(self.content_type.as_deref(), &self.body)
    }
}

/// Why nothing came back that can be read, in words.
#[derive(Debug)]
pub(super) enum NoReply {
    /// No byte of the request left.
    NotSent(String),
    /// The request may have arrived.
    Lost(String),
}

/// The address of the API below a server's URL, which may be the API's own already.
pub(super) fn endpoint(base: &str, product_type: Option<&str>) -> anyhow::Result<Url> {
    if !["http://", "https://"].iter().any(|scheme| begins_with(base, scheme)) {
        return Err(not_a_url(base, "it does not begin with http:// or https://"));
    }
    let url = Url::parse(base);
    let mut url = url.map_err(|_| not_a_url(base, "its host or its port cannot be read"))?;
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "the server's URL may not hold a username or a password"
    );
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "the server's URL may not hold a query or a fragment"
    );
    let is_whole = url.path().trim_end_matches('/').ends_with(&format!("/{}", PATH.join("/")));
    let mut segments = url.path_segments_mut().ok().context("the server's URL has no path")?;
    segments.pop_if_empty();
    if !is_whole {
        segments.extend(PATH);
    }
    segments.extend(product_type);
    drop(segments);
    Ok(url)
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// Says what was given for a URL and what would be one, unless a password may be in it.
fn not_a_url(base: &str, why: &str) -> anyhow::Error {
    if base.contains('@') {
        return anyhow!("the server's URL (--url, LUNAS_URL) is not valid: {why}");
    }
    let completed = format!("http://{base}");
    let right = match Url::parse(&completed) {
        Ok(_) if !base.contains("//") => completed,
        _ => "for example http://127.0.0.1:8080".to_owned(),
    };
    anyhow!("the server's URL (--url, LUNAS_URL) is {base:?}, but {why}: write {right}")
}

/// Sends a body and waits for the whole answer.
pub(super) fn post(
    url: &Url,
    format: Format,
    body: Vec<u8>,
    timeout: Duration,
) -> Result<Reply, NoReply> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let no_room = |error| NoReply::NotSent(format!("the system gives no connection: {error}"));
    let runtime = runtime.map_err(no_room)?;
    let client = client(url, timeout).map_err(|error| no_client(&error, url))?;
    let request =
        client.post(url.clone()).header(header::CONTENT_TYPE, format.content_type()).body(body);
    runtime.block_on(async {
        let response = request.send().await.map_err(|error| no_reply(&error, url, timeout))?;
        whole(response).await.map_err(|error| match error {
            Cut::TooLarge => NoReply::Lost(format!("the answer exceeds {MAX_ANSWER} bytes")),
            Cut::Error(error) => no_reply(&error, url, timeout),
        })
    })
}

/// A client that trusts the certificates of the system.
fn client(url: &Url, timeout: Duration) -> reqwest::Result<Client> {
    // It fails if the process has one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("lunas/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .redirect(redirect::Policy::none())
        .retry(retry::never());
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    if url.scheme() == "http" {
        // Plain HTTP must work where the system has no certificates at all.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Why an answer was not read to its end.
enum Cut {
    TooLarge,
    Error(reqwest::Error),
}

async fn whole(mut response: Response) -> Result<Reply, Cut> {
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Cut::Error)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Cut::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, content_type, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, product_type: Option<&str>) -> String {
        endpoint(base, product_type).unwrap().into()
    }

    #[test]
    fn the_path_is_joined_once() {
        let whole = "http://127.0.0.1:8080/api/v1/bill/check";
        for base in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", whole, &format!("{whole}/")]
        {
            assert_eq!(joined(base, None), whole, "{base}");
            assert_eq!(joined(base, Some("pdam")), format!("{whole}/pdam"), "{base}");
        }
        let below = "https://example.com/pay/api/v1/bill/check";
        assert_eq!(joined("https://example.com/pay/", None), below);
        assert_eq!(
            joined("https://example.com/x-api/v1/bill/check", None).matches("api").count(),
            2
        );
    }

    #[test]
    fn a_product_type_cannot_leave_its_segment() {
        assert_eq!(
            joined("http://h", Some("a/../b?c#d")),
            "http://h/api/v1/bill/check/a%2F..%2Fb%3Fc%23d"
        );
    }

    #[test]
    fn what_is_no_server_is_refused_without_its_password() {
        for base in ["127.0.0.1:8080", "ftp://h", "http://h?x=1", "http://h#x", "", "http://"] {
            assert!(endpoint(base, None).is_err(), "{base}");
        }
        for base in ["http://me:secret@h", "me:secret@h", "//me:secret@h"] {
            let error = endpoint(base, None).unwrap_err();
            assert!(!format!("{error:#}").contains("secret"));
        }
    }

    #[test]
    fn what_is_no_url_is_told_with_what_would_be_one() {
        for (base, right) in [
            ("127.0.0.1:1", "begin with http:// or https://: write http://127.0.0.1:1"),
            ("localhost:8080", "begin with http:// or https://: write http://localhost:8080"),
            ("example.com/pay", "begin with http:// or https://: write http://example.com/pay"),
            ("foo", "begin with http:// or https://: write http://foo"),
            ("ftp://h", "begin with http:// or https://: write for example http://127.0.0.1:8080"),
            ("a b", "begin with http:// or https://: write for example http://127.0.0.1:8080"),
            ("http://a b", "cannot be read: write for example http://127.0.0.1:8080"),
            ("http://h:x", "cannot be read: write for example http://127.0.0.1:8080"),
            ("http://", "cannot be read: write for example http://127.0.0.1:8080"),
        ] {
            let told = endpoint(base, None).unwrap_err().to_string();
            assert!(told.contains(&format!("{base:?}")) && told.ends_with(right), "{told}");
            assert!(told.contains("LUNAS_URL"), "{told}");
        }
    }

    #[test]
    fn only_loopback_passes_by_the_proxy() {
        for (url, expected) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://10.0.0.1", false),
            ("http://127.0.0.1.example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
