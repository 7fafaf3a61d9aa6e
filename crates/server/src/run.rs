//! A process from its start to its stop. The only room that knows all rooms.

pub(crate) mod books;
pub(crate) mod cleanup;
pub(crate) mod disk_space;
pub(crate) mod open;
pub(crate) mod port_file;
pub(crate) mod self_audit;
pub(crate) mod serve;
pub(crate) mod tls;
