//! Calls from here to partners.

pub(crate) mod callback_sender;
pub(crate) mod egress_policy;
