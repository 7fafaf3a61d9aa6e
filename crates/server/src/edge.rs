//! The edge of the network: connections and what is decided about a request before anybody reads it.
//!
//! Nothing in here knows what is served: no command, no page, no code of an answer.

pub(crate) mod admission;
pub(crate) mod body;
pub(crate) mod client_address;
mod deadlines;
mod linger;
pub(crate) mod listener;
mod rate_limiter;
pub(crate) mod reply;
mod smuggling_guard;
pub(crate) mod truncated;
