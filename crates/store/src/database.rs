//! A committer with its readers: the whole database as the gateway sees it.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use domain::{Command, PartnerId, RefId, Refusal, TrId, Transaction};
use tokio::sync::Semaphore;

use crate::{Committer, Hooks, PointReads, Read, Store, StoreError, SubmitError};

/// How much may wait and gather.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commands in one batch.
    pub batch: usize,
    /// Commands that wait for a batch.
    pub queue: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { batch: 1024, queue: 8192 }
    }
}

/// Durable books: commands go to the committer, questions to one of a few readers.
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
    /// Whether something was found that cannot be what was written.
    damaged: AtomicBool,
    /// Whether questions go to threads that may wait for the disk.
    may_wait: bool,
}

/// Reading connections.
pub struct Connections {
    /// For rows by their keys.
    pub point_reads: PointReads,
    /// For everything that may take long.
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

    /// Reads through `connections` what somebody else commits for `committer`, round by round.
    /// Without a thread of its own it asks every question on the task that has it.
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

    /// Has `command` decided and made durable.
    pub async fn submit<C: Command>(
        &self,
        command: C,
    ) -> Result<Result<C::Outcome, Refusal>, SubmitError> {
        self.committer.submit(command).await
    }

    /// How many commands wait for a batch.
    pub fn waiting(&self) -> usize {
        self.committer.waiting()
    }

    /// Asks a question on a thread that may wait for the disk, if there are threads.
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
            let mut lent = Lent { reader: Some(reader), readers: &readers };
            let answer = question(lent.reader());
            drop(lent);
            readers.weighed(answer)
        };
        match may_wait {
            true => tokio::task::spawn_blocking(ask).await.map_err(|_| SubmitError::Lost)?,
            false => ask(),
        }
    }

    /// The number of a partner's transaction.
    pub async fn find(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<TrId>, StoreError> {
        self.readers.weighed(self.readers.point_reads.find(partner, ref_id).await)
    }

    /// The transaction of that number.
    pub async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.readers.weighed(self.readers.point_reads.transaction(tr_id).await)
    }

    /// The transaction behind a partner's own number.
    pub async fn with_reference(
        &self,
        partner: PartnerId,
        ref_id: &RefId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.readers.weighed(self.readers.point_reads.with_reference(partner, ref_id).await)
    }

    /// The version of partners and products, where others can change them.
    pub async fn directory_version(&self) -> Result<Option<i64>, StoreError> {
        self.readers.weighed(self.readers.point_reads.directory_version().await)
    }

    /// Whether the books are damaged, or nobody writes them any more. What is read can still be
    /// shown; new business is none to begin on them.
    pub fn is_corrupt(&self) -> bool {
        self.readers.damaged.load(Ordering::Relaxed) || self.committer.has_stopped()
    }

    /// Takes the books for damaged from now on.
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

/// A reader that is given back, also where the question panics.
struct Lent<'r> {
    /// None once it is given back.
    reader: Option<Box<dyn Read>>,
    readers: &'r Readers,
}

impl Lent<'_> {
    #[expect(clippy::expect_used, reason = "it is given back when this is dropped")]
    fn reader(&mut self) -> &mut dyn Read {
        self.reader.as_mut().expect("a reader that is lent").as_mut()
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.idle().extend(self.reader.take());
    }
}

impl Readers {
    /// The answer itself, after a look whether it tells of damage.
    fn weighed<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        answer.inspect_err(|error| {
            if error.is_damage() {
                self.mark_corrupt(error);
            }
        })
    }

    fn mark_corrupt(&self, why: &dyn Display) {
        if !self.damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(%why, "the database is damaged: nothing new is begun on it");
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Read>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
