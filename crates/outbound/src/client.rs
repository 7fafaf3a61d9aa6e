//! The HTTP client.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Response, Url, header, redirect, retry};

use crate::CallError;
use crate::call_error::{no_client, no_reply};
use crate::options::{Options, is_loopback};
use crate::resolver::Resolver;

/// How much of a reply's body is read.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Nothing.
    Ignored,
    /// So many bytes; more is an error.
    UpTo(usize),
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header `Content-Type`, if it is text.
    pub content_type: Option<String>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
}

/// How long an unused connection is kept. Shorter than what servers allow, so that a request is not sent on a
/// connection that its server is just closing.
const IDLE: Duration = Duration::from_secs(4);

/// A client for the scheme and host of one URL.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    options: Options,
}

impl HttpClient {
    /// A client that trusts the certificates of the system, follows no redirect and sends nothing twice.
    ///
    /// # Errors
    /// When the system's certificates or proxies cannot be used.
    pub fn new(url: &Url, options: Options) -> Result<HttpClient, CallError> {
        // It fails if the process has a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_tls = url.scheme() == "https";
        let mut builder = Client::builder()
            .user_agent(concat!("lunas/", env!("CARGO_PKG_VERSION")))
            .timeout(options.deadline)
            .connect_timeout(options.connect_deadline())
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .retry(retry::never());
        if let Some(egress) = &options.egress {
            let resolver = Resolver { egress: egress.clone(), is_tls };
            builder = builder.no_proxy().https_only(is_tls).dns_resolver(Arc::new(resolver));
        } else if !options.uses_proxy || is_loopback(url) {
            builder = builder.no_proxy();
        }
        if !is_tls {
            // Plain HTTP must work where the system has no certificates at all.
            builder = builder.tls_certs_only([]);
        }
        match builder.build() {
            Ok(client) => Ok(HttpClient { client, options }),
            Err(error) => Err(no_client(&error, url, &options)),
        }
    }

    /// Sends a POST and reads the reply.
    ///
    /// # Errors
    /// When no whole reply came, with what is known about the request.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        read: Body,
    ) -> Result<Reply, CallError> {
        let mut request = self.client.post(url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let failed = |error: &reqwest::Error| no_reply(error, url, &self.options);
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let mut reply = Reply {
            status: response.status().as_u16(),
            content_type: content_type(&response),
            body: Vec::new(),
        };
        let Body::UpTo(limit) = read else { return Ok(reply) };
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if reply.body.len() + chunk.len() > limit {
                return Err(CallError::MaybeSent(format!("the answer exceeds {limit} bytes")));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get(header::CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}
