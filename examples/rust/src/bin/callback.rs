//! Hears from lunas how payments ended that were left open, with `axum`, `serde` and `md-5`.
//!
//! ```sh
//! LUNAS_API_KEY=rahasia123 cargo run -p tutorial --bin callback
//! ```

// == Callback

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use md5::{Digest, Md5};
use serde::Deserialize;
use subtle::ConstantTimeEq;

const LONGEST: usize = 64 << 10;

/// The fields that this program reads.
#[derive(Deserialize)]
struct Ended {
    tr_id: i64,
    ref_id: String,
    response_code: String,
    message: String,
    #[serde(default)]
    noref: String,
    sign: String,
}

#[derive(Deserialize)]
struct Envelope {
    data: Ended,
}

struct Partner {
    username: String,
    api_key: String,
    /// In an application this is your table of payments, with `tr_id` as its key.
    heard: Mutex<HashSet<i64>>,
}

impl Partner {
    fn has_signed(&self, ended: &Ended) -> bool {
        let signed = [&self.username, &self.api_key, &ended.ref_id].map(String::as_str).concat();
        let digest = Md5::digest(signed.as_bytes());
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        // Compared in constant time: how long it takes tells nothing about the right signature.
        expected.as_bytes().ct_eq(ended.sign.as_bytes()).into()
    }

    /// It is news and no proof: who moves money by it asks for the status first.
    fn take(&self, ended: &Ended) -> String {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match &*ended.response_code {
            // The same news may come twice.
            _ if !heard.insert(ended.tr_id) => "again, nothing to do".to_owned(),
            "00" => format!("paid, reference {}", ended.noref),
            code => format!("failed: {code} {}", ended.message),
        }
    }
}

async fn receive(State(partner): State<Arc<Partner>>, body: Bytes) -> StatusCode {
    let Ok(Envelope { data: ended }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    if !partner.has_signed(&ended) {
        return StatusCode::FORBIDDEN;
    }
    println!("Callback: {} {}", ended.ref_id, partner.take(&ended));
    // Whatever takes long comes after the answer: lunas waits for ten seconds.
    StatusCode::OK
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let username = env::var("LUNAS_USERNAME").unwrap_or_else(|_| "081234567890".to_owned());
    // With an empty key anybody could sign.
    let api_key = env::var("LUNAS_API_KEY").ok().filter(|key| !key.is_empty());
    let api_key = api_key.ok_or("set LUNAS_API_KEY to your API key")?;
    let port = env::var("LUNAS_CALLBACK_PORT").map_or(Ok(8090), |port| port.parse::<u16>())?;
    let partner = Arc::new(Partner { username, api_key, heard: Mutex::default() });
    let router = Router::new()
        .route("/callback", post(receive))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(partner);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("Listening on http://127.0.0.1:{port}/callback");
    Ok(axum::serve(listener, router).await?)
}
