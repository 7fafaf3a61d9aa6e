//! Digiflazz's connector against a server on loopback that plays the documented test mode.

#![expect(clippy::unwrap_used, reason = "tests")]

mod account;
mod faults;
mod numbers;
mod products;
mod server;
mod setup;
