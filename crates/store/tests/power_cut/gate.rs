//! Where a thread that is about to change the disk waits, until those that conduct a run have seen
//! all that was answered before.
//!
//! So a run is the same again for the same seed, and an answer that comes before its commit is
//! seen before the commit.

use std::sync::mpsc;
use std::thread::ThreadId;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The way in.
#[derive(Clone)]
pub(crate) struct Gate {
    conductor: ThreadId,
    waiting: UnboundedSender<Held>,
}

/// A thread that waits at the gate, until this is dropped.
pub(crate) struct Held {
    /// Whether it is about to begin a transaction.
    pub(crate) begins: bool,
    _let_go: mpsc::Sender<()>,
}

impl Gate {
    /// A gate that the present thread conducts, and the threads that will wait there.
    pub(crate) fn conducted_here() -> (Gate, UnboundedReceiver<Held>) {
        let (waiting, held) = unbounded_channel();
        (Gate { conductor: std::thread::current().id(), waiting }, held)
    }

    /// Waits to be let go, unless this is the conductor, or there is none any more.
    pub(crate) fn pass(&self, begins: bool) {
        if std::thread::current().id() == self.conductor {
            return;
        }
        let (let_go, gone) = mpsc::channel();
        // Nothing is ever sent: the wait ends when the other end is dropped.
        if self.waiting.send(Held { begins, _let_go: let_go }).is_ok() {
            let _ = gone.recv();
        }
    }
}
