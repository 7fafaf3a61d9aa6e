//! The command line: every command on one screen.

mod audit;
mod backup;
mod callback;
mod client;
mod config;
mod deposit;
#[cfg(test)]
mod documents;
mod init;
mod migrate_store;
mod number;
mod partner;
mod payment;
mod print;
mod product;
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
/// `lunas sandbox` is all it takes to start: it serves the whole API on this machine, with a
/// partner, a deposit and every documented test number.
#[derive(Parser)]
#[command(name = "lunas", version = VERSION, propagate_version = true, max_term_width = 100)]
struct Lunas {
    /// The configuration file; `lunas config show` tells what is in force and why.
    #[arg(long, global = true, env = "LUNAS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The URL of a PostgreSQL database [default: store.database of the configuration]. A password is
    /// better kept in the environment: LUNAS_STORE__DATABASE.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a sandbox: nothing real is paid, everything else is real.
    Sandbox(sandbox::Args),
    /// Make new books, once, before the first start of a server.
    Init(init::Args),
    /// Run the server for production.
    Serve(serve::Args),
    /// Take partners on, rotate their keys, suspend and resume them.
    #[command(subcommand)]
    Partner(partner::Command),
    /// Top up deposits and list top-ups.
    #[command(subcommand)]
    Deposit(deposit::Command),
    /// List products; set fee, commission, hours, and whether they are sold.
    #[command(subcommand)]
    Product(product::Command),
    /// List payments, tell a payment's whole story, end a pending one by hand.
    #[command(subcommand)]
    Payment(payment::Command),
    /// List what partners are told about payments that were left open, and tell them once more.
    #[command(subcommand)]
    Callback(callback::Command),
    /// Ask a server what is owed (inq-pasca).
    Inquire(client::Inquire),
    /// Have a server pay an inquiry (pay-pasca).
    Pay(client::Pay),
    /// Ask a server what became of a transaction (checkstatus).
    Status(client::Status),
    /// Ask a server for its price list (pricelist-pasca).
    PriceList(client::PriceList),
    /// Show what a request's signature covers, and what is wrong with a given one.
    Sign(sign::Args),
    /// Re-derive every balance from the postings and check the ledger's rules.
    Audit(audit::Args),
    /// Copy the data of a running or stopped server.
    Backup(backup::BackupArgs),
    /// Make a data directory from a backup, and audit it.
    Restore(backup::RestoreArgs),
    /// Move the books of a data directory to a PostgreSQL database.
    MigrateStore(migrate_store::Args),
    /// Show the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Environment variables that are no configuration keys but flags of commands.
const OTHER_VARIABLES: &[&str] = &["LUNAS_CONFIG", "LUNAS_URL", "LUNAS_USERNAME", "LUNAS_API_KEY"];

/// Runs the command that the arguments name. Exit codes: 0 done, 1 refused or found wrong, 2 the
/// arguments make no sense, 3 a client got no final answer, 4 a client's bill was paid before.
pub(crate) fn run() -> ExitCode {
    let Lunas { config, database, command } = match parse(std::env::args_os()) {
        Ok(lunas) => lunas,
        Err(answer) => return answered(&answer),
    };
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
        Command::Product(command) => product::run(command, load),
        Command::Payment(command) => payment::run(command, load),
        Command::Callback(command) => callback::run(command, load),
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

/// Every command tells the version of the program, and not one of its own.
fn of_lunas(command: clap::Command) -> clap::Command {
    command.display_name("lunas").mut_subcommands(of_lunas)
}

/// What the arguments ask for, the program's name being the first of them; the error may be the help
/// or the version that they ask for.
fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Lunas, clap::Error> {
    let mut command_line = command_line();
    let mut matches = command_line.try_get_matches_from_mut(arguments)?;
    Lunas::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command_line))
}

/// Prints the help, the version, or what makes no sense.
fn answered(answer: &clap::Error) -> ExitCode {
    let printed = answer.print();
    if answer.use_stderr() {
        return ExitCode::from(2);
    }
    ended(print::judge(printed).map(|()| ExitCode::SUCCESS))
}

/// Reads the configuration with these flags on top.
fn load(file: Option<PathBuf>, flags: Vec<Flag>) -> anyhow::Result<Loaded> {
    let environment = std::env::vars_os().collect();
    Ok(Config::load(&Sources { file, environment, other_variables: OTHER_VARIABLES, flags })?)
}
