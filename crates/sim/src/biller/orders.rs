//! The orders at the simulated billers, the same for all nodes: what each biller really took. One payment is an
//! order at the biller of each of its attempts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use biller::Receipt;
use domain::command::{BillerOutcome, SettlePayment};
use domain::payment::Call;
use domain::{BillerId, Exchange, FailureReason, FencingToken, TrId, Transaction};
use gateway::Gateway;
use tokio::time::sleep;

use super::{REFUSED, receipt};
use crate::event::{BillerReply, Event};
use crate::node::Nodes;
use crate::world::World;
use seeded_rng::SeededRng;

/// The billers' own state.
pub(crate) struct SimBiller {
    pub(super) world: Arc<World>,
    pub(super) nodes: Arc<Nodes>,
    asked: AtomicU64,
    orders: Mutex<BTreeMap<OrderId, Order>>,
    /// Until when each biller answers no inquiry.
    away: Mutex<BTreeMap<BillerId, Duration>>,
}

/// An attempt of a payment, as its biller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderId {
    pub(crate) tr_id: i64,
    pub(crate) biller: BillerId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BillerState {
    #[default]
    NotReceived,
    Deciding,
    Took,
    Declined,
}

struct Order {
    truth: BillerState,
    /// The reason that it is told with, if it is told as failed.
    refusal: FailureReason,
    /// Whether later arrivals and decisions are ignored.
    closed: bool,
    /// Whether its next answer is the opposite of the truth.
    contradicts: bool,
    /// lunas's reference, if the biller was asked to pay.
    reference: Option<Box<str>>,
}

impl Default for Order {
    fn default() -> Order {
        let truth = BillerState::default();
        Order { truth, refusal: REFUSED, closed: false, contradicts: false, reference: None }
    }
}

/// What a biller says about an order.
pub(super) struct ReportedState {
    pub(super) state: BillerState,
    /// The reason, if that is a failure.
    pub(super) refusal: FailureReason,
}

impl SimBiller {
    pub(crate) fn new(world: &Arc<World>, nodes: &Arc<Nodes>) -> Arc<SimBiller> {
        let (world, nodes) = (Arc::clone(world), Arc::clone(nodes));
        let (asked, orders, away) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Arc::new(SimBiller { world, nodes, asked, orders, away })
    }

    /// The biller answers no inquiry for this time.
    pub(super) fn leave(&self, id: BillerId, time: Duration) {
        let until = self.world.elapsed() + time;
        self.away.lock().unwrap_or_else(PoisonError::into_inner).insert(id, until);
    }

    pub(super) fn is_away(&self, id: BillerId) -> bool {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.get(&id).is_some_and(|until| self.world.elapsed() < *until)
    }

