//! Delivers webhooks for payments whose final result the partner did not get in its response. Each
//! callback is sent until it is delivered or given up.
//!
//! The database is the queue. Before an attempt, it is recorded with the time of the next attempt.
//! So only one of several gateways makes it, and a gateway that dies loses nothing. A partner that
//! does not answer delays only its own callbacks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use biller::BoxFuture;
use domain::callback::DeliveryState;
use domain::command::{ClaimCallback, RecordCallback};
use domain::{Callback, Partner, PartnerId, TrId, Transaction};
use store::{CommandError, StoreError};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::{BackgroundTask, Gateway, Health, backoff};

/// The most callbacks that are sent to one partner at a time.
const MAX_PER_PARTNER: usize = 4;

/// The most callbacks that are sent at a time, so that partners that do not answer leave capacity
/// for the others.
const MAX_CONCURRENT: usize = 256;

/// The wait after a failed first attempt. It doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The claim outlives the transport's deadline by this time, so that the result can be recorded.
const TO_RECORD: Duration = Duration::from_secs(10);

/// Sends callbacks to partners.
pub trait CallbackTransport: Send + Sync {
    /// Makes one attempt. Returns within [`CallbackTransport::deadline`].
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, SendResult>;

    /// The longest time that one attempt takes.
    fn deadline(&self) -> Duration;

    /// How long after the end of a payment its callback is still sent.
    fn give_up_after(&self) -> Duration;
}

/// One callback to send.
#[derive(Clone, Debug)]
pub struct Message {
    /// The partner that receives it.
    pub partner: Arc<Partner>,
    /// The payment with its final result.
    pub transaction: Transaction,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendResult {
    /// Whether the partner accepted the callback.
    pub is_delivered: bool,
    /// The result as text, without personal data.
    pub answer: Box<str>,
}

/// The background task that sends callbacks.
pub struct Callbacks {
    gateway: Gateway,
    transport: Arc<dyn CallbackTransport>,
    attempts: JoinSet<()>,
    /// The callback of each running task.
    in_progress: HashMap<Id, (PartnerId, TrId)>,
}

impl Gateway {
    /// The task that sends this gateway's callbacks through `transport`.
    pub fn callbacks(&self, transport: Arc<dyn CallbackTransport>) -> Callbacks {
        let (gateway, attempts) = (self.clone(), JoinSet::new());
        Callbacks { gateway, transport, attempts, in_progress: HashMap::new() }
    }
}

impl BackgroundTask for Callbacks {
    const NAME: &'static str = "callbacks";
    type Error = StoreError;

    /// When this future is dropped, all callbacks stay in the queue.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        let gateway = self.gateway.clone();
        let mut next_scan = Instant::now();
        loop {
            if next_scan <= Instant::now() {
                next_scan = Instant::now() + health.round(self.start_due_attempts().await)?;
            }
            tokio::select! {
                biased;
                Some(sent) = self.attempts.join_next_with_id() => {
                    next_scan = next_scan.min(Instant::now() + self.finish_attempt(sent));
                }
                () = gateway.shared.callbacks_due.notified() => next_scan = Instant::now(),
                () = tokio::time::sleep_until(next_scan) => {}
            }
        }
    }
}

impl Callbacks {
    /// Removes a finished attempt. Returns the time until the next scan: the same partner may have
    /// another callback waiting.
    fn finish_attempt(&mut self, sent: Result<(Id, ()), JoinError>) -> Duration {
        match sent {
            Ok((id, ())) => {
                self.in_progress.remove(&id);
                Duration::ZERO
            }
            Err(error) => {
                let callback = self.in_progress.remove(&error.id());
                let tr_id = callback.map(|(_, tr_id)| tr_id.0);
                tracing::error!(%error, tr_id, "a callback's task failed");
                self.gateway.shared.observer.task_failed("callback");
                // The next attempt may fail at once, too.
                FIRST_WAIT
            }
        }
    }

