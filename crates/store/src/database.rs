//! A committer with its readers: the database for the gateway.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use domain::{Command, PartnerId, RefId, TrId, Transaction};
use tokio::sync::Semaphore;

use crate::{CommandError, Committer, Hooks, PointReads, Read, Store, StoreError, SubmitError};

/// Limits of queue and batch.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum number of commands in one batch.
    pub batch: usize,
    /// Maximum number of commands in the queue.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { batch: 1024, queue: 8192 }
    }
}

/// The durable books: commands go to the committer, queries to one of a few readers.
#[derive(Clone)]
pub struct Database {
    committer: Committer,
    readers: Arc<Readers>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

struct Readers {
    point_reads: PointReads,
    idle: Mutex<Vec<Box<dyn Read>>>,
    free: Semaphore,
    /// Whether damage was found.
    damaged: AtomicBool,
    /// Whether queries run on threads that may block.
    may_wait: bool,
}

/// Reading connections.
pub struct Connections {
    /// For rows by their keys.
    pub point_reads: PointReads,
    /// For queries that may take long.
    pub questions: Vec<Box<dyn Read>>,
}

impl Database {
    /// Starts committing to `store` and reading through `connections`.
    pub fn start<S: Store>(
        store: S,
        connections: Connections,
        limits: Limits,
        hooks: Hooks,
    ) -> Database {
        let (committer, thread) = Committer::start(store, limits, hooks);
        Database::new(committer, connections, Some(thread))
    }

    /// A database without threads, for the simulation: the caller runs the committer's rounds, and queries
    /// run on the calling task.
    pub fn driven(committer: Committer, connections: Connections) -> Database {
        Database::new(committer, connections, None)
    }

    fn new(
        committer: Committer,
        connections: Connections,
        thread: Option<JoinHandle<()>>,
    ) -> Database {
        let Connections { point_reads, questions } = connections;
        let readers = Arc::new(Readers {
            point_reads,
            free: Semaphore::new(questions.len()),
            idle: Mutex::new(questions),
            damaged: AtomicBool::new(false),
            may_wait: thread.is_some(),
        });
        Database { committer, readers, thread: Arc::new(Mutex::new(thread)) }
    }

    /// Decides `command` and makes its changes durable.
    pub async fn submit<C: Command>(
        &self,
        command: C,
    ) -> Result<C::Outcome, CommandError<C::Refusal>> {
        self.committer.submit(command).await
    }

    /// Number of commands in the queue.
    pub fn waiting(&self) -> usize {
        self.committer.waiting()
    }

    /// Runs a query, on a thread that may block if there are threads.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Read) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let _turn = self.readers.free.acquire().await.map_err(|_| SubmitError::Lost)?;
        let may_wait = readers.may_wait;
        let ask = move || {
            let Some(reader) = readers.idle().pop() else {
                return Err(SubmitError::Lost.into());
            };
            let mut borrowed = Borrowed { reader: Some(reader), readers: &readers };
            let answer = question(borrowed.reader());
            drop(borrowed);
            readers.check_damage(answer)
        };
        match may_wait {
            true => tokio::task::spawn_blocking(ask).await.map_err(|_| SubmitError::Lost)?,
            false => ask(),
        }
    }

    /// The `tr_id` of a partner's `ref_id`.
    pub async fn find(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<TrId>, StoreError> {
        self.readers.check_damage(self.readers.point_reads.find(partner, ref_id).await)
    }

    /// The transaction with that number.
    pub async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.readers.check_damage(self.readers.point_reads.transaction(tr_id).await)
    }

    /// The transaction of a partner's `ref_id`.
    pub async fn with_reference(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.readers.check_damage(self.readers.point_reads.with_reference(partner, ref_id).await)
    }

    /// The version of partners and products, if other nodes can change them.
    pub async fn directory_version(&self) -> Result<Option<i64>, StoreError> {
        self.readers.check_damage(self.readers.point_reads.directory_version().await)
    }

    /// Whether the books are damaged, or the committer has stopped. Reads still work, but nothing new may be
    /// begun.
    pub fn is_corrupt(&self) -> bool {
        self.readers.damaged.load(Ordering::Relaxed) || self.committer.has_stopped()
    }

    /// Treats the books as damaged from now on.
    pub fn mark_corrupt(&self, why: &dyn Display) {
        self.readers.mark_corrupt(why);
    }

    /// Waits until all that was submitted is committed and the database is closed. Other handles
    /// must be gone.
    pub fn close(self) {
        let Database { committer, readers, thread } = self;
        drop((committer, readers));
        let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the committing thread has been reported by the panic itself.
            let _ = thread.join();
        }
    }
}

/// A reader that is returned when this is dropped, also if the query panics.
struct Borrowed<'r> {
    /// None once it is returned.
    reader: Option<Box<dyn Read>>,
    readers: &'r Readers,
}

impl Borrowed<'_> {
    #[expect(clippy::expect_used, reason = "it is returned when this is dropped")]
    fn reader(&mut self) -> &mut dyn Read {
        self.reader.as_mut().expect("a borrowed reader").as_mut()
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.readers.idle().extend(self.reader.take());
    }
}

impl Readers {
    /// Returns `answer`; if it is an error that shows damage, marks the books as damaged.
    fn check_damage<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        answer.inspect_err(|error| {
            if error.is_damage() {
                self.mark_corrupt(error);
            }
        })
    }

    fn mark_corrupt(&self, why: &dyn Display) {
        if !self.damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(%why, "the database is damaged: no new inquiries and payments are begun");
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Read>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
