//! Answers that do not arrive, or not whole, in a way that every client notices.
//!
//! A connection that is kept and then closed before any byte of an answer looks as if the request had
//! never arrived: a browser sends it once more by itself and shows the second answer (RFC 9112, 9.3.1).
//! After the first byte nobody does that. So an answer that is to be lost begins, and breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, SizeHint};

/// Marks a response whose client is not to get it whole.
#[derive(Clone, Copy)]
pub(crate) struct DropConnection;

/// The head of an answer with the first byte of its body, after which the connection is closed: no
/// document in any format is complete after one byte.
pub(crate) async fn truncated(answer: Response) -> Response {
    let (head, body) = answer.into_parts();
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = TruncatedBody {
        length: whole.len(),
        first: Some(whole.slice(..whole.len().min(1))),
        is_sent: false,
    };
    Response::from_parts(head, Body::new(body))
}

/// A body that claims its whole length.
struct TruncatedBody {
    length: usize,
    first: Option<Bytes>,
    is_sent: bool,
}

impl hyper::body::Body for TruncatedBody {
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
