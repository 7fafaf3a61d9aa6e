//! Deposits, withdrawals and adjustments as text.

use super::answers::rupiah;
use super::{Render, Table, left, pairs, prose, right};
use crate::admin::response::{BalanceChange, BalanceChanged, Deposit, Deposited};

impl Render for Vec<Deposit> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no deposits; `lunas deposit add` records one".to_owned();
        }
        let columns = [
            left("AT"),
            right("TR_ID"),
            left("PARTNER"),
            right("AMOUNT"),
            left("REFERENCE"),
            left("REVERSED BY"),
            prose("REASON"),
            prose("NOTE"),
        ];
        let row = |deposit: &Deposit| {
            let reversal = deposit.reversal.as_ref();
            [
                deposit.at.to_string(),
                deposit.tr_id.to_string(),
                deposit.partner.clone(),
                rupiah(deposit.amount),
                deposit.reference.clone().unwrap_or_default(),
                reversal.map(|it| it.tr_id.to_string()).unwrap_or_default(),
                reversal.map(|it| it.reason.clone()).unwrap_or_default(),
                deposit.note.clone(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Render for Deposited {
    fn text(&self) -> String {
        let reversal = self.deposit.reversal.as_ref();
        pairs([
            ("tr_id", Some(self.deposit.tr_id.to_string())),
            ("partner", Some(self.deposit.partner.clone())),
            ("amount", Some(rupiah(self.deposit.amount))),
            ("reference", self.deposit.reference.clone()),
            ("note", Some(self.deposit.note.clone())),
            ("at", Some(self.deposit.at.to_string())),
            ("reversed by", reversal.map(|it| it.tr_id.to_string())),
            ("because", reversal.map(|it| it.reason.clone())),
            ("reversed at", reversal.map(|it| it.at.to_string())),
            ("available now", Some(rupiah(self.available))),
        ])
    }
}

impl Render for Vec<BalanceChange> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "nothing is booked".to_owned();
        }
        let columns = [
            left("AT"),
            right("TR_ID"),
            left("PARTNER"),
            right("AMOUNT"),
            left("REFERENCE"),
            prose("REASON"),
        ];
        let row = |change: &BalanceChange| {
            [
                change.at.to_string(),
                change.tr_id.to_string(),
                change.partner.clone(),
                rupiah(change.amount),
                change.reference.clone().unwrap_or_default(),
                change.reason.clone(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Render for BalanceChanged {
    fn text(&self) -> String {
        let change = &self.change;
        pairs([
            ("tr_id", Some(change.tr_id.to_string())),
            ("kind", Some(change.kind.name().to_owned())),
            ("partner", Some(change.partner.clone())),
            ("amount", Some(rupiah(change.amount))),
            ("reference", change.reference.clone()),
            ("reason", Some(change.reason.clone())),
            ("at", Some(change.at.to_string())),
            ("available now", Some(rupiah(self.available))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use domain::books::BalanceChangeKind;

    use super::*;
    use crate::admin::named::Named;
    use crate::admin::response::Reversal;

    fn at(time: &str) -> Named<domain::Moment> {
        Named(domain::Moment::parse(time).unwrap())
    }

    #[test]
    fn a_reversed_deposit_shows_the_reason() {
        let deposit = |reversal| Deposit {
            tr_id: 7,
            partner: "0812".to_owned(),
            amount: 500,
            note: "cash".to_owned(),
            reference: Some("FT 17".to_owned()),
            at: at("2026-11-28 10:00:00"),
            reversal,
        };
        let (reason, at) = ("booked twice".to_owned(), at("2026-11-28 11:00:00"));
        let reversed = deposit(Some(Reversal { tr_id: 8, reason, at }));
        let listed = vec![reversed, deposit(None)];
        insta::assert_snapshot!("deposits", listed.text());
        let [reversed, not_reversed] = <[Deposit; 2]>::try_from(listed).unwrap();
        let alone = |deposit| Deposited { deposit, available: 52_300 }.text();
        insta::assert_snapshot!("reversed-deposit", alone(reversed));
        insta::assert_snapshot!("deposit", alone(not_reversed));
    }

    #[test]
    fn a_withdrawal_shows_its_reference_and_reason() {
        let withdrawal = || BalanceChange {
            tr_id: 9,
            partner: "0812".to_owned(),
            kind: Named(BalanceChangeKind::Withdrawal),
            amount: -500,
            reason: "closing".to_owned(),
            reference: Some("FT 18".to_owned()),
            at: at("2026-11-28 10:00:00"),
        };
        insta::assert_snapshot!("withdrawals", vec![withdrawal()].text());
        let changed = BalanceChanged { change: withdrawal(), available: 52_300 };
        insta::assert_snapshot!("withdrawal", changed.text());
    }
}
