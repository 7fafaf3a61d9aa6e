//! Timeouts of a connection: for the rest of a request's head, for the next request, and for
//! reading the answers.
//!
//! hyper has one timer for the first two. Here a connection is busy while requests are in work;
//! otherwise it is idle until the next byte arrives, and then the head timeout starts. Bodies have
//! their own deadline where they are read. After the last answer, what the client still sends is
//! read for a while ([`Linger`]).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use super::linger::{Bounds, Linger};
use super::smuggling_guard::{FramingGuard, HTTP_2};

/// How much is read to find out the protocol: the whole head and body of most requests.
const FIRST_READ: usize = 2048;

/// The requests of one connection.
#[derive(Clone, Default)]
pub(crate) struct InWork(Arc<Requests>);

#[derive(Default)]
struct Requests {
    in_work: AtomicUsize,
    begun: AtomicUsize,
}

/// One request in work; dropping it ends the work.
pub(crate) struct Work(InWork);

impl InWork {
    pub(crate) fn begin(&self) -> Work {
        self.0.in_work.fetch_add(1, Ordering::AcqRel);
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        Work(self.clone())
    }

    fn any(&self) -> bool {
        self.0.in_work.load(Ordering::Acquire) > 0
    }

    /// How many requests have begun so far.
    fn begun(&self) -> usize {
        self.0.begun.load(Ordering::Acquire)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.in_work.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection that is closed when one of its timeouts passes.
pub(crate) struct TimeoutStream<IO> {
    io: IO,
    in_work: InWork,
    /// How many requests had begun when the phase last changed to one between requests.
    answered: usize,
    /// What was read to find out the protocol, and is read again.
    first: Vec<u8>,
    heads: FramingGuard,
    phase: Phase,
    /// When to close. The timer is set again only when it fires, not for every request.
    deadline: Instant,
    timer: Pin<Box<Sleep>>,
    /// When to close because the client does not read its answers; `None` while nothing is unsent.
    write_stalled: Option<Pin<Box<Sleep>>>,
    /// Whether a timeout has passed.
    is_given_up: bool,
    /// The lingering close, after our side was closed.
    linger: Option<Linger>,
    /// Whether the server stops.
    stopping: watch::Receiver<Stop>,
    timeouts: Timeouts,
}

/// How far the server is with stopping.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The server runs.
    No,
    /// Requests in work are finished.
    Asked,
    /// Requests in work are aborted.
    Now,
}

/// The length of each timeout.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    /// For reading all answers that are ready.
    pub(crate) write: Duration,
    /// For what the client sends after the last answer.
    pub(crate) linger: Bounds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No byte has arrived yet.
    New,
    /// Part of a request's head has arrived.
    Head,
    /// Requests are in work.
    Busy,
    /// The last request is answered.
    Idle,
}

impl<IO> TimeoutStream<IO> {
    pub(crate) fn new(
        io: IO,
        in_work: InWork,
        timeouts: Timeouts,
        stopping: watch::Receiver<Stop>,
    ) -> TimeoutStream<IO> {
        // A new client should send at once, so the head timeout starts now.
        let deadline = Instant::now() + timeouts.head;
        let timer = Box::pin(tokio::time::sleep_until(deadline));
        let (heads, phase) = (FramingGuard::new(), Phase::New);
        TimeoutStream {
            io,
            in_work,
            answered: 0,
            first: Vec::new(),
            heads,
            phase,
            deadline,
            timer,
            write_stalled: None,
            is_given_up: false,
            linger: None,
            stopping,
            timeouts,
        }
    }

    /// Enters a phase in which no request is in work.
    fn enter(&mut self, phase: Phase, wait: Duration) {
        self.phase = phase;
        self.answered = self.in_work.begun();
        self.deadline = Instant::now() + wait;
        // A timer set for a later time would fire too late.
        if self.timer.deadline() > self.deadline {
            self.timer.as_mut().reset(self.deadline);
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.deadline);
        }
        Poll::Pending
    }

    /// The result of a write, or an error when the client has not read for too long.
    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let by = self.timeouts.write;
        let write_stalled =
            self.write_stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(by)));
        write_stalled.as_mut().poll(cx).map(|()| Err(self.give_up()))
    }

    fn give_up(&mut self) -> io::Error {
        self.is_given_up = true;
        io::ErrorKind::TimedOut.into()
    }
}

