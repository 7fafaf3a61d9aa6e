//! Calls to other servers over HTTP, the only way by which lunas makes them.
//!
//! A request is sent at most once: no retry, no redirect. A [`CallError`] says whether the request
//! certainly was not sent, or may have been. An [`EgressPolicy`] restricts which addresses are called.

mod call_error;
mod client;
mod egress_policy;
mod options;
mod resolver;

pub use call_error::CallError;
pub use client::{Body, HttpClient, Reply};
pub use egress_policy::{EgressDenied, EgressPolicy};
pub use options::{Options, is_loopback};
pub use reqwest::Url;
