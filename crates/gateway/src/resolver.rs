//! The resolver: queries the status of payments whose outcome is unknown, until they are final. It
//! never pays.
//!
//! It starts with every open payment of the database, so a crash needs no other recovery. Later the
//! gateway notifies it of further ones, and it polls for those that another gateway of the same
//! store has left. Before each query it claims the payment, so that only one of several resolvers
//! asks. An answer that arrives after the claim has expired changes nothing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::command::{Claim, Effect};
use domain::payment::Call;
use domain::{BillerId, FencingToken, ReviewReason, State, TrId, Transaction};
use fail_points::{Point, pass};
use store::{CommandError, OpenPayment, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::biller_call::CallOutcome;
use crate::{Alert, BackgroundTask, Gateway, Health};

/// The most status queries at a time.
const MAX_CONCURRENT: usize = 256;

/// The most status queries at a time at one biller, so that one that hangs does not take the others' turns.
const MAX_CONCURRENT_AT_A_BILLER: usize = 32;

/// How long a payment waits if its biller has no free turn.
const NO_TURN: Duration = Duration::from_secs(1);

/// Backoff step used after a store error.
const RETRY_STEP: u32 = 2;

/// Queries the status of open payments, each on a schedule with backoff.
pub struct Resolver {
    gateway: Gateway,
    unresolved: mpsc::UnboundedReceiver<(TrId, Duration)>,
    due: BinaryHeap<Reverse<Due>>,
    /// The payments that are scheduled or being queried.
    scheduled: BTreeSet<TrId>,
    queries: JoinSet<Option<Duration>>,
    /// The payment of each running query.
    queried: HashMap<Id, TrId>,
}

/// When a payment is queried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    tr_id: TrId,
}

impl Resolver {
    pub(crate) fn new(
        gateway: Gateway,
        unresolved: mpsc::UnboundedReceiver<(TrId, Duration)>,
    ) -> Resolver {
        Resolver {
            gateway,
            unresolved,
            due: BinaryHeap::new(),
            scheduled: BTreeSet::new(),
            queries: JoinSet::new(),
            queried: HashMap::new(),
        }
    }
}

impl BackgroundTask for Resolver {
    const NAME: &'static str = "resolver";
    type Error = StoreError;

    /// When this future is dropped, every payment can be recovered from the database.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        // A run that panicked may have lost a payment between its schedule and its query.
        let due = self.due.iter().map(|Reverse(due)| due.tr_id);
        self.scheduled = due.chain(self.queried.values().copied()).collect();
        let resumed = health.round(self.scan_open_payments().await)?;
        if resumed > 0 {
            pass(Point::LeftFound);
            tracing::info!(payments = resumed, "resuming payments whose outcome is unknown");
        }
        let pause = self.gateway.shared.settings.poll_interval();
        let mut scan_open_payments = Instant::now() + pause;
        loop {
            self.start_due_queries();
            let next = self.next().min(scan_open_payments);
            // `biased`: the order is fixed, not random, so that a simulation can be repeated.
            tokio::select! {
                biased;
                lost = self.unresolved.recv() => match lost {
                    Some((tr_id, wait)) => self.schedule(tr_id, wait),
                    None => return Ok(()),
                },
                Some(asked) = self.queries.join_next_with_id() => self.reschedule(asked),
                () = tokio::time::sleep_until(next) => {}
            }
            if scan_open_payments <= Instant::now() {
                health.round(self.scan_open_payments().await)?;
                scan_open_payments = Instant::now() + pause;
            }
        }
    }
}

impl Resolver {
    /// Schedules every open payment that may be queried and that no one is executing. Returns how
    /// many are new.
    async fn scan_open_payments(&mut self) -> Result<usize, StoreError> {
        // Do not act on corrupt data.
        if self.gateway.is_corrupt() {
            return Ok(0);
        }
        let open = self.gateway.read(|read| read.open_payments()).await?;
        let orphaned_before = self.gateway.orphaned_before(self.gateway.now());
        let scheduled = self.scheduled.len();
        for open in open {
            if self.is_asked_about(&open) && open.begun_at < orphaned_before {
                self.schedule(open.tr_id, Duration::ZERO);
            }
        }
        Ok(self.scheduled.len() - scheduled)
    }

    /// Whether there are still status queries about an open payment.
    fn is_asked_about(&self, open: &OpenPayment) -> bool {
        let biller = self.gateway.billers().get(open.biller).map(|biller| biller.policy());
        let stop_polling_after = biller.unwrap_or_default().stop_polling_after;
        match open.review_reason {
            None => true,
            // It stays the reason also when the payment is too old.
            Some(ReviewReason::Contradiction) => {
                self.gateway.now() < open.begun_at.after(stop_polling_after)
            }
            Some(why) => why.is_asked_about(),
        }
    }

    /// When the next query is due; far in the future if there is none or all slots are in use.
    fn next(&self) -> Instant {
        let idle = Instant::now() + Duration::from_secs(3600);
        match self.due.peek() {
            Some(Reverse(due))
                if self.queries.len() < MAX_CONCURRENT && !self.gateway.is_corrupt() =>
            {
                due.at
            }
            _ => idle,
        }
    }

