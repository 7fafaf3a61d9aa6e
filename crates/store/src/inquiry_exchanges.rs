//! The calls to billers of an inquiry: which of them are rows, and the calls that those rows mean.

use domain::payment::Call;
use domain::{Exchange, Inquiry};

/// The most calls of one inquiry that are stored. A partner does not wait for so many.
const MAX_STORED: usize = 255;

/// The calls that are stored, in order. A single call without evidence is not: [`all`] makes it again. Of too many
/// calls the first are left out.
pub(crate) fn stored<'e>(
    exchange: &'e Exchange,
    asked_before: &'e [Exchange],
) -> impl Iterator<Item = &'e Exchange> {
    let is_stored = !asked_before.is_empty() || exchange.evidence.is_some();
    let before = &asked_before[asked_before.len().saturating_sub(MAX_STORED - 1)..];
    before.iter().chain([exchange]).filter(move |_| is_stored)
}

/// All calls of an inquiry, in order, from those that are stored and the time that the last one took, in
/// microseconds.
pub(crate) fn all(inquiry: &Inquiry, took: i64, stored: Vec<Exchange>) -> Vec<Exchange> {
    match stored.is_empty() {
        false => stored,
        true => vec![Exchange {
            call: Call::Inquire,
            attempt: 1,
            biller: None,
            asked_at: inquiry.at.after_micros(-took),
            took_micros: took,
            answer: "success".into(),
            evidence: None,
        }],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Moment;

    use super::*;

    #[test]
    fn the_last_calls_are_stored_and_one_that_says_nothing_new_is_not() {
        let call = |answer: String| {
            Exchange::new(Call::Inquire, Moment::default(), Duration::ZERO, answer)
        };
        let last = call("success".to_owned());
        assert_eq!(stored(&last, &[]).count(), 0);
        let before: Vec<_> = (0..300).map(|number| call(number.to_string())).collect();
        let answers: Vec<_> = stored(&last, &before).map(|call| &*call.answer).collect();
        assert_eq!((answers.len(), answers[0], answers[254]), (255, "46", "success"));
    }
}
