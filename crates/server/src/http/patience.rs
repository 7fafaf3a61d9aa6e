//! How long a connection may make the server wait: for the rest of a request's head, for the next
//! request, and for its answers to be taken.
//!
//! hyper has one timer for the first two. A connection here is busy while requests are in work;
//! otherwise it is idle until its next byte comes, and from then on its head is due. Bodies have a
//! deadline of their own, where they are read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::heads::Heads;

/// The requests of one connection that are in work.
#[derive(Clone, Default)]
pub(super) struct InWork(Arc<AtomicUsize>);

/// One request in work, as long as it lives.
pub(super) struct Work(InWork);

impl InWork {
    pub(super) fn begin(&self) -> Work {
        self.0.fetch_add(1, Ordering::AcqRel);
        Work(self.clone())
    }

    fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection that is given up when it makes the server wait for too long.
pub(super) struct Patient<IO> {
    io: IO,
    in_work: InWork,
    heads: Heads,
    phase: Phase,
    /// When to give up. The timer is set again only when it fires, not at every request.
    deadline: Instant,
    timer: Pin<Box<Sleep>>,
    /// When to give up on answers that are not taken; there is none while all of them are.
    untaken: Option<Pin<Box<Sleep>>>,
    patience: Patience,
}

/// How long each part may take.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) head: Duration,
    pub(super) idle: Duration,
    /// For all answers that are ready to be taken.
    pub(super) write: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come on the connection yet.
    New,
    /// A part of a request's head has come.
    Head,
    /// Requests are in work.
    Busy,
    /// The last request is answered.
    Idle,
}

impl<IO> Patient<IO> {
    pub(super) fn new(io: IO, in_work: InWork, patience: Patience) -> Patient<IO> {
        // Whoever connects is about to send: the first head is due at once.
        let deadline = Instant::now() + patience.head;
        let timer = Box::pin(tokio::time::sleep_until(deadline));
        let (heads, phase) = (Heads::new(), Phase::New);
        Patient { io, in_work, heads, phase, deadline, timer, untaken: None, patience }
    }

    fn enter(&mut self, phase: Phase, wait: Duration) {
        self.phase = phase;
        self.deadline = Instant::now() + wait;
        // A timer that is set for later than this would fire too late.
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

    /// What came of writing, or the end of the wait for a client that takes nothing.
    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let by = self.patience.write;
        let untaken = self.untaken.get_or_insert_with(|| Box::pin(tokio::time::sleep(by)));
        untaken.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Patient<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
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
                    this.heads.quiet();
                    this.enter(Phase::Head, this.patience.head);
                }
                this.heads.watch(came);
                Poll::Ready(Ok(()))
            }
            (Poll::Pending, phase) => {
                if phase == Phase::Busy {
                    this.enter(Phase::Idle, this.patience.idle);
                }
                this.poll_deadline(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
            (ready, _) => ready,
        }
    }
}

impl<IO: AsyncWrite + Unpin> Patient<IO> {
    /// Writes half of it and dies, where a test asks for that.
    fn die_half_way(&mut self, cx: &mut Context<'_>, answer: &[u8]) {
        if let Some(half) = fail_points::half(answer) {
            let _ = Pin::new(&mut self.io).poll_write(cx, half);
            fail_points::kill();
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Patient<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.die_half_way(cx, buf);
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(cx, written)
    }

    /// An answer that is written ends the work on its request. hyper may not read again until there
    /// is something to read, so that the wait for it begins here.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let flushed = Pin::new(&mut this.io).poll_flush(cx);
        let flushed = this.written(cx, flushed);
        if flushed.is_ready() {
            this.untaken = None;
        }
        if flushed.is_ready() && this.phase == Phase::Busy && !this.in_work.any() {
            this.enter(Phase::Idle, this.patience.idle);
            // The poll is for its waker: the connection is read, and given up, when the time is over.
            let _ = this.poll_deadline(cx);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
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
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const HEAD: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(75);
    const WRITE: Duration = Duration::from_secs(30);

    fn pair() -> (tokio::io::DuplexStream, Patient<tokio::io::DuplexStream>, InWork) {
        let (client, server) = tokio::io::duplex(64);
        let in_work = InWork::default();
        let patience = Patience { head: HEAD, idle: IDLE, write: WRITE };
        (client, Patient::new(server, in_work.clone(), patience), in_work)
    }

    /// Reads until the connection is given up, and says how long that took.
    async fn given_up_after(patient: &mut Patient<tokio::io::DuplexStream>) -> Duration {
        let begun = Instant::now();
        let mut buf = [0; 8];
        loop {
            match patient.read(&mut buf).await {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                    return begun.elapsed().saturating_sub(Duration::from_millis(5));
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_dribbles_is_given_up() {
        let (mut client, mut patient, _) = pair();
        tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let waited = given_up_after(&mut patient).await;
        assert!(waited <= HEAD, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_waits_longer_but_its_next_head_does_not() {
        let (mut client, mut patient, in_work) = pair();
        client.write_all(b"GET").await.unwrap();
        let mut buf = [0; 3];
        patient.read_exact(&mut buf).await.unwrap();
        let work = in_work.begin();
        let busy = tokio::time::timeout(Duration::from_secs(600), patient.read(&mut buf)).await;
        assert!(busy.is_err(), "a busy connection is never given up");
        drop(work);
        let waited = given_up_after(&mut patient).await;
        assert!(waited > HEAD && waited <= IDLE, "{waited:?}");

        let (mut client, mut patient, in_work) = pair();
        drop(in_work.begin());
        patient.phase = Phase::Busy;
        client.write_all(b"G").await.unwrap();
        let waited = given_up_after(&mut patient).await;
        assert!(waited <= HEAD, "{waited:?}");
    }
    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_take_its_answers_is_given_up_however_slowly_it_reads() {
        let (mut client, mut patient, _) = pair();
        let begun = Instant::now();
        tokio::spawn(async move {
            while client.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let written = patient.write_all(&[b'x'; 4096]).await;
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        let waited = begun.elapsed();
        assert!(waited <= WRITE + Duration::from_secs(2), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_its_answers_may_take_them_for_ever() {
        let (mut client, mut patient, _) = pair();
        tokio::spawn(async move {
            while client.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        for _ in 0..20 {
            patient.write_all(&[b'x'; 100]).await.unwrap();
            patient.flush().await.unwrap();
        }
    }
}
