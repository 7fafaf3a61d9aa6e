//! Tells partners of ends that they have not heard: sends the callbacks that are due, again and again
//! until they are taken or given up.
//!
//! The database is the queue: an attempt is noted in it before it is made, with the time of the next
//! one, so that of many gateways one makes it, and one that dies on the way has lost nothing. A partner
//! that does not answer holds up its own callbacks alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use biller::BoxFuture;
use domain::callback::DeliveryState;
use domain::command::{ClaimCallback, RecordCallback};
use domain::{Callback, Partner, PartnerId, TrId, Transaction};
use store::StoreError;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::{BackgroundTask, Gateway, Health, backoff};

/// How many callbacks a partner is sent at one time.
const MAX_PER_PARTNER: usize = 4;

/// How many are sent at one time: enough for many partners that do not answer beside others that do.
const MAX_CONCURRENT: usize = 256;

/// The wait after a first attempt that was not taken; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What an attempt has beyond the time for its answer: time to note what came of it.
const TO_RECORD: Duration = Duration::from_secs(10);

/// Brings messages to partners.
pub trait CallbackTransport: Send + Sync {
    /// Sends one, once, and says what came of it within [`CallbackTransport::deadline`].
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Sent>;

    /// The longest time that an attempt takes.
    fn deadline(&self) -> Duration;

    /// How long after a payment's end a message about it is still worth sending.
    fn give_up_after(&self) -> Duration;
}

/// What a partner is to be told.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who.
    pub partner: Arc<Partner>,
    /// What its payment has come to.
    pub transaction: Transaction,
    /// Which attempt it is, from 1 on.
    pub attempt: u32,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whether the partner has taken it.
    pub is_taken: bool,
    /// The same in words, without personal data.
    pub words: Box<str>,
}

/// Sends callbacks, as long as it runs.
pub struct Callbacks {
    gateway: Gateway,
    messenger: Arc<dyn CallbackTransport>,
    sending: JoinSet<()>,
    /// What each task is about.
    about: HashMap<Id, (PartnerId, TrId)>,
}

impl Gateway {
    /// What sends the callbacks of this gateway, by that messenger.
    pub fn callbacks(&self, messenger: Arc<dyn CallbackTransport>) -> Callbacks {
        let (gateway, sending) = (self.clone(), JoinSet::new());
        Callbacks { gateway, messenger, sending, about: HashMap::new() }
    }
}

impl BackgroundTask for Callbacks {
    const NAME: &'static str = "callbacks";
    type Error = StoreError;

    /// Dropping the future leaves every callback to be sent again.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        let gateway = self.gateway.clone();
        let mut look = Instant::now();
        loop {
            if look <= Instant::now() {
                look = Instant::now() + health.round(self.send_what_is_due().await)?;
            }
            tokio::select! {
                biased;
                Some(sent) = self.sending.join_next_with_id() => {
                    look = look.min(Instant::now() + self.take_up(sent));
                }
                () = gateway.shared.callbacks_due.notified() => look = Instant::now(),
                () = tokio::time::sleep_until(look) => {}
            }
        }
    }
}

impl Callbacks {
    /// Forgets an attempt that is over, and says when to look for more: there may be more for a
    /// partner that has just answered.
    fn take_up(&mut self, sent: Result<(Id, ()), JoinError>) -> Duration {
        match sent {
            Ok((id, ())) => {
                self.about.remove(&id);
                Duration::ZERO
            }
            Err(error) => {
                let about = self.about.remove(&error.id());
                let tr_id = about.map(|(_, tr_id)| tr_id.0);
                tracing::error!(%error, tr_id, "a callback's task failed");
                self.gateway.shared.observer.task_failed("callback");
                // It may fail again at once.
                FIRST_WAIT
            }
        }
    }

    /// Begins to send what is due, and says how long to wait before it looks again. What ends here or
    /// has been sent calls for a look at once; what another gateway has left is found by and by.
    async fn send_what_is_due(&mut self) -> Result<Duration, StoreError> {
        let mut wait = self.gateway.shared.settings.poll_interval();
        if self.gateway.is_corrupt() {
            return Ok(wait);
        }
        // As many as may be sent, and those that are being sent, which may not be noted as such yet.
        let each = 2 * MAX_PER_PARTNER as u32;
        let waiting = self.gateway.read(move |read| read.waiting_callbacks(each)).await?;
        let now = self.gateway.now();
        for Callback { partner, tr_id, at, .. } in waiting {
            if now < at {
                wait = wait.min(Duration::from_micros(at.micros_since(now).unsigned_abs()));
            } else if self.has_room(partner, tr_id) {
                let (gateway, messenger) = (self.gateway.clone(), Arc::clone(&self.messenger));
                let sending = self.sending.spawn(async move {
                    attempt(&gateway, messenger.as_ref(), partner, tr_id).await;
                });
                self.about.insert(sending.id(), (partner, tr_id));
            }
        }
        Ok(wait)
    }

    /// Whether the callback may be sent beside those that are on their way.
    fn has_room(&self, partner: PartnerId, tr_id: TrId) -> bool {
        let of_partner = self.about.values().filter(|about| about.0 == partner);
        let is_sent = self.about.values().any(|about| *about == (partner, tr_id));
        !is_sent && of_partner.count() < MAX_PER_PARTNER && self.about.len() < MAX_CONCURRENT
    }
}

/// Claims a callback, sends it once, and notes what came of it.
async fn attempt(
    gateway: &Gateway,
    messenger: &dyn CallbackTransport,
    partner: PartnerId,
    tr_id: TrId,
) {
    let again_after = messenger.deadline() + TO_RECORD;
    let claim = ClaimCallback { partner, tr_id, now: gateway.now(), again_after };
    let (callback, transaction) = match gateway.shared.database.submit(claim).await {
        Ok(Ok(Some(claimed))) => claimed,
        // Somebody else is at it, or has been.
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return tracing::error!(%error, %tr_id, "a callback was not claimed"),
        Err(error) => return tracing::error!(%error, %tr_id, "a callback was not claimed"),
    };
    let Some(to) = gateway.reference_data().numbered(partner).cloned() else { return };
    let attempt = callback.attempts;
    let sent = messenger.send(&Message { partner: to, transaction, attempt }).await;
    let record = RecordCallback {
        partner,
        tr_id,
        attempt,
        is_taken: sent.is_taken,
        answer: sent.words,
        now: gateway.now(),
        again_after: backoff::wait(FIRST_WAIT, LONGEST_WAIT, tr_id, attempt - 1),
        give_up_after: messenger.give_up_after(),
    };
    match gateway.shared.database.submit(record).await {
        Ok(Ok(callback)) => {
            gateway.shared.observer.called_back(callback.standing);
            note(&callback);
        }
        Ok(Err(error)) => tracing::error!(%error, %tr_id, "a callback's outcome was refused"),
        Err(error) => tracing::error!(%error, %tr_id, "a callback's outcome was not recorded"),
    }
}

fn note(callback: &Callback) {
    let (tr_id, attempt) = (callback.tr_id, callback.attempts);
    let answer = callback.answer.as_deref().unwrap_or_default();
    match callback.standing {
        DeliveryState::Delivered => tracing::info!(%tr_id, attempt, "a callback was taken"),
        DeliveryState::Waiting => {
            tracing::warn!(%tr_id, attempt, answer, "a callback was not taken")
        }
        DeliveryState::GivenUp => {
            tracing::error!(%tr_id, attempt, answer, "a callback was given up")
        }
    }
}
