//! Files as the banks write them, files that must be refused, and what holds for every file.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap is its failure")]

mod samples;
mod support;
