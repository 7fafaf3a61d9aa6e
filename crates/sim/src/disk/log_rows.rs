//! The rows of the store in the form of the log.

use domain::books::{BalanceChange, Deposit, Reversal};
use domain::{
    Account, Attempt, FailureReason, Inquiry, Partner, Payment, PendingFollowUp, Reference, Rupiah,
    TrId,
};

use super::Posted;
use crate::event::Row;

pub(super) fn partner_row(partner: &Partner) -> Row {
    Row::Partner { id: partner.id.0, min_balance: partner.min_balance.get() }
}

pub(super) fn inquiry_row(inquiry: &Inquiry) -> Row {
    Row::Inquiry {
        tr_id: inquiry.tr_id.0,
        partner: inquiry.partner.0,
        ref_id: inquiry.ref_id.as_str().into(),
        bill: format!("{} {} {}", inquiry.code, inquiry.customer_no, inquiry.bill.period).into(),
        nominal: inquiry.bill.nominal.get(),
        admin: inquiry.price.admin.get(),
        commission: inquiry.price.commission.get(),
        biller: inquiry.biller.0,
        reference: inquiry.biller_reference.clone().unwrap_or_default(),
        ours: text(inquiry.reference.as_ref()),
        cost: inquiry.stated_cost.map(Rupiah::get),
    }
}

pub(super) fn attempt_row(tr_id: TrId, attempt: &Attempt) -> Row {
    Row::Attempt {
        tr_id: tr_id.0,
        number: attempt.number,
        biller: attempt.biller.0,
        reference: attempt.biller_reference.clone().unwrap_or_default(),
        ours: text(attempt.reference.as_ref()),
        cost: attempt.stated_cost.map(Rupiah::get),
        after: attempt.after.name(),
    }
}

pub(super) fn payment_row(payment: &Payment) -> Row {
    Row::Payment {
        tr_id: payment.tr_id.0,
        partner: payment.partner.0,
        biller: payment.biller.0,
        state: payment.state.name(),
        receipt_no: payment.receipt_no.clone(),
        reason: payment.reason.map(FailureReason::name),
        because: payment.open_because.clone(),
    }
}

pub(super) fn follow_up_row(tr_id: TrId, follow_up: Option<&PendingFollowUp>) -> Row {
    let review_reason =
        follow_up.and_then(|follow_up| follow_up.review_reason).map(|(why, _)| why.name());
    Row::PendingFollowUp { tr_id: tr_id.0, review_reason }
}

pub(super) fn deposit_row(deposit: &Deposit) -> Row {
    Row::Deposit {
        tr_id: deposit.tr_id.0,
        partner: deposit.partner.0,
        amount: deposit.amount.get(),
        note: deposit.note.clone(),
        reference: deposit.reference.as_ref().map(|reference| reference.as_str().into()),
    }
}

pub(super) fn reversal_row(reversal: &Reversal) -> Row {
    Row::Reversal {
        tr_id: reversal.tr_id.0,
        partner: reversal.partner.0,
        deposit: reversal.deposit.0,
        amount: reversal.amount.get(),
    }
}

pub(super) fn balance_change_row(change: &BalanceChange) -> Row {
    Row::BalanceChange {
        tr_id: change.tr_id.0,
        partner: change.partner.0,
        kind: change.kind.name(),
        amount: change.amount.get(),
        reason: change.reason.clone(),
        reference: change.reference.as_ref().map(|reference| reference.as_str().into()),
    }
}

pub(super) fn posting_row(tr_id: TrId, posted: &Posted) -> Row {
    Row::Posting {
        tr_id: tr_id.0,
        step: posted.kind.step(),
        account: posted.account.number(),
        amount: posted.amount.get(),
    }
}

pub(super) fn balance_row(account: Account, amount: Rupiah) -> Row {
    Row::Balance { account: account.number(), amount: amount.get() }
}

/// lunas's reference at a biller; empty if it needed none.
fn text(reference: Option<&Reference>) -> Box<str> {
    reference.map(Reference::as_str).unwrap_or_default().into()
}
