//! The group committer: one thread that combines waiting commands into few durable commits.
//!
//! It takes all waiting commands, loads the rows that the batch touches, lets `domain` decide the commands one
//! after another on those rows, writes the changes, commits once, and only then answers each caller. Work that
//! can wait, such as a checkpoint, comes after the answers. A single command is committed at once. During a
//! commit the next batch collects, so under load one sync serves many commands.
//!
//! The thread only runs one round of [`CommitLoop`] after another; the simulation runs the same rounds step by
//! step.

use std::time::{Duration, Instant};

use domain::{Books, Command, RowSet};
use fail_points::{Point, pass, round};
use tokio::sync::{mpsc, oneshot};

use crate::{CommandError, Limits, Store, StoreError};

/// The sending side of the committer's queue.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::Sender<Box<dyn QueuedCommand>>,
}

/// Why a command has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The committer ended before it answered: the command may be durable or not. This happens only while the
    /// process stops.
    #[error("the committer has stopped")]
    Lost,
    /// The database cannot be reached. The command was not carried out.
    #[error("the database cannot be reached, and nothing was carried out")]
    NotCarriedOut,
}

/// A batch that was committed.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Number of commands in it.
    pub commands: usize,
    /// Time for loading, deciding and writing, up to the durable commit.
    pub took: Duration,
}

/// Callbacks of the committer to its owner.
pub struct Hooks {
    /// Called after every commit, on the committing thread.
    pub committed: Box<dyn Fn(Batch) + Send>,
    /// Called on an error after which no caller may be answered. It should end the process. The committing
    /// thread ends when it returns.
    pub fatal: Box<dyn FnOnce(StoreError) + Send>,
}

/// The answer of the committer: the outcome once it is durable, or the refusal.
type Answer<C> = Result<<C as Command>::Outcome, <C as Command>::Refusal>;

/// Maximum number of retries of a batch after conflicts with other nodes.
const REPEATS: u32 = 8;

/// Wait between two attempts while the database is unreachable.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

impl Committer {
    /// Starts the committing thread, from within a runtime of tokio.
    pub fn start<S: Store>(
        store: S,
        limits: Limits,
        hooks: Hooks,
    ) -> (Committer, std::thread::JoinHandle<()>) {
        let Hooks { committed, fatal } = hooks;
        let (committer, rounds) = Committer::queue(store, limits, committed);
        let (durable, answering) = mpsc::unbounded_channel();
        tokio::spawn(answer(answering));
        let run = move || rounds.run(&durable, fatal);
        let thread = std::thread::Builder::new().name("committer".into()).spawn(run);
        #[expect(clippy::expect_used, reason = "a process that cannot start a thread cannot serve")]
        let thread = thread.expect("the committing thread starts");
        (committer, thread)
    }

    /// A queue, and the rounds that are still to be run by somebody.
    pub fn queue<S: Store>(
        store: S,
        limits: Limits,
        committed: Box<dyn Fn(Batch) + Send>,
    ) -> (Committer, CommitLoop<S>) {
        let (queue, waiting) = mpsc::channel(limits.queue);
        let batch = Vec::new();
        let batch_limit = limits.batch;
        let rounds = CommitLoop { store, waiting, batch, batch_limit, committed, is_away: false };
        (Committer { queue }, rounds)
    }

    /// Number of commands in the queue.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Whether the committer has stopped.
    pub fn has_stopped(&self) -> bool {
        self.queue.is_closed()
    }

    /// Decides `command` and makes its changes durable.
    pub async fn submit<C: Command>(
        &self,
        command: C,
    ) -> Result<C::Outcome, CommandError<C::Refusal>> {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { command, answer: None, reply };
        self.queue.send(Box::new(entry)).await.map_err(|_| SubmitError::Lost)?;
        let answer = answer.await.map_err(|_| SubmitError::Lost)??;
        answer.map_err(CommandError::Refused)
    }
}

/// A command in the queue, without its type.
trait QueuedCommand: Send {
    fn touches(&self, touched: &mut RowSet);
    fn decide(&mut self, books: &mut Books);
    fn answer(self: Box<Self>);
    fn refuse(self: Box<Self>) -> Option<Box<dyn QueuedCommand>>;
}

