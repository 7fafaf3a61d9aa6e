//! Drives `domain` over `store` and `billers`: inquire, pay, ask, resolve. It knows no HTTP and no
//! wire types.
//!
//! # Layout
//!
//! - [`Gateway`]: what a request or an operator can ask for; one file a verb.
//! - [`Directory`]: partners and products as the last change left them.
//! - [`Resolver`]: asks for the status of payments whose outcome is unknown, and never pays.
//! - [`Callbacks`]: tells partners of ends that they have not heard, by a [`Messenger`].
//! - [`Retention`]: drops inquiries that nobody paid, once they are old.
//! - [`Supervisor`]: runs these, and starts again what fails.
//! - [`Asked`]: what a biller tells an operator who insists.
//! - [`Clock`]: the only place that knows what time it is.

mod ask;
mod ask_again;
mod backoff;
mod callbacks;
mod clock;
mod directory;
mod inquire;
mod pay;
mod resolver;
mod retention;
mod supervisor;
mod to_the_end;

use std::sync::Arc;
use std::time::Duration;

use biller::Billers;
use domain::callback::Standing;
use domain::command::Knock;
use domain::moment::micros;
use domain::payment::Call;
use domain::watch::PAYER_LEASE;
use domain::{Command, Moment, Refusal, TrId, Transaction, TrialNumbers};
use fail_points::{Point, pass};
use store::{Database, StoreError};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::task::TaskTracker;

pub use ask_again::Asked;
pub use callbacks::{Callbacks, Message, Messenger, Sent};
pub use clock::{Clock, SystemClock};
pub use directory::{Directory, DirectoryFollower};
pub use inquire::{NoBill, Request};
pub use pay::Paid;
pub use resolver::Resolver;
pub use retention::Retention;
pub use supervisor::{AwayTask, BackgroundTask, Health, Supervisor};
pub use to_the_end::Caught;

/// Settings of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a biller may take to answer before the outcome counts as unknown.
    pub biller_deadline: Duration,
    /// How long after an unknown outcome the status is asked for the first time.
    pub first_ask: Duration,
    /// The longest time between two questions for one payment's status.
    pub longest_wait: Duration,
    /// Whether other gateways work on the same store, so that a payment that this one did not begin
    /// may be at the biller.
    pub shares_store: bool,
}

impl Settings {
    /// How long before somebody looks for work again that nobody has told of. What another process has
    /// left is looked for more often.
    fn between_looks(&self) -> Duration {
        match self.shares_store {
            true => self.longest_wait.min(PAYER_LEASE / 2),
            false => self.longest_wait,
        }
    }

    /// How long to wait before a biller is asked for a payment's status that it was asked for so often.
    fn wait(&self, tr_id: TrId, asked: u32) -> Duration {
        backoff::wait(self.first_ask, self.longest_wait, tr_id, asked)
    }
}

/// Told about what happens.
pub trait Observer: Send + Sync {
    /// A biller answered, or failed to.
    fn called(&self, biller: &str, call: Call, answer: &'static str, took: Duration);

    /// So many inquiries that nobody paid were dropped.
    fn dropped(&self, _inquiries: u64) {}

    /// A callback was sent, and stands so since.
    fn called_back(&self, _standing: Standing) {}

    /// The background task of that name failed or panicked, and is started again.
    fn task_failed(&self, _task: &'static str) {}
}

/// The gateway. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    billers: Billers,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    settings: Settings,
    trial: Arc<TrialNumbers>,
    /// Payments that were begun before have lost their payer, as it was an earlier process.
    left_before: Moment,
    directory: directory::Current,
    /// Held by whoever changes partners or products, so that the directory follows the last change.
    changing: Mutex<()>,
    /// Payments whose outcome became unknown, on their way to the resolver.
    lost_track: mpsc::UnboundedSender<TrId>,
    /// Wakes whoever sends callbacks: there may be one more.
    ended: Notify,
    /// Payments that were begun and whose second commit is due.
    unfinished: TaskTracker,
    /// How each background task is doing.
    supervised: std::sync::Mutex<Vec<Arc<Health>>>,
}

/// Why a payment was not begun, with the transaction as far as there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotBegun {
    /// The reason.
    pub why: Refusal,
    /// What it is about.
    pub transaction: Option<Transaction>,
}

