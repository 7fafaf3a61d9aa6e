//! A seeded simulation: the real gateway, resolver and committer over a simulated clock, store and
//! biller, with partners, operators and faults. An independent auditor checks each run.
//!
//! Everything of a run is in one thread, in an order that depends only on the seed: no wall clock, no
//! other source of randomness, no order of a hash map. The same seed always gives the same log.
//!
//! # Layout
//!
//! - [`Plan`]: what a run does, drawn from its seed; [`Run`]: its result.
//! - [`seeds`]: runs many seeds side by side, each in its own thread.
//! - [`shrink`]: finds a smaller plan that breaks the same rule.
//! - [`Auditor`]: rules 1 to 6 and 8 of the books, checked on the log alone.
//! - [`event`]: the lines of the log.
//! - `world`: the plan, the log and the clock, which all parts share.
//! - `node`: the running processes; `cluster`: starts and kills them; `run`: the steps of a run.
//! - `disk`, `biller`, `callback_endpoint`, `partner`, `operator`: the simulated parts.

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
pub mod seeds;
mod shrink;
mod world;

pub use auditor::{Auditor, Violation};
pub use plan::{Fault, Plan};
pub use run::Run;
pub use shrink::shrink;
