//! `lunas sandbox clock` and `lunas sandbox scenario`: control a running sandbox.

use std::process::ExitCode;

use clap::Subcommand;

use super::super::number;
use super::super::print::{About, Operator};
use crate::admin::Request;
use crate::admin::request::{HowOften, Move};
use crate::config::{Flag, Loaded, measure};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Move the clock of a running sandbox, to test midnight, opening hours and old payments.
    ///
    /// The sandbox behaves as if this time had passed: inquiries expire at midnight, pending
    /// payments get older, and old unpaid inquiries are dropped.
    #[command(subcommand)]
    Clock(Clock),
    /// Switch on a scenario, such as a slow or a lost answer, for the next requests of a running
    /// sandbox.
    ///
    /// Scenarios for a number of requests end when the sandbox stops. cut-off and low-deposit
    /// change the books, as `lunas product set` and `lunas partner set` do, and stay until they are
    /// switched off.
    #[command(subcommand)]
    Scenario(Scenario),
}

#[derive(Subcommand)]
pub(super) enum Clock {
    /// Show the sandbox's time, and how far it is ahead.
    Show {
        #[command(flatten)]
        operator: Operator,
    },
    /// Move the clock forward. After 1d, today's inquiries are from yesterday.
    Forward {
        /// How far: a whole number of d, h, m or s. At most 366d in total.
        #[arg(value_name = "DURATION", value_parser = seconds)]
        by: i64,
        #[command(flatten)]
        operator: Operator,
    },
    /// Move the clock forward to a time of day in Jakarta.
    To {
        /// The time, such as 23:30.
        #[arg(value_name = "HH:MM")]
        time: String,
        #[command(flatten)]
        operator: Operator,
    },
    /// Set the clock back to the machine's time. No payment may be open.
    ///
    /// Recorded times do not change: an inquiry with a date in the future is answered 04.
    Back {
        #[command(flatten)]
        operator: Operator,
    },
}

#[derive(Subcommand)]
pub(super) enum Scenario {
    /// List the scenarios, with descriptions, and which are on.
    List {
        #[command(flatten)]
        operator: Operator,
    },
    /// Switch a scenario on, by default for one request.
    On {
        /// The scenario's name, as shown by `lunas sandbox scenario list`.
        name: String,
        /// The number of requests, 1 to 1000.
        #[arg(long, value_name = "N", conflicts_with = "until_off",
            value_parser = number::whole::<u16>)]
        times: Option<u16>,
        /// Until it is switched off. This is always so for cut-off and low-deposit.
        #[arg(long)]
        until_off: bool,
        #[command(flatten)]
        operator: Operator,
    },
    /// Switch one scenario off, or all of them.
    Off {
        /// The scenario's name; without a name, all are switched off.
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
