//! A committer with its readers: the whole database as the gateway sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use domain::{Command, Refusal};
use tokio::sync::Semaphore;

use crate::{Committer, Hooks, Lost, Read, Store, StoreError};

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
    idle: Mutex<Vec<Box<dyn Read>>>,
    free: Semaphore,
}

impl Database {
    /// Starts committing to `store` and reading through `readers`.
    pub fn start<S: Store>(
        store: S,
        readers: Vec<Box<dyn Read>>,
        limits: Limits,
        hooks: Hooks,
    ) -> Database {
        let (committer, thread) = Committer::start(store, limits.batch, limits.queue, hooks);
        let free = Semaphore::new(readers.len());
        let readers = Arc::new(Readers { idle: Mutex::new(readers), free });
        Database { committer, readers, thread: Arc::new(Mutex::new(Some(thread))) }
    }

    /// Has `command` decided and made durable.
    pub async fn submit<C: Command>(
        &self,
        command: C,
    ) -> Result<Result<C::Outcome, Refusal>, Lost> {
        self.committer.submit(command).await
    }

    /// Asks a question on a thread that may wait for the disk.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Read) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let _turn = self.readers.free.acquire().await.map_err(|_| Lost)?;
        let answer = tokio::task::spawn_blocking(move || {
            let Some(mut reader) = readers.idle().pop() else {
                return Err(Lost.into());
            };
            let answer = question(reader.as_mut());
            readers.idle().push(reader);
            answer
        });
        answer.await.map_err(|_| Lost)?
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

impl Readers {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Read>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
