//! Manual review: payments that need a person, with the evidence and the next step.

use domain::{ReviewItem, ReviewReason, State};
use gateway::StatusQueryResult;
use store::TransactionHistory;

use super::named::Named;
use super::response::NextStep;
use super::{Admin, Refused, response, validate_limit};

impl Admin {
    pub(super) async fn list_queue(
        &self,
        partner: Option<String>,
        limit: u32,
    ) -> Result<Vec<response::ReviewItem>, Refused> {
        let (partner, limit) = (self.id_of(partner.as_deref())?, validate_limit(limit)?);
        let stories = self.gateway.read(move |read| {
            let mut stories = Vec::new();
            for queued in read.needs_review()? {
                let story = read.story(queued.tr_id)?;
                let wanted = |story: &TransactionHistory| {
                    partner.is_none_or(|partner| story.transaction.inquiry.partner == partner)
                };
                stories.extend(story.filter(wanted).map(|story| (queued, story)));
                if u32::try_from(stories.len()).is_ok_and(|found| found == limit) {
                    break;
                }
            }
            Ok(stories)
        });
        let stories = stories.await?;
        Ok(stories.iter().map(|(queued, story)| self.queued_view(queued, story)).collect())
    }

    fn queued_view(&self, queued: &ReviewItem, story: &TransactionHistory) -> response::ReviewItem {
        let transaction = &story.transaction;
        let partner = self.usernames()(transaction.inquiry.partner);
        let payment = self.payment_view(transaction, partner, Some(queued.why));
        let begun_at = transaction.payment.as_ref().map_or(queued.since, |p| p.begun_at);
        response::ReviewItem {
            queued_at: Named(queued.since),
            age_seconds: self.gateway.now().micros_since(begun_at) / 1_000_000,
            evidence: story.exchanges.last().map(|last| self.exchange_view(story, last).1),
            next_step: next_step(queued.why, transaction.state()),
            payment,
        }
    }

    pub(super) async fn ask_payment(
        &self,
        tr_id: i64,
    ) -> Result<Box<response::TransactionHistory>, Refused> {
        let number = self.started_payment(tr_id).await?.inquiry.tr_id;
        match self.gateway.query_for_operator(number).await? {
            StatusQueryResult::Answered(_, asked) => {
                let history = self.history(tr_id).await?;
                let (_, asked) = self.exchange_view(&history, &asked);
                let mut story = self.history_view(&history);
                // The store records an answer that differs from the previous one and only counts
                // equal ones.
                story.asked = (!story.steps.contains(&asked)).then_some(asked);
                Ok(story)
            }
            StatusQueryResult::Unknown => self.show_payment(tr_id).await,
            StatusQueryResult::Held(until) => Err(Refused::because(format_args!(
                "payment {tr_id} is being paid or queried now, until {until} at the latest; try \
                 again then"
            ))),
        }
    }
}

/// An open payment is resolved first, also if a biller contradicts one of its earlier attempts.
const fn next_step(why: ReviewReason, state: State) -> NextStep {
    match why {
        ReviewReason::Contradiction if state.is_final() => NextStep::Reconcile,
        _ => NextStep::Resolve,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradicted_payment_is_resolved_before_it_is_reconciled() {
        for (why, state, expected) in [
            (ReviewReason::Contradiction, State::Pending, NextStep::Resolve),
            (ReviewReason::Contradiction, State::Paid, NextStep::Reconcile),
            (ReviewReason::TooOld, State::Pending, NextStep::Resolve),
        ] {
            assert_eq!(next_step(why, state), expected, "{why:?} {state:?}");
        }
    }
}
