//! What an operator can see of a running server: metrics, logs, probes and the latest requests.

pub(crate) mod alerts;
mod biller_metrics;
pub(crate) mod closed;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod probes;
pub(crate) mod recent;
pub(crate) mod request_record;