    fn start_due_queries(&mut self) {
        // On corrupt books the answer could be recorded for another payment.
        while self.queries.len() < MAX_CONCURRENT && !self.gateway.is_corrupt() {
            match self.due.peek() {
                Some(Reverse(due)) if due.at <= Instant::now() => {}
                _ => return,
            }
            if let Some(Reverse(Due { tr_id, .. })) = self.due.pop() {
                let gateway = self.gateway.clone();
                let task = self.queries.spawn(async move { query(&gateway, tr_id).await });
                self.queried.insert(task.id(), tr_id);
            }
        }
    }

    /// Handles the result of a query: schedules the next one, if there is one.
    fn reschedule(&mut self, asked: Result<(Id, Option<Duration>), JoinError>) {
        let id = asked.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(tr_id) = self.queried.remove(&id) else { return };
        self.scheduled.remove(&tr_id);
        let again = match asked {
            Ok((_, again)) => again,
            Err(error) => {
                tracing::error!(%error, %tr_id, "the task of a status query failed");
                self.gateway.shared.observer.task_failed("question");
                Some(self.gateway.shared.settings.longest_wait)
            }
        };
        if let Some(wait) = again {
            self.schedule(tr_id, wait);
        }
    }

    fn schedule(&mut self, tr_id: TrId, wait: Duration) {
        if self.scheduled.insert(tr_id) {
            self.due.push(Reverse(Due { at: Instant::now() + wait, tr_id }));
        }
    }
}

/// The status queries that run now, by biller.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<BillerId, Arc<Semaphore>>>);

impl Turns {
    /// A turn at this biller, if one is free.
    fn take(&self, biller: BillerId) -> Option<OwnedSemaphorePermit> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(MAX_CONCURRENT_AT_A_BILLER));
        let at_biller = Arc::clone(turns.entry(biller).or_insert_with(new));
        at_biller.try_acquire_owned().ok()
    }
}

/// Makes one query. Returns how long to wait before the next one, if there is one.
async fn query(gateway: &Gateway, tr_id: TrId) -> Option<Duration> {
    let later = Some(gateway.shared.settings.wait(tr_id, RETRY_STEP));
    let transaction = match gateway.transaction(tr_id).await {
        Ok(transaction) => transaction?,
        Err(error) => {
            tracing::error!(%error, %tr_id, "an open payment could not be read");
            return later;
        }
    };
    if transaction.state() == State::Inquired || transaction.state().is_final() {
        return None;
    }
    let biller = transaction.payment.as_ref().map(|payment| payment.biller);
    let Some(_turn) = biller.and_then(|biller| gateway.shared.turns.take(biller)) else {
        return Some(NO_TURN);
    };
    let stop_polling_after = gateway.policy(&transaction).stop_polling_after;
    match gateway.claim(&transaction, Some(stop_polling_after)).await {
        Ok(Claim::Granted(transaction, token)) => query_claimed(gateway, &transaction, token).await,
        Ok(Claim::Held(until)) => {
            let micros = until.micros_since(gateway.now()).unsigned_abs();
            Some(Duration::from_micros(micros) + gateway.shared.settings.first_ask)
        }
        Ok(Claim::Over(left)) => {
            if !left.state().is_final() {
                tracing::error!(%tr_id, "a payment waits for manual review; there are no more status queries");
                let alert = Alert::NeedsReview { tr_id, why: ReviewReason::TooOld };
                gateway.shared.observer.alert(alert);
            }
            None
        }
        Err(CommandError::Refused(error)) => {
            tracing::error!(%error, %tr_id, "an open payment could not be claimed");
            None
        }
        Err(CommandError::Store(error)) => {
            tracing::error!(%error, %tr_id, "a claim was not recorded");
            later
        }
    }
}

/// Queries the status of a claimed payment.
async fn query_claimed(
    gateway: &Gateway,
    claimed: &Transaction,
    token: FencingToken,
) -> Option<Duration> {
    let settings = &gateway.shared.settings;
    let tr_id = claimed.inquiry.tr_id;
    pass(Point::Claimed);
    let CallOutcome { answer, .. } = gateway.call_biller(claimed, Call::Status, token).await;
    pass(Point::StatusSeen);
    let settled = gateway.settle(answer).await;
    pass(Point::StatusRecorded);
    match settled {
        Ok(settled) => match settled.effect {
            Effect::NeedsAttention(why) if !why.is_asked_about() => None,
            Effect::StillOpen | Effect::NeedsAttention(_) | Effect::AttemptFailed => {
                let payment = settled.transaction.payment.as_ref();
                let asked = payment.map_or(0, |payment| payment.asks);
                Some(gateway.wait(&settled.transaction, asked))
            }
            Effect::Ended => {
                let state = settled.transaction.state().name();
                tracing::info!(%tr_id, state, "a pending payment has ended");
                None
            }
            Effect::AlreadyEnded | Effect::Contradiction => None,
        },
        Err(CommandError::Refused(error)) => {
            tracing::warn!(%error, %tr_id, "a status answer came too late");
            Some(settings.longest_wait)
        }
        Err(CommandError::Store(error)) => {
            tracing::error!(%error, %tr_id, "a status answer was not recorded");
            Some(settings.wait(tr_id, RETRY_STEP))
        }
    }
}
