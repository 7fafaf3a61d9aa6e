//! A gate at which a thread waits before it changes the disk, until the conductor of the run has seen all earlier
//! answers.
//!
//! So a run is reproducible by its seed, and an answer that comes before its commit is detected.

use std::sync::mpsc;
use std::thread::ThreadId;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The side of the waiting threads.
#[derive(Clone)]
pub(crate) struct Gate {
    conductor: ThreadId,
    waiting: UnboundedSender<Held>,
}

/// A thread that waits at the gate. Dropping this lets it pass.
pub(crate) struct Held {
    /// Whether it is about to begin a transaction.
    pub(crate) begins: bool,
    _let_go: mpsc::Sender<()>,
}

impl Gate {
    /// A gate that the present thread conducts, and the receiver of the waiting threads.
    pub(crate) fn conducted_here() -> (Gate, UnboundedReceiver<Held>) {
        let (waiting, held) = unbounded_channel();
        (Gate { conductor: std::thread::current().id(), waiting }, held)
    }

    /// Waits at the gate. The conductor itself does not wait, and nobody does once it is gone.
    pub(crate) fn pass(&self, begins: bool) {
        if std::thread::current().id() == self.conductor {
            return;
        }
        let (let_go, gone) = mpsc::channel();
        // Nothing is sent: the wait ends when the sender is dropped.
        if self.waiting.send(Held { begins, _let_go: let_go }).is_ok() {
            let _ = gone.recv();
        }
    }
}
