//! Drives `domain` over `store` and `billers`: inquire, pay, ask, resolve. It knows no HTTP and no
//! wire types.
//!
//! # Layout
//!
//! - [`Gateway`]: what a request or an operator can ask for; one file a verb.
//! - [`ReferenceData`]: partners and products as the last change left them.
//! - [`Resolver`]: asks for the status of payments whose outcome is unknown, and never pays.
//! - [`Callbacks`]: tells partners of ends that they have not heard, by a [`CallbackTransport`].
//! - [`Retention`]: drops inquiries that nobody paid, once they are old.
//! - [`Supervisor`]: runs these, and starts again what fails.
//! - [`StatusQueryResult`]: what a biller tells an operator who insists.
//! - [`Clock`]: the only place that knows what time it is.

mod backoff;
mod biller_call;
mod callbacks;
mod clock;
mod complete_on_drop;
mod inquire;
mod pay;
mod query_status;
mod reference_data;
mod resolver;
mod retention;
mod supervisor;

use std::sync::Arc;
use std::time::Duration;

use biller::Billers;
use domain::callback::DeliveryState;
use domain::command::Ping;
use domain::follow_up::PAYER_LEASE;
use domain::moment::micros;
use domain::payment::Call;
use domain::{Command, Moment, Refusal, TestNumbers, TrId, Transaction};
use fail_points::{Point, pass};
use store::{Database, StoreError};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::task::TaskTracker;

pub use callbacks::{CallbackTransport, Callbacks, Message, Sent};
pub use clock::{Clock, SystemClock};
pub use complete_on_drop::CatchUnwind;
pub use inquire::{InquiryFailure, Request};
pub use pay::Paid;
pub use query_status::StatusQueryResult;
pub use reference_data::{ReferenceData, ReferenceDataFollower};
pub use resolver::Resolver;
pub use retention::Retention;
pub use supervisor::{AwayTask, BackgroundTask, Health, Supervisor};

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
    fn poll_interval(&self) -> Duration {
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
    fn called_back(&self, _standing: DeliveryState) {}

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
    test_numbers: Arc<TestNumbers>,
    /// Payments that were begun before have lost their payer, as it was an earlier process.
    started_by_previous_process: Moment,
    directory: reference_data::Current,
    /// Held by whoever changes partners or products, so that the directory follows the last change.
    changing: Mutex<()>,
    /// Payments whose outcome became unknown, on their way to the resolver.
    unresolved: mpsc::UnboundedSender<TrId>,
    /// Wakes whoever sends callbacks: there may be one more.
    callbacks_due: Notify,
    /// Payments that were begun and whose second commit is due.
    in_flight: TaskTracker,
    /// How each background task is doing.
    supervised: std::sync::Mutex<Vec<Arc<Health>>>,
}

/// Why a payment was not begun, with the transaction as far as there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PayRefused {
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
        let directory = reference_data::Current::new(ReferenceData::load(&database).await?);
        let open_payments = database.read(|read| read.open_payments()).await?;
        let newest = open_payments.iter().map(|open| open.begun_at.after_micros(1)).max();
        let started_by_previous_process =
            newest.filter(|_| !settings.shares_store).unwrap_or_default();
        let test_numbers = Arc::new(billers.test_numbers());
        let (unresolved, open) = mpsc::unbounded_channel();
        let in_flight = TaskTracker::new();
        let shared = Shared {
            database,
            billers,
            clock,
            observer,
            settings,
            test_numbers,
            started_by_previous_process,
            directory,
            changing: Mutex::default(),
            unresolved,
            callbacks_due: Notify::new(),
            in_flight,
            supervised: std::sync::Mutex::default(),
        };
        let gateway = Gateway { shared: Arc::new(shared) };
        let resolver = Resolver::new(gateway.clone(), open);
        Ok((gateway, resolver))
    }

    /// Partners and products as they are now.
    pub fn reference_data(&self) -> Arc<ReferenceData> {
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
        self.shared.started_by_previous_process.max(now.after_micros(-micros(PAYER_LEASE)))
    }

    /// Carries out an operator's command. Once it is answered, it is in force.
    pub async fn operate<C: Command>(
        &self,
        command: C,
    ) -> Result<Result<C::Outcome, Refusal>, StoreError> {
        if self.is_corrupt() {
            return Err(StoreError::ReadOnly);
        }
        let _one_change = self.shared.changing.lock().await;
        let outcome = self.shared.database.submit(command).await?;
        pass(Point::ChangeCommitted);
        self.shared.callbacks_due.notify_one();
        self.shared.directory.set(ReferenceData::load(&self.shared.database).await?);
        Ok(outcome)
    }

    /// Whether the books are damaged, so that nothing new may be begun on them. Whoever lets requests
    /// in asks this.
    pub fn is_corrupt(&self) -> bool {
        self.shared.database.is_corrupt()
    }

    /// Whether commands are carried out now, and not only questions answered.
    pub async fn takes_commands(&self) -> bool {
        self.shared.database.submit(Ping).await.is_ok()
    }

    /// Takes the books for damaged from now on.
    pub fn mark_corrupt(&self, why: &dyn std::fmt::Display) {
        self.shared.database.mark_corrupt(why);
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
        self.shared.in_flight.len()
    }

    /// How many commands wait for their commit.
    pub fn commands_waiting(&self) -> usize {
        self.shared.database.waiting()
    }

    /// Waits until every payment that was begun has its outcome recorded.
    pub async fn finish(&self) {
        self.shared.in_flight.close();
        self.shared.in_flight.wait().await;
    }
}
