//! `cargo xtask`: the one tool of the project, for everyone and for continuous integration.

#[macro_use]
mod print;

mod bench;
mod ci;
mod fresh;
mod instructions;
mod planted;
mod process;
mod screenshots;
mod sim;
mod soak;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

/// What a command returns; the text of the error says what to do about it.
type Outcome = Result<(), String>;

struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[ARGUMENTS OF CARGO TEST]",
        about: "run every test of the workspace, after seeing to what the tests need",
        run: test::run,
    },
    Command {
        name: "fresh",
        arguments: "[ARGUMENTS OF CARGO TEST]",
        about: "as root: do what README.md tells a newcomer, sandbox and tests, in a Debian that has\n\
                nothing but Rust and a C compiler, and say how long it took",
        run: fresh::run,
    },
    Command {
        name: "ci",
        arguments: "[--list] [--advisories] [STEP]…",
        about: "run every gate, or only the named steps; --advisories also asks the advisory\n\
                database, which comes from the network",
        run: ci::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "check the rules of the house that no compiler checks",
        run: tidy::run,
    },
    Command {
        name: "sim",
        arguments: "[--seed FIRST] [--seeds COUNT] [--payments M] [--story]",
        about: "simulate gateways with faults, 1000 seeds of 300 payments unless told otherwise, or\n\
                one seed if it is named; a broken rule is told as a short story",
        run: sim::run,
    },
    Command {
        name: "mutants-planted",
        arguments: "[--list] [NAME]…",
        about: "plant known bugs in a copy of the sources, all or the named ones, and see that the\n\
                tests catch each",
        run: planted::run,
    },
    Command {
        name: "bench",
        arguments: "[--all] [--database sqlite|postgres] [--rounds N] [--seconds S] [--json]\n        \
                    [--check] [--noise] [--stored N] [--recovery] [--minutes M]\n        \
                    [--plots] [--connections C]",
        about: "measure payments a second against the ceiling that HTTP itself sets, in 5 rounds\n\
                of 3 seconds unless told otherwise; --all measures XML, inquiries, many deposits and\n\
                latencies too, and PostgreSQL beside them, --database postgres keeps the books there\n\
                as well, and measures two nodes on it, --check fails on a missed goal, --noise\n\
                measures the ceiling against itself, --stored inquiries and payments on N stored\n\
                transactions against those on an empty database, --recovery the time from a kill to\n\
                the next right answer, with --stored on N transactions, --minutes the memory under\n\
                inquiries and payments for M minutes, --plots draws payments under offered load and\n\
                on stored ones into docs/performance; the last four over 64 connections unless told\n\
                otherwise",
        run: bench::run,
    },
    Command {
        name: "instructions",
        arguments: "[--bless]",
        about: "count the instructions of each step of a payment and compare them with the committed\n\
                numbers, or commit to those of now",
        run: instructions::run,
    },
    Command {
        name: "screenshots",
        arguments: "[--readme]",
        about: "take pictures of the portal's main pages into target/screenshots, light and dark, as\n\
                on a desk and as on a phone, or with --readme those of the READMEs into\n\
                docs/pictures",
        run: screenshots::run,
    },
    Command {
        name: "soak",
        arguments: "[--hours H] [--seed S] [PART]…",
        about: "run every suite with its long settings for 3 hours unless told otherwise, or only\n\
                the named parts, and print the figures that were reached",
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
        return Err(format!("which command?\n\n{}", usage()));
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        say!("{}", usage());
        return Ok(());
    }
    if name == fresh::WITHIN {
        return fresh::run_within(rest);
    }
    if name == bench::BARE_AXUM {
        return bench::run_bare_axum(rest);
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => Err(format!("no command is called `{name}`\n\n{}", usage())),
    }
}

fn usage() -> String {
    let mut usage = String::from("Usage: cargo xtask COMMAND\n");
    for Command { name, arguments, about, .. } in COMMANDS {
        let about = about.replace('\n', "\n      ");
        let command = format!("{name} {arguments}");
        usage.push_str(&format!("\n  {}\n      {about}\n", command.trim_end()));
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_names_every_command() {
        let usage = usage();
        for command in COMMANDS {
            assert!(usage.contains(&format!("\n  {}", command.name)), "{usage}");
        }
        for child in [bench::BARE_AXUM, fresh::WITHIN] {
            assert!(!usage.contains(child), "{child} is no command for people");
        }
    }

    #[test]
    fn an_unknown_command_is_refused_with_the_usage() {
        let error = dispatch(&["tset".into()]).unwrap_err();
        assert!(error.contains("`tset`") && error.contains("cargo xtask COMMAND"), "{error}");
        assert!(dispatch(&[]).unwrap_err().contains("cargo xtask COMMAND"));
    }
}
