//! Reads the body of a request, within limits of size and time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::time::timeout;

/// Why a body was not read completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than the limit, or its length header says so.
    TooLarge,
    /// It did not arrive before its deadline.
    TooLate,
    /// The connection ended early, or the body is malformed.
    Broken,
}

/// The complete body, at most `limit` bytes. If the length header exceeds the limit, the body is
/// refused unread: a client that waits for `100 Continue` does not send it.
pub(crate) async fn whole(
    body: Body,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    match timeout(deadline, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::Broken),
        Err(_) => Err(BodyError::TooLate),
    }
}
