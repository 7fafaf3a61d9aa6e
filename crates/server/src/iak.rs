//! IAK's API as it is served: commands, signatures, answers and receipts.
//!
//! The only room that knows response codes and signatures. Pages are none of its business.

pub(crate) mod answers;
pub(crate) mod callback_sender;
pub(crate) mod commands;
pub(crate) mod receipts;
pub(crate) mod reply;
pub(crate) mod signature;
