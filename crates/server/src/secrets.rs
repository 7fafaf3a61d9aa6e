//! Keys, passwords and sessions: how they are read, made, kept and compared.

pub(crate) mod password;
pub(crate) mod secret_file;
pub(crate) mod session;
pub(crate) mod totp;
pub(crate) mod vault;
