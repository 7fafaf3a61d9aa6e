//! Work that completes even if its caller is dropped.

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

/// Tells the work whether its caller still waits.
#[derive(Clone)]
pub(crate) struct CallerAlive(Arc<AtomicBool>);

impl CallerAlive {
    pub(crate) fn is_alive(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Polled inline by the caller, which saves a task hop. If the caller is dropped (client
/// disconnected), `Drop` spawns the rest, so a begun payment always completes.
pub(crate) struct CompleteOnDrop<F: Future<Output: Send> + Send + 'static> {
    /// `None` once it is finished.
    work: Option<Pin<Box<F>>>,
    caller: CallerAlive,
    in_flight: TaskTracker,
    /// Keeps the work counted in `in_flight`.
    _counted: TaskTrackerToken,
}

impl<F: Future<Output: Send> + Send + 'static> CompleteOnDrop<F> {
    /// The work that `begin` makes, counted in `in_flight`. It starts when it is polled.
    pub(crate) fn of(
        in_flight: &TaskTracker,
        begin: impl FnOnce(CallerAlive) -> F,
    ) -> CompleteOnDrop<F> {
        let caller = CallerAlive(Arc::new(AtomicBool::new(true)));
        CompleteOnDrop {
            work: Some(Box::pin(begin(caller.clone()))),
            caller,
            _counted: in_flight.token(),
            in_flight: in_flight.clone(),
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for CompleteOnDrop<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        #[expect(clippy::expect_used, reason = "a future is not polled after it is ready")]
        let work = self.work.as_mut().expect("work that is not finished");
        let done = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(done)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for CompleteOnDrop<F> {
    fn drop(&mut self) {
        self.caller.0.store(false, Ordering::Release);
        // Without a runtime the process is ending; the next process finds the open payment.
        if let Some(work) = self.work.take()
            && Handle::try_current().is_ok()
        {
            self.in_flight.spawn(work);
        }
    }
}

/// The output of the work, or its panic.
pub struct CatchUnwind<'w, F>(pub Pin<&'w mut F>);

impl<F: Future> Future for CatchUnwind<'_, F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Work that panicked must not be polled again.
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

    /// Work that waits for a message and then returns whether its caller is alive.
    fn work(
        in_flight: &TaskTracker,
    ) -> (oneshot::Sender<()>, oneshot::Receiver<bool>, impl Future<Output = ()>) {
        let (go, going) = oneshot::channel();
        let (sender, receiver) = oneshot::channel();
        let work = CompleteOnDrop::of(in_flight, |caller| async move {
            let _ = going.await;
            let _ = sender.send(caller.is_alive());
        });
        (go, receiver, work)
    }

    #[tokio::test]
    async fn whoever_waits_runs_it() {
        let in_flight = TaskTracker::new();
        let (go, receiver, work) = work(&in_flight);
        assert_eq!(in_flight.len(), 1);
        go.send(()).unwrap();
        work.await;
        assert!(receiver.await.unwrap());
        assert_eq!(in_flight.len(), 0);
    }

    #[tokio::test]
    async fn once_nobody_waits_it_goes_on_and_knows_it() {
        let in_flight = TaskTracker::new();
        let (go, receiver, work) = work(&in_flight);
        let mut work = Box::pin(work);
        tokio::select! {
            biased;
            () = &mut work => panic!("it waits for a word"),
            () = tokio::task::yield_now() => {}
        }
        drop(work);
        assert_eq!(in_flight.len(), 1, "it is counted until it is finished");
        go.send(()).unwrap();
        assert!(!receiver.await.unwrap());
        in_flight.close();
        in_flight.wait().await;
    }

    #[tokio::test]
    async fn without_a_listener_from_the_first_it_is_done_all_the_same() {
        let in_flight = TaskTracker::new();
        let (go, receiver, work) = work(&in_flight);
        drop(work);
        go.send(()).unwrap();
        assert!(!receiver.await.unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_an_outcome() {
        let fails = |fails: bool| async move {
            assert!(!fails, "as asked");
            7
        };
        assert_eq!(CatchUnwind(pin!(fails(false))).await.ok(), Some(7));
        assert!(CatchUnwind(pin!(fails(true))).await.is_err());
    }
}
