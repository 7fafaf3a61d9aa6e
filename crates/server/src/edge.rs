//! The network edge: connections, and what is decided about a request before its body is read.
//!
//! It knows no command, no page and no response code.

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
