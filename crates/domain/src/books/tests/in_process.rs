//! At most one payment of a bill is in process.

use super::*;
use crate::TestNumbers;

/// Opens an inquiry of another partner about the bill that `inquiry` is about.
fn of_another_partner(books: &mut Books) -> BeginPayment {
    let other = Partner {
        id: PartnerId(2),
        username: Username::new("0822").unwrap(),
        ..samples::partner()
    };
    books.partners.insert(other.id, Arc::new(other.clone()));
    books.balances.insert(Account::Available(other.id), Rupiah::new(100_000));
    let opened = books.run(&OpenInquiry { partner: other.id, ..inquiry("a") }).unwrap();
    BeginPayment { partner: other.id, ..pay(opened.inquiry.tr_id) }
}

#[test]
fn only_one_payment_of_a_bill_is_in_process_even_of_two_partners() {
    let (mut books, first) = begun(200_000);
    let again = books.run(&inquiry("b")).unwrap().inquiry.tr_id;
    let other = of_another_partner(&mut books);
    for open in [None, Some(BillerOutcome::Unknown)] {
        if let Some(verdict) = open {
            books.run(&settle(first, verdict)).unwrap();
        }
        let before = books.balances.clone();
        assert_eq!(refusal(books.run(&pay(again))), BeginPaymentRefusal::BillInProcess);
        assert_eq!(refusal(books.run(&other)), BeginPaymentRefusal::BillInProcess);
        assert_eq!(books.balances, before, "nothing is held for it");
    }
    // Paying the first one again returns its state.
    assert!(matches!(books.run(&pay(first)), Ok(Begin::AlreadyStarted(_))));
    books.run(&settle(first, BillerOutcome::Failed(FailureReason::PaymentFailed))).unwrap();
    assert!(matches!(books.run(&other), Ok(Begin::Begun(_))));
}

/// A biller that says "already paid" ends the second payment, and its hold is given back.
#[test]
fn a_bill_that_is_already_paid_costs_nothing() {
    let (mut books, first) = begun(100_000);
    books.run(&settle(first, paid())).unwrap();
    let again = books.run(&inquiry("b")).unwrap().inquiry.tr_id;
    let before = books.available(PARTNER);
    books
        .run(&RecordDeposit {
            partner: PARTNER,
            amount: Rupiah::new(PRICE),
            note: "".into(),
            reference: None,
            now: NOON,
        })
        .unwrap();
    assert!(matches!(books.run(&pay(again)), Ok(Begin::Begun(_))));
    let settled =
        books.run(&settle(again, BillerOutcome::Failed(FailureReason::AlreadyPaid))).unwrap();
    assert_eq!(settled.transaction.payment.unwrap().reason, Some(FailureReason::AlreadyPaid));
    assert_eq!(books.available(PARTNER), before.plus(Rupiah::new(PRICE)).unwrap());
}

#[test]
fn another_product_customer_or_period_is_another_bill() {
    let other_product = Product { code: crate::ProductCode::new("BPJS2").unwrap(), ..product() };
    let others = [
        OpenInquiry { customer_no: "8801234560002".into(), ..inquiry("b") },
        OpenInquiry { quote: Bill { period: "03".into(), ..bill() }.into(), ..inquiry("b") },
        OpenInquiry { code: other_product.code.clone(), ..inquiry("b") },
    ];
    for other in others {
        let (mut books, _) = begun(200_000);
        books.run(&PutProduct(other_product.clone())).unwrap();
        let tr_id = books.run(&other).unwrap().inquiry.tr_id;
        assert!(matches!(books.run(&pay(tr_id)), Ok(Begin::Begun(_))));
    }
}

#[test]
fn test_numbers_and_chosen_amounts_may_repeat() {
    let customer_no: Box<str> = "8801234560001".into();
    let test_numbers = TestNumbers([(product().code, [customer_no].into())].into());
    for (test_numbers, family, repeats) in [
        (TestNumbers::default(), product().family, false),
        (test_numbers, product().family, true),
        (TestNumbers::default(), crate::Family::CustomDenom, true),
    ] {
        let mut books = books(200_000);
        books.run(&PutProduct(Product { family, ..product() })).unwrap();
        let test_numbers = Arc::new(test_numbers);
        let mut begin = |ref_id| {
            let tr_id = books.run(&inquiry(ref_id)).unwrap().inquiry.tr_id;
            let begin =
                books.run(&BeginPayment { test_numbers: Arc::clone(&test_numbers), ..pay(tr_id) });
            matches!(begin, Ok(Begin::Begun(_)))
        };
        assert!(begin("a"));
        assert_eq!(begin("b"), repeats, "{}", family.name());
    }
}
