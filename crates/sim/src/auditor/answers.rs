//! The rules about what partners are told.

use super::{Auditor, CheckResult, DURABLE, FINAL, OWN, Request, TOLD, Violation, require};
use crate::event::{Answer, PartnerRequest};

impl Auditor {
    pub(super) fn answered(&mut self, number: u64, answer: &Answer) -> CheckResult {
        let Some(request) = self.requests.get(&number) else { return Ok(()) };
        let (partner, sent) = (request.partner, request.sent);
        match answer {
            Answer::Bill { tr_id, price } => {
                let PartnerRequest::Inquire { ref_id, .. } = &request.ask else {
                    return Err(Violation::new(OWN, *tr_id, "a bill that nobody asked for".into()));
                };
                let recorded = self.rows.bill(*tr_id) == Some((partner, &**ref_id, *price));
                require(recorded, DURABLE, *tr_id, || format!("{answer:?} is not recorded so"))?;
                let again = std::mem::replace(&mut self.case(*tr_id).billed, true);
                require(!again, FINAL, *tr_id, || "one inquiry was answered as two".into())
            }
            Answer::State { tr_id, .. } => self.state_answer(number, *tr_id, answer),
            Answer::Refused { why } => match &request.ask {
                PartnerRequest::Inquire { .. } => Ok(()),
                PartnerRequest::Pay { tr_id } => {
                    let case = self.cases.get(tr_id);
                    let begun = case.and_then(|case| case.begun).is_some_and(|begun| begun < sent);
                    let own = self.rows.owner(*tr_id) == Some(partner);
                    require(!(begun && own), FINAL, *tr_id, || format!("begun, and refused: {why}"))
                }
                PartnerRequest::Status { ref_id } => {
                    let Some(tr_id) = self.rows.reference(partner, ref_id) else { return Ok(()) };
                    let known = self.cases.get(&tr_id).is_some_and(|case| case.recorded < sent);
                    require(!known, DURABLE, tr_id, || format!("recorded, and refused: {why}"))
                }
            },
            Answer::Unknown => Ok(()),
        }
    }

    /// An answer with the state of a transaction.
    fn state_answer(&mut self, number: u64, tr_id: i64, answer: &Answer) -> CheckResult {
        let Answer::State { ref_id, state, receipt_no, reason, .. } = answer else {
            return Ok(());
        };
        let Some(Request { partner, sent, ask, .. }) = self.requests.get(&number) else {
            return Ok(());
        };
        let asked = match ask {
            PartnerRequest::Pay { tr_id: asked } => *asked == tr_id,
            PartnerRequest::Status { ref_id: asked } => asked == ref_id,
            PartnerRequest::Inquire { .. } => false,
        };
        let own = asked && self.rows.is_inquiry(tr_id, *partner, ref_id);
        require(own, OWN, tr_id, || format!("{ask:?} of {partner} is answered {answer:?}"))?;
        let is_final = matches!(*state, "paid" | "failed");
        let row = self.rows.state(tr_id);
        let durable = match row {
            None => *state == "inquired",
            Some(row) if is_final => {
                row == *state && self.rows.ending(tr_id) == Some((&**receipt_no, *reason))
            }
            Some(_) => true,
        };
        require(durable, DURABLE, tr_id, || format!("{answer:?}, and the row says {row:?}"))?;
        let sent = *sent;
        let case = self.cases.entry(tr_id).or_default();
        let begun = case.begun.is_some_and(|begun| begun < sent);
        require(!begun || *state != "inquired", FINAL, tr_id, || "begun, and told as not".into())?;
        let heard = case.final_received.is_some_and(|heard| heard < sent);
        require(!heard || is_final, FINAL, tr_id, || format!("final before, and now {state}"))?;
        if is_final {
            let first = case.ended.get_or_insert_with(|| answer.clone());
            require(first == answer, FINAL, tr_id, || format!("{first:?}, and now {answer:?}"))?;
            self.check_debit(tr_id, state)?;
            if let Some(request) = self.requests.get_mut(&number) {
                request.final_answer_of = Some(tr_id);
            }
        }
        Ok(())
    }

    pub(super) fn received(&mut self, number: u64) -> CheckResult {
        let lines = self.lines;
        let carried = self.requests.remove(&number).and_then(|request| request.final_answer_of);
        carried.map_or(Ok(()), |tr_id| {
            self.update_case(tr_id, |case| {
                case.final_received.get_or_insert(lines);
            })
        })
    }

    pub(super) fn called_back(&mut self, tr_id: i64, state: &str) -> CheckResult {
        let row = self.rows.state(tr_id);
        let as_it_is = row == Some(state) && matches!(state, "paid" | "failed");
        require(as_it_is, TOLD, tr_id, || format!("told as {state}, and the row says {row:?}"))?;
        self.update_case(tr_id, |case| case.called_back = true)
    }
}
