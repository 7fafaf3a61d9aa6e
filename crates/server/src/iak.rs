//! IAK's API as the server offers it: commands, signatures, answers and receipts.
//!
//! The only module that knows response codes and signatures. It knows no pages.

pub(crate) mod answers;
pub(crate) mod callback_sender;
pub(crate) mod commands;
pub(crate) mod receipts;
pub(crate) mod reply;
pub(crate) mod signature;
