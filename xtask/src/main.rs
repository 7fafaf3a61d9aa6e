//! `cargo xtask`: the only tool of the project, for developers and for continuous integration.

mod bench;
mod ci;
mod fresh;
mod instructions;
mod mutants;
mod screenshots;
mod sim;
mod soak;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

use xtask::usage::{self, Usage};
use xtask::{Outcome, print, say};

struct Command {
    usage: Usage,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        usage: Usage {
            name: "test",
            arguments: "[ARGUMENTS OF CARGO TEST]",
            about: "install what the tests need where that is possible, and run every test of the\n\
                    workspace",
        },
        run: test::run,
    },
    Command {
        usage: Usage {
            name: "fresh",
            arguments: "[ARGUMENTS OF CARGO TEST]",
            about: "as root: follow README.md in a new Debian that has nothing but Rust and a C compiler:\n\
                    start the sandbox, run the tests, and print how long each took",
        },
        run: fresh::run,
    },
    Command {
        usage: Usage {
            name: "ci",
            arguments: "[--list] [--advisories] [STEP]…",
            about: "run every gate, or only the named steps; --advisories also asks the advisory\n\
                    database, which needs the network",
        },
        run: ci::run,
    },
    Command {
        usage: Usage {
            name: "tidy",
            arguments: "",
            about: "check the rules of the project that the compiler does not check",
        },
        run: tidy::run,
    },
    Command {
        usage: Usage {
            name: "sim",
            arguments: "[--seed FIRST] [--seeds COUNT] [--payments M] [--story]",
            about: "simulate gateways with faults, by default 1000 seeds of 300 payments, or one seed if\n\
                    it is named; if a rule is broken, print a short story of it",
        },
        run: sim::run,
    },
    Command {
        usage: Usage {
            name: "mutants",
            arguments: "[--list] [NAME]…",
            about: "put known bugs into a copy of the sources, all or the named ones, and check that the\n\
                    tests catch each of them",
        },
        run: mutants::run,
    },
    Command { usage: usage::BENCH, run: bench::run },
    Command {
        usage: Usage {
            name: "instructions",
            arguments: "[--bless]",
            about: "count the instructions of each step of a payment and compare them with the committed\n\
                    numbers; --bless writes the new numbers instead",
        },
        run: instructions::run,
    },
    Command {
        usage: Usage {
            name: "screenshots",
            arguments: "[--readme]",
            about: "take pictures of the main pages of the portal into target/screenshots, light and\n\
                    dark, at the width of a desktop and of a phone; with --readme those of the READMEs\n\
                    into docs/pictures",
        },
        run: screenshots::run,
    },
    Command {
        usage: Usage {
            name: "soak",
            arguments: "[--hours H] [--seed S] [PART]…",
            about: "run every suite with its long settings, by default for 3 hours, or only the named\n\
                    parts, and print the figures that were reached",
        },
        run: soak::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments).and_then(|()| print::outcome()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(format!("which command?\n\n{}", usage_of_all()));
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        say!("{}", usage_of_all().trim_end());
        return Ok(());
    }
    if name == fresh::WITHIN {
        return fresh::run_within(rest);
    }
    match COMMANDS.iter().find(|command| command.usage.name == name) {
        Some(command) => (command.run)(rest),
        None => Err(format!("no command is called `{name}`\n\n{}", usage_of_all())),
    }
}

fn usage_of_all() -> String {
    let usages = COMMANDS.iter().map(|command| format!("\n{}\n", command.usage));
    format!("Usage: cargo xtask COMMAND\n{}", usages.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_names_every_command() {
        let usage = usage_of_all();
        for command in COMMANDS {
            assert!(usage.contains(&format!("\n  {}", command.usage.name)), "{usage}");
        }
        assert!(!usage.contains(fresh::WITHIN), "it is no command for people");
    }

    #[test]
    fn an_unknown_command_is_refused_with_the_usage() {
        let error = dispatch(&["tset".into()]).unwrap_err();
        assert!(error.contains("`tset`") && error.contains("cargo xtask COMMAND"), "{error}");
        assert!(dispatch(&[]).unwrap_err().contains("cargo xtask COMMAND"));
    }
}
