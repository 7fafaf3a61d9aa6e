//! A server audits its own books: what a start can wait for before it, the rest beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use gateway::{BackgroundTask, Gateway, Health};
use store::audit::{Report, audit, quick_check};
use store::{StoreError, sqlite};
use tokio::sync::oneshot;

/// Checks the balances and the payments in process before anything is begun.
pub(crate) async fn glance(gateway: &Gateway) -> Result<(), StoreError> {
    let looked = gateway.read(|read| quick_check(read)).await;
    judge(gateway, looked).map(drop)
}

/// Reads all books once, on a thread and a connection of their own, while others use them.
pub(crate) struct SelfAudit {
    pub(crate) data: PathBuf,
    pub(crate) gateway: Gateway,
}

impl BackgroundTask for SelfAudit {
    const NAME: &'static str = "audit";
    type Error = StoreError;

    /// Returns once they are read.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        health.round(self.audit().await)
    }
}

impl SelfAudit {
    async fn audit(&self) -> Result<(), StoreError> {
        let begun = std::time::Instant::now();
        let data = self.data.clone();
        let (tell, audited) = oneshot::channel();
        // No thread of the runtime, which would have to wait for it at its end.
        thread::Builder::new().name("audit".into()).spawn(move || drop(tell.send(whole(&data))))?;
        let panicked = |_| io::Error::other("the auditing thread has panicked");
        if let Some(report) = judge(&self.gateway, audited.await.map_err(panicked)?)? {
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

/// Distrusts the books if anything is wrong with them; otherwise says what was seen.
fn judge(
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
