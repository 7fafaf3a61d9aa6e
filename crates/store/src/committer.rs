//! The group committer: one thread that turns waiting commands into few durable commits.
//!
//! It drains what waits, loads the rows that the batch touches, lets `domain` decide the commands
//! one after another on those rows, writes what changed, commits once, and only then answers each
//! caller. A lone command waits for nobody; while a commit is on its way to the disk the next batch
//! gathers, so under load one sync serves all that wait.

use std::time::{Duration, Instant};

use domain::{Books, Command, Refusal, Touched};
use tokio::sync::{mpsc, oneshot};

use crate::{Store, StoreError};

/// The way to the committing thread.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::Sender<Box<dyn Waiting>>,
}

/// The committer ended before it answered: the command may be durable or not. Only a stopping
/// process answers this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the committer has stopped")]
pub struct Lost;

/// A batch that was committed.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// How many commands it held.
    pub commands: usize,
    /// How long loading, deciding and writing took, up to the durable commit.
    pub took: Duration,
}

/// What the committer tells its owner.
pub struct Hooks {
    /// Called after every commit, on the committing thread.
    pub committed: Box<dyn Fn(Batch) + Send>,
    /// Called on an error after which nothing may be answered. It should end the process; the
    /// committing thread ends when it returns.
    pub fatal: Box<dyn FnOnce(StoreError) + Send>,
}

/// The answer of the committer: the outcome once it is durable, or the refusal.
type Answer<T> = Result<T, Refusal>;

impl Committer {
    /// Starts the committing thread, from within a runtime of tokio. A batch holds `batch_limit` commands at the most, and
    /// `queue_limit` commands wait at the most before [`Committer::submit`] waits as well.
    pub fn start<S: Store>(
        store: S,
        batch_limit: usize,
        queue_limit: usize,
        hooks: Hooks,
    ) -> (Committer, std::thread::JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(queue_limit);
        let (committed, answering) = mpsc::unbounded_channel();
        tokio::spawn(answer(answering));
        let run = move || Thread { store, waiting, committed, batch_limit, hooks }.run();
        let thread = std::thread::Builder::new().name("committer".into()).spawn(run);
        #[expect(clippy::expect_used, reason = "a process that cannot start a thread cannot serve")]
        let thread = thread.expect("the committing thread starts");
        (Committer { queue }, thread)
    }

    /// How many commands wait for a batch.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Has `command` decided and, where it changes something, made durable.
    pub async fn submit<C: Command>(&self, command: C) -> Result<Answer<C::Outcome>, Lost> {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { command, answer: None, reply };
        self.queue.send(Box::new(entry)).await.map_err(|_| Lost)?;
        answer.await.map_err(|_| Lost)
    }
}

/// A command in the queue, whatever its type.
trait Waiting: Send {
    fn touches(&self, touched: &mut Touched);
    fn decide(&mut self, books: &mut Books);
    fn answer(self: Box<Self>);
}

struct Entry<C: Command> {
    command: C,
    answer: Option<Answer<C::Outcome>>,
    reply: oneshot::Sender<Answer<C::Outcome>>,
}

impl<C: Command> Waiting for Entry<C> {
    fn touches(&self, touched: &mut Touched) {
        self.command.touches(touched);
    }

    fn decide(&mut self, books: &mut Books) {
        self.answer = Some(books.run(&self.command));
    }

    /// Answers what was decided. Without an answer the caller learns that the command is lost.
    fn answer(self: Box<Self>) {
        if let Some(answer) = self.answer {
            // A caller that no longer listens has gone; the commit stands all the same.
            let _ = self.reply.send(answer);
        }
    }
}

/// Answers committed batches from a task, which wakes its neighbours far cheaper than the committing
/// thread could: that is woken for once a batch.
async fn answer(mut committed: mpsc::UnboundedReceiver<Vec<Box<dyn Waiting>>>) {
    while let Some(batch) = committed.recv().await {
        batch.into_iter().for_each(|entry| entry.answer());
    }
}

struct Thread<S> {
    store: S,
    waiting: mpsc::Receiver<Box<dyn Waiting>>,
    committed: mpsc::UnboundedSender<Vec<Box<dyn Waiting>>>,
    batch_limit: usize,
    hooks: Hooks,
}

/// Ends the process when the committing thread panics: a broken invariant of the books is no state
/// to go on from, and nobody may be answered after it.
struct BrokenBooks;

impl Drop for BrokenBooks {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

impl<S: Store> Thread<S> {
    fn run(mut self) {
        let _books = BrokenBooks;
        let mut batch = Vec::new();
        while self.waiting.blocking_recv_many(&mut batch, self.batch_limit) > 0 {
            self.gather(&mut batch);
            if let Err(error) = self.serve(&mut batch) {
                return (self.hooks.fatal)(error);
            }
        }
    }

    /// Takes in what others are about to submit: as long as each turn on the processor that it gives
    /// them brings more commands. To a lone command it costs one system call.
    fn gather(&mut self, batch: &mut Vec<Box<dyn Waiting>>) {
        let mut before = 0;
        while before < batch.len() {
            before = batch.len();
            std::thread::yield_now();
            let free = self.batch_limit - batch.len();
            batch.extend(std::iter::from_fn(|| self.waiting.try_recv().ok()).take(free));
        }
    }

    fn serve(&mut self, batch: &mut Vec<Box<dyn Waiting>>) -> Result<(), StoreError> {
        match self.commit(batch) {
            Err(StoreError::Constraint(broken)) if batch.len() > 1 => {
                tracing::error!(broken, "a batch broke a constraint; its commands go one by one");
                for entry in std::mem::take(batch) {
                    self.serve(&mut vec![entry])?;
                }
            }
            Err(StoreError::Constraint(broken)) => {
                tracing::error!(broken, "a command broke a constraint and was not carried out");
                batch.clear();
            }
            Err(error) => return Err(error),
            Ok(()) => {
                // Without the task the process is stopping, and nobody listens any more.
                let _ = self.committed.send(std::mem::take(batch));
            }
        }
        Ok(())
    }

    fn commit(&mut self, batch: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let begun = Instant::now();
        let mut touched = Touched::default();
        batch.iter().for_each(|entry| entry.touches(&mut touched));
        touched.settle();
        let mut books = self.store.load(&touched)?;
        batch.iter_mut().for_each(|entry| entry.decide(&mut books));
        if books.journal.is_empty() {
            return self.store.release();
        }
        self.store.commit(&books)?;
        (self.hooks.committed)(Batch { commands: batch.len(), took: begun.elapsed() });
        Ok(())
    }
}
