//! The simulated biller. It records what it really took. It is not idempotent: a second call to pay
//! would be a second payment.

mod payment_script;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use biller::{
    BillerPolicy, BoxFuture, CheckError, InquiryError, InquiryRequest, PayError, PaymentRequest,
    Receipt, Status,
};
use domain::command::{BillerOutcome, SettlePayment};
use domain::payment::Call;
use domain::{
    Bill, BillerId, Evidence, Exchange, FailureReason, FencingToken, Inquiry, Moment, Quote,
    Reference, Rupiah, TrId,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::event::{BillerReply, Event};
use crate::node::Nodes;
use crate::plan::Fault;
use crate::world::World;
use payment_script::{PaymentScript, Reply};
use seeded_rng::SeededRng;

/// A biller whose "not found" guarantees nothing.
pub(crate) const PLAIN: BillerId = BillerId(1);
/// A biller that never executes a payment that it reported as "not found".
pub(crate) const PROMISING: BillerId = BillerId(2);

/// From this age on a payment is not queried any more: the biller decides every payment earlier.
pub(crate) const STOP_POLLING_AFTER: Duration = Duration::from_secs(6 * 3600);

/// The reason of its refusals.
pub(crate) const REFUSED: FailureReason = FailureReason::PaymentFailed;

/// The biller's own state, the same for all nodes.
pub(crate) struct SimBiller {
    world: Arc<World>,
    nodes: Arc<Nodes>,
    asked: AtomicU64,
    orders: Mutex<BTreeMap<i64, Order>>,
    /// Until when each biller answers no inquiry.
    away: Mutex<BTreeMap<BillerId, Duration>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BillerState {
    #[default]
    NotReceived,
    Deciding,
    Took,
    Declined,
}

#[derive(Default)]
struct Order {
    truth: BillerState,
    /// Whether later arrivals and decisions are ignored.
    closed: bool,
    /// Whether its next answer is the opposite of the truth.
    contradicts: bool,
}

/// A node's connection to the biller.
pub(crate) struct BillerLink {
    pub(crate) biller: Arc<SimBiller>,
    pub(crate) power: CancellationToken,
    /// The biller's number.
    pub(crate) id: BillerId,
}

impl biller::Biller for BillerLink {
    fn inquire<'a>(
        &'a self,
        question: &'a InquiryRequest,
    ) -> BoxFuture<'a, biller::Reply<Result<Quote, InquiryError>>> {
        Box::pin(async {
            let answer = self.quote(question).await;
            // As of a biller on a network, so that it has a circuit.
            let evidence = Evidence {
                sent: "a question".into(),
                http_status: answer.is_ok().then_some(200),
                received: Box::default(),
            };
            biller::Reply { evidence: Some(evidence), ..answer.into() }
        })
    }

    fn pay<'a>(
        &'a self,
        order: &'a PaymentRequest,
    ) -> BoxFuture<'a, biller::Reply<Result<Receipt, PayError>>> {
        Box::pin(async { self.order(&order.inquiry).await.into() })
    }

    fn status<'a>(
        &'a self,
        order: &'a PaymentRequest,
        _: Moment,
    ) -> BoxFuture<'a, biller::Reply<Status>> {
        Box::pin(async { self.state(order.inquiry.tr_id.0).await.into() })
    }

    fn check<'a>(
        &'a self,
        _: &'a Reference,
    ) -> BoxFuture<'a, biller::Reply<Result<(), CheckError>>> {
        let answer = match self.biller.is_away(self.id) {
            true => Err(CheckError::Unreachable { why: "it is away".into() }),
            false => Ok(()),
        };
        Box::pin(async { answer.into() })
    }

    fn policy(&self) -> BillerPolicy {
        BillerPolicy {
            stop_polling_after: STOP_POLLING_AFTER,
            trust_not_found_after: Duration::from_secs(600),
            needs_reference: true,
            ..BillerPolicy::default()
        }
    }
}

impl BillerLink {
    /// Whether "not found" is a guarantee.
    fn promises(&self) -> bool {
        self.id == PROMISING
    }

