//! Arbitrary input for everything that reads what comes from outside, and for the rules about money.
//! Nothing of this ships.
//!
//! # Layout
//!
//! - [`targets`]: a function each that takes any bytes, and panics where a promise is broken.
//! - [`corpus`]: the seeds in `corpus/`, a folder a target, and the published examples.
//! - [`mutation`]: makes new input of old, always the same from the same seed.
//!
//! `cargo test -p fuzz` runs every seed as it is, and then mutations of them. It needs no nightly
//! toolchain and no instrumentation, so it follows no coverage; in exchange every machine runs the
//! same input. `LUNAS_FUZZ_EXECUTIONS` says how many for each target and `LUNAS_FUZZ_SEED` from where.
//! What broke a promise is printed as a file for `corpus/`, where it is run for ever.
//!
//! `coverage/` has the same targets for libFuzzer, which follows coverage; `CONTRIBUTING.md` says how.

pub mod corpus;
pub mod mutation;
pub mod targets;
