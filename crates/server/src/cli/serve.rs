//! `lunas serve`: the production server.

use std::path::PathBuf;
use std::process::ExitCode;

use super::settings::Settings;
use crate::config::{Flag, Loaded};
use crate::run::books::OpenMode;
use crate::run::serve;

/// Run the production server.
///
/// It serves books that `lunas init` has created; it refuses to start without books, or with those
/// of a sandbox. Settings come from the configuration: `--config FILE`, `LUNAS_…` variables, and
/// these flags. The other commands manage partners, deposits and products, also while the server
/// runs.
///
/// The sandbox biller is always refused. Plain HTTP on a public address is refused unless
/// server.allow_plain_http is true.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Write the port to this file when the server is ready.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
}

pub(super) fn run(
    args: Args,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let config = load(args.settings.flags())?.config;
    serve::check_for_production(&config)?;
    let _log = crate::observe::log::start(&config.log)?;
    serve::runtime()?.block_on(async {
        let server = serve::prepare(config, OpenMode::ToServe, args.port_file).await?;
        server.run(|| Ok(())).await
    })?;
    Ok(ExitCode::SUCCESS)
}
