//! Resolution of a pending payment: who may query its status, how many "not found" answers it got, and
//! whether it needs manual review.
//!
//! Most payments never have a follow-up. It begins with the resolver's first query or with manual review, and
//! ends with the payment.

use std::time::Duration;

use crate::{Moment, TrId};

/// How long a begun payment belongs to its payer, the task that began it and that alone may ask the biller to
/// pay. The hold is this lease, so it costs no extra write. It is longer than the request may take to be sent
/// plus the biller may take to answer.
pub const PAYER_LEASE: Duration = Duration::from_secs(60);

/// The right to settle an open payment. The number grows with each claim, so an answer from a former holder
/// is recognised by its lower number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FencingToken(pub u32);

impl FencingToken {
    /// The token of the task that began the payment, valid until the first claim.
    pub const PAYER: FencingToken = FencingToken(0);
}

/// Resolution state of one pending payment: claim, consecutive "not found" answers, reason for manual
/// review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PendingFollowUp {
    /// The token of the latest claim.
    pub token: FencingToken,
    /// End of the claim. Until then only its holder may query and settle; a past moment means no claim.
    pub until: Moment,
    /// Number of consecutive status queries answered "not found".
    pub not_found: u32,
    /// Why manual review is needed, and since when.
    pub review_reason: Option<(ReviewReason, Moment)>,
}

/// Why a payment needs manual review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewReason {
    /// The biller does not know the payment, though it should by now. Status queries go on.
    NotFound,
    /// The payment is too old for status queries at its biller. Status queries stop.
    TooOld,
    /// The biller answered about another payment, amount or customer. Status queries stop.
    Mismatch,
    /// A biller reports the opposite of a final result, or that it took an earlier attempt after all. The payment
    /// does not change. If it is open, the status queries about its current attempt go on.
    Contradiction,
}

impl ReviewReason {
    /// All reasons.
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

    /// The reason with that name.
    pub fn named(name: &str) -> Option<ReviewReason> {
        ReviewReason::ALL.into_iter().find(|review_reason| review_reason.name() == name)
    }

    /// Whether the resolver still queries the status.
    pub const fn is_asked_about(self) -> bool {
        match self {
            ReviewReason::NotFound | ReviewReason::Contradiction => true,
            ReviewReason::TooOld | ReviewReason::Mismatch => false,
        }
    }
}

impl PendingFollowUp {
    /// Puts the payment into manual review. If it is there already, it keeps its time, and a contradiction stays
    /// the reason: only an operator closes it.
    pub fn call_for_attention(&mut self, why: ReviewReason, now: Moment) {
        let since = self.review_reason.map_or(now, |(_, since)| since);
        let why = if self.is_contradicted() { ReviewReason::Contradiction } else { why };
        self.review_reason = Some((why, since));
    }

    /// Whether a biller contradicts what the books say about the payment.
    pub fn is_contradicted(&self) -> bool {
        matches!(self.review_reason, Some((ReviewReason::Contradiction, _)))
    }

    /// What is left of it when the payment ends: a contradiction, which only an operator closes.
    pub fn after_the_end(&self) -> PendingFollowUp {
        let review_reason = self.review_reason.filter(|_| self.is_contradicted());
        PendingFollowUp { review_reason, ..PendingFollowUp::default() }
    }

    /// Whether the resolver may query the status.
    pub fn is_asked_about(&self) -> bool {
        self.review_reason.is_none_or(|(why, _)| why.is_asked_about())
    }
}

/// A payment in manual review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    pub tr_id: TrId,
    pub why: ReviewReason,
    pub since: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_parsed_back() {
        for review_reason in ReviewReason::ALL {
            assert_eq!(ReviewReason::named(review_reason.name()), Some(review_reason));
        }
        assert_eq!(ReviewReason::named("pending"), None);
    }

    #[test]
    fn a_payment_keeps_its_time_in_manual_review() {
        let mut follow_up = PendingFollowUp::default();
        assert!(follow_up.is_asked_about());
        follow_up.call_for_attention(ReviewReason::NotFound, Moment::from_micros(5));
        assert!(follow_up.is_asked_about());
        follow_up.call_for_attention(ReviewReason::TooOld, Moment::from_micros(9));
        assert_eq!(follow_up.review_reason, Some((ReviewReason::TooOld, Moment::from_micros(5))));
        assert!(!follow_up.is_asked_about());
    }

    /// Pitfall: an answer about another amount took the place of the contradiction, which ended with the payment.
    #[test]
    fn a_contradiction_stays_the_reason_until_an_operator_closes_it() {
        for why in ReviewReason::ALL {
            let mut follow_up = PendingFollowUp::default();
            follow_up.call_for_attention(ReviewReason::Contradiction, Moment::from_micros(5));
            follow_up.call_for_attention(why, Moment::from_micros(9));
            let contradiction = Some((ReviewReason::Contradiction, Moment::from_micros(5)));
            assert_eq!(follow_up.review_reason, contradiction);
            assert_eq!(follow_up.after_the_end().review_reason, contradiction);
            assert!(follow_up.is_asked_about(), "the current attempt is still open");
        }
    }
}
