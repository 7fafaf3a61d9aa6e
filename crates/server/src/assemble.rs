//! Puts the rooms together: data directory, database, vault, billers, gateway.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use billers::sandbox::{PendingRule, Settings, catalogue};
use billers::{Billers, SANDBOX, Sandbox, StatusRules};
use domain::command::PutProduct;
use fail_points::{Point, pass};
use gateway::{Clock, Gateway, Resolver, SystemClock};
use secrecy::ExposeSecret;
use store::postgres::{Address, Server};
use store::sqlite::DataDir;
use store::{Connections, Database, Hooks, Limits, LookUps, StoreError};

use crate::callbacks::Outward;
use crate::config::{Config, PendingEnds, Scheme};
use crate::controls::{Controls, MovedClock};
use crate::disk::Disk;
use crate::metrics::Metrics;
use crate::vault::Vault;

/// An opened gateway with what belongs to it.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) resolver: Resolver,
    pub(crate) vault: Vault,
    pub(crate) metrics: Arc<Metrics>,
    /// The disk of the data directory, if the database is on it.
    pub(crate) disk: Option<Arc<Disk>>,
    /// What can be made to happen, if this is a sandbox.
    pub(crate) controls: Option<Controls>,
    /// Which callback addresses are called.
    pub(crate) outward: Outward,
    /// The directory stays this process's, even if its committer stops.
    pub(crate) data: DataDir,
}

/// Opens the data directory that the configuration names, which this process then owns.
pub(crate) async fn open(config: &Config) -> anyhow::Result<House> {
    let data = DataDir::own(&config.store.data)?;
    pass(Point::DataOwned);
    let metrics = Arc::new(Metrics::new());
    let seen = Arc::clone(&metrics);
    let hooks =
        Hooks { committed: Box::new(move |batch| seen.committed(batch)), fatal: Box::new(stop) };
    let limits = Limits { batch: config.store.batch_limit, queue: config.store.queue_limit };
    let (vault, disk, database) = match address(config)? {
        None => embedded(config, &data, limits, hooks)?,
        Some(address) => shared(config, address, limits, hooks).await?,
    };
    let settings = gateway::Settings {
        biller_deadline: config.gateway.biller_deadline,
        first_ask: config.gateway.resolver_first_ask,
        longest_wait: config.gateway.resolver_longest_wait,
        // A data directory has one owner, a server may have many clients.
        shares_store: config.store.database.is_some(),
    };
    let observer = Arc::clone(&metrics) as Arc<dyn gateway::Observer>;
    let mut billers = Billers::default();
    let controls = match config.sandbox.enabled {
        true => Some(sandbox(config, &mut billers)?),
        false => None,
    };
    let moved = controls.as_ref().and_then(|controls| controls.clock.clone());
    let clock: Arc<dyn Clock> = match moved {
        Some(moved) => moved,
        None => Arc::new(SystemClock),
    };
    let (gateway, resolver) = Gateway::open(database, billers, clock, observer, settings).await?;
    if config.sandbox.enabled {
        stock(&gateway).await?;
    }
    let outward = Outward::of(config);
    Ok(House { gateway, resolver, vault, metrics, disk, controls, outward, data })
}

/// The server of the database, if it is not in the data directory.
pub(crate) fn address(config: &Config) -> anyhow::Result<Option<Address>> {
    let url = config.store.database.as_ref();
    Ok(url.map(|url| Address::parse(url.expose_secret())).transpose()?)
}

/// An opened database with what belongs to it.
type Opened = (Vault, Option<Arc<Disk>>, Database);

