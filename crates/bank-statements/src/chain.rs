//! The chain of balances: each balance is the one before plus the amount between them.

use crate::error::ReadError;
use crate::statement::Order;

/// A row as far as balances are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BalanceRow {
    pub(crate) line: usize,
    /// In cents, negative for a debit.
    pub(crate) signed: i64,
    pub(crate) balance: Option<i64>,
    pub(crate) is_pending: bool,
}

/// The order in which the balances agree, and which rows they confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) order: Order,
    /// For each row, whether a balance before it and one after it are known.
    pub(crate) confirmed: Vec<bool>,
}

/// Checks the balances in both orders, `likely` first. A bank may or may not count pending rows and
/// print balances on rows without an amount, so these are also left out.
pub(crate) fn check(
    links: &[BalanceRow],
    opening: Option<i64>,
    closing: Option<i64>,
    likely: Order,
) -> Result<Chain, ReadError> {
    let has_pending = links.iter().any(|link| link.is_pending);
    let has_zero = links.iter().any(|link| link.signed == 0);
    let mut first_break = None;
    for without_pending in [false, true] {
        for without_zero in [false, true] {
            if without_pending && !has_pending || without_zero && !has_zero {
                continue;
            }
            let counts = |link: &BalanceRow| {
                !(without_pending && link.is_pending || without_zero && link.signed == 0)
            };
            for order in [likely, opposite(likely)] {
                match walk(links, opening, closing, order, counts) {
                    Ok(chain) => return Ok(chain),
                    Err(error) => first_break = first_break.or(Some(error)),
                }
            }
        }
    }
    Err(first_break.unwrap_or(ReadError::ClosingBalance { expected: 0, found: 0 }))
}

fn walk(
    links: &[BalanceRow],
    opening: Option<i64>,
    closing: Option<i64>,
    order: Order,
    counts: impl Fn(&BalanceRow) -> bool,
) -> Result<Chain, ReadError> {
    let mut confirmed = vec![false; links.len()];
    let mut indices: Vec<usize> = (0..links.len()).collect();
    if order == Order::NewestFirst {
        indices.reverse();
    }
    let mut known = opening.map(i128::from);
    let mut sum = 0_i128;
    let mut open = Vec::new();
    for index in indices {
        let link = &links[index];
        if !counts(link) {
            continue;
        }
        sum += i128::from(link.signed);
        open.push(index);
        let Some(balance) = link.balance else { continue };
        if let Some(before) = known {
            if before + sum != i128::from(balance) {
                let expected = clamped(before + sum);
                return Err(ReadError::BalanceBreak { line: link.line, expected, found: balance });
            }
            open.iter().for_each(|index| confirmed[*index] = true);
        }
        open.clear();
        (known, sum) = (Some(i128::from(balance)), 0);
    }
    if let (Some(before), Some(closing)) = (known, closing) {
        if before + sum != i128::from(closing) {
            return Err(ReadError::ClosingBalance {
                expected: clamped(before + sum),
                found: closing,
            });
        }
        open.iter().for_each(|index| confirmed[*index] = true);
    }
    Ok(Chain { order, confirmed })
}

const fn opposite(order: Order) -> Order {
    match order {
        Order::OldestFirst => Order::NewestFirst,
        Order::NewestFirst => Order::OldestFirst,
    }
}

fn clamped(cents: i128) -> i64 {
    i64::try_from(cents).unwrap_or(if cents < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Order::{NewestFirst, OldestFirst};

    fn links(rows: &[(i64, Option<i64>)]) -> Vec<BalanceRow> {
        let link = |(index, row): (usize, &(i64, Option<i64>))| BalanceRow {
            line: index + 1,
            signed: row.0,
            balance: row.1,
            is_pending: false,
        };
        rows.iter().enumerate().map(link).collect()
    }

    #[test]
    fn balances_agree_in_one_of_both_orders() {
        let oldest_first = links(&[(5, Some(15)), (-3, Some(12)), (7, Some(19))]);
        let chain = check(&oldest_first, Some(10), Some(19), NewestFirst).unwrap();
        assert_eq!((chain.order, chain.confirmed), (OldestFirst, vec![true; 3]));
        let newest_first: Vec<BalanceRow> = oldest_first.iter().rev().copied().collect();
        let chain = check(&newest_first, None, None, OldestFirst).unwrap();
        assert_eq!((chain.order, chain.confirmed), (NewestFirst, vec![true, true, false]));
    }

    #[test]
    fn a_break_names_the_row() {
        let broken = links(&[(5, Some(15)), (-3, Some(12)), (7, Some(20))]);
        let expected = ReadError::BalanceBreak { line: 3, expected: 19, found: 20 };
        assert_eq!(check(&broken, None, None, OldestFirst), Err(expected));
        let expected = ReadError::ClosingBalance { expected: 15, found: 16 };
        assert_eq!(check(&links(&[(5, None)]), Some(10), Some(16), OldestFirst), Err(expected));
        let expected = ReadError::BalanceBreak { line: 1, expected: 16, found: 15 };
        assert_eq!(check(&links(&[(5, Some(15))]), Some(11), None, OldestFirst), Err(expected));
    }

    #[test]
    fn rows_without_a_balance_are_confirmed_by_the_next_balance() {
        let gaps = links(&[(5, None), (-3, Some(12)), (7, None), (1, None)]);
        let chain = check(&gaps, Some(10), None, OldestFirst).unwrap();
        assert_eq!(chain.confirmed, [true, true, false, false]);
        let chain = check(&gaps, Some(10), Some(20), OldestFirst).unwrap();
        assert_eq!(chain.confirmed, [true; 4]);
    }

    #[test]
    fn pending_rows_may_count_or_not() {
        let mut rows = links(&[(5, Some(15)), (100, None), (7, Some(22))]);
        rows[1].is_pending = true;
        let chain = check(&rows, Some(10), Some(22), OldestFirst).unwrap();
        assert_eq!(chain.confirmed, [true, false, true]);
        rows[1].is_pending = false;
        assert!(check(&rows, Some(10), Some(22), OldestFirst).is_err());
    }

    #[test]
    fn the_balance_of_a_row_without_amount_may_be_wrong() {
        let rows = links(&[(5, Some(15)), (0, Some(0)), (7, Some(22))]);
        assert!(check(&rows, Some(10), None, OldestFirst).is_ok());
    }

    #[test]
    fn sums_do_not_overflow() {
        let rows = links(&[(i64::MAX, None), (i64::MAX, None), (1, Some(0))]);
        let expected = ReadError::BalanceBreak { line: 3, expected: i64::MAX, found: 0 };
        assert_eq!(check(&rows, Some(i64::MAX), None, OldestFirst), Err(expected));
    }
}
