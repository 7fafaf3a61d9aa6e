//! Opens the data directory and builds all components.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use biller::{BillerPolicy, Billers, Connect};
use domain::Actor;
use domain::command::PutProduct;
use fail_points::{Point, pass};
use gateway::{Clock, Gateway, Resolver, SystemClock};
use outbound::EgressPolicy;
use sandbox::{BILLER_ID, PendingRule, Sandbox, Settings, catalogue};
use secrecy::ExposeSecret;
use store::postgres::{Address, Server};
use store::sqlite::DataDir;
use store::{Connections, Database, Hooks, Limits, Obstacle, PointReads, Read, StoreError};

use super::books::{self, BooksState, OpenMode, master_key};
use super::cleanup::Fresh;
use super::disk_space::Disk;
use crate::config::{Config, PendingEnds, Scheme};
use crate::controls::{Controls, MovedClock};
use crate::observe::alerts::AlertSender;
use crate::observe::metrics::Metrics;
use crate::secrets::vault::{NewKey, Vault, VaultError};

/// A gateway with everything that a server or a command needs around it.
pub(crate) struct Components {
    pub(crate) gateway: Gateway,
    pub(crate) resolver: Resolver,
    pub(crate) vault: Vault,
    pub(crate) metrics: Arc<Metrics>,
    /// The disk of the data directory, if the database is on it.
    pub(crate) disk: Option<Arc<Disk>>,
    /// The clock and the scenarios, if this is a sandbox.
    pub(crate) controls: Option<Controls>,
    /// Which callback addresses may be called.
    pub(crate) egress: EgressPolicy,
    /// Makes the connector of a biller.
    pub(crate) connect: Connect,
    /// Sends alerts, if that is configured.
    pub(crate) alerts: Option<AlertSender>,
    pub(crate) space: SpaceCheck,
    /// Keeps the directory locked, even after the committer has stopped. `None` for a command on a
    /// PostgreSQL database.
    pub(crate) data: Option<DataDir>,
    /// The files that were created; they are removed unless this is kept.
    pub(crate) fresh: Option<Fresh>,
}

/// Opens the books that the configuration names. Books in a data directory are locked for this
/// process. Errors that can be known before are reported before anything is created; after a later
/// error the created files are removed.
pub(crate) async fn open_components(config: &Config, mode: OpenMode) -> anyhow::Result<Components> {
    let metrics = Arc::new(Metrics::new());
    let seen = Arc::clone(&metrics);
    let hooks =
        Hooks { committed: Box::new(move |batch| seen.committed(batch)), fatal: Box::new(stop) };
    let limits = Limits { batch: config.store.batch_limit, queue: config.store.queue_limit };
    let Opened { vault, disk, database, data, fresh } = match address(config)? {
        None => embedded(config, mode, limits, hooks)?,
        Some(address) => Box::pin(shared(config, address, mode, limits, hooks)).await?,
    };
    let space = SpaceCheck(disk.clone(), config.store.data.clone());
    let settings = gateway::Settings {
        biller_deadline: config.gateway.biller_deadline,
        first_ask: config.gateway.resolver_first_ask,
        longest_wait: config.gateway.resolver_longest_wait,
        // A data directory has one owner; a PostgreSQL database may have many clients.
        shares_store: config.store.database.is_some(),
        low_biller_balance: config.alerts.low_biller_balance,
        reference_prefix: Vault::random_number(),
    };
    let (alerts, observer) = alerts(config, &metrics)?;
    let connect = connect_with(vault.clone());
    let mut billers = Billers::connected_by(Arc::clone(&connect));
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
        add_missing_products(&gateway, &space).await?;
    }
    let egress = egress_policy(config);
    Ok(Components {
        gateway,
        resolver,
        vault,
        metrics,
        disk,
        controls,
        egress,
        connect,
        alerts,
        space,
        data,
        fresh,
    })
}

