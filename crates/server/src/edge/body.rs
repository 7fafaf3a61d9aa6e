//! Reads the body of a request, within its bounds in bytes and in time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::time::timeout;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than it may be, or says that it is.
    TooLarge,
    /// It did not come within its deadline.
    TooLate,
    /// It ended too early, or is none.
    Broken,
}

/// All of a body of `limit` bytes at most. One that says that it is larger is refused before it comes: a client
/// that waits for `100 Continue` is not asked to send it.
pub(crate) async fn whole(body: Body, limit: usize, deadline: Duration) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge);
    }
    match timeout(deadline, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TooLate),
    }
}
