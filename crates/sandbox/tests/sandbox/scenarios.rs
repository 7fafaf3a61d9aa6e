//! Scenarios for the next requests, and the status that the biller gives later.

use biller::{Biller, Status};
use sandbox::{RequestScenario, SLOW, Times};
use tokio::time::Instant;

use crate::*;

const PAYS: &str = "8801234560001";
const PENDS: &str = "8801234560007";
const LATER: Moment = BEGUN_AT.after_micros(1);

/// A sandbox with this scenario on for one request.
fn with(scenario: RequestScenario) -> Sandbox {
    let sandbox = sandbox();
    sandbox.scenarios().switch(scenario, Times::Next(1));
    sandbox
}

/// The bill of `hp` as it is ordered, from a sandbox without scenarios.
fn ordered(hp: &str, tr_id: i64) -> PaymentRequest {
    some_order(&sandbox(), "BPJS", hp, tr_id)
}

#[test]
fn a_late_success_is_in_process_and_then_paid_with_the_same_receipt() {
    let sandbox = with(RequestScenario::LateSuccess);
    let order = ordered(PAYS, 5);
    assert_eq!(wait(sandbox.pay(&order)), Err(PayError::InProcess));
    let receipt = pay(&crate::sandbox(), "BPJS", PAYS, 5).unwrap();
    assert_eq!(wait(sandbox.status(&order, LATER)), Status::Paid(receipt));
}

#[test]
fn a_payment_that_would_not_be_paid_uses_no_late_success_up() {
    let sandbox = with(RequestScenario::LateSuccess);
    let order = ordered(PENDS, 5);
    assert_eq!(wait(sandbox.pay(&order)), Err(PayError::InProcess));
    assert_eq!(wait(sandbox.status(&order, LATER)), Status::Pending, "as its number says");
    assert_eq!(sandbox.scenarios().left(RequestScenario::LateSuccess), Times::Next(1));
}

#[test]
fn in_a_maintenance_nothing_is_paid_and_the_biller_stands_by_it() {
    let sandbox = with(RequestScenario::Maintenance);
    assert_eq!(bill(&sandbox, "BPJS", PAYS), refused_inquiry(110));
    assert!(bill(&sandbox, "BPJS", PAYS).is_ok(), "it was for one request");
    sandbox.scenarios().switch(RequestScenario::Maintenance, Times::Next(1));
    let order = ordered(PAYS, 5);
    assert_eq!(wait(sandbox.pay(&order)), refused_payment(110));
    assert_eq!(
        wait(sandbox.status(&order, LATER)),
        Status::Failed(FailureReason::BillerMaintenance)
    );
    assert!(pay(&sandbox, "BPJS", PAYS, 6).is_ok());
}

#[test]
fn a_slow_answer_comes_late_and_is_the_same() {
    let orders = [ordered(PAYS, 5), ordered(PAYS, 6)];
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
        let sandbox = sandbox();
        let quick = sandbox.inquire(&question("BPJS", PAYS)).await;
        sandbox.scenarios().switch(RequestScenario::SlowAnswer, Times::Next(2));
        let begun = Instant::now();
        assert_eq!(sandbox.inquire(&question("BPJS", PAYS)).await, quick);
        assert_eq!(begun.elapsed(), SLOW);
        assert!(sandbox.pay(&orders[0]).await.answer.is_ok());
        assert_eq!(begun.elapsed(), 2 * SLOW);
        assert!(sandbox.pay(&orders[1]).await.answer.is_ok());
        assert_eq!(begun.elapsed(), 2 * SLOW, "it was for two");
    });
}

#[test]
fn a_lost_answer_is_no_matter_of_the_biller() {
    let sandbox = with(RequestScenario::LostAnswer);
    assert!(pay(&sandbox, "BPJS", PAYS, 5).is_ok());
    assert_eq!(sandbox.scenarios().left(RequestScenario::LostAnswer), Times::Next(1));
}
