//! Answers that do not arrive, or not whole, in a way that every client notices.
//!
//! A connection that is kept and then closed before any byte of an answer looks as if the request had
//! never arrived: a browser sends it once more by itself and shows the second answer (RFC 9112, 9.3.1).
//! After the first byte nobody does that. So an answer that is to be lost begins, and breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, SizeHint};
use protocol::Format;

use super::reply;
use crate::wire;

/// Stands in a response whose answer is to be lost.
#[derive(Clone, Copy)]
pub(super) struct Lost;

/// The head of an answer with the first byte of its body, after which the connection is closed: no
/// document in any format is complete after one byte.
pub(super) async fn broken_off(answer: Response) -> Response {
    let (head, body) = answer.into_parts();
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = BrokenOff {
        length: whole.len(),
        first: Some(whole.slice(..whole.len().min(1))),
        is_sent: false,
    };
    Response::from_parts(head, Body::new(body))
}

/// The answer to a command that is not finished when the server has to go: its outcome is not known.
pub(super) fn unfinished(format: Format) -> Response {
    reply::answer(StatusCode::INTERNAL_SERVER_ERROR, &wire::unknown(), format)
}

/// A body that claims its whole length.
struct BrokenOff {
    length: usize,
    first: Option<Bytes>,
    is_sent: bool,
}

impl hyper::body::Body for BrokenOff {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        // hyper writes out what it has only while the body has nothing ready, an error included.
        if !std::mem::replace(&mut self.is_sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}
