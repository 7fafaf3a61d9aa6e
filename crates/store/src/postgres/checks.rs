//! Checks of a server's version, settings and clock.

use std::time::Duration;

use domain::Moment;
use domain::moment::micros;
use tokio_postgres::{Client, Row};

use super::address::Address;
use crate::StoreError;

/// Maximum difference between the server's clock and ours.
const CLOCKS_AGREE_WITHIN: Duration = Duration::from_secs(5);

/// The oldest accepted version of PostgreSQL.
const OLDEST: i64 = 130_000;

const SETTINGS: &str = "\
    SELECT current_setting('fsync'), current_setting('full_page_writes'), \
    current_setting('synchronous_commit'), current_setting('synchronous_standby_names') <> '', \
    pg_is_in_recovery(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
    current_setting('server_version_num')::bigint";

/// The checks at a start. Refuses a server that could lose an answered payment, that accepts no writes, or whose
/// clock differs. `now` is the time of this process's clock.
pub(super) async fn start(
    client: &Client,
    address: &Address,
    now: Moment,
) -> Result<(), StoreError> {
    let settings = client.query_one(SETTINGS, &[]).await?;
    if settings.get(4) {
        return refuse("it is a standby; name its primary");
    }
    keeps_what_it_commits(&settings)?;
    if address.can_fail_over() && !settings.get::<_, bool>(3) {
        return refuse(
            "its standbys copy asynchronously, so that a failover to another host of the URL loses \
             what was answered; set synchronous_standby_names, or name this host alone",
        );
    }
    let apart = now.micros_since(Moment::from_micros(settings.get(5))).unsigned_abs();
    if apart > micros(CLOCKS_AGREE_WITHIN).unsigned_abs() {
        return Err(StoreError::Unfit(format!(
            "its clock and this machine's are {} s apart; synchronise them",
            apart / 1_000_000
        )));
    }
    if settings.get::<_, i64>(6) < OLDEST {
        return refuse("it is older than PostgreSQL 13");
    }
    Ok(())
}

/// The checks at a reconnect, as the server may have been restarted with other settings or replaced by a
/// standby. Refuses it if it could lose an answered payment. Until that is corrected, no command is carried out.
pub(super) async fn again(client: &Client) -> Result<(), StoreError> {
    let settings = client.query_one(SETTINGS, &[]).await?;
    keeps_what_it_commits(&settings).map_err(|unfit| StoreError::Unreachable(unfit.to_string()))
}

fn keeps_what_it_commits(settings: &Row) -> Result<(), StoreError> {
    if settings.get::<_, &str>(0) == "off" {
        return refuse("fsync is off, so that a power cut destroys the database; set fsync = on");
    }
    if settings.get::<_, &str>(1) == "off" {
        return refuse(
            "full_page_writes is off, so that a power cut can tear pages; set full_page_writes = on",
        );
    }
    match (settings.get(2), settings.get(3)) {
        ("off", _) => refuse(
            "synchronous_commit is off, so that a crash loses what was answered; set it to on",
        ),
        ("local" | "remote_write", true) => refuse(
            "synchronous_commit does not wait for the synchronous standby's disk, so that a \
             failover loses what was answered; set it to on",
        ),
        _ => Ok(()),
    }
}

fn refuse(why: &str) -> Result<(), StoreError> {
    Err(StoreError::Unfit(why.to_owned()))
}
