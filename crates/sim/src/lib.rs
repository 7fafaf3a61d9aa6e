//! A seeded simulation of the real gateway, its resolver and its committer over a simulated clock,
//! store and biller, with partners, operators and faults, judged by an auditor of its own.
//!
//! Everything happens in one thread, in an order that follows from the seed: no wall clock, no
//! ambient chance, no order of a hash map. One seed is one story.
//!
//! # Layout
//!
//! - [`Plan`]: what a run does, drawn from its seed; [`Run`]: what it came to.
//! - [`shrink`]: a smaller plan that breaks the same rule.
//! - [`Auditor`]: rules 1 to 6 and 8 of the books, checked on the logs alone.
//! - [`event`]: the logs; [`random`]: chance.
//! - `world`, `run`: what the actors share, and their course; `node`: a process that can die.
//! - `disk`, `biller`, `partner`, `operator`: the actors.

mod auditor;
mod biller;
mod callback_endpoint;
mod cluster;
mod disk;
pub mod event;
mod node;
mod operator;
mod partner;
mod plan;
mod run;
pub mod seeded_rng;
mod shrink;
mod world;

pub use auditor::{Auditor, Broken};
pub use plan::{Fault, Plan};
pub use run::Run;
pub use shrink::shrink;
