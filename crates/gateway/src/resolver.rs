//! The resolver: ends payments whose outcome is unknown by asking for their status. It never pays.
//!
//! It starts with every open payment of the database, so that a crash anywhere needs no other
//! recovery, and hears of further ones from the gateway.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use domain::payment::Call;
use domain::{State, TrId};
use store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Gateway;

/// How many billers are asked at one time.
const AT_ONCE: usize = 32;

/// Asks for the status of open payments, each on a schedule with backoff.
pub struct Resolver {
    gateway: Gateway,
    lost_track: mpsc::UnboundedReceiver<TrId>,
    due: BinaryHeap<Reverse<Due>>,
    asking: JoinSet<Option<Due>>,
}

/// When which payment is asked about, after how many questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    tr_id: TrId,
    asked: u32,
}

impl Resolver {
    pub(crate) fn new(gateway: Gateway, lost_track: mpsc::UnboundedReceiver<TrId>) -> Resolver {
        Resolver { gateway, lost_track, due: BinaryHeap::new(), asking: JoinSet::new() }
    }

    /// Runs for ever. Dropping the future leaves every payment recoverable.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let open = self.gateway.read(|read| read.open_payments()).await?;
        if !open.is_empty() {
            tracing::info!(payments = open.len(), "resuming payments whose outcome is unknown");
        }
        let now = Instant::now();
        let resumed = open.iter().map(|open| Reverse(Due { at: now, tr_id: open.tr_id, asked: 0 }));
        self.due.extend(resumed);
        loop {
            self.ask_what_is_due();
            let next = self.next();
            tokio::select! {
                lost = self.lost_track.recv() => match lost {
                    Some(tr_id) => self.schedule(tr_id, 0),
                    None => return Ok(()),
                },
                Some(asked) = self.asking.join_next() => {
                    if let Ok(Some(due)) = asked {
                        self.schedule(due.tr_id, due.asked + 1);
                    }
                }
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// When to look again; far away when there is nothing to do or all hands are busy.
    fn next(&self) -> Instant {
        let idle = Instant::now() + Duration::from_secs(3600);
        match self.due.peek() {
            Some(Reverse(due)) if self.asking.len() < AT_ONCE => due.at,
            _ => idle,
        }
    }

    fn ask_what_is_due(&mut self) {
        while self.asking.len() < AT_ONCE {
            match self.due.peek() {
                Some(Reverse(due)) if due.at <= Instant::now() => {}
                _ => return,
            }
            if let Some(Reverse(due)) = self.due.pop() {
                let gateway = self.gateway.clone();
                self.asking.spawn(async move { ask(&gateway, due).await });
            }
        }
    }

    fn schedule(&mut self, tr_id: TrId, asked: u32) {
        let settings = &self.gateway.shared.settings;
        let wait = settings.first_ask.saturating_mul(2u32.saturating_pow(asked.min(20)));
        let at = Instant::now() + wait.min(settings.longest_wait);
        self.due.push(Reverse(Due { at, tr_id, asked }));
    }
}

/// Asks once; gives the payment back if it is still open.
async fn ask(gateway: &Gateway, due: Due) -> Option<Due> {
    let tr_id = due.tr_id;
    let transaction = match gateway.transaction(tr_id) {
        Ok(transaction) => transaction?,
        Err(error) => {
            tracing::error!(%error, %tr_id, "an open payment could not be read");
            return Some(due);
        }
    };
    let state = transaction.state();
    if state == State::Inquired || state.is_final() {
        return None;
    }
    let answer = gateway.consult(&transaction, Call::Status).await;
    match gateway.settle(answer).await {
        Ok(settled) if settled.state().is_final() => {
            tracing::info!(%tr_id, state = settled.state().name(), "a pending payment has ended");
            None
        }
        Ok(_) => Some(due),
        Err(error) => {
            tracing::error!(%error, %tr_id, "a status answer was not recorded");
            Some(due)
        }
    }
}
