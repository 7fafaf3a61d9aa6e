//! The simulated billers, as a node's connection calls them. A biller is not idempotent: a second call to pay
//! would be a second payment.

mod orders;
mod payment_script;
mod reports;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use biller::{
    BillerPolicy, BoxFuture, CheckError, InquiryError, InquiryRequest, PayError, PaymentRequest,
    Receipt, Status,
};
use domain::{Bill, BillerId, Evidence, FailureReason, Inquiry, Moment, Quote, Reference, Rupiah};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::event::{BillerReply, Event};
use crate::plan::Fault;
use orders::{BillerState, ReportedState};
pub(crate) use orders::{OrderId, SimBiller};
use payment_script::{PaymentScript, Reply};
use seeded_rng::SeededRng;

/// A biller whose "not found" guarantees nothing.
pub(crate) const PLAIN: BillerId = BillerId(1);
/// A biller that never executes a payment that it reported as "not found". A status query may follow at once on
/// its failures that are not certain.
pub(crate) const PROMISING: BillerId = BillerId(2);

/// A biller whose bills sometimes have another amount than elsewhere, or cost more than the partner pays. It
/// guarantees nothing.
pub(crate) const UNEQUAL: BillerId = BillerId(3);

/// From this age on a payment is not queried any more: the biller decides every payment earlier.
pub(crate) const STOP_POLLING_AFTER: Duration = Duration::from_secs(6 * 3600);

/// The reason of a refusal that lies with the customer or the bill.
pub(crate) const REFUSED: FailureReason = FailureReason::PaymentFailed;

/// A node's connection to a biller.
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
        Box::pin(async { self.state(self.order_id(&order.inquiry)).await.into() })
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
            verifies_at_once: self.id == PROMISING,
            ..BillerPolicy::default()
        }
    }
}

impl BillerLink {
    /// Whether "not found" is a guarantee.
    fn promises(&self) -> bool {
        self.id == PROMISING
    }

    /// The order of this payment at this biller.
    fn order_id(&self, inquiry: &Inquiry) -> OrderId {
        OrderId { tr_id: inquiry.tr_id.0, biller: self.id }
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
        // The amount depends only on the customer, if it is the same at all billers.
        let customer: u64 = question.customer_no.bytes().map(u64::from).sum();
        let mut nominal = (10_000 + customer % 90 * 1_000) as i64;
        if self.is_unequal_by(Fault::OtherNominal, &mut rng) {
            nominal += 1;
        }
        let bill = Bill {
            customer_name: "PELANGGAN".into(),
            period: "201812".into(),
            nominal: Rupiah::new(nominal),
            sheets: 1 + (customer % 3) as u32,
            details: "{}".into(),
        };
        let reference: Box<str> = format!("{}-{}", self.id, rng.next_u64()).into();
        // Some of the costs are above the nominal.
        let mut cost = rng.chance(700).then(|| nominal + rng.in_range(0..3_000) as i64 - 2_000);
        if self.is_unequal_by(Fault::DearBill, &mut rng) {
            cost = Some(nominal + rng.in_range(1..20_000) as i64);
        }
        self.biller.world.record(Event::Quoted {
            biller: self.id.0,
            reference: reference.clone(),
            ours: text(question.reference.as_ref()),
            nominal,
            cost,
        });
        Ok(Quote {
            bill,
            biller_reference: Some(reference),
            cost: cost.map(Rupiah::new),
            admin: None,
        })
    }

    fn is_unequal_by(&self, fault: Fault, rng: &mut SeededRng) -> bool {
        self.id == UNEQUAL && self.biller.world.should_inject(fault, rng)
    }

    async fn order(&self, inquiry: &Inquiry) -> Result<Receipt, PayError> {
        if self.power.is_cancelled() {
            return pending().await;
        }
        let (id, biller) = (self.order_id(inquiry), &self.biller);
        biller.world.record(Event::Called {
            tr_id: id.tr_id,
            biller: id.biller.0,
            reference: inquiry.biller_reference.clone().unwrap_or_default(),
            ours: text(inquiry.reference.as_ref()),
            nominal: inquiry.bill.nominal.get(),
        });
        let script = PaymentScript::of(&biller.world, id, biller.is_first(id));
        let PaymentScript { arrives, decides, takes, refusal, contradicts, reply, again } = script;
        if let Reply::NotSent = reply {
            biller.record_reply(id, BillerReply::Failed);
            return Err(PayError::NotSent { why: "no connection".into() });
        }
        biller.accept(id, text(inquiry.reference.as_ref()), refusal, contradicts);
        if let Some(arrives) = arrives {
            tokio::spawn(Arc::clone(biller).take(id, arrives, decides, takes));
        }
        if let Some(again) = again {
            tokio::spawn(Arc::clone(biller).repeat_answer(id, again));
        }
        match reply {
            Reply::NotSent | Reply::Never => pending().await,
            Reply::Error(after, why) => {
                sleep(after).await;
                biller.record_reply(id, BillerReply::Nothing);
                Err(PayError::MaybeSent { why: why.into() })
            }
            Reply::Unverified(after) => {
                sleep(after).await;
                biller.record_reply(id, BillerReply::Nothing);
                Err(PayError::Unverified { why: "an internal error".into() })
            }
            Reply::Mismatch(after) => {
                sleep(after).await;
                biller.record_reply(id, BillerReply::Nothing);
                Err(PayError::Mismatch { why: "the amount".into() })
            }
            Reply::After(after) => {
                sleep(after.max(arrives.unwrap_or_default())).await;
                let ReportedState { state, refusal } = biller.reported_state(id, self.promises());
                match state {
                    BillerState::Took => Ok(receipt(id)),
                    BillerState::Declined => Err(PayError::Refused(refusal)),
                    BillerState::Deciding => Err(PayError::InProcess),
                    BillerState::NotReceived => Err(PayError::MaybeSent { why: "who?".into() }),
                }
            }
        }
    }

    async fn state(&self, id: OrderId) -> Status {
        let mut rng = self.biller.call_rng();
        sleep(Duration::from_millis(rng.in_range(1..60))).await;
        if self.power.is_cancelled() || self.biller.world.should_inject(Fault::StatusLost, &mut rng)
        {
            return pending().await;
        }
        if self.biller.world.should_inject(Fault::StatusGarbage, &mut rng) {
            self.biller.record_reply(id, BillerReply::Nothing);
            return Status::Unknown { why: "<html>".into() };
        }
        if self.biller.world.should_inject(Fault::Mismatch, &mut rng) {
            self.biller.record_reply(id, BillerReply::Nothing);
            return Status::Mismatch { why: "the customer".into() };
        }
        let ReportedState { state, refusal } = self.biller.reported_state(id, self.promises());
        match state {
            BillerState::Took => Status::Paid(receipt(id)),
            BillerState::Declined => Status::Failed(refusal),
            BillerState::Deciding => Status::Pending,
            BillerState::NotReceived => Status::NotFound { is_final: self.promises() },
        }
    }
}

/// lunas's reference; empty if there is none.
fn text(reference: Option<&Reference>) -> Box<str> {
    reference.map(Reference::as_str).unwrap_or_default().into()
}

/// The receipt of an order. Each biller has its own numbers.
fn receipt(id: OrderId) -> Receipt {
    Receipt { receipt_no: format!("N{}-{}", id.biller, id.tr_id).into(), details: None }
}
