//! How a pending payment ends.

use std::time::Duration;

use biller::{Biller, Status};
use sandbox::PendingRule;

use crate::*;

const AFTER: Duration = Duration::from_secs(30);

/// The status of a pending payment just before and exactly at the end of the time.
fn statuses(pending: PendingRule) -> [Status; 3] {
    let sandbox = sandbox_with(Settings { pending, ..Settings::default() });
    let order = some_order(&sandbox, "BPJS", "8801234560007", 5);
    assert_eq!(wait(sandbox.pay(&order)), Err(PayError::InProcess));
    [29_999_999, 30_000_000, i64::MAX]
        .map(|micros| wait(sandbox.status(&order, BEGUN_AT.after_micros(micros))))
}

#[test]
fn by_hand_it_stays_pending() {
    let forever = [Status::Pending, Status::Pending, Status::Pending];
    assert_eq!(statuses(PendingRule::ByHand), forever);
}

#[test]
fn by_rule_it_is_paid_in_time_and_not_before() {
    let receipt = pay(&sandbox(), "BPJS", "8801234560001", 5).unwrap();
    let paid = Status::Paid(receipt);
    let expected = [Status::Pending, paid.clone(), paid];
    assert_eq!(statuses(PendingRule::Success { after: AFTER }), expected);
}

#[test]
fn by_rule_it_fails_in_time_and_not_before() {
    let failed = Status::Failed(FailureReason::PaymentFailed);
    let expected = [Status::Pending, failed.clone(), failed];
    assert_eq!(statuses(PendingRule::Failed { after: AFTER }), expected);
}

#[test]
fn a_clock_that_went_back_ends_nothing() {
    let sandbox = sandbox_with(Settings {
        pending: PendingRule::Success { after: AFTER },
        ..Settings::default()
    });
    let order = some_order(&sandbox, "BPJS", "8801234560007", 5);
    let earlier = BEGUN_AT.after_micros(-60_000_000);
    assert_eq!(wait(sandbox.status(&order, earlier)), Status::Pending);
}
