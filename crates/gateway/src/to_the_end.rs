//! Work that is finished whoever waits for it.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Whether somebody still waits for a piece of work.
#[derive(Clone)]
pub(crate) struct Listener(Arc<AtomicBool>);

impl Listener {
    pub(crate) fn is_there(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Runs in the task that waits for it, which costs no way to another and back. Once nobody waits it
/// goes on in a task of its own.
pub(crate) struct ToTheEnd<F: Future<Output: Send> + Send + 'static> {
    /// None once it is finished.
    work: Option<Pin<Box<F>>>,
    listener: Listener,
    unfinished: TaskTracker,
    /// Counts it among the unfinished meanwhile.
    _counted: TaskTrackerToken,
}

impl<F: Future<Output: Send> + Send + 'static> ToTheEnd<F> {
    /// The work that `begin` makes, counted among the `unfinished`. It begins when it is awaited.
    pub(crate) fn of(unfinished: &TaskTracker, begin: impl FnOnce(Listener) -> F) -> ToTheEnd<F> {
        let listener = Listener(Arc::new(AtomicBool::new(true)));
        ToTheEnd {
            work: Some(Box::pin(begin(listener.clone()))),
            listener,
            _counted: unfinished.token(),
            unfinished: unfinished.clone(),
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToTheEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        #[expect(clippy::expect_used, reason = "a future is not polled after it is ready")]
        let work = self.work.as_mut().expect("work that is not finished");
        let done = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(done)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        self.listener.0.store(false, Ordering::Release);
        // Without a runtime the process has ended, and the next one finds what was begun.
        if let Some(work) = self.work.take()
            && Handle::try_current().is_ok()
        {
            self.unfinished.spawn(work);
        }
    }
}

/// What the work comes to, or what it panicked with.
pub struct Caught<'w, F>(pub Pin<&'w mut F>);

impl<F: Future> Future for Caught<'_, F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Work that panicked is not polled again.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::sync::oneshot;

    use super::*;

    /// Work that waits for a word and then tells whether somebody listens.
    fn work(
        unfinished: &TaskTracker,
    ) -> (oneshot::Sender<()>, oneshot::Receiver<bool>, impl Future<Output = ()>) {
        let (go, going) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let work = ToTheEnd::of(unfinished, |listener| async move {
            let _ = going.await;
            let _ = tell.send(listener.is_there());
        });
        (go, told, work)
    }

    #[tokio::test]
    async fn whoever_waits_runs_it() {
        let unfinished = TaskTracker::new();
        let (go, told, work) = work(&unfinished);
        assert_eq!(unfinished.len(), 1);
        go.send(()).unwrap();
        work.await;
        assert!(told.await.unwrap());
        assert_eq!(unfinished.len(), 0);
    }

    #[tokio::test]
    async fn once_nobody_waits_it_goes_on_and_knows_it() {
        let unfinished = TaskTracker::new();
        let (go, told, work) = work(&unfinished);
        let mut work = Box::pin(work);
        tokio::select! {
            biased;
            () = &mut work => panic!("it waits for a word"),
            () = tokio::task::yield_now() => {}
        }
        drop(work);
        assert_eq!(unfinished.len(), 1, "it is counted until it is finished");
        go.send(()).unwrap();
        assert!(!told.await.unwrap());
        unfinished.close();
        unfinished.wait().await;
    }

    #[tokio::test]
    async fn without_a_listener_from_the_first_it_is_done_all_the_same() {
        let unfinished = TaskTracker::new();
        let (go, told, work) = work(&unfinished);
        drop(work);
        go.send(()).unwrap();
        assert!(!told.await.unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_an_outcome() {
        let fails = |fails: bool| async move {
            assert!(!fails, "as asked");
            7
        };
        assert_eq!(Caught(pin!(fails(false))).await.ok(), Some(7));
        assert!(Caught(pin!(fails(true))).await.is_err());
    }
}
