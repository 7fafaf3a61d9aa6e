//! Drives `domain` over `store` and `biller`: inquiries, payments, status queries, reports of
//! billers, callbacks. Knows no HTTP and no wire types.
//!
//! # Layout
//!
//! - [`Gateway`]: the operations of requests and operators, one file for each.
//! - `routing`: which biller is asked for a bill; `failover`: which one next for its payment; [`CircuitState`]: whether a biller is asked at all.
//! - [`ReferenceData`]: partners, products and billers in memory.
//! - [`Resolver`]: queries the status of payments whose outcome is unknown. It never pays.
//! - [`Callbacks`]: delivers webhooks through a [`CallbackTransport`].
//! - [`Retention`]: deletes old inquiries that were never paid.
//! - [`Supervisor`]: runs these background tasks and restarts them after failures.
//! - [`ReportResult`]: what became of a biller's report about a payment.
//! - [`StatusQueryResult`]: the result of a status query that an operator requested.
//! - [`Alert`]: what an operator must hear of at once.
//! - [`Clock`]: the source of the current time.

mod alert;
mod backoff;
mod biller_balance;
mod biller_call;
mod biller_check;
mod callbacks;
mod circuit;
mod claim;
mod clock;
mod complete_on_drop;
mod failover;
mod inquire;
mod pay;
mod query_status;
mod recent_calls;
mod reference;
mod reference_data;
mod report;
mod resolver;
mod retention;
mod routing;
mod supervisor;

use std::sync::Arc;
use std::time::Duration;

use biller::Billers;
use circuit::Circuits;
use domain::callback::DeliveryState;
use domain::command::{BeginPaymentRefusal, Ping};
use domain::follow_up::PAYER_LEASE;
use domain::moment::micros;
use domain::payment::Call;
use domain::{
    Actor, Attributed, Command, Moment, OperatorCommand, Rupiah, TestNumbers, TrId, Transaction,
};
use fail_points::{Point, pass};
use recent_calls::CallCounts;
use reference::References;
use store::{CommandError, Database, StoreError, SubmitError};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::task::TaskTracker;

pub use alert::Alert;
pub use biller_balance::{BalanceFailure, BalanceSchedule, BillerBooks, ToldBalance};
pub use biller_check::BillerCheck;
pub use callbacks::{CallbackTransport, Callbacks, Message, SendResult};
pub use circuit::{BillerHealth, CircuitProbe, CircuitState};
pub use clock::{Clock, SystemClock};
pub use complete_on_drop::CatchUnwind;
pub use inquire::{InquiryFailure, Request};
pub use pay::Paid;
pub use query_status::StatusQueryResult;
pub use recent_calls::RecentCalls;
pub use reference_data::{ReferenceData, ReferenceDataFollower};
pub use report::ReportResult;
pub use resolver::Resolver;
pub use retention::Retention;
pub use supervisor::{BackgroundTask, FailingTask, Health, Supervisor};

/// Settings of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// After this time without an answer from the biller the outcome is unknown.
    pub biller_deadline: Duration,
    /// The time from an unknown outcome to the first status query.
    pub first_ask: Duration,
    /// The longest time between two status queries of one payment.
    pub longest_wait: Duration,
    /// Whether other gateways use the same store. If so, a payment that this gateway did not begin
    /// may still be executed by another one.
    pub shares_store: bool,
    /// A balance at a biller below this is an alert.
    pub low_biller_balance: Rupiah,
    /// A random number of this process, for its references at billers.
    pub reference_prefix: u64,
}

impl Settings {
    /// Poll interval for work this process was not notified of; shorter when other nodes share the
    /// store.
    fn poll_interval(&self) -> Duration {
        match self.shares_store {
            true => self.longest_wait.min(PAYER_LEASE / 2),
            false => self.longest_wait,
        }
    }

    /// Backoff before the next status query, after `asked` queries.
    fn wait(&self, tr_id: TrId, asked: u32) -> Duration {
        backoff::wait(self.first_ask, self.longest_wait, tr_id, asked)
    }
}

/// Receives events, for metrics and logs.
pub trait Observer: Send + Sync {
    /// An operator must hear of this.
    fn alert(&self, _alert: Alert) {}

    /// A call to a biller ended, with or without an answer.
    fn called(&self, biller: &str, call: Call, answer: &'static str, took: Duration);

    /// This many unpaid inquiries were deleted.
    fn dropped(&self, _inquiries: u64) {}

    /// A callback attempt ended, and the callback is now in this state.
    fn called_back(&self, _state: DeliveryState) {}

    /// The background task with this name failed or panicked, and is restarted.
    fn task_failed(&self, _task: &'static str) {}
}

/// The gateway. Cheap to clone; all clones share one state.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    circuits: Circuits,
    calls: CallCounts,
    /// The status queries that run now.
    turns: resolver::Turns,
    references: References,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    settings: Settings,
    test_numbers: Arc<TestNumbers>,
    /// Payments begun before this belong to a dead process; no one is executing them.
    started_by_previous_process: Moment,
    directory: reference_data::Current,
    /// Held while partners or products change, so that the data in memory matches the last change.
    changing: Mutex<()>,
    /// Sends payments with an unknown outcome to the resolver, with the wait before the first query.
    unresolved: mpsc::UnboundedSender<(TrId, Duration)>,
    /// Wakes the callback task when a new callback is due.
    callbacks_due: Notify,
    /// Payments that were begun and whose outcome is not recorded yet.
    in_flight: TaskTracker,
    /// The health of each background task.
    supervised: std::sync::Mutex<Vec<Arc<Health>>>,
}

/// Why a payment was not begun, with the transaction if there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PayRefused {
    /// The refusal.
    pub why: BeginPaymentRefusal,
    /// The transaction, if it exists.
    pub transaction: Option<Transaction>,
}

