//! A process from start to stop. The only module that knows all others.

pub(crate) mod books;
pub(crate) mod cleanup;
pub(crate) mod disk_space;
pub(crate) mod open;
pub(crate) mod port_file;
pub(crate) mod self_audit;
pub(crate) mod serve;
pub(crate) mod tls;
