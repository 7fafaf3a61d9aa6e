//! The rules about billers' reports.

use super::{Auditor, BELIEVED, CheckResult, REPORTED, require};

impl Auditor {
    /// A gateway has answered a report about this payment and biller.
    pub(super) fn reported(
        &self,
        (tr_id, biller): (i64, i64),
        is_paid: bool,
        is_misfit: bool,
        result: &str,
    ) -> CheckResult {
        // All other results leave the books as they are, and the biller reports again.
        let is_taken = matches!(result, "ended" | "already ended" | "contradiction" | "repeated");
        require(!(is_misfit && is_taken), BELIEVED, tr_id, || format!("the report is {result}"))?;
        if !is_taken {
            return Ok(());
        }
        let (state, current) = (self.rows.state(tr_id), self.rows.current_biller(tr_id));
        // A payment can go on after a failed attempt, and end in any way.
        let agrees = match current == Some(biller) {
            true => state == Some(if is_paid { "paid" } else { "failed" }),
            false => !is_paid,
        };
        let is_seen = self.cases.get(&tr_id).is_some_and(|case| case.was_contradicted);
        let fits = match result {
            "ended" => agrees && current == Some(biller),
            "already ended" => agrees,
            "contradiction" => !agrees && is_seen,
            _ => agrees || is_seen,
        };
        require(fits, REPORTED, tr_id, || {
            let said = if is_paid { "paid" } else { "failed" };
            format!("{said} by biller {biller} is {result}; it is {state:?} at {current:?}")
        })
    }
}
