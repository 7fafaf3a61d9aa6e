//! `lunas init`: new books.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;

use super::print::{Operator, Render};
use crate::admin::{Location, socket};
use crate::config::{Config, Flag, Loaded};
use crate::run::books::{self, Found, Opens};
use crate::run::{open, serve};

/// What to know about it, and what comes next.
const NEXT: &str = "\
Makes the data directory, the database and the master key. It is refused
where books or a master key are already. With --database, or store.database,
the tables are made in that PostgreSQL database, which must be empty. Other
servers of the same database need no `lunas init`, but a copy of the master
key.

Then, each with the same --data or --config:

  lunas partner add --username 081234567890    a partner, whose API key is shown once
  lunas deposit add 081234567890 1000000 --reference \"FT 4711\"
                                               what it has paid in, and by which transfer
  lunas product set BPJS --create --family bpjs-kesehatan --name \"BPJS Kesehatan\"
                                               what is sold; --fee and --commission are yours to set
  lunas serve                                  the server

Keep a copy of the master key apart from the backups: without it no API key
in the books opens.";

/// Make new books, once, before the first start of a server.
#[derive(clap::Args)]
#[command(after_help = NEXT)]
pub(super) struct Args {
    #[command(flatten)]
    operator: Operator,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    data: PathBuf,
    /// Without its password; none if the books are in the directory.
    database: Option<String>,
    master_key: PathBuf,
}

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let config = args.operator.load(load)?.config;
    if config.sandbox.enabled {
        bail!(
            "sandbox.enabled = true: the books that `lunas init` makes are for production; set it to false, \
             or run `lunas sandbox`, which makes its own"
        );
    }
    let address = Location::of(&config).address()?;
    serve::runtime()?.block_on(async {
        let (found, place) = match &address {
            None => (Found::here(&config)?, config.store.data.display().to_string()),
            Some(address) => (Found::there(&config, address).await?, address.to_string()),
        };
        if found == Found::Books {
            bail!(
                "there are books in {place} already: serve them with `lunas serve`, or name another \
                 place for new ones"
            );
        }
        socket::check(&socket::path(&config.store.data))?;
        make(&config).await
    })?;
    let database = address.map(|address| address.to_string());
    let (data, master_key) = (config.store.data.clone(), books::master_key(&config));
    args.operator.format().show(&Made { data, database, master_key })?;
    Ok(ExitCode::SUCCESS)
}

async fn make(config: &Config) -> anyhow::Result<()> {
    let components = Box::pin(open::open_components(config, Opens::ToServeOrMake)).await?;
    if let Some(fresh) = components.fresh {
        fresh.keep();
    }
    components.gateway.finish().await;
    Ok(())
}

impl Render for Made {
    fn text(&self) -> String {
        let (data, key) = (self.data.display(), self.master_key.display());
        let place = self.database.clone().unwrap_or_else(|| data.to_string());
        format!(
            "New books are in {place}, and their master key is {key}.\n\
             Keep a copy of the key apart from the backups: without it no API key in them opens.\n\n\
             Next: lunas partner add, lunas deposit add, lunas product set, lunas serve, each with the \
             same --data or --config; `lunas init --help` shows them.\n"
        )
    }
}
