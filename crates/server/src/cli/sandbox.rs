//! `lunas sandbox`: the whole gateway on this machine, without any configuration.

mod controls;
mod welcome;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use domain::command::{AddPartner, AddTopUp};
use domain::{Rupiah, Username};
use secrecy::{ExposeSecret, SecretString};

use super::print;
use super::settings::Settings;
use crate::config::{Flag, Loaded};
use crate::controls::Served;
use crate::serve::{self, Server};
use crate::vault::Vault;
use welcome::Welcome;

/// Run a sandbox: nothing real is paid, everything else is real.
///
/// The first start makes the data directory with one partner, its deposit and every product; a
/// later start goes on where the last one stopped, with the same credentials.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = welcome::with_curl())]
pub(super) struct Args {
    #[command(subcommand)]
    control: Option<controls::Command>,
    #[command(flatten)]
    settings: Settings,
    /// Write the port to this file once requests are served.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// The partner's username; one that is new is added with its deposit [default: 081234567890].
    #[arg(long)]
    username: Option<String>,
    /// The API key of a new partner; made up if it is not given.
    #[arg(long, value_name = "KEY", env = "LUNAS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The deposit of a new partner in whole rupiah.
    #[arg(long, value_name = "RUPIAH", default_value_t = 1_000_000_000)]
    balance: i64,
    /// Open the portal in your browser once it is served.
    #[arg(long)]
    open: bool,
}

/// A phone number, as partners of IAK sign in with one.
const FIRST_PARTNER: &str = "081234567890";

/// The data directory unless another is named.
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
    let log = crate::log::start(&config.log)?;
    // Until it says where it is, only warnings are heard, unless somebody asks for details.
    log.hush(config.log.level == tracing::Level::INFO);
    serve::runtime()?.block_on(async {
        let (data, has_tls) = (config.store.data.clone(), config.server.tls.is_some());
        let server = serve::prepare(config).await?;
        let (username, key) = partner(&server, &args).await?;
        let url = welcome::url(server.edge.address()?, has_tls);
        if let Some(controls) = &server.house.controls {
            let served = Served { url: url.clone(), username: username.clone() };
            // It is set once: there is one server in a process.
            let _ = controls.served.set(served);
        }
        let welcome = Welcome {
            url: &url,
            username: username.as_str(),
            api_key: key.expose_secret(),
            data: &data,
            ready_in: begun.elapsed(),
        };
        print::text(&welcome.text())?;
        log.hush(false);
        if args.open {
            welcome::open(url);
        }
        server.run(args.port_file).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The sandbox's partner: the one that is there, or a new one with its deposit.
async fn partner(server: &Server, args: &Args) -> anyhow::Result<(Username, SecretString)> {
    let gateway = &server.house.gateway;
    let vault = &server.house.vault;
    let directory = gateway.directory();
    let known = match &args.username {
        Some(username) => directory.partner(username),
        None => directory.partners().into_iter().next(),
    };
    if let Some(partner) = known {
        let key = vault.open(partner.keys.first().context("the partner has no key")?)?;
        if args.api_key.as_ref().is_some_and(|given| given != key.expose_secret()) {
            bail!(
                "{} has another API key here; leave --api-key out to go on with it, or change it \
                 with `lunas partner rotate-key`",
                partner.username
            );
        }
        return Ok((partner.username.clone(), key));
    }
    let username = args.username.as_deref().unwrap_or(FIRST_PARTNER);
    let username = Username::new(username).context("--username")?;
    let key = args.api_key.clone().map_or_else(Vault::new_secret, SecretString::from);
    if key.expose_secret().is_empty() {
        bail!("--api-key: an empty key signs nothing");
    }
    if args.balance < 0 {
        bail!("--balance: expected whole rupiah, 0 or more");
    }
    let add = AddPartner {
        username: username.clone(),
        name: "Sandbox".into(),
        key: vault.seal(&key),
        allow_list: Vec::new(),
        floor: Rupiah::ZERO,
        now: gateway.now(),
    };
    let partner = gateway.operate(add).await??;
    if args.balance > 0 {
        let amount = Rupiah::new(args.balance);
        let note = "sandbox".into();
        let top_up = AddTopUp { partner: partner.id, amount, note, now: gateway.now() };
        gateway.operate(top_up).await??;
    }
    Ok((username, key))
}
