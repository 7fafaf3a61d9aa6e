//! Deposits with a reference, and reversed deposits.

use super::*;
use crate::admin::response::{Deposit, Deposited};

fn add(amount: i64, reference: &str) -> Request {
    let (username, note) = (USERNAME.to_owned(), String::new());
    let reference = Some(reference.to_owned());
    Request::AddDeposit(NewDeposit { username, amount, note, reference })
}

fn reverse(tr_id: i64) -> Request {
    Request::ReverseDeposit { tr_id, reason: "booked twice".to_owned() }
}

async fn booked(bench: &Bench, request: Request) -> Deposited {
    match bench.ask(request).await.unwrap() {
        Response::Deposited(deposited) | Response::Reversed(deposited) => deposited,
        _ => panic!("another answer than a deposit"),
    }
}

async fn listed(bench: &Bench) -> Vec<Deposit> {
    match bench.ask(Request::ListDeposits { partner: None, limit: 10 }).await.unwrap() {
        Response::Deposits(deposits) => deposits,
        _ => panic!("another answer than deposits"),
    }
}

#[tokio::test]
async fn a_reference_is_booked_once_and_a_repeat_shows_the_booking() {
    let bench = Bench::funded(&[]).await;
    let first = booked(&bench, add(1_500, " FT  17 ")).await.deposit;
    assert_eq!(first.reference.as_deref(), Some("FT 17"));
    let before = format!("already booked as TR {} on {}, Rp 1.500", first.tr_id, *first.at);
    let same = format!("{before};");
    let other = format!("{before}, which is another amount;");
    for (again, before) in [
        (add(1_500, "FT 17"), &same),
        (add(99, "FT 17"), &other),
        (add(1_500, "FT\t17"), &same),
        (add(1_500, " ft 17"), &same),
    ] {
        let refusal = bench.refusal(again).await;
        assert!(refusal.starts_with(before), "{refusal}");
    }
    for (bad, why) in [("é", "a reference: expected 1 to 64"), (&*"x".repeat(65), "a reference:")]
    {
        let refusal = bench.refusal(add(5, bad)).await;
        assert!(refusal.starts_with(why), "{refusal}");
    }
    assert_eq!(bench.partner().await.available, DEPOSIT + 1_500);

    let reversed = booked(&bench, reverse(first.tr_id)).await;
    let refusal = bench.refusal(add(1_500, "FT 17")).await;
    let by = reversed.deposit.reversal.unwrap().tr_id;
    assert!(refusal.contains(&format!("was reversed by TR {by}")), "{refusal}");
    for none in ["", "  "] {
        assert_eq!(booked(&bench, add(1, none)).await.deposit.reference, None);
    }
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn a_deposit_is_reversed_once_and_shown_as_reversed() {
    let bench = Bench::funded(&[]).await;
    let twice = booked(&bench, add(700, "")).await.deposit;
    let reversed = booked(&bench, reverse(twice.tr_id)).await;
    assert_eq!(reversed.available, DEPOSIT);
    let reversal = reversed.deposit.reversal.as_ref().unwrap();
    assert_eq!(reversal.reason, "booked twice");
    assert_eq!(listed(&bench).await[0], reversed.deposit);

    let nothing =
        |reason: &str| Request::ReverseDeposit { tr_id: twice.tr_id, reason: reason.to_owned() };
    let already = format!("already reversed by TR {} on {}", reversal.tr_id, *reversal.at);
    for (bad, why) in [
        (reverse(twice.tr_id), &*already),
        (reverse(reversal.tr_id), "there is no deposit"),
        (reverse(1), "there is no deposit 1; `lunas deposit list`"),
        (nothing(" "), "a reason is one line"),
    ] {
        let refusal = bench.refusal(bad).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(bench.partner().await.available, DEPOSIT);
    assert_eq!(bench.audit().reversals, 1);
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn a_spent_held_or_reserved_amount_is_not_reversed() {
    let bench = Bench::funded(&[]).await;
    let first = listed(&bench).await[0].tr_id;
    bench.pay("paid", PAID).await;
    bench.pay("pending", PENDING).await;
    let available = bench.partner().await.available;
    let limit = |min_balance| {
        let (username, allow) = (USERNAME.to_owned(), None);
        Request::SetPartner(crate::admin::request::PartnerChange { username, allow, min_balance })
    };
    for (min_balance, free) in [(0, available), (available, 0), (-5, available + 5)] {
        bench.ask(limit(Some(min_balance))).await.unwrap();
        let refusal = bench.refusal(reverse(first)).await;
        let free = domain::Rupiah::new(free).dotted();
        assert!(refusal.contains(&format!("only Rp {free} is free")), "{refusal}");
    }
    assert_eq!(bench.partner().await.available, available);
    bench.ask(limit(Some(available - DEPOSIT))).await.unwrap();
    assert_eq!(booked(&bench, reverse(first)).await.available, available - DEPOSIT);
    assert!(bench.audit().is_clean());
}
