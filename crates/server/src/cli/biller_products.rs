//! `lunas biller products`: a biller's price list, and its import.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::print::{Operator, say};
use crate::admin::biller_request::{BillerRequest, MAX_IMPORT};
use crate::admin::listed_product::{BillerProduct, BillerProducts, ListedProduct};
use crate::admin::{self, Request, Response};
use crate::config::{Config, Flag, Loaded};

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 4096;

#[derive(Args)]
pub(super) struct Products {
    /// The biller's name.
    name: String,
    /// Only products of this type in the biller's own words, such as pdam at IAK or PDAM at Digiflazz.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Show what is missing at lunas, ask, and then add it: a route to each listed product, and the products that
    /// lunas does not sell. Nothing that exists is changed.
    #[arg(long)]
    import: bool,
    /// Import without asking.
    #[arg(long, requires = "import")]
    yes: bool,
    #[command(flatten)]
    operator: Operator,
}

pub(super) fn run(
    products: Products,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let Products { name, kind, import, yes, operator } = products;
    let config = operator.load(load)?.config;
    let request = BillerRequest::Products { name, kind };
    let listed = match admin::execute_anywhere(&config, Request::Biller(request))? {
        Response::BillerProducts(listed) => listed,
        _ => bail!("the server answered something else; the versions may differ"),
    };
    if !import {
        operator.format().show(&listed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_json = operator.format().is_json();
    if !is_json {
        super::print::text(&listed.plan())?;
    }
    let changes = listed.changes().count();
    let may = changes > 0 && (yes || (!is_json && agreed(changes)?));
    if !may {
        if changes > 0 {
            say("nothing was changed; --yes imports without asking");
        }
        if is_json {
            operator.format().show(&listed)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let done = imported(&config, listed)?;
    match is_json {
        true => operator.format().show(&done)?,
        false => super::print::text(&done.result())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks at a terminal. Without one, nobody agrees.
fn agreed(changes: usize) -> anyhow::Result<bool> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Ok(false);
    }
    write!(stderr(), "Import these {changes} products? [y/N] ")?;
    let mut text = String::new();
    let read = stdin().lock().take(MAX_LINE).read_line(&mut text);
    read.context("the answer at the terminal")?;
    Ok(matches!(text.trim(), "y" | "Y" | "yes"))
}

/// Does the steps of the plan, a part of them with each request.
fn imported(config: &Config, listed: BillerProducts) -> anyhow::Result<BillerProducts> {
    let wanted: Vec<ListedProduct> =
        listed.changes().map(|product| product.listed.clone()).collect();
    let mut done: Vec<BillerProduct> = Vec::with_capacity(wanted.len());
    for part in wanted.chunks(MAX_IMPORT) {
        let import = BillerRequest::Import { name: listed.biller.clone(), products: part.to_vec() };
        let answer = admin::execute_anywhere(config, Request::Biller(import));
        let answer = answer.with_context(|| {
            format!(
                "the import stopped after {} of {} products; what was imported stays, and the same \
                 command goes on",
                done.len(),
                wanted.len()
            )
        })?;
        match answer {
            Response::ImportedProducts(products) => done.extend(products),
            _ => bail!("the server answered something else; the versions may differ"),
        }
        if wanted.len() > MAX_IMPORT {
            say(&format!("imported {} of {}", done.len(), wanted.len()));
        }
    }
    let mut done = done.into_iter();
    let with_result = |product: BillerProduct| match product.import.is_change() {
        // The answers have the order of the requests.
        true => done.next().unwrap_or(product),
        false => product,
    };
    let products = listed.products.into_iter().map(with_result).collect();
    Ok(BillerProducts { imported: true, products, ..listed })
}