    /// Whether the payment is an order at no other biller.
    pub(super) fn is_first(&self, id: OrderId) -> bool {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, to) = (BillerId(i64::MIN), BillerId(i64::MAX));
        let with = |biller| OrderId { biller, ..id };
        orders.range(with(from)..=with(to)).all(|(other, _)| *other == id)
    }

    /// An order leaves for the biller, whether or not it arrives.
    pub(super) fn accept(
        &self,
        id: OrderId,
        reference: Box<str>,
        refusal: FailureReason,
        contradicts: bool,
    ) {
        self.with(id, |order| {
            order.reference = Some(reference);
            order.refusal = refusal;
            order.contradicts |= contradicts;
        });
    }

    /// lunas's reference of an order that the biller was asked to pay.
    pub(super) fn reference(&self, id: OrderId) -> Option<Box<str>> {
        self.with(id, |order| order.reference.clone())
    }

    /// Whether the biller took the money.
    pub(super) fn has_taken(&self, id: OrderId) -> bool {
        self.with(id, |order| order.truth == BillerState::Took)
    }

    /// A payment arrives at the biller, whether or not a gateway still waits.
    pub(super) async fn take(
        self: Arc<SimBiller>,
        id: OrderId,
        arrives: Duration,
        decides: Option<Duration>,
        takes: bool,
    ) {
        sleep(arrives).await;
        let (closed, not_received) = self.with(id, |order| {
            let not_received = order.truth == BillerState::NotReceived;
            match (order.closed, not_received) {
                (true, true) => order.truth = BillerState::Declined,
                (false, true) => order.truth = BillerState::Deciding,
                _ => {}
            }
            (order.closed, not_received)
        });
        if closed {
            if not_received {
                self.record_decision(id, false);
            }
            return;
        }
        let Some(decides) = decides else { return };
        sleep(decides).await;
        self.decide(id, takes);
    }

    /// The biller takes the money or declines, unless the order is closed.
    fn decide(self: &Arc<SimBiller>, id: OrderId, takes: bool) {
        let truth = if takes { BillerState::Took } else { BillerState::Declined };
        let closed = self.with(id, |order| {
            if !order.closed {
                order.truth = truth;
            }
            order.closed
        });
        if !closed {
            self.record_decision(id, takes);
        }
    }

    fn record_decision(self: &Arc<SimBiller>, id: OrderId, takes: bool) {
        let (tr_id, biller) = (id.tr_id, id.biller.0);
        self.world.record(match takes {
            true => Event::Took { tr_id, biller },
            false => Event::Declined { tr_id, biller },
        });
        self.report(id);
    }

    /// An operator asks the biller to decide now. Returns the truth: whether it took the money.
    pub(crate) fn decide_by_phone(self: &Arc<SimBiller>, id: OrderId) -> bool {
        match self.with(id, |order| order.truth) {
            BillerState::Took => true,
            BillerState::Declined => false,
            BillerState::NotReceived | BillerState::Deciding => {
                let takes = self.call_rng().chance(500)
                    && self.with(id, |order| order.truth == BillerState::Deciding);
                self.decide(id, takes);
                self.with(id, |order| order.closed = true);
                takes
            }
        }
    }

    /// The answer to a payment arrives a second time, outside of any call.
    pub(super) async fn repeat_answer(self: Arc<SimBiller>, id: OrderId, after: Duration) {
        sleep(after).await;
        let Some((gateway, _)) = self.nodes.any(&mut self.call_rng()) else { return };
        let truth = self.with(id, |order| order.truth);
        if !matches!(truth, BillerState::Took | BillerState::Declined) {
            return;
        }
        let ReportedState { state, refusal } = self.reported_state(id, false);
        let verdict = match state {
            BillerState::Took => {
                let Receipt { receipt_no, details } = receipt(id);
                BillerOutcome::Paid { receipt_no, details }
            }
            _ => BillerOutcome::Failed(refusal),
        };
        let Ok(Some(transaction)) = gateway.transaction(TrId(id.tr_id)).await else { return };
        let (partner, tr_id) = (transaction.inquiry.partner, transaction.inquiry.tr_id);
        let Some(attempt) = attempt_at(&gateway, &transaction, id.biller).await else { return };
        let again = Exchange::new(Call::Pay, gateway.now(), Duration::ZERO, "the answer again");
        let exchange = Exchange { attempt, ..again };
        let answer = SettlePayment {
            may_fail_over: false,
            partner,
            tr_id,
            token: FencingToken::PAYER,
            verdict,
            exchange,
            answered_synchronously: false,
            asked_before: Vec::new(),
        };
        // The books decide whether it still has an effect.
        let _ = gateway.operate(answer).await;
    }

    /// The biller's answer about an order: the truth, except for one contradiction.
    pub(super) fn reported_state(&self, id: OrderId, promises: bool) -> ReportedState {
        let (reported, contradicts) = self.with(id, |order| {
            let state = match (order.truth, order.contradicts) {
                (BillerState::Took, true) => BillerState::Declined,
                (BillerState::Declined, true) => BillerState::Took,
                (truth, _) => truth,
            };
            let contradicts = state != order.truth;
            order.contradicts &= !contradicts;
            order.closed |= state == BillerState::NotReceived && promises;
            (ReportedState { state, refusal: order.refusal }, contradicts)
        });
        if contradicts {
            self.world.record(Event::Contradicted { tr_id: id.tr_id, biller: id.biller.0 });
        }
        self.record_reply(
            id,
            match reported.state {
                BillerState::Took => BillerReply::Paid,
                BillerState::Declined => BillerReply::Failed,
                BillerState::Deciding => BillerReply::Nothing,
                BillerState::NotReceived => BillerReply::NotFound { is_final: promises },
            },
        );
        reported
    }

    pub(super) fn record_reply(&self, OrderId { tr_id, biller }: OrderId, said: BillerReply) {
        self.world.record(Event::BillerAnswered { tr_id, biller: biller.0, said });
    }

    /// The random numbers of one call.
    pub(super) fn call_rng(&self) -> SeededRng {
        SeededRng::of(self.world.plan.seed, &[4, self.asked.fetch_add(1, Relaxed)])
    }

    fn with<T>(&self, id: OrderId, use_order: impl FnOnce(&mut Order) -> T) -> T {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        use_order(orders.entry(id).or_default())
    }
}

/// The number of the attempt at this biller; each attempt is at another one. None if the store cannot be read.
async fn attempt_at(gateway: &Gateway, transaction: &Transaction, biller: BillerId) -> Option<u32> {
    if transaction.inquiry.biller == biller {
        return Some(1);
    }
    let tr_id = transaction.inquiry.tr_id;
    let story = gateway.read(move |read| read.story(tr_id)).await.ok()??;
    story.attempts.iter().find(|attempt| attempt.biller == biller).map(|attempt| attempt.number)
}
