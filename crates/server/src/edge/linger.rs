//! Lingering close: after the last answer, reads and discards what the client still sends, up to a
//! limit of time and of bytes.
//!
//! If a socket is closed with unread bytes, the kernel sends a reset, which can overtake the
//! answer. A client that sends its whole body before it reads would never see why it was refused.
//! nginx has the same as `lingering_close`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How many bytes are read at a time.
const CHUNK: usize = 8 * 1024;

/// The longest silence, as nginx's `lingering_timeout`: a silent client has read its answer or
/// never will.
const MAX_SILENCE: Duration = Duration::from_secs(5);

/// How long, and how much, a client may send after its last answer.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) time: Duration,
    pub(crate) bytes: usize,
}

/// A connection whose sending side is closed.
pub(crate) struct Linger {
    /// When to stop, even if more bytes arrive.
    end: Instant,
    /// Fires at `end`, or earlier after a long silence.
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

    /// Whether any byte was read since then.
    pub(crate) fn has_read(&self) -> bool {
        self.left < self.bounds.bytes
    }

    /// Reads until the client closes its side, or until its time or its bytes are used up.
    pub(crate) fn poll<IO>(&mut self, io: &mut IO, cx: &mut Context<'_>) -> Poll<()>
    where
        IO: AsyncRead + Unpin,
    {
        let mut discarded = [0; CHUNK];
        loop {
            if self.over.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buf = ReadBuf::new(&mut discarded);
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

/// Until when to wait for the next bytes.
fn silent_until(end: Instant) -> Instant {
    end.min(Instant::now() + MAX_SILENCE)
}