impl Gateway {
    /// Opens the gateway on a database. The [`Resolver`] is to be run beside it.
    pub async fn open(
        database: Database,
        billers: Billers,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        settings: Settings,
    ) -> Result<(Gateway, Resolver), StoreError> {
        let directory = directory::Current::new(Directory::load(&database).await?);
        let open_payments = database.read(|read| read.open_payments()).await?;
        let newest = open_payments.iter().map(|open| open.begun_at.after_micros(1)).max();
        let left_before = newest.filter(|_| !settings.shares_store).unwrap_or_default();
        let trial = Arc::new(billers.trial_numbers());
        let (lost_track, open) = mpsc::unbounded_channel();
        let unfinished = TaskTracker::new();
        let shared = Shared {
            database,
            billers,
            clock,
            observer,
            settings,
            trial,
            left_before,
            directory,
            changing: Mutex::default(),
            lost_track,
            ended: Notify::new(),
            unfinished,
            supervised: std::sync::Mutex::default(),
        };
        let gateway = Gateway { shared: Arc::new(shared) };
        let resolver = Resolver::new(gateway.clone(), open);
        Ok((gateway, resolver))
    }

    /// Partners and products as they are now.
    pub fn directory(&self) -> Arc<Directory> {
        self.shared.directory.get()
    }

    /// The billers that can be asked.
    pub fn billers(&self) -> &Billers {
        &self.shared.billers
    }

    /// What time it is.
    pub fn now(&self) -> Moment {
        self.shared.clock.now()
    }

    /// A payment that was begun before this moment has no payer at work any more.
    fn orphaned_before(&self, now: Moment) -> Moment {
        self.shared.left_before.max(now.after_micros(-micros(PAYER_LEASE)))
    }

    /// Carries out an operator's command. Once it is answered, it is in force.
    pub async fn operate<C: Command>(
        &self,
        command: C,
    ) -> Result<Result<C::Outcome, Refusal>, StoreError> {
        if self.is_damaged() {
            return Err(StoreError::ReadOnly);
        }
        let _one_change = self.shared.changing.lock().await;
        let outcome = self.shared.database.submit(command).await?;
        pass(Point::ChangeCommitted);
        self.shared.ended.notify_one();
        self.shared.directory.set(Directory::load(&self.shared.database).await?);
        Ok(outcome)
    }

    /// Whether the books are damaged, so that nothing new may be begun on them. Whoever lets requests
    /// in asks this.
    pub fn is_damaged(&self) -> bool {
        self.shared.database.is_damaged()
    }

    /// Whether commands are carried out now, and not only questions answered.
    pub async fn takes_commands(&self) -> bool {
        self.shared.database.submit(Knock).await.is_ok()
    }

    /// Takes the books for damaged from now on.
    pub fn distrust(&self, why: &dyn std::fmt::Display) {
        self.shared.database.distrust(why);
    }

    /// Asks the database a question.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn store::Read) -> Result<T, StoreError> + Send + 'static,
    {
        self.shared.database.read(question).await
    }

    /// The transaction of that number.
    pub async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.shared.database.transaction(tr_id).await
    }

    /// How many payments were begun and have no outcome recorded yet, also those whose partner has
    /// hung up.
    pub fn payments_in_work(&self) -> usize {
        self.shared.unfinished.len()
    }

    /// How many commands wait for their commit.
    pub fn commands_waiting(&self) -> usize {
        self.shared.database.waiting()
    }

    /// Waits until every payment that was begun has its outcome recorded.
    pub async fn finish(&self) {
        self.shared.unfinished.close();
        self.shared.unfinished.wait().await;
    }
}
