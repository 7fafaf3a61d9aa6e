//! Files as the banks write them, files that must be refused, and what holds for every file.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap is its failure")]

mod ambiguous;
mod encodings;
mod mapping;
mod properties;
mod refusals;
mod samples;
mod stored_rows;
mod structured;
mod support;
mod workbooks;
