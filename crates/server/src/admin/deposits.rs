//! Deposits and their reversals.

use domain::books::{Deposit, Reversal};
use domain::command::{RecordDeposit, RecordDepositRefusal, ReverseDeposit, ReverseDepositRefusal};
use domain::{Rupiah, TrId, TransferReference, bounds};
use store::{BookedDeposit, CommandError};

use super::named::Named;
use super::{Admin, Refused, amount, request, response, validate_limit, validate_line};

impl Admin {
    pub(super) async fn add_deposit(
        &self,
        new: request::NewDeposit,
    ) -> Result<response::Deposited, Refused> {
        let partner = self.partner(&new.username)?;
        let amount = amount("a deposit", new.amount, bounds::DEPOSIT)?;
        let note = if new.note.is_empty() { "" } else { validate_line("a note", &new.note, 200)? };
        let reference = reference(new.reference.as_deref().unwrap_or_default())?;
        let (note, now) = (note.into(), self.gateway.now());
        let add = RecordDeposit { partner: partner.id, amount, note, reference, now };
        let (tr_id, available) = match self.operate(add.clone()).await {
            Err(CommandError::Refused(RecordDepositRefusal::ReferenceTaken(before))) => {
                return Err(self.booked_before(before, amount).await?);
            }
            booked => booked?,
        };
        let RecordDeposit { partner, amount, note, reference, now: at } = add;
        let deposit = Deposit { tr_id, partner, amount, note, reference, at };
        let deposit = view(new.username, BookedDeposit { deposit, reversal: None });
        Ok(response::Deposited { deposit, available: available.get() })
    }

    pub(super) async fn list_deposits(
        &self,
        partner: Option<String>,
        limit: u32,
    ) -> Result<Vec<response::Deposit>, Refused> {
        let of = self.id_of(partner.as_deref())?;
        let limit = validate_limit(limit)?;
        let deposits = self.gateway.read(move |read| read.deposits(of, limit)).await?;
        let name = self.usernames();
        Ok(deposits
            .into_iter()
            .map(|deposit| view(name(deposit.deposit.partner), deposit))
            .collect())
    }

    pub(super) async fn reverse_deposit(
        &self,
        tr_id: i64,
        reason: &str,
    ) -> Result<response::Deposited, Refused> {
        let reason = validate_line("a reason", reason, 200)?.into();
        let deposit = TrId(tr_id);
        let Some(booked) = self.booked(deposit).await? else {
            return Err(Refused::because(format_args!(
                "there is no deposit {tr_id}; `lunas deposit list` shows their numbers"
            )));
        };
        let (partner, now) = (booked.deposit.partner, self.gateway.now());
        let reverse = ReverseDeposit { partner, deposit, reason, now };
        let username = self.usernames()(partner);
        let (reversal, available) = match self.operate(reverse).await {
            Err(CommandError::Refused(ReverseDepositRefusal::AlreadyReversed(by))) => {
                let reversal = self.booked(deposit).await?.and_then(|booked| booked.reversal);
                let when =
                    reversal.map(|it| format!(" on {}", it.at.readable())).unwrap_or_default();
                return Err(Refused::because(format_args!(
                    "the deposit {tr_id} was already reversed by TR {by}{when}; nothing was \
                     reversed now"
                )));
            }
            Err(CommandError::Refused(ReverseDepositRefusal::NotFree(free))) => {
                return Err(Refused::because(not_free(&username, &booked.deposit, free)));
            }
            reversed => reversed?,
        };
        let deposit = view(username, BookedDeposit { reversal: Some(reversal), ..booked });
        Ok(response::Deposited { deposit, available: available.get() })
    }

    async fn booked(&self, tr_id: TrId) -> Result<Option<BookedDeposit>, Refused> {
        Ok(self.gateway.read(move |read| read.deposit(tr_id)).await?)
    }

    /// The error for a reference that was already booked, when `asked` is booked under it.
    async fn booked_before(&self, before: TrId, asked: Rupiah) -> Result<Refused, Refused> {
        let Some(BookedDeposit { deposit, reversal }) = self.booked(before).await? else {
            return Ok(Refused::because(RecordDepositRefusal::ReferenceTaken(before)));
        };
        let (at, amount) = (deposit.at.readable(), deposit.amount.dotted());
        let other = if deposit.amount == asked { "" } else { ", which is another amount" };
        let since = match reversal {
            None => String::new(),
            Some(Reversal { tr_id, .. }) => format!(
                " It was reversed by TR {tr_id}, but a reference can be used only once: to book \
                 it again, use another one"
            ),
        };
        let why = format_args!(
            "already booked as TR {before} on {at}, Rp {amount}{other}; nothing was booked now.{since}"
        );
        Ok(Refused::because(why.to_string().trim_end_matches('.')))
    }
}

/// The reference of a deposit or a withdrawal. Leading, trailing and repeated blanks are removed.
pub(super) fn reference(text: &str) -> Result<Option<TransferReference>, Refused> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Ok(None);
    }
    let reference = TransferReference::new(&text);
    let because = |error| Refused::because(format_args!("a reference: {error}"));
    reference.map(Some).map_err(because)
}

/// Why a deposit cannot be reversed.
fn not_free(username: &str, deposit: &Deposit, free: Rupiah) -> String {
    let (amount, free) = (deposit.amount.dotted(), free.dotted());
    format!(
        "the deposit {} is Rp {amount}, but of the balance of {username} only Rp {free} is free: \
         the rest is spent, held for payments in process, or below its minimum balance; nothing was reversed",
        deposit.tr_id
    )
}

fn view(partner: String, BookedDeposit { deposit, reversal }: BookedDeposit) -> response::Deposit {
    response::Deposit {
        tr_id: deposit.tr_id.0,
        partner,
        amount: deposit.amount.get(),
        note: deposit.note.into(),
        reference: deposit.reference.map(|reference| reference.to_string()),
        at: Named(deposit.at),
        reversal: reversal.map(|reversal| response::Reversal {
            tr_id: reversal.tr_id.0,
            reason: reversal.reason.into(),
            at: Named(reversal.at),
        }),
    }
}
