//! `lunas route`: which billers are asked for a product, in which order.

use std::process::ExitCode;

use clap::{ArgGroup, Subcommand};

use super::print::Operator;
use crate::admin::Request;
use crate::admin::biller_request::RouteRequest;
use crate::admin::opening::OpeningHours;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Ask a biller for a product, after the billers that it has routes to already.
    Add {
        /// The product's code at lunas, such as BPJS.
        product: String,
        /// The biller's name.
        biller: String,
        /// The product's code at the biller [default: the same].
        #[arg(long)]
        code: Option<String>,
        /// The place in the order; 1 is asked first [default: the last].
        #[arg(long, value_name = "N")]
        position: Option<usize>,
        /// The hours in which the biller is asked, in Asia/Jakarta, such as 01:00-23:00
        /// [default: always].
        #[arg(long, value_name = "FROM-TO")]
        hours: Option<String>,
        #[command(flatten)]
        operator: Operator,
    },
    /// List the routes of one product or of all.
    List {
        /// The product's code.
        product: Option<String>,
        #[command(flatten)]
        operator: Operator,
    },
    /// Change a route. Options that are not given stay unchanged.
    #[command(group(ArgGroup::new("change").required(true).multiple(true)))]
    Set {
        /// The product's code at lunas.
        product: String,
        /// The biller's name.
        biller: String,
        /// The product's code at the biller.
        #[arg(long, group = "change")]
        code: Option<String>,
        /// The place in the order; 1 is asked first.
        #[arg(long, value_name = "N", group = "change")]
        position: Option<usize>,
        /// The hours in which the biller is asked, in Asia/Jakarta.
        #[arg(long, value_name = "FROM-TO", group = "change")]
        hours: Option<String>,
        /// Ask it at any time of day.
        #[arg(long, group = "change", conflicts_with = "hours")]
        always: bool,
        /// Ask the biller.
        #[arg(long, group = "change")]
        on: bool,
        /// Do not ask the biller. Bills that it has answered are still paid there.
        #[arg(long, group = "change", conflicts_with = "on")]
        off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Remove a route. Bills that the biller has answered are still paid there.
    Remove {
        /// The product's code at lunas.
        product: String,
        /// The biller's name.
        biller: String,
        #[command(flatten)]
        operator: Operator,
    },
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let (request, operator) = match command {
        Command::Add { product, biller, code, position, hours, operator } => {
            let hours = hours.map(OpeningHours::Between);
            (RouteRequest::Add { product, biller, code, position, hours }, operator)
        }
        Command::List { product, operator } => (RouteRequest::List { product }, operator),
        Command::Set { product, biller, code, position, hours, always, on, off, operator } => {
            let hours = hours.map(OpeningHours::Between).or(always.then_some(OpeningHours::Always));
            let active = (on || off).then_some(on);
            (RouteRequest::Set { product, biller, code, position, hours, active }, operator)
        }
        Command::Remove { product, biller, operator } => {
            (RouteRequest::Remove { product, biller }, operator)
        }
    };
    operator.ask(Request::Route(request), load)
}
