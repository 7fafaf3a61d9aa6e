//! Withdrawals and adjustments.

use domain::Rupiah;
use domain::books::BalanceChangeKind::{self, Adjustment, Withdrawal};

use super::*;
use crate::admin::named::Named;
use crate::admin::request::NewBalanceChange;
use crate::admin::response::{BalanceChange, BalanceChanged};

fn change(kind: BalanceChangeKind, amount: i64, reference: &str) -> Request {
    let reference = Some(reference.to_owned());
    let (username, reason) = (USERNAME.to_owned(), "as agreed".to_owned());
    Request::ChangeBalance(NewBalanceChange {
        kind: Named(kind),
        username,
        amount,
        reason,
        reference,
    })
}

async fn booked(bench: &Bench, request: Request) -> BalanceChanged {
    match bench.ask(request).await.unwrap() {
        Response::BalanceChanged(changed) => changed,
        _ => panic!("another answer than a balance change"),
    }
}

async fn listed(bench: &Bench, kind: BalanceChangeKind) -> Vec<BalanceChange> {
    let kind = Named(kind);
    match bench.ask(Request::ListBalanceChanges { kind, partner: None, limit: 10 }).await.unwrap() {
        Response::BalanceChanges(changes) => changes,
        _ => panic!("another answer than balance changes"),
    }
}

#[tokio::test]
async fn a_withdrawal_and_an_adjustment_change_the_balance_once() {
    let bench = Bench::funded(&[]).await;
    let withdrawn = booked(&bench, change(Withdrawal, 300, " FT  17 ")).await;
    assert_eq!((withdrawn.change.amount, withdrawn.available), (-300, DEPOSIT - 300));
    assert_eq!(withdrawn.change.reference.as_deref(), Some("FT 17"));
    let refusal = bench.refusal(change(Withdrawal, 300, "ft 17")).await;
    let before = format!("already booked as TR {}", withdrawn.change.tr_id);
    assert!(refusal.starts_with(&before), "{refusal}");
    let raised = booked(&bench, change(Adjustment, 50, "")).await;
    let lowered = booked(&bench, change(Adjustment, -20, "")).await;
    assert_eq!(bench.partner().await.available, DEPOSIT - 300 + 50 - 20);
    assert_eq!(listed(&bench, Withdrawal).await, [withdrawn.change]);
    assert_eq!(listed(&bench, Adjustment).await, [lowered.change, raised.change]);
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn a_balance_change_that_is_not_allowed_says_why_and_changes_nothing() {
    let bench = Bench::funded(&[]).await;
    let reasonless = || match change(Adjustment, 5, "") {
        Request::ChangeBalance(new) => {
            Request::ChangeBalance(NewBalanceChange { reason: " ".to_owned(), ..new })
        }
        other => other,
    };
    for (request, why) in [
        (change(Withdrawal, DEPOSIT + 1, ""), format!("only Rp {}", Rupiah::new(DEPOSIT).dotted())),
        (change(Adjustment, -DEPOSIT - 1, ""), "the adjustment was not booked".to_owned()),
        (change(Withdrawal, 0, ""), "a withdrawal is whole rupiah from 1".to_owned()),
        (change(Withdrawal, -5, ""), "a withdrawal is whole rupiah from 1".to_owned()),
        (change(Adjustment, i64::MIN, ""), "an adjustment is whole rupiah from".to_owned()),
        (change(Adjustment, 0, ""), "the amount is zero".to_owned()),
        (reasonless(), "a reason is one line".to_owned()),
    ] {
        let refusal = bench.refusal(request).await;
        assert!(refusal.contains(&why), "{refusal}");
    }
    assert_eq!(bench.partner().await.available, DEPOSIT);
    assert!(listed(&bench, Withdrawal).await.is_empty());
}
