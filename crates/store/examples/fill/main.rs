//! Fills a database with paid transactions, to measure how they slow down later ones.
//!
//! `cargo run --release -p store --example fill -- DIRECTORY TRANSACTIONS`, on the data directory of a
//! stopped server with one partner. `cargo xtask bench --stored N` does it all.

#![expect(clippy::print_stdout, reason = "a command line tool answers on standard output")]

mod fill;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, transactions] = &arguments[..] else {
        println!("usage: fill DIRECTORY TRANSACTIONS");
        return ExitCode::from(2);
    };
    let Ok(transactions) = transactions.parse() else {
        println!("TRANSACTIONS is a whole number");
        return ExitCode::from(2);
    };
    match fill::fill(Path::new(data), transactions) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{data}: {error}");
            ExitCode::FAILURE
        }
    }
}
