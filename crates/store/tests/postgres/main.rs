//! The contract on a real PostgreSQL server, and tests that only apply to a server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cluster;
#[path = "../contract/mod.rs"]
mod contract;
mod failover;
#[path = "../../examples/fill/fill.rs"]
mod fill;
mod nodes;
mod outages;
mod purpose;
mod retention;
mod store_migration;
mod tampering;
mod tls;

use std::sync::LazyLock;

use cluster::Cluster;
use contract::Bench;
use domain::Moment;
use store::postgres::{Address, Server};
use store::{Connections, Database, Hooks, Limits, Read};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// One server for all tests of this process.
pub(crate) static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A separate database.
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    pub(crate) fn fresh() -> Place {
        Place { url: CLUSTER.database() }
    }

    pub(crate) fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }

    /// Changes the database behind the server's back.
    pub(crate) fn tamper(&self, sql: &str) {
        CLUSTER.sql(self.name(), sql);
    }

    pub(crate) fn server(&self) -> Server {
        let opened = Server::open(Address::parse(&self.url).unwrap(), now());
        block_in_place(|| Handle::current().block_on(opened)).unwrap()
    }
}

impl Bench for Place {
    fn open(&self, hooks: Hooks) -> Database {
        let server = self.server();
        let connections = Connections {
            point_reads: server.point_reads(1).into(),
            questions: vec![Box::new(server.reader().unwrap())],
        };
        Database::start(server.store().unwrap(), connections, Limits::default(), hooks)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(self.server().reader().unwrap())
    }
}

/// The time of this machine; the server's clock is the same.
pub(crate) fn now() -> Moment {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Moment::default().after(since)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_contract() {
    contract::every_promise(Place::fresh).await;
}
