//! Truncated answers: the client notices that the answer did not arrive completely.
//!
//! If a kept connection is closed before the first byte of an answer, the client may think that the
//! request never arrived: a browser sends it again by itself and shows the second answer (RFC 9112,
//! 9.3.1). After the first byte it does not. So a lost answer is started and then cut off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, SizeHint};

/// Marks a response that must not reach its client completely.
#[derive(Clone, Copy)]
pub(crate) struct DropConnection;

/// The head of an answer with the first byte of its body; then the connection is closed. No
/// document of any format is complete after one byte.
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

/// A body that announces its full length.
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
        // hyper flushes what it has only when the body is not ready, so the error must come later.
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
