//! What a biller told as lunas's balance there, beside what it had taken by the books.

use crate::money::Overflow;
use crate::{BillerId, Moment, Rupiah};

/// A biller's answer about lunas's balance, and the books at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BillerBalance {
    pub biller: BillerId,
    /// When the biller answered.
    pub at: Moment,
    /// lunas's balance there.
    pub balance: Rupiah,
    /// What the biller had taken by the books: at least this much.
    pub taken: Rupiah,
    /// What it may have taken beyond that, for payments in process.
    pub in_process: Rupiah,
}

/// How the balance at a biller changed between two answers, and how much of it the books explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceDifference {
    /// The time of the earlier answer.
    pub since: Moment,
    /// How much lower the balance is; negative if it is higher.
    pub decrease: Rupiah,
    /// What the biller took meanwhile by the books.
    pub taken: Rupiah,
    /// The decrease that the books do not explain; negative after a top-up.
    pub unexplained: Rupiah,
    /// The part of `unexplained` that payments in process can be: from the first amount to the second.
    pub may_be_in_process: (Rupiah, Rupiah),
}

impl BillerBalance {
    /// The difference to an earlier answer.
    ///
    /// A payment in process may have been taken before the biller answered, and be booked later. So those of
    /// now can explain a decrease, and those of the earlier answer an increase.
    pub fn since(&self, before: &BillerBalance) -> Result<BalanceDifference, Overflow> {
        let decrease = before.balance.minus(self.balance)?;
        let taken = self.taken.minus(before.taken)?;
        Ok(BalanceDifference {
            since: before.at,
            decrease,
            taken,
            unexplained: decrease.minus(taken)?,
            may_be_in_process: (Rupiah::ZERO.minus(before.in_process)?, self.in_process),
        })
    }
}

impl BalanceDifference {
    /// Whether the payments in process can be all that is unexplained.
    pub fn is_explained(&self) -> bool {
        let (least, most) = self.may_be_in_process;
        (least..=most).contains(&self.unexplained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples::NOON;

    fn told(balance: i64, taken: i64, in_process: i64) -> BillerBalance {
        let [balance, taken, in_process] = [balance, taken, in_process].map(Rupiah::new);
        BillerBalance { biller: BillerId(2), at: NOON, balance, taken, in_process }
    }

    #[test]
    fn what_the_books_do_not_explain_is_the_difference() {
        // The answer before, the answer now, what is unexplained, and whether payments in process can be it.
        for (before, now, unexplained, is_explained) in [
            (told(1000, 0, 0), told(1000, 0, 0), 0, true),
            (told(1000, 0, 0), told(700, 300, 0), 0, true),
            (told(1000, 0, 0), told(700, 200, 0), 100, false),
            (told(1000, 0, 0), told(700, 200, 99), 100, false),
            (told(1000, 0, 0), told(700, 200, 100), 100, true),
            // Taken before the earlier answer, booked after it.
            (told(1000, 0, 300), told(1000, 300, 0), -300, true),
            (told(1000, 0, 300), told(1001, 300, 0), -301, false),
            // A top-up.
            (told(1000, 50, 0), told(5700, 350, 0), -5000, false),
            (told(1000, 50, 0), told(5700, 350, 4000), -5000, false),
            (told(-10, 0, 0), told(-20, 0, 0), 10, false),
        ] {
            let difference = now.since(&before).unwrap();
            assert_eq!(difference.unexplained.get(), unexplained, "{before:?} {now:?}");
            assert_eq!(difference.is_explained(), is_explained, "{before:?} {now:?}");
            assert_eq!(difference.since, before.at);
        }
    }

    #[test]
    fn an_amount_that_cannot_be_is_an_error() {
        assert!(told(i64::MIN, 0, 0).since(&told(1, 0, 0)).is_err());
        assert!(told(0, i64::MIN, 0).since(&told(0, 1, 0)).is_err());
        assert!(told(0, 1, 0).since(&told(i64::MIN, 0, 0)).is_err());
    }
}
