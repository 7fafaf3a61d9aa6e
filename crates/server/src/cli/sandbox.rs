//! `lunas sandbox`: the whole gateway on this machine, without configuration.

mod controls;
mod welcome;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use domain::command::{AddPartner, RecordDeposit};
use domain::{Actor, Rupiah, Username, bounds};
use secrecy::{ExposeSecret, SecretString};

use super::settings::Settings;
use super::{number, print};
use crate::config::{Flag, Loaded};
use crate::controls::Served;
use crate::run::books::OpenMode;
use crate::run::serve::{self, Server};
use crate::secrets::vault::Vault;
use welcome::Welcome;

/// Run a sandbox on this machine: the whole API, but no real payments.
///
/// The first start creates the data directory with one partner, its deposit and all products. Later
/// starts continue with the same data and credentials. Books that `lunas init` created for
/// production are refused.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = welcome::with_curl())]
pub(super) struct Args {
    #[command(subcommand)]
    control: Option<controls::Command>,
    #[command(flatten)]
    settings: Settings,
    /// Write the port to this file when the server is ready.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// The partner's username. A new partner is added with its deposit [default: 081234567890].
    #[arg(long)]
    username: Option<String>,
    /// The API key of a new partner [default: a generated one].
    #[arg(long, value_name = "KEY", env = "LUNAS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The first deposit of a new partner, in whole rupiah.
    #[arg(long, value_name = "RUPIAH", default_value_t = 1_000_000_000, allow_negative_numbers = true,
        value_parser = number::whole::<i64>)]
    balance: i64,
    /// Open the portal in your browser when the server is ready.
    #[arg(long)]
    open: bool,
}

/// The default username; IAK's usernames are phone numbers.
const FIRST_PARTNER: &str = "081234567890";

/// The default data directory.
const DATA: &str = "./lunas-data";

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    if let Some(control) = args.control {
        return controls::run(control, load);
    }
    let begun = Instant::now();
    let on = |key: &str| Flag {
        name: "sandbox".to_owned(),
        key: key.to_owned(),
        value: "true".to_owned(),
    };
    let mut flags = vec![on("sandbox.enabled"), on("portal.enabled")];
    flags.extend(args.settings.flags());
    let config = load(flags)?.config;
    let log = crate::observe::log::start(&config.log)?;
    // At the default log level, only warnings are printed before the welcome text.
    log.warnings_only(config.log.level == tracing::Level::INFO);
    let new = New::of(&args)?;
    serve::runtime()?.block_on(async {
        let (data, has_tls) = (config.store.data.clone(), config.server.tls.is_some());
        let server = serve::prepare(config, OpenMode::ToServeOrMake, args.port_file).await?;
        let (username, key) = partner(&server, new).await?;
        let url = welcome::url(server.address()?, has_tls);
        if let Some(controls) = &server.components.controls {
            let served = Served { url: url.clone(), username: username.clone() };
            // Set once: a process has one server.
            let _ = controls.served.set(served);
        }
        let welcome = || {
            let welcome = Welcome {
                url: &url,
                username: username.as_str(),
                api_key: key.expose_secret(),
                data: &data,
                ready_in: begun.elapsed(),
            };
            log.write_out();
            print::text(&welcome.text())?;
            log.warnings_only(false);
            if args.open {
                welcome::open(url.clone());
            }
            Ok(())
        };
        server.run(welcome).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The partner that the arguments ask for, validated before anything is created.
struct New {
    username: Option<Username>,
    key: Option<SecretString>,
    balance: Rupiah,
}

impl New {
    fn of(args: &Args) -> anyhow::Result<New> {
        let username = args.username.as_deref().map(Username::new).transpose();
        let key = args.api_key.clone().map(SecretString::from);
        if key.as_ref().is_some_and(|key| key.expose_secret().is_empty()) {
            bail!("--api-key is empty; leave it out to get a generated key");
        }
        let balance = bounds::FIRST_DEPOSIT.check(args.balance);
        let balance =
            balance.map_err(|out| anyhow!("--balance {}: expected {out}", args.balance))?;
        Ok(New { username: username.context("--username")?, key, balance })
    }
}

/// The sandbox's partner: the existing one, or a new one with its deposit.
async fn partner(server: &Server, new: New) -> anyhow::Result<(Username, SecretString)> {
    let gateway = &server.components.gateway;
    let vault = &server.components.vault;
    let directory = gateway.reference_data();
    let known = match &new.username {
        Some(username) => directory.partner(username.as_str()),
        None => directory.partners().into_iter().next(),
    };
    if let Some(partner) = known {
        let key = vault.open(partner.keys.first().context("the partner has no key")?)?;
        if new.key.is_some_and(|given| given.expose_secret() != key.expose_secret()) {
            bail!(
                "{} has another API key here than --api-key or the variable LUNAS_API_KEY; leave both out to use \
                 it, or change it with `lunas partner rotate-key`",
                partner.username
            );
        }
        return Ok((partner.username.clone(), key));
    }
    server.components.space.check()?;
    let first = || Username::new(FIRST_PARTNER);
    let username = new.username.map_or_else(first, Ok).context("--username")?;
    let key = new.key.unwrap_or_else(Vault::new_secret);
    let add = AddPartner {
        username: username.clone(),
        name: "Sandbox".into(),
        key: vault.seal(&key),
        allow_list: Vec::new(),
        min_balance: Rupiah::ZERO,
        now: gateway.now(),
    };
    let partner = gateway.operate_as(Actor::System, add).await?;
    if new.balance.is_positive() {
        let (note, reference) = ("sandbox".into(), None);
        let (partner, now) = (partner.id, gateway.now());
        let deposit = RecordDeposit { partner, amount: new.balance, note, reference, now };
        gateway.operate_as(Actor::System, deposit).await?;
    }
    Ok((username, key))
}
