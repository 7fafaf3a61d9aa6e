//! `lunas init`: creates new books.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;

use super::print::{Operator, Render};
use crate::admin::{Location, socket};
use crate::config::{Config, Flag, Loaded};
use crate::run::books::{self, BooksState, OpenMode};
use crate::run::{open, serve};

/// The end of the help: details and the next steps.
const NEXT: &str = "\
Creates the data directory, the database and the master key. It refuses a
place that has books or a master key already. With --database, or
store.database, it creates the tables in that PostgreSQL database, which must
be empty. Other servers of the same database need no `lunas init`, only a copy
of the master key.

Then run these commands, each with the same --data or --config:

  lunas partner add --username 081234567890    adds a partner and shows its API key once
  lunas deposit add 081234567890 1000000 --reference \"FT 4711\"
                                               what it has paid in, with the bank's reference
  lunas product set BPJS --create --family bpjs-kesehatan --name \"BPJS Kesehatan\"
                                               a product; set --fee and --commission as you like
  lunas biller add, lunas route add            who is paid, and for which products
  lunas serve                                  starts the server

Keep a copy of the master key, but not with the backups. Without the key no
API key in the books can be used.";

/// Create new books, once, before the first start of a server.
#[derive(clap::Args)]
#[command(after_help = NEXT)]
pub(super) struct Args {
    #[command(flatten)]
    operator: Operator,
}

/// What was created.
#[derive(Serialize)]
struct Made {
    data: PathBuf,
    /// Without its password; `None` if the books are in the directory.
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
            "sandbox.enabled = true: the books that `lunas init` makes are for production; set it \
             to false, \
             or run `lunas sandbox`, which makes its own"
        );
    }
    let address = Location::of(&config).address()?;
    serve::runtime()?.block_on(async {
        let (found, place) = match &address {
            None => (BooksState::of_directory(&config)?, config.store.data.display().to_string()),
            Some(address) => {
                (BooksState::of_postgres(&config, address).await?, address.to_string())
            }
        };
        if found == BooksState::Complete {
            bail!(
                "there are books in {place} already: serve books of `lunas init` with `lunas \
                 serve` and \
                 books of a sandbox with `lunas sandbox`, or name another place for new ones"
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
    let components = Box::pin(open::open_components(config, OpenMode::ToServeOrMake)).await?;
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
             Keep a copy of the key, but not with the backups. Without the key no API key can be used.\n\n\
             Next: lunas partner add, lunas deposit add, lunas product set, lunas biller add, lunas route add, lunas serve, each with the \
             same --data or --config; `lunas init --help` shows them.\n"
        )
    }
}
