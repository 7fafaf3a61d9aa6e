//! The end of a connection whose client may still be sending: what comes is read and thrown away, up to
//! a bound in time and one in bytes.
//!
//! A socket that is closed with something unread in it is reset, and the reset overtakes the answer. Who
//! sends all of a body before it reads would never see why it was refused. nginx does the same under the
//! name of `lingering_close`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How many bytes are read at a time.
const AT_ONCE: usize = 8 * 1024;

/// How long nothing may come, as nginx's `lingering_timeout`: who is silent has read its answer, or never
/// will.
const SILENCE: Duration = Duration::from_secs(5);

/// How much a client may send after its last answer.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) time: Duration,
    pub(crate) bytes: usize,
}

/// A connection that says nothing any more.
pub(crate) struct Linger {
    /// When it is over, whatever comes.
    end: Instant,
    /// Until then, or until it was silent for too long.
    over: Pin<Box<Sleep>>,
    left: usize,
    bounds: Bounds,
}

impl Linger {
    pub(crate) fn new(bounds: Bounds) -> Linger {
        let end = Instant::now() + bounds.time;
        let over = Box::pin(tokio::time::sleep_until(silent_until(end)));
        Linger { end, over, left: bounds.bytes, bounds }
    }

    /// Whether anything has come since.
    pub(crate) fn has_read(&self) -> bool {
        self.left < self.bounds.bytes
    }

    /// Reads until the client has closed its side too, or has used up its time or its bytes.
    pub(crate) fn poll<IO>(&mut self, io: &mut IO, cx: &mut Context<'_>) -> Poll<()>
    where
        IO: AsyncRead + Unpin,
    {
        let mut thrown_away = [0; AT_ONCE];
        loop {
            if self.over.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buf = ReadBuf::new(&mut thrown_away);
            let read = ready!(Pin::new(&mut *io).poll_read(cx, &mut buf));
            let length = buf.filled().len();
            match self.left.checked_sub(length) {
                Some(left) if read.is_ok() && length > 0 => {
                    self.left = left;
                    self.over.as_mut().reset(silent_until(self.end));
                }
                _ => return Poll::Ready(()),
            }
        }
    }
}

/// How long to wait for what comes next.
fn silent_until(end: Instant) -> Instant {
    end.min(Instant::now() + SILENCE)
}