/// What sends alerts, if that is configured, and the observer that passes them on.
fn alerts(
    config: &Config,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<(Option<AlertSender>, Arc<dyn gateway::Observer>)> {
    match &config.alerts.webhook {
        None => Ok((None, Arc::clone(metrics) as Arc<dyn gateway::Observer>)),
        Some(webhook) => {
            let (sender, observer) = AlertSender::new(webhook, Arc::clone(metrics))?;
            Ok((Some(sender), Arc::new(observer)))
        }
    }
}

/// Makes the connectors of billers, whose keys the vault opens.
fn connect_with(vault: Vault) -> Connect {
    Arc::new(move |settings| {
        let key = vault.open(&settings.api_key).map_err(|error| error.to_string())?;
        Ok(connectors::connect(settings, key).map_err(|error| error.to_string())?)
    })
}

/// The address of the PostgreSQL database; `None` if the books are in the data directory.
pub(crate) fn address(config: &Config) -> anyhow::Result<Option<Address>> {
    let url = config.store.database.as_ref();
    Ok(url.map(|url| Address::parse(url.expose_secret())).transpose()?)
}

/// An opened database with its vault, disk and directory.
struct Opened {
    vault: Vault,
    disk: Option<Arc<Disk>>,
    database: Database,
    data: Option<DataDir>,
    fresh: Option<Fresh>,
}

/// Opens the database in the data directory.
fn embedded(
    config: &Config,
    mode: OpenMode,
    limits: Limits,
    hooks: Hooks,
) -> anyhow::Result<Opened> {
    let place = &config.store.data;
    let found = BooksState::of_directory(config)?;
    found.check(config, mode)?;
    let mut fresh = (found == BooksState::Absent).then(|| Fresh::watch(place));
    let data = DataDir::own(place)?;
    pass(Point::DataOwned);
    let new_key = new_key(config, found)?;
    let opened = match found {
        BooksState::Complete => data.open_existing(),
        BooksState::WithoutKey | BooksState::Incomplete | BooksState::Absent => data.open(),
    };
    let store = opened.map_err(|error| match error {
        StoreError::Missing(_) => anyhow!(books::lost(place, &master_key(config))),
        error => error.into(),
    })?;
    let has_partners = !store.reader()?.partners()?.is_empty();
    match new_key {
        None => books::check_purpose(store.purpose()?, config, mode, &place.display().to_string())?,
        Some(_) if has_partners => {}
        Some(_) => store.set_purpose(books::purpose(config))?,
    }
    let vault = open_vault(config, new_key, has_partners, fresh.as_mut())?;
    let disk = Arc::new(Disk::of(&store, config.store.least_free_space)?);
    let connect = || Ok(Box::new(store.reader()?) as Box<dyn Read>);
    let point_reads = (0..threads()).map(|_| connect()).collect::<Result<_, StoreError>>()?;
    let questions = (0..config.store.readers).map(|_| connect());
    let questions = questions.collect::<Result<_, StoreError>>()?;
    let connections = Connections { point_reads: PointReads::embedded(point_reads), questions };
    let database = Database::start(store, connections, limits, hooks);
    Ok(Opened { vault, disk: Some(disk), database, data: Some(data), fresh })
}

/// Opens the PostgreSQL database, which other nodes may share.
async fn shared(
    config: &Config,
    address: Address,
    mode: OpenMode,
    limits: Limits,
    hooks: Hooks,
) -> anyhow::Result<Opened> {
    let place = address.to_string();
    let found = BooksState::of_postgres(config, &address).await?;
    found.check(config, mode)?;
    let is_served = mode != OpenMode::AtRest;
    let fresh = is_served.then(|| Fresh::watch(&config.store.data));
    // If the books exist, only the node's data directory can be new.
    let mut fresh = fresh.filter(|fresh| found != BooksState::Complete || fresh.is_absent());
    let data = is_served.then(|| DataDir::own(&config.store.data)).transpose()?;
    pass(Point::DataOwned);
    let new_key = new_key(config, found)?;
    let opened = Server::open(address, SystemClock.now()).await;
    let server = opened.with_context(|| format!("{place} is not opened"))?;
    let is_new = new_key.is_some();
    match is_new {
        false => books::check_purpose(server.purpose().await?, config, mode, &place)?,
        true if server.has_partners() => {}
        true => server.set_purpose(books::purpose(config)).await?,
    }
    let vault = open_vault(config, new_key, server.has_partners(), fresh.as_mut())?;
    // The tables stay in the database even if this start fails, so their key must stay too.
    if let Some(fresh) = fresh.take_if(|_| is_new) {
        fresh.keep();
    }
    let connect = || Ok(Box::new(server.reader()?) as Box<dyn Read>);
    let questions = (0..config.store.readers).map(|_| connect());
    let questions = questions.collect::<Result<_, StoreError>>()?;
    let connections = Connections { point_reads: server.point_reads(threads()).into(), questions };
    let database = Database::start(server.store()?, connections, limits, hooks);
    Ok(Opened { vault, disk: None, database, data, fresh })
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Writes a new master key for new books. It is written first: without it no books are created.
fn new_key(config: &Config, found: BooksState) -> anyhow::Result<Option<NewKey>> {
    match found {
        BooksState::Complete => Ok(None),
        BooksState::WithoutKey | BooksState::Incomplete | BooksState::Absent => {
            Ok(Some(NewKey::write(&master_key(config))?))
        }
    }
}

/// The new master key gets its final name only after the books exist, so an interrupted creation
/// can be resumed. If a key is missing later, no new one is made: it could not decrypt the
/// partners' API keys.
fn open_vault(
    config: &Config,
    new_key: Option<NewKey>,
    has_partners: bool,
    fresh: Option<&mut Fresh>,
) -> anyhow::Result<Vault> {
    let file = master_key(config);
    let Some(new_key) = new_key else { return Ok(Vault::read(&file)?) };
    if has_partners {
        bail!(VaultError::Missing(file));
    }
    let vault = new_key.keep()?;
    if let Some(fresh) = fresh {
        fresh.has_made(&file);
    }
    Ok(vault)
}

/// Stops the process: after a failed write no answer is safe, and a retry proves nothing. On damage
/// it continues: intact rows can still be read, and a restart would find the same damage.
fn stop(error: StoreError) {
    if error.is_damage() {
        tracing::error!(%error, "the database is damaged: no more writes");
        return;
    }
    tracing::error!(%error, "the database failed; the process stops");
    std::process::exit(74);
}

/// Which addresses callbacks may be sent to. A sandbox calls this machine and its networks too.
fn egress_policy(config: &Config) -> EgressPolicy {
    let trusted = config.callbacks.trusted_networks.iter().map(|network| network.0);
    let private = EgressPolicy::private_networks().filter(|_| config.sandbox.enabled);
    EgressPolicy::new(trusted.chain(private).collect())
}

/// Adds the sandbox to the billers.
fn sandbox(config: &Config, billers: &mut Billers) -> anyhow::Result<Controls> {
    let after = config.sandbox.pending_after;
    let settings = Settings {
        latency: config.sandbox.latency,
        made_up: config.sandbox.made_up_bills,
        seed: config.sandbox.seed,
        pending: match config.sandbox.pending_ends {
            PendingEnds::ByHand => PendingRule::ByHand,
            PendingEnds::Success => PendingRule::Success { after },
            PendingEnds::Failed => PendingRule::Failed { after },
        },
        scheme: match config.sandbox.scheme {
            Scheme::Documented => sandbox::Scheme::Documented,
            Scheme::LastFourDigits => sandbox::Scheme::LastFourDigits,
        },
        status: BillerPolicy {
            stop_polling_after: config.sandbox.stop_polling_after,
            trust_not_found_after: config.sandbox.trust_not_found_after,
            ..BillerPolicy::default()
        },
    };
    let sandbox = Sandbox::new(settings, |time| Box::pin(tokio::time::sleep(time)));
    let clock = match &config.store.database {
        None => Some(Arc::new(MovedClock::of(&config.store.data)?)),
        Some(_) => None,
    };
    let controls = Controls { clock, scenarios: sandbox.scenarios(), served: Arc::default() };
    billers.insert(BILLER_ID, "sandbox", Arc::new(sandbox));
    Ok(controls)
}

/// The free disk space for what a sandbox adds to its books at its start.
#[derive(Clone)]
pub(crate) struct SpaceCheck(Option<Arc<Disk>>, PathBuf);

impl SpaceCheck {
    /// Refuses a full disk, because a write without space would stop the process.
    ///
    /// # Errors
    /// With the directory and what to do.
    pub(crate) fn check(&self) -> Result<(), Obstacle> {
        match &self.0 {
            Some(disk) if disk.is_full() => {
                Err(Obstacle::new(&self.1, "written", &ErrorKind::StorageFull.into()))
            }
            _ => Ok(()),
        }
    }
}

/// Adds the sandbox's missing products; an operator's changes stay.
async fn add_missing_products(gateway: &Gateway, space: &SpaceCheck) -> anyhow::Result<()> {
    let known = gateway.reference_data();
    for product in catalogue() {
        if !known.catalogue.contains_key(&product.code) {
            space.check()?;
            gateway.operate_as(Actor::System, PutProduct(product)).await?;
        }
    }
    Ok(())
}
