//! `lunas product`: list and change products.

use std::process::ExitCode;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::print::Operator;
use crate::admin::Request;
use crate::admin::opening::OpeningHours;
use crate::admin::request::ProductChange;
use crate::config::{Flag, Loaded};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the products.
    List {
        /// Only products of this price list type, such as pln.
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        #[command(flatten)]
        operator: Operator,
    },
    /// Change a product, or add one with --create. Options that are not given stay unchanged.
    Set(Box<Set>),
}

#[derive(Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)))]
pub(super) struct Set {
    /// The product's code, such as BPJS.
    code: String,
    /// What the customer pays on top of the bill, in whole rupiah per bill sheet, 0 to 1000000; or
    /// `biller`: what the biller charges.
    #[arg(long, value_name = "RUPIAH|biller", group = "change")]
    fee: Option<FeeChoice>,
    /// What the partner keeps of the price, in whole rupiah per bill sheet, 0 to 1000000. More than
    /// the fee only with --at-a-loss.
    #[arg(long, value_name = "RUPIAH", group = "change")]
    commission: Option<i64>,
    /// Allow a commission above the fee: each bill then loses money.
    #[arg(long)]
    at_a_loss: bool,
    /// Sell the product.
    #[arg(long, group = "change")]
    on: bool,
    /// Stop selling the product (RC 106). Running payments still complete.
    #[arg(long, group = "change", conflicts_with = "on")]
    off: bool,
    /// The hours in which it can be paid, in Asia/Jakarta, such as 01:00-23:00; may span midnight.
    #[arg(long, value_name = "FROM-TO", group = "change")]
    hours: Option<String>,
    /// Allow payment at any time of day.
    #[arg(long, group = "change", conflicts_with = "hours")]
    always: bool,
    /// The name in price lists and on receipts.
    #[arg(long, group = "change")]
    name: Option<String>,
    /// The province of a water company (family pdam).
    #[arg(long, group = "change")]
    province: Option<String>,
    /// Add the product. Needs --name and --family. It is on unless --off is given.
    #[arg(long, requires_all = ["name", "family"])]
    create: bool,
    /// The family of a new product: the kind of its bills, such as pln-postpaid.
    #[arg(long, requires = "create")]
    family: Option<String>,
    /// Whether a bill may be sold for less than the biller takes for it.
    #[arg(long, value_name = "RULE", group = "change")]
    below_cost: Option<BelowCost>,
    /// Whether a payment goes on at the next biller of the product's routes, if one certainly did not take it for a
    /// reason that lies with that biller. It never does after an unknown outcome.
    #[arg(long, value_name = "SWITCH", group = "change")]
    failover_payments: Option<Failover>,
    #[command(flatten)]
    operator: Operator,
}

/// What the customer pays on top of a bill.
#[derive(Clone, Copy)]
enum FeeChoice {
    /// So many rupiah per bill sheet.
    Rupiah(i64),
    /// What the biller charges.
    Biller,
}

impl std::str::FromStr for FeeChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<FeeChoice, &'static str> {
        match text {
            "biller" => Ok(FeeChoice::Biller),
            digits => digits
                .parse()
                .map(FeeChoice::Rupiah)
                .map_err(|_| "expected whole rupiah such as 2500, or biller"),
        }
    }
}

/// Whether payments go on at the next biller.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Failover {
    /// Ask the next biller to pay.
    On,
    /// End the payment with the failure.
    Off,
}

/// What happens to a bill that would be sold below cost.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BelowCost {
    /// Refuse its inquiry (RC 106).
    Refuse,
    /// Sell it.
    Allow,
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { kind, operator } => operator.ask(Request::ListProducts { kind }, load),
        Command::Set(set) => {
            let (request, operator) = set.into_request();
            operator.ask(request, load)
        }
    }
}

impl Set {
    fn into_request(self) -> (Request, Operator) {
        let active = (self.on || self.off).then_some(self.on);
        let hours = self.hours.map(OpeningHours::Between);
        let change = ProductChange {
            code: self.code,
            create: self.family,
            name: self.name,
            fee: match self.fee {
                Some(FeeChoice::Rupiah(fee)) => Some(fee),
                _ => None,
            },
            fee_of_biller: matches!(self.fee, Some(FeeChoice::Biller)),
            commission: self.commission,
            at_a_loss: self.at_a_loss,
            active,
            hours: if self.always { Some(OpeningHours::Always) } else { hours },
            province: self.province,
            below_cost: self.below_cost.map(|rule| rule == BelowCost::Allow),
            failover_payments: self.failover_payments.map(|rule| rule == Failover::On),
        };
        (Request::SetProduct(change), self.operator)
    }
}
