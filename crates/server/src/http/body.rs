//! Reads the body of a request, within its bounds in bytes and in time.

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::time::timeout;

use super::App;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than it may be, or says that it is.
    TooLarge,
    /// It did not come within `server.body_deadline`.
    TooLate,
    /// It ended too early, or is none.
    Broken,
}

/// All of a body of `limit` bytes at most. One that says how large it is, and is too large, is refused before it comes: a client
/// that waits for `100 Continue` is not asked to send it.
pub(super) async fn whole(app: &App, body: Body, limit: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Unread::TooLarge);
    }
    match timeout(app.config.server.body_deadline, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TooLate),
    }
}
