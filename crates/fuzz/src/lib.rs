//! Fuzzing of everything that reads input from outside, and of the rules about money. Nothing of
//! this ships.
//!
//! # Layout
//!
//! - [`targets`]: functions that take any bytes and panic if a property does not hold.
//! - [`corpus`]: the seeds in `corpus/`, one folder for each target, and the published examples.
//! - [`mutation`]: makes new input from seeds; the same random seed gives the same input.
//!
//! `cargo test -p fuzz` runs every seed unchanged, then mutations of the seeds. It needs no nightly
//! toolchain and no instrumentation, so it is not guided by coverage; but every machine runs the
//! same input. `LUNAS_FUZZ_EXECUTIONS` sets the executions for each target, `LUNAS_FUZZ_SEED` the
//! random seed. Input that fails is printed as a file for `corpus/`, where it stays as a regression
//! test.
//!
//! `coverage/` has the same targets for libFuzzer, which is guided by coverage; see
//! `CONTRIBUTING.md`.

pub mod corpus;
pub mod mutation;
pub mod targets;
