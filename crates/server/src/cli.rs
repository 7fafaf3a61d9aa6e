//! The command line: every command on one screen.

mod audit;
mod backup;
mod balance_change;
mod bank_file;
mod biller;
mod biller_products;
mod callback;
mod client;
mod config;
mod deposit;
#[cfg(test)]
mod documents;
mod init;
mod input;
mod log;
mod migrate_store;
mod number;
mod partner;
mod payment;
mod print;
mod product;
mod route;
mod sandbox;
mod serve;
mod settings;
mod sign;
#[cfg(test)]
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Flag, Loaded, Sources};
use crate::version::VERSION;

/// A self-hosted bill payment gateway that speaks IAK's postpaid API.
///
/// `lunas sandbox` is enough to start: it serves the whole API on this machine, with a partner, a
/// balance and all documented test numbers.
#[derive(Parser)]
#[command(name = "lunas", version = VERSION, propagate_version = true, max_term_width = 100)]
struct Lunas {
    /// The configuration file. `lunas config show` shows the values in force and where they come
    /// from.
    #[arg(long, global = true, env = "LUNAS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The URL of a PostgreSQL database [default: store.database of the configuration]. Put a URL
    /// with a password into the environment variable LUNAS_STORE__DATABASE instead: other users can
    /// see arguments.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a sandbox on this machine: the whole API, but no real payments.
    Sandbox(sandbox::Args),
    /// Create new books, once, before the first start of a server.
    Init(init::Args),
    /// Run the production server.
    Serve(serve::Args),
    /// Add partners, rotate their API keys, suspend and resume them.
    #[command(subcommand)]
    Partner(partner::Command),
    /// Book, list and reverse deposits.
    #[command(subcommand)]
    Deposit(deposit::Command),
    /// Book and list withdrawals: money that is paid back to partners.
    #[command(subcommand)]
    Withdrawal(balance_change::Withdrawal),
    /// Book and list adjustments: corrections of partners' balances.
    #[command(subcommand)]
    Adjustment(balance_change::Adjustment),
    /// List and change products: fee, commission, opening hours, on or off.
    #[command(subcommand)]
    Product(product::Command),
    /// Add billers that lunas pays at, and see how they are: circuit, balance, calls.
    #[command(subcommand)]
    Biller(biller::Command),
    /// Set which billers are asked for a product, in which order.
    #[command(subcommand)]
    Route(route::Command),
    /// List payments, show the history of one, resolve a pending one by hand.
    #[command(subcommand)]
    Payment(payment::Command),
    /// List callbacks (results of payments that were answered as pending), and send one again.
    #[command(subcommand)]
    Callback(callback::Command),
    /// Show who changed what: the log of operators' and partners' actions, newest first.
    Log(log::Args),
    /// Ask a server what a customer owes (inq-pasca).
    Inquire(client::Inquire),
    /// Pay the bill of an inquiry at a server (pay-pasca).
    Pay(client::Pay),
    /// Ask a server for the state of a transaction (checkstatus).
    Status(client::Status),
    /// Ask a server for its price list (pricelist-pasca).
    PriceList(client::PriceList),
    /// Show the text that a signature is made of, and check a given signature.
    Sign(sign::Args),
    /// Check the books: every balance against its postings, and all rules of the ledger.
    Audit(audit::Args),
    /// Copy the books of a running or stopped server into a new directory.
    Backup(backup::BackupArgs),
    /// Create a data directory from a backup, and audit it.
    Restore(backup::RestoreArgs),
    /// Move the books of a data directory to a PostgreSQL database.
    MigrateStore(migrate_store::Args),
    /// Show the configuration and its defaults.
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for your shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Environment variables that set flags of commands, not keys of the configuration.
const OTHER_VARIABLES: &[&str] = &["LUNAS_CONFIG", "LUNAS_URL", "LUNAS_USERNAME", "LUNAS_API_KEY"];

/// Runs the command. Exit codes: 0 done; 1 refused, or an error was found; 2 wrong arguments; 3 a
/// client got no final answer; 4 the bill was already paid.
pub(crate) fn run() -> ExitCode {
    let Lunas { config, database, command } = match parse(std::env::args_os()) {
        Ok(lunas) => lunas,
        Err(answer) => return answered(&answer),
    };
    print::fit_tables_to_terminal();
    let (name, key) = ("--database", "store.database");
    let flag = |value| Flag { name: name.to_owned(), key: key.to_owned(), value };
    let database = database.map(flag);
    let load = |mut flags: Vec<Flag>| {
        flags.extend(database.clone());
        load(config.clone(), flags)
    };
    let done = match command {
        Command::Sandbox(args) => sandbox::run(args, load),
        Command::Init(args) => init::run(args, load),
        Command::Serve(args) => serve::run(args, load),
        Command::Partner(command) => partner::run(command, load),
        Command::Deposit(command) => deposit::run(command, load),
        Command::Withdrawal(command) => balance_change::withdrawal(command, load),
        Command::Adjustment(command) => balance_change::adjustment(command, load),
        Command::Product(command) => product::run(command, load),
        Command::Biller(command) => biller::run(command, load),
        Command::Route(command) => route::run(command, load),
        Command::Payment(command) => payment::run(command, load),
        Command::Callback(command) => callback::run(command, load),
        Command::Log(args) => log::run(args, load),
        Command::Inquire(args) => client::inquire(args, load),
        Command::Pay(args) => client::pay(args, load),
        Command::Status(args) => client::status(args, load),
        Command::PriceList(args) => client::price_list(args, load),
        Command::Sign(args) => sign::run(args, load),
        Command::Audit(args) => audit::run(args, load),
        Command::Backup(args) => backup::backup(args, load),
        Command::Restore(args) => backup::restore(args),
        Command::MigrateStore(args) => migrate_store::run(args, load),
        Command::Config(command) => config::run(command, load),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command_line(), "lunas", &mut script);
            print::text(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
        }
    };
    ended(done)
}

fn ended(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        print::say(&format!("lunas: {error:#}"));
        ExitCode::FAILURE
    })
}

/// All commands and their arguments.
fn command_line() -> clap::Command {
    of_lunas(Lunas::command())
}

/// Shows the program's version for every command.
fn of_lunas(command: clap::Command) -> clap::Command {
    command.display_name("lunas").mut_subcommands(of_lunas)
}

/// Parses the arguments, which start with the program's name. The error may also be a requested
/// help or version text.
fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Lunas, clap::Error> {
    let mut command_line = command_line();
    let mut matches = command_line.try_get_matches_from_mut(arguments)?;
    Lunas::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command_line))
}

/// Prints the help, the version or the error.
fn answered(answer: &clap::Error) -> ExitCode {
    let printed = answer.print();
    if answer.use_stderr() {
        return ExitCode::from(2);
    }
    ended(print::unless_closed(printed).map(|()| ExitCode::SUCCESS))
}

/// Reads the configuration with these flags on top.
fn load(file: Option<PathBuf>, flags: Vec<Flag>) -> anyhow::Result<Loaded> {
    let environment = std::env::vars_os().collect();
    Ok(Config::load(&Sources { file, environment, other_variables: OTHER_VARIABLES, flags })?)
}
