//! Withdrawals and adjustments of partners' balances.

use domain::books::{BalanceChange, BalanceChangeKind};
use domain::command::{ChangeBalance, ChangeBalanceRefusal};
use domain::{Rupiah, TrId, bounds};
use store::{BalanceChangeFilter, CommandError};

use super::deposits::reference;
use super::named::Named;
use super::{Admin, Refused, amount, request, response, validate_limit, validate_line};

impl Admin {
    pub(super) async fn change_balance(
        &self,
        new: request::NewBalanceChange,
    ) -> Result<response::BalanceChanged, Refused> {
        let (partner, kind) = (self.partner(&new.username)?, *new.kind);
        let amount = match kind {
            BalanceChangeKind::Withdrawal => {
                amount("a withdrawal", new.amount, bounds::DEPOSIT)?.negated()
            }
            BalanceChangeKind::Adjustment => {
                Ok(amount("an adjustment", new.amount, bounds::ADJUSTMENT)?)
            }
        };
        let change = ChangeBalance {
            partner: partner.id,
            kind,
            amount: amount.map_err(Refused::because)?,
            reason: validate_line("a reason", &new.reason, 200)?.into(),
            reference: reference(new.reference.as_deref().unwrap_or_default())?,
            now: self.gateway.now(),
        };
        let (change, available) = match self.operate(change).await {
            Err(CommandError::Refused(ChangeBalanceRefusal::ReferenceTaken(before))) => {
                return Err(booked_before(before));
            }
            Err(CommandError::Refused(ChangeBalanceRefusal::NotFree(free))) => {
                return Err(not_free(&new.username, kind, free));
            }
            changed => changed?,
        };
        let change = view(new.username, change);
        Ok(response::BalanceChanged { change, available: available.get() })
    }

    pub(super) async fn list_balance_changes(
        &self,
        kind: BalanceChangeKind,
        partner: Option<String>,
        limit: u32,
    ) -> Result<Vec<response::BalanceChange>, Refused> {
        let partner = self.id_of(partner.as_deref())?;
        let filter = BalanceChangeFilter { kind, partner, limit: validate_limit(limit)? };
        let changes = self.gateway.read(move |read| read.balance_changes(&filter)).await?;
        let name = self.usernames();
        Ok(changes.into_iter().map(|change| view(name(change.partner), change)).collect())
    }
}

fn booked_before(before: TrId) -> Refused {
    Refused::because(format_args!(
        "already booked as TR {before}; nothing was booked now. `lunas withdrawal list` shows it"
    ))
}

/// Why a balance cannot be lowered by so much.
fn not_free(username: &str, kind: BalanceChangeKind, free: Rupiah) -> Refused {
    let (kind, free) = (kind.name(), free.dotted());
    Refused::because(format_args!(
        "of the balance of {username} only Rp {free} is free: the rest is held for payments in process, or \
         below its minimum balance; the {kind} was not booked"
    ))
}

fn view(partner: String, change: BalanceChange) -> response::BalanceChange {
    response::BalanceChange {
        tr_id: change.tr_id.0,
        partner,
        kind: Named(change.kind),
        amount: change.amount.get(),
        reason: change.reason.into(),
        reference: change.reference.map(|reference| reference.to_string()),
        at: Named(change.at),
    }
}
