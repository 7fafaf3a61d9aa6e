//! The server's audit of its own books: a quick check before it starts, the full audit in the
//! background.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use gateway::{BackgroundTask, Gateway, Health};
use store::audit::{Report, audit};
use store::{StoreError, sqlite};
use tokio::sync::oneshot;

/// Checks the balances and the open payments before the server starts.
pub(crate) async fn quick_check(gateway: &Gateway) -> Result<(), StoreError> {
    let looked = gateway.read(|read| store::audit::quick_check(read)).await;
    apply(gateway, looked).map(drop)
}

/// Audits all books once, with its own thread and connection, while the server runs.
pub(crate) struct SelfAudit {
    pub(crate) data: PathBuf,
    pub(crate) gateway: Gateway,
}

impl BackgroundTask for SelfAudit {
    const NAME: &'static str = "audit";
    type Error = StoreError;

    /// Returns when the audit is complete.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        health.round(self.audit().await)
    }
}

impl SelfAudit {
    async fn audit(&self) -> Result<(), StoreError> {
        let begun = std::time::Instant::now();
        let data = self.data.clone();
        let (tell, audited) = oneshot::channel();
        // Not a thread of the runtime: the runtime would wait for it when it stops.
        thread::Builder::new().name("audit".into()).spawn(move || drop(tell.send(whole(&data))))?;
        let panicked = |_| io::Error::other("the auditing thread has panicked");
        if let Some(report) = apply(&self.gateway, audited.await.map_err(panicked)?)? {
            let (payments, postings) = (report.payments, report.postings);
            let took = begun.elapsed();
            tracing::info!(payments, postings, ?took, "the books are audited and clean");
        }
        Ok(())
    }
}

fn whole(data: &Path) -> Result<Report, StoreError> {
    audit(&mut sqlite::reader(data)?)
}

/// Marks the books as corrupt if the audit found anything; otherwise logs the totals.
fn apply(
    gateway: &Gateway,
    audited: Result<Report, StoreError>,
) -> Result<Option<Report>, StoreError> {
    match audited {
        Ok(report) if report.is_clean() => return Ok(Some(report)),
        Ok(report) => {
            for fault in &report.faults {
                tracing::error!(rule = fault.rule, at = %fault.at, "a rule of the books is broken");
            }
            gateway.mark_corrupt(&format_args!("{} rules are broken", report.broken));
        }
        Err(error) if error.is_damage() => gateway.mark_corrupt(&error),
        Err(error) => return Err(error),
    }
    Ok(None)
}
