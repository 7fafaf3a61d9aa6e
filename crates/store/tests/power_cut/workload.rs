//! Random commands for the real committer on a recording disk.

use std::time::Duration;

use domain::books::Deposit;
use domain::command::{
    AddPartner, Begin, BeginPayment, BillerOutcome, ChangePartner, Claim, ClaimPayment, Effect,
    MIN_RETENTION, ManualOutcome, OpenInquiry, PartnerChange, PurgeUnpaidInquiries, PutProduct,
    RecordDeposit, ResolvePayment, Resolved, ReverseDeposit, SettlePayment, Settled,
};
use domain::partner::SealedKey;
use domain::payment::Call;
use domain::{
    Exchange, FailureReason, FencingToken, PartnerId, Product, Rupiah, TrId, TransferReference,
};
use store::{CommandError, Committer, StoreError};

use crate::commands::{NOON, PRICE, inquiry, paid, partner, pay, product, settle};
use crate::told::{Fact, Told};
use seeded_rng::SeededRng;

/// A command of any kind.
#[derive(Clone)]
pub(crate) enum Ask {
    Partner(AddPartner),
    Change(ChangePartner),
    Product(PutProduct),
    Inquire(OpenInquiry),
    Begin(BeginPayment),
    Claim(ClaimPayment),
    Settle(SettlePayment),
    Resolve(ResolvePayment),
    Deposit(RecordDeposit),
    Reverse(ReverseDeposit),
    Drop(PurgeUnpaidInquiries),
}

impl Ask {
    /// Submits the command and returns its change; none if it was refused.
    pub(crate) async fn submit(self, committer: Committer) -> Result<Option<Fact>, StoreError> {
        Ok(match self {
            Ask::Partner(add) => changed(committer.submit(add).await)?.map(Fact::Partner),
            Ask::Change(change) => changed(committer.submit(change).await)?.map(Fact::Partner),
            Ask::Product(put) => changed(committer.submit(put).await)?.map(Fact::Product),
            Ask::Inquire(open) => {
                let exchange = open.exchange.clone();
                let opened = changed(committer.submit(open).await)?;
                opened.map(|opened| Fact::Inquiry(opened.inquiry, exchange))
            }
            Ask::Begin(begin) => match changed(committer.submit(begin).await)? {
                Some(Begin::Begun(begun)) => begun.payment.map(Fact::Begun),
                // It was begun before or cannot begin; nothing changed.
                Some(Begin::AlreadyStarted(_) | Begin::Refused(..)) | None => None,
            },
            Ask::Claim(claim) => {
                let until = claim.now.after(claim.lease);
                match changed(committer.submit(claim).await)? {
                    Some(Claim::Granted(_, token)) => {
                        Some(Fact::Claimed(claim.tr_id, token, until))
                    }
                    // Another caller has the claim, or the payment has ended; nothing changed.
                    Some(Claim::Held(_) | Claim::Over(_)) | None => None,
                }
            }
            Ask::Settle(settle) => {
                let exchange = settle.exchange.clone();
                changed(committer.submit(settle).await)?.and_then(
                    |Settled { transaction, effect }| {
                        transaction.payment.map(|payment| Fact::Settled(payment, exchange, effect))
                    },
                )
            }
            Ask::Resolve(resolve) => {
                let (now, answer) = (resolve.now, resolve.answer.clone());
                let exchange = Exchange::new(Call::Operator, now, Duration::ZERO, answer);
                match changed(committer.submit(resolve).await)? {
                    Some(Resolved::Done(transaction)) => {
                        let done = |payment| Fact::Settled(payment, exchange, Effect::Ended);
                        transaction.payment.map(done)
                    }
                    // An operator cannot resolve it; nothing changed.
                    _ => None,
                }
            }
            Ask::Deposit(add) => {
                let RecordDeposit { partner, amount, note, reference, now: at } = add.clone();
                let added = changed(committer.submit(add).await)?;
                added.map(|(tr_id, _)| {
                    Fact::Deposit(Deposit { tr_id, partner, amount, note, reference, at })
                })
            }
            Ask::Reverse(reverse) => {
                let reversed = changed(committer.submit(reverse).await)?;
                reversed.map(|(reversal, _)| Fact::Reversed(reversal))
            }
            Ask::Drop(drop) => {
                let tr_id = drop.inquiries[0];
                let dropped = changed(committer.submit(drop).await)?;
                dropped.filter(|dropped| *dropped == 1).map(|_| Fact::Dropped(tr_id))
            }
        })
    }
}

/// The outcome; none if the command was refused.
fn changed<T, R>(answer: Result<T, CommandError<R>>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(outcome) => Ok(Some(outcome)),
        Err(CommandError::Refused(_)) => Ok(None),
        Err(CommandError::Store(error)) => Err(error),
    }
}

