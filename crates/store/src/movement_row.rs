//! A movement of money as one row: an amount for each kind of account.
//!
//! A movement is about one partner and at most one biller, so the kind of an account and the row's partner or
//! biller determine the account. The same is written in SQL: as the view `posting`.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Account, BillerId, Moment, Movement, MovementKind, PartnerId, Posting, Rupiah};

use crate::error::damaged;
use crate::{PostingRow, StoreError};

/// What a movement adds to a partner's accounts and to lunas' own, without the biller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) bank: Rupiah,
    pub(crate) adjustment: Rupiah,
    pub(crate) available: Rupiah,
    pub(crate) held: Rupiah,
    pub(crate) fee: Rupiah,
    pub(crate) commission: Rupiah,
    pub(crate) margin: Rupiah,
}

/// A movement as a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MovementRow {
    pub(crate) kind: MovementKind,
    pub(crate) partner: PartnerId,
    pub(crate) at: Moment,
    pub(crate) amounts: Amounts,
    /// The biller, and what its account gets.
    pub(crate) cost: Option<(BillerId, Rupiah)>,
}

impl Amounts {
    /// The amount of one of `partner`'s accounts or of lunas' own; none for a biller's or another partner's.
    fn of_account(&mut self, account: Account, partner: PartnerId) -> Option<&mut Rupiah> {
        match account {
            Account::Bank => Some(&mut self.bank),
            Account::Adjustment => Some(&mut self.adjustment),
            Account::Available(owner) => (owner == partner).then_some(&mut self.available),
            Account::Held(owner) => (owner == partner).then_some(&mut self.held),
            Account::Fee => Some(&mut self.fee),
            Account::Commission => Some(&mut self.commission),
            Account::Margin => Some(&mut self.margin),
            Account::Biller(_) => None,
        }
    }

    /// Adds the amounts of a movement.
    pub(crate) fn add(&mut self, other: &Amounts) -> Result<(), StoreError> {
        let pairs = [
            (&mut self.bank, other.bank),
            (&mut self.adjustment, other.adjustment),
            (&mut self.available, other.available),
            (&mut self.held, other.held),
            (&mut self.fee, other.fee),
            (&mut self.commission, other.commission),
            (&mut self.margin, other.margin),
        ];
        for (sum, amount) in pairs {
            *sum = sum.plus(amount).map_err(damaged)?;
        }
        Ok(())
    }
}

impl MovementRow {
    /// The row of a movement of `partner`.
    pub(crate) fn new(
        partner: PartnerId,
        at: Moment,
        movement: &Movement,
    ) -> Result<MovementRow, StoreError> {
        let (mut amounts, mut cost) = (Amounts::default(), None);
        for &Posting { account, amount } in &movement.postings {
            match (account, amounts.of_account(account, partner)) {
                (_, Some(slot)) => *slot = amount,
                (Account::Biller(biller), None) if cost.is_none() => cost = Some((biller, amount)),
                _ => return Err(damaged(format_args!("a movement with {account}"))),
            }
        }
        Ok(MovementRow { kind: movement.kind, partner, at, amounts, cost })
    }

    /// Its postings: an amount for each account that is not zero.
    pub(crate) fn postings(&self) -> Vec<PostingRow> {
        let MovementRow { kind, partner, at, amounts, cost } = *self;
        let biller = cost.map(|(biller, amount)| (Account::Biller(biller), amount));
        let all = [
            Some((Account::Bank, amounts.bank)),
            Some((Account::Adjustment, amounts.adjustment)),
            Some((Account::Available(partner), amounts.available)),
            Some((Account::Held(partner), amounts.held)),
            biller,
            Some((Account::Fee, amounts.fee)),
            Some((Account::Commission, amounts.commission)),
            Some((Account::Margin, amounts.margin)),
        ];
        let some = all.into_iter().flatten().filter(|(_, amount)| *amount != Rupiah::ZERO);
        some.map(|(account, amount)| PostingRow { kind, account, amount, at }).collect()
    }
}

/// Where the view `posting`, added up, differs from the balances.
pub(crate) fn faults_of_view(
    sums: &BTreeMap<Account, i128>,
    balances: Vec<(Account, Rupiah)>,
) -> Vec<String> {
    let balances: BTreeMap<_, _> = balances.into_iter().collect();
    let accounts: BTreeSet<_> = sums.keys().chain(balances.keys()).collect();
    let fault = |account| {
        let sum = sums.get(account).copied().unwrap_or(0);
        let balance = balances.get(account).copied().unwrap_or_default().get();
        (sum != i128::from(balance))
            .then(|| format!("{account} has {balance}, the view posting gives {sum}"))
    };
    accounts.into_iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: PartnerId = PartnerId(7);
    const AT: Moment = Moment::from_micros(5);

    fn movement(postings: &[(Account, i64)]) -> Movement {
        let posting = |&(account, amount)| Posting { account, amount: Rupiah::new(amount) };
        Movement { kind: MovementKind::Post, postings: postings.iter().map(posting).collect() }
    }

    #[test]
    fn a_row_has_the_postings_of_its_movement() {
        let all = movement(&[
            (Account::Bank, 1),
            (Account::Adjustment, 2),
            (Account::Available(PARTNER), -3),
            (Account::Held(PARTNER), 4),
            (Account::Biller(BillerId(2)), 5),
            (Account::Fee, 6),
            (Account::Commission, -7),
            (Account::Margin, -8),
        ]);
        for most in 0..=all.postings.len() {
            let movement = Movement { postings: all.postings[..most].to_vec(), ..all.clone() };
            let row = MovementRow::new(PARTNER, AT, &movement).unwrap();
            let postings = row.postings();
            let posting = |row: &PostingRow| Posting { account: row.account, amount: row.amount };
            assert_eq!(postings.iter().map(posting).collect::<Vec<_>>(), movement.postings);
            assert!(postings.iter().all(|row| (row.kind, row.at) == (MovementKind::Post, AT)));
        }
    }

    #[test]
    fn the_view_must_give_each_balance() {
        let balances = vec![(Account::Fee, Rupiah::new(5)), (Account::Bank, Rupiah::ZERO)];
        assert!(faults_of_view(&BTreeMap::from([(Account::Fee, 5)]), balances.clone()).is_empty());
        for sums in [vec![], vec![(Account::Fee, 4)], vec![(Account::Fee, 5), (Account::Margin, 1)]]
        {
            let faults = faults_of_view(&sums.into_iter().collect(), balances.clone());
            assert_eq!(faults.len(), 1, "{faults:?}");
        }
    }

    #[test]
    fn a_movement_of_two_partners_or_two_billers_is_no_row() {
        for accounts in [
            [Account::Available(PartnerId(8)), Account::Held(PARTNER)],
            [Account::Biller(BillerId(1)), Account::Biller(BillerId(2))],
        ] {
            let movement = movement(&accounts.map(|account| (account, 1)));
            assert!(MovementRow::new(PARTNER, AT, &movement).is_err(), "{accounts:?}");
        }
    }
}
