//! Reports: a biller tells the outcome of an order without being asked, also repeatedly, late, or wrongly.

use std::sync::Arc;
use std::time::Duration;

use biller::{BillerReport, PaymentRequest, Status};
use domain::{BillerId, Evidence};
use gateway::ReportResult;
use tokio::time::sleep;

use super::orders::{BillerState, OrderId, ReportedState, SimBiller};
use super::{PLAIN, PROMISING, receipt};
use crate::event::Event;
use crate::plan::Fault;
use seeded_rng::SeededRng;

/// A report as it reaches a gateway.
struct Report {
    /// The biller that sends it.
    from: BillerId,
    reference: Box<str>,
    difference: Option<&'static str>,
    status: Status,
}

impl BillerReport for Report {
    fn reference(&self) -> &str {
        &self.reference
    }

    fn difference(&self, order: &PaymentRequest) -> Option<&'static str> {
        let ours = order.inquiry.reference.as_ref();
        let is_its = ours.is_some_and(|ours| *ours.as_str() == *self.reference);
        self.difference.or((!is_its).then_some("the reference"))
    }

    fn conclude(&self, _: &PaymentRequest) -> biller::Reply<Status> {
        let received = format!("{}: {:?}", self.reference, self.status).into();
        let evidence = Evidence { sent: Box::default(), http_status: None, received };
        biller::Reply { evidence: Some(evidence), ..self.status.clone().into() }
    }
}

impl SimBiller {
    /// The biller has decided about an order, and may report that.
    pub(super) fn report(self: &Arc<SimBiller>, id: OrderId) {
        let (tr_id, biller) = (id.tr_id as u64, id.biller.0 as u64);
        let mut rng = SeededRng::of(self.world.plan.seed, &[31, tr_id, biller]);
        if !self.world.should_inject(Fault::Reported, &mut rng) {
            return;
        }
        for _ in 0..rng.in_range(1..5) {
            // While the payer waits, while the payment is pending, or after its end.
            let delays = [1..50, 1..5_000, 1_000..7_200_000];
            let range = rng.pick(&delays).clone();
            let after = Duration::from_millis(rng.in_range(range));
            let own = SeededRng::new(rng.next_u64());
            tokio::spawn(Arc::clone(self).send_report(id, after, own));
        }
    }

    async fn send_report(self: Arc<SimBiller>, id: OrderId, after: Duration, mut rng: SeededRng) {
        sleep(after).await;
        let Some((gateway, power)) = self.nodes.any(&mut rng) else { return };
        let Some(reference) = self.reference(id) else { return };
        let is_misfit = self.world.should_inject(Fault::ReportMisfit, &mut rng);
        let (report, is_paid) = match is_misfit {
            true => self.misfit(id, reference, &mut rng),
            false => {
                let ReportedState { state, refusal } = self.reported_state(id, false);
                let is_paid = state == BillerState::Took;
                let status =
                    if is_paid { Status::Paid(receipt(id)) } else { Status::Failed(refusal) };
                (Report { from: id.biller, reference, difference: None, status }, is_paid)
            }
        };
        let taken = tokio::select! {
            biased;
            () = power.cancelled() => return,
            taken = gateway.take_report(report.from, &report) => taken,
        };
        self.world.record(Event::Reported {
            tr_id: id.tr_id,
            biller: id.biller.0,
            is_paid,
            is_misfit,
            result: taken.map_or("not taken", ReportResult::name),
        });
    }

    /// A report that says the opposite of the truth, and that does not fit the order.
    fn misfit(&self, id: OrderId, reference: Box<str>, rng: &mut SeededRng) -> (Report, bool) {
        let is_paid = !self.has_taken(id);
        let status = match is_paid {
            true => Status::Paid(receipt(id)),
            false => Status::Failed(super::REFUSED),
        };
        let report = Report { from: id.biller, reference, difference: None, status };
        let report = match rng.in_range(0..4) {
            0 => Report { reference: "0000000000001zz".into(), ..report },
            1 => Report { from: if id.biller == PLAIN { PROMISING } else { PLAIN }, ..report },
            2 => Report { difference: Some("the customer"), ..report },
            _ => Report { status: Status::Mismatch { why: "the amount".into() }, ..report },
        };
        (report, is_paid)
    }
}
