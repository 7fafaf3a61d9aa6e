//! The runtime of the load generator.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::machine::cores;

/// A runtime with half of the cores, about as many as the fastest server needs.
pub(crate) fn runtime() -> Result<Runtime, String> {
    let threads = (cores() / 2).max(1);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))
}

/// Runs `load` to its end on the load generator's runtime.
pub(crate) fn under_load<T>(load: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    runtime()?.block_on(load)
}
