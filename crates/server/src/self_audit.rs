//! A server audits its own books: what a start can wait for before it, the rest beside it.

use std::path::{Path, PathBuf};

use gateway::Gateway;
use store::audit::{Report, audit, glance as glance_at};
use store::{StoreError, sqlite};

/// Checks the balances and the payments in process before anything is begun.
pub(crate) async fn glance(gateway: &Gateway) -> Result<(), StoreError> {
    let looked = gateway.read(|read| glance_at(read)).await;
    judge(gateway, looked).map(drop)
}

/// Reads all books, on a thread and a connection of their own, while others use them.
pub(crate) fn start(data: PathBuf, gateway: Gateway) -> std::io::Result<()> {
    let audit = move || {
        let begun = std::time::Instant::now();
        match judge(&gateway, whole(&data)) {
            Ok(Some(report)) => {
                let (payments, postings) = (report.payments, report.postings);
                let took = begun.elapsed();
                tracing::info!(payments, postings, ?took, "the books are audited and clean");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the books could not be audited"),
        }
    };
    std::thread::Builder::new().name("audit".into()).spawn(audit).map(drop)
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
            gateway.distrust(&format_args!("{} rules are broken", report.broken));
        }
        Err(error) if error.is_damage() => gateway.distrust(&error),
        Err(error) => return Err(error),
    }
    Ok(None)
}
