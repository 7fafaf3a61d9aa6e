//! The rules about the attempts of a payment: what each biller is asked, what it takes, and when the next one is
//! asked.

use super::case::Order;
use super::{
    AFTER, ATTEMPT, Auditor, CheckResult, DEBIT, ONCE, OVER, QUOTED, Quote, SOLD, TAKEN, Violation,
    require,
};
use crate::event::Row;

impl Auditor {
    /// A biller is called to pay: this biller, with its handle, lunas's reference, and the amount.
    pub(super) fn called(&mut self, tr_id: i64, order: (i64, &str, &str, i64)) -> CheckResult {
        let state = self.rows.state(tr_id);
        let attempt = matches!(state, Some("paying" | "pending"));
        require(attempt, ATTEMPT, tr_id, || format!("called to pay, and the row says {state:?}"))?;
        require(!self.rows.is_uncommitted(tr_id), ATTEMPT, tr_id, || {
            "called to pay before the commit".into()
        })?;
        let recorded = self.rows.order(tr_id);
        require(recorded == Some(order), ATTEMPT, tr_id, || {
            format!("{order:?}, not {recorded:?}")
        })?;
        let at_biller = self.case(tr_id).order(order.0);
        at_biller.calls += 1;
        let calls = at_biller.calls;
        require(calls == 1, ONCE, tr_id, || format!("the biller was called {calls} times"))
    }

    /// A biller took the money of a payment.
    pub(super) fn took(&mut self, tr_id: i64, biller: i64) -> CheckResult {
        let case = self.case(tr_id);
        let order = case.order(biller);
        order.took += 1;
        let times = order.took;
        require(times == 1, ONCE, tr_id, || format!("it was paid {times} times"))?;
        // A biller that said the opposite of what it did has misled the gateway.
        let taken = |(_, order): &(&i64, &Order)| order.took > 0 && !order.contradicted;
        let billers: Vec<_> = case.orders.iter().filter(taken).map(|(biller, _)| biller).collect();
        require(billers.len() <= 1, TAKEN, tr_id, || format!("the billers {billers:?} took it"))
    }

    /// An answer to an inquiry is recorded. Returns the line at which it was given.
    pub(super) fn recorded(
        &mut self,
        tr_id: i64,
        reference: &str,
        quote: &Quote,
    ) -> Result<u64, Violation> {
        match self.quotes.remove(reference) {
            Some((line, quoted)) if quoted == *quote => Ok(line),
            other => {
                let how = format!("{quote:?} records the answer {other:?}");
                Err(Violation::new(QUOTED, tr_id, how))
            }
        }
    }

    /// The row of a later attempt is written.
    pub(super) fn attempted(&mut self, row: &Row) -> CheckResult {
        let Row::Attempt { tr_id, biller, reference, ours, cost, after, .. } = row else {
            return Ok(());
        };
        // The partner was told the amount of the inquiry.
        let nominal = self.rows.order(*tr_id).map_or(0, |order| order.3);
        let quote = Quote { biller: *biller, ours: ours.clone(), nominal, cost: *cost };
        let asked = self.recorded(*tr_id, reference, &quote)?;
        let failed = self.current_order(*tr_id).is_none_or(|order| order.has_failed(Some(after)));
        require(failed, AFTER, *tr_id, || "its biller did not say that it failed".into())?;
        let is_taken = self.case(*tr_id).was_contradicted;
        require(!is_taken, OVER, *tr_id, || "a biller took an earlier attempt".into())?;
        let failure = self.case(*tr_id).failure.take();
        let is_it = failure.is_some_and(|(reason, line)| reason == *after && line < asked);
        require(is_it, AFTER, *tr_id, || {
            format!("begun after {after}, for a bill of line {asked}; committed: {failure:?}")
        })
    }

    /// A biller is recorded that the bill is to be paid at.
    pub(super) fn sold(&self, tr_id: i64) -> CheckResult {
        let is_sold = self.rows.refused_cost(tr_id).is_none();
        require(is_sold, SOLD, tr_id, || format!("it takes {:?}", self.rows.refused_cost(tr_id)))
    }

    /// A commit is complete.
    pub(super) fn committed(&mut self) -> CheckResult {
        let lines = self.lines;
        for (tr_id, failure) in self.rows.written_payments() {
            let known = &mut self.cases.entry(tr_id).or_default().failure;
            // A row that is written again with the same failure does not make it younger.
            if known.map(|(reason, _)| reason) != failure {
                *known = failure.map(|reason| (reason, lines));
            }
        }
        self.rows.settle()
    }

    /// The order of the current attempt, if its biller knows it.
    pub(super) fn current_order(&self, tr_id: i64) -> Option<&Order> {
        let biller = self.rows.current_biller(tr_id)?;
        self.cases.get(&tr_id)?.orders.get(&biller)
    }

    /// Checks that the biller of the current attempt took the money exactly if the payment is paid, and that no
    /// other biller took it.
    pub(super) fn check_debit(&self, tr_id: i64, state: &str) -> CheckResult {
        let current = self.rows.current_biller(tr_id);
        let Some(case) = self.cases.get(&tr_id) else { return Ok(()) };
        case.orders.iter().try_for_each(|(biller, order)| {
            let is_current = Some(*biller) == current;
            let exempt = order.contradicted || is_current && case.by_hand.is_some();
            let due = u32::from(is_current && state == "paid");
            require(exempt || order.took == due, DEBIT, tr_id, || {
                format!("it is {state:?}, and biller {biller} took it {} times", order.took)
            })
        })
    }
}
