//! `steps NAME`: takes one step of a payment a hundred times. Only what happens within the functions
//! of [`measured`] that end in `_counted` counts: callgrind is told to look at nothing else, see
//! `cargo xtask instructions`.
//!
//! Without a name it prints the names.

#![expect(clippy::print_stdout, reason = "the names are for the one that counts")]

mod books;
mod measured;

use std::process::ExitCode;

/// A step, from the making of what it needs to the end of what counts.
type Step = fn();

/// In the order in which a payment takes them.
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
