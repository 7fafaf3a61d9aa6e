//! What the tools of the project share: how they start other programs, install what is missing and
//! print. `cargo xtask` and the benchmark use it.

#[macro_use]
pub mod print;

pub mod needs;
pub mod process;
pub mod usage;

/// What a command returns; the text of the error says what to do about it.
pub type Outcome = Result<(), String>;