struct Entry<C: Command> {
    command: C,
    answer: Option<Answer<C>>,
    reply: oneshot::Sender<Result<Answer<C>, SubmitError>>,
}

impl<C: Command> QueuedCommand for Entry<C> {
    fn touches(&self, touched: &mut RowSet) {
        self.command.touches(touched);
    }

    fn decide(&mut self, books: &mut Books) {
        self.answer = Some(books.run(&self.command));
    }

    /// Sends the outcome. If there is none, the caller gets [`SubmitError::Lost`].
    fn answer(self: Box<Self>) {
        if let Some(answer) = self.answer {
            // The caller may have been dropped; the commit is valid all the same.
            let _ = self.reply.send(Ok(answer));
        }
    }

    /// Answers that the command was not carried out, or returns a command that stays in the queue.
    fn refuse(self: Box<Self>) -> Option<Box<dyn QueuedCommand>> {
        if C::WAITS {
            return Some(self);
        }
        let _ = self.reply.send(Err(SubmitError::NotCarriedOut));
        None
    }
}

/// Durable commands whose callers are not answered yet.
pub struct CommittedBatch(Vec<Box<dyn QueuedCommand>>);

impl CommittedBatch {
    /// Answers the callers.
    pub fn answer(self) {
        self.0.into_iter().for_each(|entry| entry.answer());
    }
}

/// Replies from a tokio task: waking other tasks there is cheap; the commit thread wakes it once per batch.
async fn answer(mut committed: mpsc::UnboundedReceiver<CommittedBatch>) {
    while let Some(durable) = committed.recv().await {
        // Without this task every caller would wait for ever. The guard does not live across the `await`: a
        // runtime that is dropped by its owner's panic drops this task too.
        let _answers = AbortsOnPanic;
        let _ = round("answers");
        durable.answer();
    }
}

/// The committing side of the queue: collects commands, commits them, has them answered.
pub struct CommitLoop<S> {
    store: S,
    waiting: mpsc::Receiver<Box<dyn QueuedCommand>>,
    batch: Vec<Box<dyn QueuedCommand>>,
    batch_limit: usize,
    committed: Box<dyn Fn(Batch) + Send>,
    /// Whether the last attempt found the database unreachable.
    is_away: bool,
}

/// Aborts the process when the committing thread or the answering task panics: after a broken invariant of the
/// books nothing may be committed or answered.
struct AbortsOnPanic;

impl Drop for AbortsOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

impl<S: Store> CommitLoop<S> {
    /// Waits for commands and takes them, up to the limit of a batch, in addition to those kept because the
    /// database was unreachable. Returns `false` once every [`Committer`] of this queue is dropped.
    pub async fn wait(&mut self) -> bool {
        self.waiting.recv_many(&mut self.batch, self.batch_limit).await > 0
    }

    /// Commits the batch and passes it to `answer` once it is durable. After an error, commands that were not
    /// passed on must not be answered, and no further round may be run.
    pub fn commit(&mut self, answer: &mut dyn FnMut(CommittedBatch)) -> Result<(), StoreError> {
        let mut batch = std::mem::take(&mut self.batch);
        let served =
            self.commit_or_split(&mut batch, answer).and_then(|()| self.store.after_answers());
        // After an error the remaining callers get no answer before the owner knows of it.
        self.batch.append(&mut batch);
        served
    }

    fn run(
        mut self,
        durable: &mpsc::UnboundedSender<CommittedBatch>,
        fatal: Box<dyn FnOnce(StoreError) + Send>,
    ) {
        let _books = AbortsOnPanic;
        while self.blocking_wait() {
            let _ = round("committer");
            self.gather();
            // If the task is gone the process is stopping, and no caller waits any more.
            let answer = &mut |batch| drop(durable.send(batch));
            if let Err(error) = self.commit(answer) {
                return fatal(error);
            }
        }
    }

