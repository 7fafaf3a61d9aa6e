//! `lunas sandbox`: the whole gateway on this machine, without any configuration.

mod controls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use domain::command::{AddPartner, AddTopUp};
use domain::{Rupiah, Username, bounds};
use secrecy::{ExposeSecret, SecretString};

use super::print;
use crate::config::{Flag, Loaded};
use crate::serve::{self, Server};
use crate::vault::Vault;

/// Run a sandbox: nothing real is paid, everything else is real.
///
/// The first start makes the data directory with one partner, its deposit and every product; a
/// later start goes on where the last one stopped, with the same credentials.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    control: Option<controls::Command>,
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Write the port to this file once requests are served.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// The data directory [default: ./lunas-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The partner's username; one that is new is added with its deposit [default: 081234567890].
    #[arg(long)]
    username: Option<String>,
    /// The API key of a new partner; made up if it is not given.
    #[arg(long, value_name = "KEY", env = "LUNAS_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The deposit of a new partner in whole rupiah.
    #[arg(long, value_name = "RUPIAH", default_value_t = 1_000_000_000)]
    balance: i64,
}

/// A phone number, as partners of IAK sign in with one.
const FIRST_PARTNER: &str = "081234567890";

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    if let Some(control) = args.control {
        return controls::run(control, load);
    }
    let flag = |name: &str, key: &str, value: String| Flag {
        name: name.to_owned(),
        key: key.to_owned(),
        value,
    };
    let mut flags = vec![
        flag("sandbox", "sandbox.enabled", "true".to_owned()),
        flag("sandbox", "portal.enabled", "true".to_owned()),
    ];
    flags.extend(args.listen.map(|l| flag("--listen", "server.listen", l.to_string())));
    flags.extend(args.data.as_ref().map(|d| flag("--data", "store.data", d.display().to_string())));
    let config = load(flags)?.config;
    let _log = crate::log::start(&config.log)?;
    serve::runtime()?.block_on(async {
        let server = serve::prepare(config).await?;
        let (username, key) = partner(&server, &args).await?;
        let address = server.edge.address()?;
        print::text(&welcome(address, &username, key.expose_secret()))?;
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
    let balance = bounds::FIRST_DEPOSIT.check(args.balance);
    let balance = balance.map_err(|out| anyhow!("--balance: expected {out}"))?;
    let add = AddPartner {
        username: username.clone(),
        name: "Sandbox".into(),
        key: vault.seal(&key),
        allow_list: Vec::new(),
        floor: Rupiah::ZERO,
        now: gateway.now(),
    };
    let partner = gateway.operate(add).await??;
    if balance.is_positive() {
        let (note, reference) = ("sandbox".into(), None);
        let (partner, now) = (partner.id, gateway.now());
        let top_up = AddTopUp { partner, amount: balance, note, reference, now };
        gateway.operate(top_up).await??;
    }
    Ok((username, key))
}

/// What a newcomer needs: the address, the credentials, and a first request that works.
fn welcome(address: SocketAddr, username: &Username, key: &str) -> String {
    let user = username.as_str();
    let api = format!("http://{address}/api/v1/bill/check");
    format!(
        r#"lunas sandbox: nothing real is paid.

  API       {api}
  username  {user}
  API key   {key}

Ask what is owed:

  R=ref-$(date +%s%N)
  S=$(printf %s "{user}{key}$R" | md5sum | cut -c1-32)
  curl -s {api} -H 'Content-Type: application/json' \
    -d '{{"commands":"inq-pasca","username":"{user}","code":"BPJS","hp":"8801234560001","month":"2","ref_id":"'$R'","sign":"'$S'"}}'

Pay it, with the tr_id of the answer:

  T=<tr_id>
  S=$(printf %s "{user}{key}$T" | md5sum | cut -c1-32)
  curl -s {api} -H 'Content-Type: application/json' \
    -d '{{"commands":"pay-pasca","username":"{user}","tr_id":"'$T'","sign":"'$S'"}}'

Stop with Ctrl-C. The data stays, and the next start goes on from it.
"#
    )
}
