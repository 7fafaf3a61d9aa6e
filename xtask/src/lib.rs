//! Shared by `cargo xtask` and the benchmark: starting other programs, installing what is missing,
//! and printing.

#[macro_use]
pub mod print;

pub mod needs;
pub mod process;
pub mod usage;

/// The result of a command; the text of the error says what to do about it.
pub type Outcome = Result<(), String>;
