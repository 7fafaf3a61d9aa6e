//! `steps NAME`: runs one step of a payment a hundred times. Only the instructions inside the
//! functions of [`measured`] whose names end in `_counted` are counted: callgrind collects nothing
//! else, see `cargo xtask instructions`.
//!
//! Without a name it prints the names.

#![expect(clippy::print_stdout, reason = "the names are for the one that counts")]

mod books;
mod measured;

use std::process::ExitCode;

/// A step: prepares its input, then runs the counted part.
type Step = fn();

/// The steps in the order of a payment.
const STEPS: &[(&str, Step)] = &[
    ("inquiry_read", measured::read_an_inquiry),
    ("payment_read", measured::read_a_payment),
    ("payment_read_xml", measured::read_a_payment_in_xml),
    ("signature_verified", measured::verify_a_signature),
    ("inquiry_decided", books::open),
    ("payment_decided", books::begin),
    ("outcome_decided", books::settle),
    ("answer_written", measured::write_an_answer),
    ("answer_written_xml", measured::write_an_answer_in_xml),
];

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        STEPS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    match STEPS.iter().find(|(known, _)| *known == name) {
        Some((_, step)) => {
            step();
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}
