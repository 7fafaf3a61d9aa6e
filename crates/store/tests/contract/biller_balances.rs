//! What billers told as lunas's balance there.

use domain::command::RecordBillerBalance;
use domain::{BillerBalance, BillerId};
use store::BillerBalanceRecord;

use super::*;

/// An answer of the biller with that number.
pub(crate) fn told(biller: i64, balance: i64) -> BillerBalance {
    BillerBalance {
        biller: BillerId(biller),
        at: NOON.after_micros(balance),
        balance: Rupiah::new(balance),
        taken: Rupiah::new(balance + 1),
        in_process: Rupiah::new(balance + 2),
    }
}

/// All answers, the oldest first.
pub(crate) async fn all(database: &Database) -> Vec<BillerBalanceRecord> {
    database.read(|read| read.biller_balances(0, 5000)).await.unwrap()
}

pub(super) async fn the_last_answer_of_each_biller_is_found_after_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    for answer in [told(2, 70), told(3, 5), told(2, 40), told(2, 60)] {
        database.submit(RecordBillerBalance(answer)).await.unwrap();
    }
    database.close();

    let database = bench.open(strict());
    let last = async |biller| {
        database.read(move |read| read.last_biller_balance(BillerId(biller))).await.unwrap()
    };
    assert_eq!(last(2).await, Some(told(2, 60)));
    assert_eq!(last(3).await, Some(told(3, 5)));
    assert_eq!(last(4).await, None);
    let kept = all(&database).await;
    let answers: Vec<_> = kept.iter().map(|record| record.told).collect();
    assert_eq!(answers, [told(2, 70), told(3, 5), told(2, 40), told(2, 60)]);
    let second = kept[1].id;
    let page = database.read(move |read| read.biller_balances(second, 1)).await.unwrap();
    assert_eq!(page, kept[2..3]);
    database.close();
    assert_clean(bench);
}
