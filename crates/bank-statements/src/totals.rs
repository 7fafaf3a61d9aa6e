//! The sums and numbers of rows that a file states.

use crate::date::DateCell;
use crate::error::ReadError;
use crate::statement::Direction;
use crate::table_row::{Amounts, TableRow};

/// A stated total of the credits or the debits, in cents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) line: usize,
    pub(crate) direction: Direction,
    pub(crate) stated: i64,
    pub(crate) count: Option<usize>,
}

/// Compares the totals with the rows; whether credits and debits both were compared. A bank may or may
/// not count pending rows.
pub(crate) fn check(
    sums: &[Sum],
    rows: &[TableRow<'_>],
    amounts: &[Amounts],
) -> Result<bool, ReadError> {
    let of = |direction: Direction, with_pending: bool| {
        let counted = rows.iter().zip(amounts).filter(|(row, amounts)| {
            let is_pending = row.date == DateCell::Pending;
            amounts.direction.unwrap_or(Direction::Credit) == direction
                && amounts.amount != 0
                && (with_pending || !is_pending)
        });
        counted.fold((0_i128, 0), |(total, count), (_, amounts)| {
            (total + i128::from(amounts.amount), count + 1)
        })
    };
    let of_both = |direction: Direction| [of(direction, true), of(direction, false)];
    let (credits, debits) = (of_both(Direction::Credit), of_both(Direction::Debit));
    for sum in sums {
        let computed = if sum.direction == Direction::Credit { credits } else { debits };
        // The sum of debits may be printed with a minus.
        let stated = i128::from(sum.stated.unsigned_abs());
        let Sum { line, direction, .. } = *sum;
        let Some((_, counted)) = computed.into_iter().find(|(total, _)| *total == stated) else {
            let computed = i64::try_from(computed[0].0).unwrap_or(i64::MAX);
            return Err(ReadError::TotalMismatch { line, direction, stated: sum.stated, computed });
        };
        if let Some(stated) = sum.count
            && stated != counted
        {
            return Err(ReadError::CountMismatch { line, direction, stated, counted });
        }
    }
    let has = |direction: Direction| sums.iter().any(|sum| sum.direction == direction);
    Ok(has(Direction::Credit) && has(Direction::Debit))
}