    async fn quote(&self, question: &InquiryRequest) -> Result<Quote, InquiryError> {
        let mut rng = self.biller.call_rng();
        sleep(Duration::from_millis(rng.in_range(1..40))).await;
        if self.biller.world.should_inject(Fault::BillerAway, &mut rng) {
            self.biller.leave(self.id, Duration::from_secs(rng.in_range(10..600)));
        }
        if self.biller.is_away(self.id) {
            return Err(InquiryError::Unreachable { why: "it is away".into() });
        }
        if self.biller.world.should_inject(Fault::InquiryFails, &mut rng) {
            return match rng.in_range(0..3) {
                0 => Err(InquiryError::Refused(FailureReason::CustomerUnknown)),
                1 => Err(InquiryError::Unreachable { why: "the line is down".into() }),
                _ => pending().await,
            };
        }
        // The amount depends only on the customer.
        let customer: u64 = question.customer_no.bytes().map(u64::from).sum();
        let nominal = (10_000 + customer % 90 * 1_000) as i64;
        let bill = Bill {
            customer_name: "PELANGGAN".into(),
            period: "201812".into(),
            nominal: Rupiah::new(nominal),
            sheets: 1 + (customer % 3) as u32,
            details: "{}".into(),
        };
        let reference: Box<str> = format!("{}-{}", self.id, rng.next_u64()).into();
        // Some of the costs are above the nominal.
        let cost = rng.chance(700).then(|| nominal + rng.in_range(0..3_000) as i64 - 2_000);
        let ours = question.reference.as_ref().map(Reference::as_str).unwrap_or_default();
        self.biller.world.record(Event::Quoted {
            biller: self.id.0,
            reference: reference.clone(),
            ours: ours.into(),
            cost,
        });
        Ok(Quote {
            bill,
            biller_reference: Some(reference),
            cost: cost.map(Rupiah::new),
            admin: None,
        })
    }

    async fn order(&self, inquiry: &Inquiry) -> Result<Receipt, PayError> {
        if self.power.is_cancelled() {
            return pending().await;
        }
        let (tr_id, biller) = (inquiry.tr_id.0, &self.biller);
        biller.world.record(Event::Called {
            tr_id,
            biller: self.id.0,
            reference: inquiry.biller_reference.clone().unwrap_or_default(),
            nominal: inquiry.bill.nominal.get(),
        });
        let PaymentScript { arrives, decides, takes, contradicts, reply, again } =
            PaymentScript::of(&biller.world, tr_id);
        if let Reply::NotSent = reply {
            biller.record_reply(tr_id, BillerReply::Failed);
            return Err(PayError::NotSent { why: "no connection".into() });
        }
        biller.with(tr_id, |order| order.contradicts |= contradicts);
        if let Some(arrives) = arrives {
            tokio::spawn(Arc::clone(biller).take(tr_id, arrives, decides, takes));
        }
        if let Some(again) = again {
            tokio::spawn(Arc::clone(biller).repeat_answer(tr_id, again));
        }
        match reply {
            Reply::NotSent | Reply::Never => pending().await,
            Reply::Error(after, why) => {
                sleep(after).await;
                biller.record_reply(tr_id, BillerReply::Nothing);
                Err(PayError::MaybeSent { why: why.into() })
            }
            Reply::Mismatch(after) => {
                sleep(after).await;
                biller.record_reply(tr_id, BillerReply::Nothing);
                Err(PayError::Mismatch { why: "the amount".into() })
            }
            Reply::After(after) => {
                sleep(after.max(arrives.unwrap_or_default())).await;
                match biller.reported_state(tr_id, self.promises()) {
                    BillerState::Took => Ok(receipt(tr_id)),
                    BillerState::Declined => Err(PayError::Refused(REFUSED)),
                    BillerState::Deciding => Err(PayError::InProcess),
                    BillerState::NotReceived => Err(PayError::MaybeSent { why: "who?".into() }),
                }
            }
        }
    }

    async fn state(&self, tr_id: i64) -> Status {
        let mut rng = self.biller.call_rng();
        sleep(Duration::from_millis(rng.in_range(1..60))).await;
        if self.power.is_cancelled() || self.biller.world.should_inject(Fault::StatusLost, &mut rng)
        {
            return pending().await;
        }
        if self.biller.world.should_inject(Fault::StatusGarbage, &mut rng) {
            self.biller.record_reply(tr_id, BillerReply::Nothing);
            return Status::Unknown { why: "<html>".into() };
        }
        if self.biller.world.should_inject(Fault::Mismatch, &mut rng) {
            self.biller.record_reply(tr_id, BillerReply::Nothing);
            return Status::Mismatch { why: "the customer".into() };
        }
        match self.biller.reported_state(tr_id, self.promises()) {
            BillerState::Took => Status::Paid(receipt(tr_id)),
            BillerState::Declined => Status::Failed(REFUSED),
            BillerState::Deciding => Status::Pending,
            BillerState::NotReceived => Status::NotFound { is_final: self.promises() },
        }
    }
}

impl SimBiller {
    pub(crate) fn new(world: &Arc<World>, nodes: &Arc<Nodes>) -> Arc<SimBiller> {
        let (world, nodes) = (Arc::clone(world), Arc::clone(nodes));
        let (asked, orders, away) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Arc::new(SimBiller { world, nodes, asked, orders, away })
    }

    /// The biller answers no inquiry for this time.
    fn leave(&self, id: BillerId, time: Duration) {
        let until = self.world.elapsed() + time;
        self.away.lock().unwrap_or_else(PoisonError::into_inner).insert(id, until);
    }