/// Chooses commands that make sense after what is known, for the most part.
pub(crate) fn choose(told: &Told, rng: &mut SeededRng) -> Ask {
    let partners: Vec<PartnerId> = told.partners.keys().copied().collect();
    if told.products.is_empty() {
        return Ask::Product(PutProduct(product()));
    }
    if partners.is_empty() || (partners.len() < 4 && rng.below(40) == 0) {
        return Ask::Partner(partner(&format!("08{}", rng.below(1_000_000))));
    }
    let owner = partners[rng.below(partners.len() as u64) as usize];
    let one_of = |numbers: Vec<TrId>, rng: &mut SeededRng| match numbers.len() {
        0 => None,
        len => Some(numbers[rng.below(len as u64) as usize]),
    };
    match rng.below(16) {
        0..5 => Ask::Inquire(bill(owner, rng)),
        5..9 => {
            let unpaid = told.inquiries.keys().filter(|tr_id| !told.payments.contains_key(tr_id));
            match one_of(unpaid.copied().collect(), rng) {
                Some(tr_id) => Ask::Begin(pay(told.inquiries[&tr_id].partner, tr_id)),
                None => Ask::Inquire(bill(owner, rng)),
            }
        }
        9..13 => {
            // Now and then one that has ended is answered again.
            let ended_too = rng.below(8) == 0;
            let begun = told.payments.values().filter(|it| ended_too || !it.state.is_final());
            match one_of(begun.map(|payment| payment.tr_id).collect(), rng) {
                Some(tr_id) => outcome(told, tr_id, rng),
                None => Ask::Inquire(bill(owner, rng)),
            }
        }
        13 if rng.below(2) == 0 => {
            // The newest stays, whoever asks.
            let newest = told.inquiries.keys().next_back();
            let unpaid = told.inquiries.keys().filter(|tr_id| !told.payments.contains_key(tr_id));
            match one_of(unpaid.filter(|tr_id| Some(*tr_id) != newest).copied().collect(), rng) {
                Some(tr_id) => Ask::Drop(PurgeUnpaidInquiries {
                    partner: told.inquiries[&tr_id].partner,
                    inquiries: vec![tr_id],
                    kept: MIN_RETENTION,
                    now: NOON.after(2 * MIN_RETENTION),
                }),
                None => Ask::Inquire(bill(owner, rng)),
            }
        }
        13 => Ask::Change(ChangePartner { partner: owner, change: change(rng) }),
        14 if rng.below(3) == 0 => {
            let fee = Rupiah::new(2500 + rng.below(500) as i64);
            Ask::Product(PutProduct(Product { fee, ..product() }))
        }
        _ if rng.below(6) == 0 && !told.deposits.is_empty() => {
            let deposits: Vec<TrId> = told.deposits.keys().copied().collect();
            let deposit = deposits[rng.below(deposits.len() as u64) as usize];
            let partner = told.deposits[&deposit].partner;
            let reason = "booked twice".into();
            Ask::Reverse(ReverseDeposit { partner, deposit, reason, now: NOON })
        }
        _ => {
            let amount = Rupiah::new(1 + rng.below(4 * PRICE as u64) as i64);
            let note = "transfer".into();
            let reference = match rng.below(3) {
                0 => None,
                _ => TransferReference::new(&rng.below(500).to_string()).ok(),
            };
            Ask::Deposit(RecordDeposit { partner: owner, amount, note, reference, now: NOON })
        }
    }
}

/// Somebody asks or tells what became of a payment.
fn outcome(told: &Told, tr_id: TrId, rng: &mut SeededRng) -> Ask {
    let partner = told.payments[&tr_id].partner;
    match rng.below(8) {
        0 | 1 => Ask::Claim(ClaimPayment {
            partner,
            tr_id,
            now: NOON,
            lease: Duration::from_secs(30),
            orphaned_before: NOON.after(Duration::from_secs(1)),
            stop_polling_after: None,
        }),
        2 => {
            let word = match rng.below(3) {
                0 => ManualOutcome::Paid("148732328035714773".into()),
                1 => ManualOutcome::Failed(FailureReason::PaymentFailed),
                _ => ManualOutcome::Reconciled,
            };
            let answer = format!("{word:?}").into();
            Ask::Resolve(ResolvePayment { partner, tr_id, word, answer, now: NOON })
        }
        _ => {
            let token = told
                .follow_ups
                .get(&tr_id)
                .map_or(FencingToken::PAYER, |follow_up| follow_up.token);
            Ask::Settle(SettlePayment { token, ..settle(partner, tr_id, verdict(rng)) })
        }
    }
}

/// An inquiry whose `ref_id` may be taken, with details of any length.
fn bill(owner: PartnerId, rng: &mut SeededRng) -> OpenInquiry {
    let mut open = inquiry(owner, &rng.below(5000).to_string());
    open.exchange.took_micros = rng.below(10_000) as i64;
    let length = match rng.below(8) {
        0 => rng.below(9000),
        _ => rng.below(300),
    };
    open.quote.bill.details = "0123456789".chars().cycle().take(length as usize).collect();
    open
}

fn verdict(rng: &mut SeededRng) -> BillerOutcome {
    match rng.below(8) {
        0..4 => paid(),
        4 | 5 => BillerOutcome::Failed(FailureReason::PaymentFailed),
        6 => BillerOutcome::Mismatch,
        _ => BillerOutcome::Unknown,
    }
}

fn change(rng: &mut SeededRng) -> PartnerChange {
    match rng.below(5) {
        0 => PartnerChange::AddKey(SealedKey(vec![rng.below(256) as u8; 60].into())),
        1 => PartnerChange::DropOldKeys,
        2 => PartnerChange::Suspend(rng.below(3) == 0),
        3 => PartnerChange::AllowList(vec!["203.0.113.7".parse().unwrap()]),
        _ => PartnerChange::MinBalance(Rupiah::new(-(rng.below(PRICE as u64) as i64))),
    }
}
