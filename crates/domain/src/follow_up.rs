//! What is known about a payment whose outcome is not: who may ask about it, what the biller's
//! answers were worth, and whether an operator has to look.
//!
//! Most payments never have a watch: it begins when the resolver first asks, or when somebody must
//! look, and it ends with the payment.

use std::time::Duration;

use crate::{Moment, TrId};

/// How long a payment that was begun belongs to whoever began it, who alone may ask the biller to
/// pay. The hold is this lease, so that it costs no write. It is longer than the request may take to
/// leave and the biller to answer.
pub const PAYER_LEASE: Duration = Duration::from_secs(60);

/// The right to say what became of an open payment: a number that grows whenever the right changes
/// hands, so that an answer that comes from a former holder is known by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FencingToken(pub u32);

impl FencingToken {
    /// Whoever began the payment, until somebody else claims it.
    pub const PAYER: FencingToken = FencingToken(0);
}

/// The resolver's page about one payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PendingFollowUp {
    /// The last one that was given out.
    pub token: FencingToken,
    /// Until when its holder alone may ask and answer; in the past when nobody does.
    pub until: Moment,
    /// How many status questions in a row the biller answered with "not found".
    pub not_found: u32,
    /// Why an operator has to look, and since when.
    pub review_reason: Option<(ReviewReason, Moment)>,
}

/// Why a payment stands in the operators' queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewReason {
    /// The biller does not know the payment, though it should by now. It is asked about all the same.
    NotFound,
    /// The payment is older than its biller can be asked about. Nobody asks any more.
    TooOld,
    /// The biller answered about another payment, amount or customer. Nobody asks any more.
    Mismatch,
    /// The biller says the opposite of what a final payment is. The payment stands.
    Contradiction,
}

impl ReviewReason {
    /// All of them.
    pub const ALL: [ReviewReason; 4] = [
        ReviewReason::NotFound,
        ReviewReason::TooOld,
        ReviewReason::Mismatch,
        ReviewReason::Contradiction,
    ];

    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            ReviewReason::NotFound => "not-found",
            ReviewReason::TooOld => "too-old",
            ReviewReason::Mismatch => "mismatch",
            ReviewReason::Contradiction => "contradiction",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<ReviewReason> {
        ReviewReason::ALL.into_iter().find(|review_reason| review_reason.name() == name)
    }

    /// Whether the resolver goes on asking for the status.
    pub const fn is_asked_about(self) -> bool {
        match self {
            ReviewReason::NotFound => true,
            ReviewReason::TooOld | ReviewReason::Mismatch | ReviewReason::Contradiction => false,
        }
    }
}

impl PendingFollowUp {
    /// Puts the payment into the operators' queue. It keeps its place if it stands there already.
    pub fn call_for_attention(&mut self, why: ReviewReason, now: Moment) {
        let since = self.review_reason.map_or(now, |(_, since)| since);
        self.review_reason = Some((why, since));
    }

    /// Whether the resolver may ask about it.
    pub fn is_asked_about(&self) -> bool {
        self.review_reason.is_none_or(|(why, _)| why.is_asked_about())
    }
}

/// A payment in the operators' queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    /// Its number.
    pub tr_id: TrId,
    /// Why.
    pub why: ReviewReason,
    /// Since when.
    pub since: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for review_reason in ReviewReason::ALL {
            assert_eq!(ReviewReason::named(review_reason.name()), Some(review_reason));
        }
        assert_eq!(ReviewReason::named("pending"), None);
    }

    #[test]
    fn a_payment_keeps_its_place_in_the_queue() {
        let mut follow_up = PendingFollowUp::default();
        assert!(follow_up.is_asked_about());
        follow_up.call_for_attention(ReviewReason::NotFound, Moment::from_micros(5));
        assert!(follow_up.is_asked_about());
        follow_up.call_for_attention(ReviewReason::TooOld, Moment::from_micros(9));
        assert_eq!(follow_up.review_reason, Some((ReviewReason::TooOld, Moment::from_micros(5))));
        assert!(!follow_up.is_asked_about());
    }
}
