//! Finds the figures in the output of a suite.

/// The sum of the whole numbers directly before `word`.
pub(super) fn sum_before(text: &str, word: &str) -> Option<u64> {
    let numbers = text.match_indices(word).filter_map(|(at, _)| {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        text[at - digits..at].parse::<u64>().ok()
    });
    numbers.reduce(|sum, number| sum + number)
}

/// The whole number directly after the first `word`.
pub(super) fn number_after(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    rest[..rest.bytes().take_while(u8::is_ascii_digit).count()].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_the_suites_print() {
        let fuzz = "desc: 12 seeds, 250000 executions from seed 1\nbooks: 3 seeds, 50 executions from seed 1\n";
        assert_eq!(sum_before(fuzz, " executions from seed"), Some(250_050));
        assert_eq!(sum_before("240 kills in 54s, 9694 payments", " kills in "), Some(240));
        assert_eq!(sum_before("no kills in vain", " kills in "), None);
        let survey = "Survey { lives: 54, moments: 8362, images: 50177, answers: 1954 }";
        assert_eq!(number_after(survey, " images: "), Some(50_177));
        assert_eq!(number_after(survey, " pictures: "), None);
        let sim = "sim: 2 seed(s) from 1, 600 payments, 7 lines, 3 payments ended by hand, 0 rules";
        assert_eq!(sum_before(sim, " payments, "), Some(600));
    }
}
