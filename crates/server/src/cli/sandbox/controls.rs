//! `lunas sandbox clock` and `lunas sandbox scenario`: what a running sandbox is made to do.

use std::process::ExitCode;

use clap::Subcommand;

use super::super::number;
use super::super::print::{About, Operator};
use crate::admin::Request;
use crate::admin::request::{HowOften, Move};
use crate::config::{Flag, Loaded, measure};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Move the clock of a running sandbox, to try midnight, cut-off hours and old payments.
    ///
    /// Time that is moved forward has passed for everything: inquiries expire at midnight, pending
    /// payments grow old, and unpaid inquiries are dropped when their time has come.
    #[command(subcommand)]
    Clock(Clock),
    /// Make something happen to the next requests of a running sandbox.
    ///
    /// What is on for a number of requests is forgotten when the sandbox stops. cut-off and low-deposit
    /// are set in the books, as `lunas product set` and `lunas partner set` do it, and last.
    #[command(subcommand)]
    Scenario(Scenario),
}

#[derive(Subcommand)]
pub(super) enum Clock {
    /// Show the time, and how far it is ahead.
    Show {
        #[command(flatten)]
        operator: Operator,
    },
    /// Move it forward: 1d makes today's inquiries yesterday's.
    Forward {
        /// How far: a whole number of d, h, m or s; 366d in all.
        #[arg(value_name = "DURATION", value_parser = seconds)]
        by: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// Move it forward to the next time that it is this late in Jakarta.
    To {
        /// Such as 23:30.
        #[arg(value_name = "HH:MM")]
        time: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set it back to the machine's time, which needs that no payment is open.
    ///
    /// What was recorded meanwhile stays, with its times: an inquiry of a day to come is 04 today.
    Back {
        #[command(flatten)]
        operator: Operator,
    },
}

#[derive(Subcommand)]
pub(super) enum Scenario {
    /// List the scenarios, what each does, and which are on.
    List {
        #[command(flatten)]
        operator: Operator,
    },
    /// Switch one on: for the next request, unless you say otherwise.
    On {
        /// Which; `lunas sandbox scenario list` names them all.
        name: String,
        /// For so many requests, 1 to 1000.
        #[arg(long, value_name = "N", conflicts_with = "until_off",
            value_parser = number::whole::<u16>)]
        times: Option<u16>,
        /// For all requests, until it is switched off. cut-off and low-deposit always are.
        #[arg(long)]
        until_off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Switch one off, or all of them.
    Off {
        /// Which; all, if you name none.
        name: Option<String>,
        #[command(flatten)]
        operator: Operator,
    },
}

pub(super) fn run(
    command: Command,
    load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
) -> anyhow::Result<ExitCode> {
    let (request, about, operator) = match command {
        Command::Clock(Clock::Show { operator }) => (Request::ShowSandbox, About::Clock, operator),
        Command::Clock(Clock::Forward { by, operator }) => {
            (Request::MoveClock(Move::Forward { seconds: by }), About::Clock, operator)
        }
        Command::Clock(Clock::To { time, operator }) => {
            (Request::MoveClock(Move::To { time }), About::Clock, operator)
        }
        Command::Clock(Clock::Back { operator }) => {
            (Request::MoveClock(Move::Back), About::Clock, operator)
        }
        Command::Scenario(Scenario::List { operator }) => {
            (Request::ShowSandbox, About::All, operator)
        }
        Command::Scenario(Scenario::On { name, times, until_off, operator }) => {
            let how_often = match times {
                Some(times) => HowOften::Next(times),
                None if until_off => HowOften::UntilOff,
                None => HowOften::Default,
            };
            let about = About::Scenario(name.clone());
            (Request::SwitchScenario { name, how_often }, about, operator)
        }
        Command::Scenario(Scenario::Off { name: Some(name), operator }) => {
            let about = About::Scenario(name.clone());
            (Request::SwitchScenario { name, how_often: HowOften::Off }, about, operator)
        }
        Command::Scenario(Scenario::Off { name: None, operator }) => {
            (Request::EndScenarios, About::On, operator)
        }
    };
    operator.ask_sandbox(request, &about, load)
}

fn seconds(text: &str) -> Result<i64, &'static str> {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];
    let seconds = measure(text, &UNITS).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.ok_or("expected a duration such as 1d, 90m or 30s")
}
