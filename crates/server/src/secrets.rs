//! Keys, passwords and sessions: how they are made, kept and compared.

pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod totp;
pub(crate) mod vault;
