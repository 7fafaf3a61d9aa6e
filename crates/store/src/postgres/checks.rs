//! What a server must be before anything is trusted to it.

use std::time::Duration;

use domain::Moment;
use domain::moment::micros;
use tokio_postgres::Client;

use crate::StoreError;

/// How far the server's clock may be from ours.
const CLOCKS_AGREE_WITHIN: Duration = Duration::from_secs(5);

const SETTINGS: &str = "\
    SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'), \
    current_setting('synchronous_commit'), current_setting('synchronous_standby_names') <> '', \
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
    current_setting('server_version_num')::bigint";

/// Refuses a server on which an answered payment can be lost, or which cannot be written to. `now` is
/// the time that this process believes it is.
pub(super) async fn check(client: &Client, now: Moment) -> Result<(), StoreError> {
    let row = client.query_one(SETTINGS, &[]).await?;
    let on = |column: usize| row.get::<_, &str>(column) != "off";
    let refuse = |why: &str| Err(StoreError::Unfit(why.to_owned()));
    if row.get(0) {
        return refuse("it is a standby; name its primary");
    }
    if !on(1) {
        return refuse("fsync is off, so that a power cut destroys the database; set fsync = on");
    }
    if !on(2) {
        return refuse(
            "full_page_writes is off, so that a power cut can tear pages; set full_page_writes = on",
        );
    }
    match (row.get(3), row.get(4)) {
        ("off", _) => {
            return refuse(
                "synchronous_commit is off, so that a crash loses what was answered; set it to on",
            );
        }
        ("local" | "remote_write", true) => {
            return refuse(
                "synchronous_commit does not wait for the synchronous standby's disk, so that a \
                 failover loses what was answered; set it to on",
            );
        }
        _ => {}
    }
    let apart = now.micros_since(Moment::from_micros(row.get(5))).unsigned_abs();
    if apart > micros(CLOCKS_AGREE_WITHIN).unsigned_abs() {
        return Err(StoreError::Unfit(format!(
            "its clock and this machine's are {} s apart; synchronise them",
            apart / 1_000_000
        )));
    }
    if row.get::<_, i64>(6) < OLDEST {
        return refuse("it is older than PostgreSQL 13");
    }
    Ok(())
}

/// The oldest version that is supported by its makers in part at least.
const OLDEST: i64 = 130_000;
