//! The answers that callers got, and so the rows that the database must contain.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use domain::books::{Deposit, Reversal};
use domain::command::Effect;
use domain::{
    Exchange, FencingToken, Inquiry, Moment, Partner, PartnerId, Payment, PendingFollowUp, Product,
    ProductCode, ReviewReason, TrId,
};
use store::{Read, StoreError};

/// The change of one command, according to its outcome.
#[derive(Clone)]
pub(crate) enum Fact {
    Partner(Arc<Partner>),
    Product(Arc<Product>),
    Inquiry(Arc<Inquiry>, Exchange),
    Begun(Payment),
    /// A claim of a payment, with that token and until then.
    Claimed(TrId, FencingToken, Moment),
    Settled(Payment, Exchange, Effect),
    Deposit(Deposit),
    Reversed(Reversal),
    Dropped(TrId),
}

/// The rows that the database must contain.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) partners: BTreeMap<PartnerId, Arc<Partner>>,
    pub(crate) products: BTreeMap<ProductCode, Arc<Product>>,
    pub(crate) inquiries: BTreeMap<TrId, Arc<Inquiry>>,
    pub(crate) payments: BTreeMap<TrId, Arc<Payment>>,
    pub(crate) follow_ups: BTreeMap<TrId, PendingFollowUp>,
    pub(crate) deposits: BTreeMap<TrId, Arc<Deposit>>,
    pub(crate) reversals: BTreeMap<TrId, Arc<Reversal>>,
    pub(crate) asked: BTreeMap<TrId, Arc<Asked>>,
}

/// The exchanges of an inquiry and its payment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Duration of the inquiry, in microseconds.
    took: i64,
    about_payment: Vec<Exchange>,
}

impl Told {
    pub(crate) fn add(&mut self, fact: &Fact) {
        match fact.clone() {
            Fact::Partner(partner) => drop(self.partners.insert(partner.id, partner)),
            Fact::Product(product) => drop(self.products.insert(product.code.clone(), product)),
            Fact::Inquiry(inquiry, Exchange { took_micros: took, .. }) => {
                let asked = Asked { took, about_payment: Vec::new() };
                self.asked.insert(inquiry.tr_id, Arc::new(asked));
                self.inquiries.insert(inquiry.tr_id, inquiry);
            }
            Fact::Begun(payment) => drop(self.payments.insert(payment.tr_id, Arc::new(payment))),
            Fact::Claimed(tr_id, token, until) => {
                let follow_up = self.follow_ups.entry(tr_id).or_default();
                *follow_up = PendingFollowUp { token, until, ..*follow_up };
            }
            Fact::Settled(payment, exchange, effect) => {
                self.follow_up(payment.tr_id, exchange.answered_at(), effect);
                let asked = Arc::make_mut(self.asked.get_mut(&payment.tr_id).unwrap());
                // An answer equal to the last one is counted and not stored.
                let kept = payment.exchanges as usize - asked.about_payment.len();
                asked.about_payment.extend(std::iter::once(exchange).take(kept));
                self.payments.insert(payment.tr_id, Arc::new(payment));
            }
            Fact::Dropped(tr_id) => {
                self.inquiries.remove(&tr_id);
                self.asked.remove(&tr_id);
            }
            Fact::Deposit(deposit) => drop(self.deposits.insert(deposit.tr_id, Arc::new(deposit))),
            Fact::Reversed(reversal) => {
                self.reversals.insert(reversal.tr_id, Arc::new(reversal));
            }
        }
    }

    /// Applies an answer: it ends the claim of the payment.
    fn follow_up(&mut self, tr_id: TrId, now: Moment, effect: Effect) {
        let before = self.follow_ups.remove(&tr_id).unwrap_or_default();
        let mut after = PendingFollowUp { until: Moment::default(), not_found: 0, ..before };
        match effect {
            Effect::Ended => return,
            Effect::AlreadyEnded => after = before,
            Effect::StillOpen | Effect::AttemptFailed => {}
            Effect::NeedsAttention(why) => after.call_for_attention(why, now),
            Effect::Contradiction => after.call_for_attention(ReviewReason::Contradiction, now),
        }
        if after != PendingFollowUp::default() {
            self.follow_ups.insert(tr_id, after);
        }
    }

    /// Reads a database. Exchanges, which are slow to read, only `in_full`.
    pub(crate) fn read(read: &mut dyn Read, in_full: bool) -> Result<Told, StoreError> {
        let partners = read.partners()?.into_iter().map(|partner| (partner.id, partner));
        let mut told = Told {
            partners: partners.collect(),
            products: read.catalogue()?.into_iter().collect(),
            ..Told::default()
        };
        read.ledger(&mut |entry| {
            if let Some(inquiry) = entry.inquiry {
                told.inquiries.insert(entry.tr_id, Arc::new(inquiry));
            }
            if let Some(payment) = entry.payment {
                told.payments.insert(entry.tr_id, Arc::new(payment));
            }
            if let Some(follow_up) = entry.follow_up {
                told.follow_ups.insert(entry.tr_id, follow_up);
            }
            if let Some(deposit) = entry.deposit {
                told.deposits.insert(entry.tr_id, Arc::new(deposit));
            }
            if let Some(reversal) = entry.reversal {
                told.reversals.insert(entry.tr_id, Arc::new(reversal));
            }
        })?;
        for tr_id in told.inquiries.keys().filter(|_| in_full) {
            if let Some(story) = read.story(*tr_id)? {
                let asked = Asked {
                    took: story.inquiry_exchanges[0].took_micros,
                    about_payment: story.exchanges,
                };
                told.asked.insert(*tr_id, Arc::new(asked));
            }
        }
        Ok(told)
    }

    /// Whether `found` is equal, as far as it was read.
    pub(crate) fn is_all_of(&self, found: &Told) -> bool {
        self.missing_in(found).is_empty() && found.missing_in(self).is_empty()
    }

    /// The rows that are missing or different in `found`.
    pub(crate) fn missing_in(&self, found: &Told) -> Vec<String> {
        let mut missing = Vec::new();
        compare("partner", &self.partners, &found.partners, &mut missing);
        compare("product", &self.products, &found.products, &mut missing);
        compare("inquiry", &self.inquiries, &found.inquiries, &mut missing);
        compare("payment", &self.payments, &found.payments, &mut missing);
        compare("follow_up over", &self.follow_ups, &found.follow_ups, &mut missing);
        compare("deposit", &self.deposits, &found.deposits, &mut missing);
        compare("reversal", &self.reversals, &found.reversals, &mut missing);
        if !self.asked.is_empty() && !found.asked.is_empty() {
            compare("exchanges of", &self.asked, &found.asked, &mut missing);
        }
        missing
    }
}

fn compare<K: Ord + Debug, V: PartialEq>(
    kind: &str,
    mine: &BTreeMap<K, V>,
    found: &BTreeMap<K, V>,
    missing: &mut Vec<String>,
) {
    let rows = mine.iter().filter(|(key, row)| found.get(key) != Some(row));
    missing.extend(rows.map(|(key, _)| format!("{kind} {key:?}")));
}
