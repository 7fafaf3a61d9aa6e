//! `lunas serve`: the server for production.

use std::path::PathBuf;
use std::process::ExitCode;

use super::settings::Settings;
use crate::config::{Flag, Loaded};
use crate::run::books::Opens;
use crate::run::serve;

/// Run the server for production.
///
/// It serves the books that `lunas init` has made, and refuses a place without any and the books of a
/// sandbox. It takes its settings
/// from the configuration (`--config FILE`, `LUNAS_…` variables, these flags). Partners,
/// deposits and products are managed with the other commands, also while it runs. It refuses the
/// sandbox biller, and plain HTTP on a public address, unless the configuration says so in so many
/// words.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Write the port to this file once requests are served.
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
        let server = serve::prepare(config, Opens::ToServe, args.port_file).await?;
        server.run(|| Ok(())).await
    })?;
    Ok(ExitCode::SUCCESS)
}
