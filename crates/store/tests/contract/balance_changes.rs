//! Withdrawals and adjustments are booked once, and read back.

use domain::books::{BalanceChange, BalanceChangeKind};
use domain::command::{ChangeBalance, ChangeBalanceRefusal};
use domain::{Account, TransferReference};
use store::{BalanceChangeFilter, CommandError};

use super::batches::together;
use super::*;

fn change(
    partner: PartnerId,
    kind: BalanceChangeKind,
    amount: i64,
    reference: &str,
) -> ChangeBalance {
    ChangeBalance {
        partner,
        kind,
        amount: Rupiah::new(amount),
        reason: "as agreed".into(),
        reference: TransferReference::new(reference).ok(),
        now: NOON,
    }
}

/// A withdrawal.
pub(crate) fn withdraw(partner: PartnerId, amount: i64, reference: &str) -> ChangeBalance {
    change(partner, BalanceChangeKind::Withdrawal, -amount, reference)
}

async fn listed(
    database: &Database,
    kind: BalanceChangeKind,
    partner: Option<PartnerId>,
) -> Vec<BalanceChange> {
    let filter = BalanceChangeFilter { kind, partner, limit: 10 };
    database.read(move |read| read.balance_changes(&filter)).await.unwrap()
}

pub(super) async fn a_balance_change_is_booked_once_and_read_back(bench: &impl Bench) {
    let database = bench.open(strict());
    let one = with_partner(&database, 1_000).await;
    let two = database.submit(partner("second")).await.unwrap().id;
    let answers = together(&database, (0..20).map(|_| withdraw(one, 300, "FT 17"))).await;
    let booked: Vec<_> = answers.iter().flatten().map(|(change, _)| change.clone()).collect();
    let [withdrawn] = &booked[..] else { panic!("not one: {answers:?}") };
    let again = database.submit(withdraw(one, 300, "ft 17")).await;
    let taken = ChangeBalanceRefusal::ReferenceTaken(withdrawn.tr_id);
    assert!(matches!(again, Err(CommandError::Refused(why)) if why == taken));
    let raise = change(two, BalanceChangeKind::Adjustment, 70, "");
    let (raised, available) = database.submit(raise).await.unwrap();
    assert_eq!(available, Rupiah::new(70));
    database.close();

    let database = bench.open(strict());
    assert!(open_inquiry(&database, one, "a").await > raised.tr_id);
    let again = database.submit(withdraw(one, 300, "FT 17")).await;
    assert!(matches!(again, Err(CommandError::Refused(why)) if why == taken));
    let (withdrawals, adjustments) = (BalanceChangeKind::Withdrawal, BalanceChangeKind::Adjustment);
    assert_eq!(listed(&database, withdrawals, None).await, booked);
    assert_eq!(listed(&database, adjustments, Some(two)).await, [raised]);
    assert_eq!(listed(&database, adjustments, Some(one)).await, []);
    let balances = database.read(|read| read.balances()).await.unwrap();
    for (account, expected) in [
        (Account::Available(one), 700),
        (Account::Available(two), 70),
        (Account::Adjustment, -70),
        (Account::Bank, -700),
    ] {
        assert!(balances.contains(&(account, Rupiah::new(expected))), "{balances:?}");
    }
    let report = assert_clean(bench);
    assert_eq!((report.deposits, report.balance_changes, report.postings), (1, 2, 6));
    database.close();
}

pub(super) async fn a_balance_is_spent_or_withdrawn(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, PRICE).await;
    for n in 0..10 {
        let tr_id = open_inquiry(&database, partner, &n.to_string()).await;
        let (withdrawn, begun) = tokio::join!(
            database.submit(withdraw(partner, PRICE, "")),
            database.submit(pay(partner, tr_id)),
        );
        let is_begun = matches!(begun, Ok(domain::command::Begin::Begun(_)));
        assert_ne!(withdrawn.is_ok(), is_begun, "{withdrawn:?} {begun:?}");
        if is_begun {
            let failed = BillerOutcome::Failed(domain::FailureReason::PaymentFailed);
            database.submit(settle(partner, tr_id, failed)).await.unwrap();
        } else {
            database.submit(super::deposits::add(partner, PRICE, "")).await.unwrap();
        }
    }
    assert_clean(bench);
    database.close();
}