impl Gateway {
    /// Opens the gateway on a database. The caller must run the [`Resolver`].
    pub async fn open(
        database: Database,
        billers: Billers,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        settings: Settings,
    ) -> Result<(Gateway, Resolver), StoreError> {
        let test_numbers = Arc::new(billers.test_numbers());
        let directory = ReferenceData::load(&database, &billers).await?;
        let directory = reference_data::Current::new(directory);
        let open_payments = database.read(|read| read.open_payments()).await?;
        let newest = open_payments.iter().map(|open| open.begun_at.after_micros(1)).max();
        let started_by_previous_process =
            newest.filter(|_| !settings.shares_store).unwrap_or_default();
        let (unresolved, open) = mpsc::unbounded_channel();
        let in_flight = TaskTracker::new();
        let shared = Shared {
            database,
            circuits: Circuits::default(),
            calls: CallCounts::default(),
            turns: resolver::Turns::default(),
            references: References::new(settings.reference_prefix),
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

    /// The current partners and products.
    pub fn reference_data(&self) -> Arc<ReferenceData> {
        self.shared.directory.get()
    }

    /// The billers: those that are built in, and those that an operator set up.
    pub fn billers(&self) -> Arc<Billers> {
        Arc::clone(&self.shared.directory.get().billers)
    }

    /// The current time.
    pub fn now(&self) -> Moment {
        self.shared.clock.now()
    }

    /// No process is executing a payment that was begun before this moment.
    fn orphaned_before(&self, now: Moment) -> Moment {
        self.shared.started_by_previous_process.max(now.after_micros(-micros(PAYER_LEASE)))
    }

    /// Executes a command that `actor` gives, and adds it to the log of actions in the same commit.
    pub async fn operate_as<C: OperatorCommand>(
        &self,
        actor: Actor,
        command: C,
    ) -> Result<C::Outcome, CommandError<C::Refusal>> {
        self.operate(Attributed { command, actor, at: self.now() }).await
    }

    /// Executes a command that leaves no action. When it returns, the change is durable and in effect.
    pub async fn operate<C: Command>(
        &self,
        command: C,
    ) -> Result<C::Outcome, CommandError<C::Refusal>> {
        if self.is_corrupt() {
            return Err(StoreError::ReadOnly.into());
        }
        let _one_change = self.shared.changing.lock().await;
        let outcome = self.shared.database.submit(command).await;
        if matches!(outcome, Err(CommandError::Store(_))) {
            return outcome;
        }
        self.follow_change().await?;
        outcome
    }

    /// Executes commands that `actor` gives, each with its action, so that they share commits. When it returns,
    /// the changes are durable and in effect, also those of the others if one fails.
    ///
    /// # Errors
    /// When the books cannot be read afterwards.
    pub async fn operate_all_as<C: OperatorCommand>(
        &self,
        actor: &Actor,
        commands: Vec<C>,
    ) -> Result<Vec<Result<C::Outcome, CommandError<C::Refusal>>>, StoreError> {
        if self.is_corrupt() {
            return Err(StoreError::ReadOnly);
        }
        let _one_change = self.shared.changing.lock().await;
        let submitted = commands.into_iter().map(|command| {
            let command = Attributed { command, actor: actor.clone(), at: self.now() };
            let database = self.shared.database.clone();
            tokio::spawn(async move { database.submit(command).await })
        });
        let submitted: Vec<_> = submitted.collect();
        let mut outcomes = Vec::with_capacity(submitted.len());
        for outcome in submitted {
            outcomes.push(outcome.await.unwrap_or_else(|_| Err(SubmitError::Lost.into())));
        }
        self.follow_change().await?;
        Ok(outcomes)
    }

    /// Loads again what a change may have changed. Also after a refusal: its cause may be a change by another
    /// node.
    async fn follow_change(&self) -> Result<(), StoreError> {
        pass(Point::ChangeCommitted);
        self.shared.callbacks_due.notify_one();
        self.reload().await
    }

    /// Loads partners, products and billers again.
    async fn reload(&self) -> Result<(), StoreError> {
        let loaded = ReferenceData::load(&self.shared.database, &self.billers()).await?;
        self.follow_settings(&loaded.billers);
        self.shared.directory.set(loaded);
        Ok(())
    }

    /// Whether the books are corrupt. New inquiries and payments must then be refused; the caller
    /// that accepts requests checks this.
    pub fn is_corrupt(&self) -> bool {
        self.shared.database.is_corrupt()
    }

    /// Whether the committer executes commands now. Reads may work even if it does not.
    pub async fn takes_commands(&self) -> bool {
        self.shared.database.submit(Ping).await.is_ok()
    }

    /// Marks the books as corrupt.
    pub fn mark_corrupt(&self, why: &dyn std::fmt::Display) {
        self.shared.database.mark_corrupt(why);
    }

    /// Reads from the database.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn store::Read) -> Result<T, StoreError> + Send + 'static,
    {
        self.shared.database.read(question).await
    }

    /// The transaction with this number.
    pub async fn transaction(&self, tr_id: TrId) -> Result<Option<Transaction>, StoreError> {
        self.shared.database.transaction(tr_id).await
    }

    /// The number of payments that were begun and have no recorded outcome yet, including those
    /// whose partner has disconnected.
    pub fn payments_in_work(&self) -> usize {
        self.shared.in_flight.len()
    }

    /// The number of commands that wait for their commit.
    pub fn commands_waiting(&self) -> usize {
        self.shared.database.waiting()
    }

    /// Waits until every begun payment has its outcome recorded.
    pub async fn finish(&self) {
        self.shared.in_flight.close();
        self.shared.in_flight.wait().await;
    }
}