    /// [`CommitLoop::wait`] for a thread. While the database is unreachable, kept commands are retried.
    fn blocking_wait(&mut self) -> bool {
        if self.batch.is_empty() {
            return self.waiting.blocking_recv_many(&mut self.batch, self.batch_limit) > 0;
        }
        std::thread::sleep(BETWEEN_TRIES);
        !self.waiting.is_closed()
    }

    /// Yields and drains until a yield brings nothing new (adaptive batching). It costs a single command one
    /// system call.
    fn gather(&mut self) {
        let mut before = 0;
        while before < self.batch.len() {
            before = self.batch.len();
            std::thread::yield_now();
            let free = self.batch_limit.saturating_sub(self.batch.len());
            let arrived = std::iter::from_fn(|| self.waiting.try_recv().ok());
            self.batch.extend(arrived.take(free));
        }
    }

    fn commit_or_split(
        &mut self,
        batch: &mut Vec<Box<dyn QueuedCommand>>,
        answer: &mut dyn FnMut(CommittedBatch),
    ) -> Result<(), StoreError> {
        match self.carry_out(batch) {
            Err(StoreError::Constraint(broken)) if batch.len() > 1 => {
                tracing::error!(broken, "a batch broke a constraint; its commands go one by one");
                for entry in std::mem::take(batch) {
                    let mut alone = vec![entry];
                    self.commit_or_split(&mut alone, answer)?;
                    batch.append(&mut alone);
                }
            }
            Err(StoreError::Constraint(broken)) => {
                tracing::error!(broken, "a command broke a constraint and was not carried out");
                batch.clear();
            }
            Err(StoreError::Unreachable(why)) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    tracing::error!(why, "the database cannot be reached; nothing is carried out");
                }
                *batch = batch.drain(..).filter_map(|command| command.refuse()).collect();
            }
            Err(error) => return Err(error),
            Ok(()) => {
                if std::mem::take(&mut self.is_away) {
                    tracing::info!("the database is back");
                }
                answer(CommittedBatch(std::mem::take(batch)));
            }
        }
        Ok(())
    }

    /// Carries the batch out. Retries after a conflict with another node or a lost connection.
    fn carry_out(&mut self, batch: &mut [Box<dyn QueuedCommand>]) -> Result<(), StoreError> {
        let mut conflicts = 0;
        loop {
            match self.decide_and_commit(batch) {
                Err(StoreError::Conflict(why)) if conflicts == REPEATS => {
                    return Err(StoreError::Constraint(why));
                }
                Err(StoreError::Conflict(why)) => {
                    tracing::debug!(why, "a batch is retried");
                    conflicts += 1;
                }
                Err(StoreError::InDoubt(why)) => {
                    tracing::warn!(why, "the connection to the database was lost during a commit");
                    if self.resolve_in_doubt()? {
                        return Ok(());
                    }
                }
                done => return done,
            }
        }
    }

    /// Whether an in-doubt batch is durable. Its callers are not answered before that is known. New commands
    /// are refused meanwhile.
    fn resolve_in_doubt(&mut self) -> Result<bool, StoreError> {
        loop {
            match self.store.resolve_in_doubt() {
                Err(StoreError::Unreachable(_)) if !self.waiting.is_closed() => {
                    let arrived = std::iter::from_fn(|| self.waiting.try_recv().ok());
                    self.batch.extend(arrived.filter_map(|command| command.refuse()));
                }
                Err(StoreError::Unreachable(why)) => return Err(StoreError::InDoubt(why)),
                known => return known,
            }
        }
    }

    fn decide_and_commit(
        &mut self,
        batch: &mut [Box<dyn QueuedCommand>],
    ) -> Result<(), StoreError> {
        let begun = Instant::now();
        let mut touched = RowSet::default();
        batch.iter().for_each(|entry| entry.touches(&mut touched));
        touched.sort_and_dedup();
        let mut books = self.store.load(&touched)?;
        batch.iter_mut().for_each(|entry| entry.decide(&mut books));
        if books.journal.is_empty() {
            return self.store.release();
        }
        pass(Point::CommitBegun);
        self.store.commit(&books)?;
        pass(Point::Committed);
        (self.committed)(Batch { commands: batch.len(), took: begun.elapsed() });
        Ok(())
    }
}
