//! Deposits: what partners paid in.

use domain::Rupiah;
use domain::command::AddTopUp;

use super::{Admin, Refused, line, request, response, rows};

impl Admin {
    pub(super) async fn add_deposit(
        &self,
        new: request::NewDeposit,
    ) -> Result<response::Deposited, Refused> {
        let partner = self.partner(&new.username)?;
        let amount = Rupiah::new(new.amount);
        if !amount.is_positive() {
            return Err(Refused::because("a deposit is whole rupiah above zero"));
        }
        let note = if new.note.is_empty() { "" } else { line("a note", &new.note, 200)? };
        let now = self.gateway.now();
        let add = AddTopUp { partner: partner.id, amount, note: note.into(), now };
        let (tr_id, available) = self.gateway.operate(add).await??;
        let deposit = response::Deposit {
            tr_id: tr_id.0,
            partner: new.username,
            amount: amount.get(),
            note: note.to_owned(),
            at: now.readable(),
        };
        Ok(response::Deposited { deposit, available: available.get() })
    }

    pub(super) async fn list_deposits(
        &self,
        partner: Option<String>,
        limit: u32,
    ) -> Result<Vec<response::Deposit>, Refused> {
        let of = self.id_of(partner.as_deref())?;
        let limit = rows(limit)?;
        let top_ups = self.gateway.read(move |read| read.top_ups(of, limit)).await?;
        let name = self.usernames();
        let deposits = top_ups.into_iter().map(|top_up| response::Deposit {
            tr_id: top_up.tr_id.0,
            partner: name(top_up.partner),
            amount: top_up.amount.get(),
            note: top_up.note.into(),
            at: top_up.at.readable(),
        });
        Ok(deposits.collect())
    }
}