    /// Starts to send what is due. Returns the time until the next scan. A payment that
    /// ends here or a finished attempt triggers a scan at once; work of other gateways is found by
    /// polling.
    async fn start_due_attempts(&mut self) -> Result<Duration, StoreError> {
        let mut wait = self.gateway.shared.settings.poll_interval();
        if self.gateway.is_corrupt() {
            return Ok(wait);
        }
        // Twice the cap: rows that are being sent now may still read as waiting.
        let each = 2 * MAX_PER_PARTNER as u32;
        let waiting = self.gateway.read(move |read| read.waiting_callbacks(each)).await?;
        let now = self.gateway.now();
        for Callback { partner, tr_id, at, .. } in waiting {
            if now < at {
                wait = wait.min(Duration::from_micros(at.micros_since(now).unsigned_abs()));
            } else if self.may_send(partner, tr_id) {
                let (gateway, transport) = (self.gateway.clone(), Arc::clone(&self.transport));
                let task = self.attempts.spawn(async move {
                    attempt(&gateway, transport.as_ref(), partner, tr_id).await;
                });
                self.in_progress.insert(task.id(), (partner, tr_id));
            }
        }
        Ok(wait)
    }

    /// Whether the limits allow to send the callback now.
    fn may_send(&self, partner: PartnerId, tr_id: TrId) -> bool {
        let of_partner = self.in_progress.values().filter(|callback| callback.0 == partner);
        let is_sent = self.in_progress.values().any(|callback| *callback == (partner, tr_id));
        !is_sent && of_partner.count() < MAX_PER_PARTNER && self.in_progress.len() < MAX_CONCURRENT
    }
}

/// Claims a callback, makes one attempt, and records the result.
async fn attempt(
    gateway: &Gateway,
    transport: &dyn CallbackTransport,
    partner: PartnerId,
    tr_id: TrId,
) {
    let again_after = transport.deadline() + TO_RECORD;
    let claim = ClaimCallback { partner, tr_id, now: gateway.now(), again_after };
    let (callback, transaction) = match gateway.shared.database.submit(claim).await {
        Ok(Some(claimed)) => claimed,
        // Another task or gateway has claimed it.
        Ok(None) => return,
        Err(error) => return tracing::error!(%error, %tr_id, "a callback was not claimed"),
    };
    let Some(to) = gateway.reference_data().numbered(partner).cloned() else { return };
    let attempt = callback.attempts;
    let sent = transport.send(&Message { partner: to, transaction, attempt }).await;
    let record = RecordCallback {
        partner,
        tr_id,
        attempt,
        is_taken: sent.is_delivered,
        answer: sent.answer,
        now: gateway.now(),
        again_after: backoff::wait(FIRST_WAIT, LONGEST_WAIT, tr_id, attempt - 1),
        give_up_after: transport.give_up_after(),
    };
    match gateway.shared.database.submit(record).await {
        Ok(callback) => {
            gateway.shared.observer.called_back(callback.state);
            log(&callback);
        }
        Err(CommandError::Refused(error)) => {
            tracing::error!(%error, %tr_id, "a callback's outcome was refused");
        }
        Err(CommandError::Store(error)) => {
            tracing::error!(%error, %tr_id, "a callback's outcome was not recorded")
        }
    }
}

fn log(callback: &Callback) {
    let (tr_id, attempt) = (callback.tr_id, callback.attempts);
    let answer = callback.answer.as_deref().unwrap_or_default();
    match callback.state {
        DeliveryState::Delivered => tracing::info!(%tr_id, attempt, "a callback was taken"),
        DeliveryState::Waiting => {
            tracing::warn!(%tr_id, attempt, answer, "a callback was not taken")
        }
        DeliveryState::GivenUp => {
            tracing::error!(%tr_id, attempt, answer, "a callback was given up")
        }
    }
}