/// The database in the data directory.
fn embedded(
    config: &Config,
    data: &DataDir,
    limits: Limits,
    hooks: Hooks,
) -> anyhow::Result<Opened> {
    let is_used = store::sqlite::database(&config.store.data).exists();
    let vault = open_vault(config, is_used)?;
    let store = data.open().with_context(|| format!("in {}", config.store.data.display()))?;
    let disk = Arc::new(Disk::of(&store, config.store.least_free_space)?);
    let connect = || Ok(Box::new(store.reader()?) as Box<dyn store::Read>);
    let look_ups = (0..threads()).map(|_| connect()).collect::<Result<_, StoreError>>()?;
    let questions = (0..config.store.readers).map(|_| connect());
    let questions = questions.collect::<Result<_, StoreError>>()?;
    let connections = Connections { look_ups: LookUps::here(look_ups), questions };
    Ok((vault, Some(disk), Database::start(store, connections, limits, hooks)))
}

/// The database on a server, which others may share.
async fn shared(
    config: &Config,
    address: Address,
    limits: Limits,
    hooks: Hooks,
) -> anyhow::Result<Opened> {
    let place = address.to_string();
    let opened = Server::open(address, SystemClock.now()).await;
    let server = opened.with_context(|| format!("{place} is not opened"))?;
    let vault = open_vault(config, server.has_partners())?;
    let connect = || Ok(Box::new(server.reader()?) as Box<dyn store::Read>);
    let questions = (0..config.store.readers).map(|_| connect());
    let questions = questions.collect::<Result<_, StoreError>>()?;
    let connections = Connections { look_ups: server.look_ups(threads()).into(), questions };
    Ok((vault, None, Database::start(server.store()?, connections, limits, hooks)))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A master key is made with the database. One that is missing later is no reason for another, under
/// which no partner's key would open.
fn open_vault(config: &Config, is_used: bool) -> anyhow::Result<Vault> {
    let file = master_key(config);
    if is_used && !file.exists() {
        bail!(
            "the master key {} is missing, and the API keys in the database were sealed under it: \
             bring it back from where it is kept, or name it with security.master_key_file",
            file.display(),
        );
    }
    Ok(Vault::open_or_make(&file)?)
}

/// Where the master key lies.
pub(crate) fn master_key(config: &Config) -> PathBuf {
    let named = config.security.master_key_file.clone();
    named.unwrap_or_else(|| config.store.data.join("master.key"))
}

/// Ends the process: after a failed write nothing may be answered, and trying again proves nothing.
/// Damage is another matter: what is whole can still be read, and a restart would find the same.
fn stop(error: StoreError) {
    if error.is_damage() {
        tracing::error!(%error, "the database is damaged: nothing more is written to it");
        return;
    }
    tracing::error!(%error, "the database failed; the process stops");
    std::process::exit(74);
}

/// Adds the sandbox to the billers.
fn sandbox(config: &Config, billers: &mut Billers) -> anyhow::Result<Controls> {
    let after = config.sandbox.pending_after;
    let sandbox = Sandbox::new(Settings {
        latency: config.sandbox.latency,
        made_up: config.sandbox.made_up_bills,
        seed: config.sandbox.seed,
        pending: match config.sandbox.pending_ends {
            PendingEnds::ByHand => PendingRule::ByHand,
            PendingEnds::Success => PendingRule::Success { after },
            PendingEnds::Failed => PendingRule::Failed { after },
        },
        scheme: match config.sandbox.scheme {
            Scheme::Documented => billers::sandbox::Scheme::Documented,
            Scheme::LastFourDigits => billers::sandbox::Scheme::LastFourDigits,
        },
        status: StatusRules {
            ask_until: config.sandbox.ask_until,
            not_found_counts_from: config.sandbox.not_found_counts_from,
        },
    });
    let clock = match &config.store.database {
        None => Some(Arc::new(MovedClock::of(&config.store.data)?)),
        Some(_) => None,
    };
    let controls = Controls { clock, scenarios: sandbox.scenarios(), served: Arc::default() };
    billers.insert(SANDBOX, "sandbox", Arc::new(sandbox));
    Ok(controls)
}

/// Adds the sandbox's products that are not there yet; what an operator has changed stays.
async fn stock(gateway: &Gateway) -> anyhow::Result<()> {
    let known = gateway.directory();
    for product in catalogue() {
        if !known.catalogue.contains_key(&product.code) {
            gateway.operate(PutProduct(product)).await??;
        }
    }
    Ok(())
}
