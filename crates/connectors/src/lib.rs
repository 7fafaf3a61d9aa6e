//! Billers on a network, a module each. A connector turns a question into one call over HTTP, and the answer
//! into what it means. It does not retry and it guesses nothing: an unknown code, body or HTTP status is an
//! unknown outcome.
//!
//! What an answer means depends on the question. Each connector has one table of its biller's codes, with a
//! column for each question.
//!
//! # Layout
//!
//! - [`connect`]: the connector of a biller as an operator set it up.
//! - `connection`: one call, with its limits and its evidence; `no_answer`: why there is nothing to read.
//! - [`digiflazz`]: Digiflazz's API for buyers, and its webhooks.
//! - [`iak`]: IAK's postpaid API.
//! - `sheets`: the number of bill sheets; `text`: texts of a biller that are kept.

mod connection;
pub mod digiflazz;
pub mod iak;
mod no_answer;
mod sheets;
mod text;

use std::sync::Arc;

use biller::Biller;
use domain::{BillerKind, BillerSettings};
use outbound::CallError;
use secrecy::SecretString;

pub use connection::{BadAddress, check_address};

/// Why a biller cannot be called at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Its address is not valid.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The HTTP client could not be created.
    #[error(transparent)]
    Client(#[from] CallError),
}

/// The connector of a biller, with its clear API key.
///
/// # Errors
/// When the address is not valid or no HTTP client can be created.
pub fn connect(
    settings: &BillerSettings,
    api_key: SecretString,
) -> Result<Arc<dyn Biller>, ConnectError> {
    match settings.kind {
        BillerKind::Iak => Ok(Arc::new(iak::Iak::new(settings, api_key)?)),
        BillerKind::Digiflazz => Ok(Arc::new(digiflazz::Digiflazz::new(settings, api_key)?)),
    }
}