impl<IO: AsyncRead + Unpin> TimeoutStream<IO> {
    /// Waits for the first bytes, and returns whether the client speaks HTTP/2.
    ///
    /// hyper's own way to find out reads 24 bytes, after which its buffer grows to twice the size for the rest of
    /// the head, and stays so.
    pub(crate) async fn begins_with_http2(&mut self) -> io::Result<bool> {
        let mut first = Vec::with_capacity(FIRST_READ);
        loop {
            let read = self.read_buf(&mut first).await?;
            if read == 0 || first.len() >= HTTP_2.len() || !HTTP_2.starts_with(&first) {
                let is_http2 = first.starts_with(HTTP_2);
                self.first = first;
                return Ok(is_http2);
            }
        }
    }

    /// Gives the reader what was read to find out the protocol.
    fn read_again(&mut self, buf: &mut ReadBuf<'_>) {
        let now = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first[..now]);
        self.first.drain(..now);
        if self.first.is_empty() {
            self.first = Vec::new();
        }
    }

    /// Reads what still arrives. If only complete requests have arrived, as on an idle connection,
    /// it does not wait.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_given_up || *self.stopping.borrow() != Stop::No {
            return Poll::Ready(());
        }
        let bounds = self.timeouts.linger;
        let linger = self.linger.get_or_insert_with(|| Linger::new(bounds));
        let is_over = linger.poll(&mut self.io, cx);
        if !linger.has_read() && self.heads.is_between_requests() {
            return Poll::Ready(());
        }
        is_over
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for TimeoutStream<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.first.is_empty() {
            this.read_again(buf);
            return Poll::Ready(Ok(()));
        }
        let ending = this.heads.take_ending(buf.remaining());
        if !ending.is_empty() {
            buf.put_slice(ending);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.io).poll_read(cx, buf);
        let came = &mut buf.filled_mut()[before..];
        if this.in_work.any() {
            this.phase = Phase::Busy;
            this.heads.watch(came);
            return read;
        }
        match (read, this.phase) {
            (Poll::Ready(Ok(())), phase) if !came.is_empty() => {
                if matches!(phase, Phase::Idle | Phase::Busy) {
                    this.enter(Phase::Head, this.timeouts.head);
                }
                this.heads.watch(came);
                Poll::Ready(Ok(()))
            }
            (Poll::Pending, phase) => {
                if phase == Phase::Busy {
                    this.enter(Phase::Idle, this.timeouts.idle);
                }
                this.poll_deadline(cx).map(|()| Err(this.give_up()))
            }
            (ready, _) => ready,
        }
    }
}

impl<IO: AsyncWrite + Unpin> TimeoutStream<IO> {
    /// In tests only: writes half of the answer and kills the process.
    fn die_half_way(&mut self, cx: &mut Context<'_>, answer: &[u8]) {
        if let Some(half) = fail_points::half(answer) {
            let _ = Pin::new(&mut self.io).poll_write(cx, half);
            fail_points::kill();
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimeoutStream<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.die_half_way(cx, buf);
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(cx, written)
    }

    /// Writing an answer ends the work on its request. hyper may not read again until bytes arrive,
    /// so the idle timeout starts here. A request that is answered at once was never seen in work.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let flushed = Pin::new(&mut this.io).poll_flush(cx);
        let flushed = this.written(cx, flushed);
        if flushed.is_ready() {
            this.write_stalled = None;
        }
        let is_answered = this.in_work.begun() != this.answered && !this.in_work.any();
        if flushed.is_ready() && is_answered {
            this.enter(Phase::Idle, this.timeouts.idle);
            // Poll to register the waker; the timeout then fires from `poll_read`.
            let _ = this.poll_deadline(cx);
        }
        flushed
    }

    /// Closes our side first, so that the client knows at once that no more answers come.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        self.poll_linger(cx).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.die_half_way(cx, bufs.first().map_or(&[], |first| &**first));
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(cx, written)
    }
}

#[cfg(test)]
mod tests;
