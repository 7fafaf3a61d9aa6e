//! A biller that loses payments, answers for others, and contradicts itself.

use biller::{Biller, Status};

use crate::*;

/// Pays a number with these last digits, then queries the status.
fn story(last: &str) -> (Result<Receipt, PayError>, Status) {
    let sandbox = sandbox();
    let owed = bill(&sandbox, "BPJS", &format!("88{last}")).unwrap();
    let order = order(&question("BPJS", &format!("88{last}")), owed, 7);
    (wait(sandbox.pay(&order)), wait(sandbox.status(&order, BEGUN_AT)))
}

#[test]
fn the_last_eight_digits_name_a_fault() {
    let lost = |answer: &Result<_, _>| matches!(answer, Err(PayError::MaybeSent { .. }));
    let (pay, status) = story("99999001");
    assert!(lost(&pay) && status == Status::NotFound { is_final: true });
    let (pay, status) = story("99999002");
    assert!(lost(&pay) && status == Status::NotFound { is_final: false });
    let (pay, status) = story("99999003");
    assert!(matches!(pay, Err(PayError::Mismatch { .. })));
    assert!(matches!(status, Status::Mismatch { .. }));
    let (pay, status) = story("99999004");
    assert!(lost(&pay) && matches!(status, Status::Mismatch { .. }));
    let (pay, status) = story("99999005");
    assert_eq!(pay, refused_payment(37));
    assert!(matches!(status, Status::Paid(_)));
    let (pay, status) = story("99999006");
    assert!(pay.is_ok());
    assert_eq!(status, Status::Failed(FailureReason::PaymentFailed));
}

#[test]
fn other_numbers_of_nines_are_in_no_list() {
    for hp in ["9999001", "99999007", "99999000", "999990019", "9999é001", ""] {
        assert_eq!(bill(&sandbox(), "BPJS", hp), refused_inquiry(14), "{hp}");
    }
}

#[test]
fn the_documented_numbers_are_for_trying_out_and_no_others() {
    let test_numbers = sandbox().test_numbers();
    assert_eq!(test_numbers.0.values().map(|numbers| numbers.len()).sum::<usize>(), 128);
    let owed = |code: &str, hp: &str| {
        let order = some_order(&sandbox(), code, hp, 7);
        test_numbers.may_repeat(&order.inquiry, &product(code))
    };
    assert!(owed("BPJS", "8801234560001"));
    assert!(!owed("BPJS", "5551039") && !owed("PGAS", "8801234560001"));
}