    fn is_away(&self, id: BillerId) -> bool {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.get(&id).is_some_and(|until| self.world.elapsed() < *until)
    }

    /// A payment arrives at the biller, whether or not a gateway still waits.
    async fn take(
        self: Arc<SimBiller>,
        tr_id: i64,
        arrives: Duration,
        decides: Option<Duration>,
        takes: bool,
    ) {
        sleep(arrives).await;
        let (closed, not_received) = self.with(tr_id, |order| {
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
                self.world.record(Event::Declined { tr_id });
            }
            return;
        }
        let Some(decides) = decides else { return };
        sleep(decides).await;
        self.decide(tr_id, takes);
    }

    /// The biller takes the money or declines, unless the order is closed.
    fn decide(&self, tr_id: i64, takes: bool) {
        let truth = if takes { BillerState::Took } else { BillerState::Declined };
        let closed = self.with(tr_id, |order| {
            if !order.closed {
                order.truth = truth;
            }
            order.closed
        });
        match takes {
            _ if closed => {}
            true => self.world.record(Event::Took { tr_id }),
            false => self.world.record(Event::Declined { tr_id }),
        }
    }

    /// An operator asks the biller to decide now. Returns the truth: whether it took the money.
    pub(crate) fn decide_by_phone(&self, tr_id: i64) -> bool {
        match self.with(tr_id, |order| order.truth) {
            BillerState::Took => true,
            BillerState::Declined => false,
            BillerState::NotReceived | BillerState::Deciding => {
                let takes = self.call_rng().chance(500)
                    && self.with(tr_id, |order| order.truth == BillerState::Deciding);
                self.decide(tr_id, takes);
                self.with(tr_id, |order| order.closed = true);
                takes
            }
        }
    }

    /// The answer to a payment arrives a second time, outside of any call.
    async fn repeat_answer(self: Arc<SimBiller>, tr_id: i64, after: Duration) {
        sleep(after).await;
        let Some((gateway, _)) = self.nodes.any(&mut self.call_rng()) else { return };
        let truth = self.with(tr_id, |order| order.truth);
        if !matches!(truth, BillerState::Took | BillerState::Declined) {
            return;
        }
        let verdict = match self.reported_state(tr_id, false) {
            BillerState::Took => {
                let Receipt { receipt_no, details } = receipt(tr_id);
                BillerOutcome::Paid { receipt_no, details }
            }
            _ => BillerOutcome::Failed(REFUSED),
        };
        let Ok(Some(transaction)) = gateway.transaction(TrId(tr_id)).await else { return };
        let (partner, tr_id) = (transaction.inquiry.partner, transaction.inquiry.tr_id);
        let exchange = Exchange::new(Call::Pay, gateway.now(), Duration::ZERO, "the answer again");
        let answer = SettlePayment {
            attempt: 1,
            may_fail_over: false,
            partner,
            tr_id,
            token: FencingToken::PAYER,
            verdict,
            exchange,
            answered_synchronously: false,
        };
        // The books decide whether it still has an effect.
        let _ = gateway.operate(answer).await;
    }

    /// The biller's answer about an order: the truth, except for one contradiction.
    fn reported_state(&self, tr_id: i64, promises: bool) -> BillerState {
        let (reported_state, contradicts) = self.with(tr_id, |order| {
            let reported_state = match (order.truth, order.contradicts) {
                (BillerState::Took, true) => BillerState::Declined,
                (BillerState::Declined, true) => BillerState::Took,
                (truth, _) => truth,
            };
            let contradicts = reported_state != order.truth;
            order.contradicts &= !contradicts;
            order.closed |= reported_state == BillerState::NotReceived && promises;
            (reported_state, contradicts)
        });
        if contradicts {
            self.world.record(Event::Contradicted { tr_id });
        }
        self.record_reply(
            tr_id,
            match reported_state {
                BillerState::Took => BillerReply::Paid,
                BillerState::Declined => BillerReply::Failed,
                BillerState::Deciding => BillerReply::Nothing,
                BillerState::NotReceived => BillerReply::NotFound { is_final: promises },
            },
        );
        reported_state
    }

    fn record_reply(&self, tr_id: i64, said: BillerReply) {
        self.world.record(Event::BillerAnswered { tr_id, said });
    }

    /// The random numbers of one call.
    fn call_rng(&self) -> SeededRng {
        SeededRng::of(self.world.plan.seed, &[4, self.asked.fetch_add(1, Relaxed)])
    }

    fn with<T>(&self, tr_id: i64, use_order: impl FnOnce(&mut Order) -> T) -> T {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        use_order(orders.entry(tr_id).or_default())
    }
}

fn receipt(tr_id: i64) -> Receipt {
    Receipt { receipt_no: format!("N{tr_id}").into(), details: None }
}
