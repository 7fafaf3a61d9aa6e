//! The wire as the reference shows it, its limits, and what must not get through.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap is its failure")]

mod answers;
mod codes;
mod encodings;
mod fields;
mod limits;
mod properties;
mod published;
mod refusals;
mod signatures;
mod support;
mod writing;
