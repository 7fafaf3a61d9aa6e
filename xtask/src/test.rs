//! `cargo xtask test`: runs every test of the workspace, also on a new machine.

#[cfg(test)]
mod started;

use std::process::Command;
use std::{env, thread};

use xtask::Outcome;
use xtask::needs::{Need, can_install, ensure_installed};
use xtask::process::{cargo, run as run_command};

/// The programs that tests and examples start, except the languages of tutorials and what every
/// Debian has.
const NEEDS: [Need; 9] = [
    Need { program: "cc", package: "build-essential", purpose: "compiles the bundled SQLite" },
    Need { program: "pdftotext", package: "poppler-utils", purpose: "reads the receipts' PDF" },
    Need {
        program: "pg_createcluster",
        package: "postgresql",
        purpose: "brings the server that many nodes share",
    },
    Need { program: "node", package: "nodejs", purpose: "runs the scripts of the portal's pages" },
    Need { program: "curl", package: "curl", purpose: "sends what the tutorials and pages show" },
    Need { program: "openssl", package: "openssl", purpose: "makes the certificates of the tests" },
    Need {
        program: "git",
        package: "git",
        purpose: "makes checkouts, which the version is read of",
    },
    Need { program: "kill", package: "procps", purpose: "ends servers as an operator does" },
    Need { program: "pkill", package: "procps", purpose: "ends what a receiver has started" },
];

/// The browser in which the portal is tested.
pub(crate) const BROWSER: [Need; 2] = [
    Need { program: "chromium", package: "chromium", purpose: "opens the portal's pages" },
    Need { program: "chromedriver", package: "chromium-driver", purpose: "steers the browser" },
];

/// The languages of tutorials that Debian has in a small package. If one is missing its programs
/// are not run, and the tests say so; where packages can be installed, they must run.
const LANGUAGES: [Need; 1] =
    [Need { program: "php", package: "php-cli php-curl", purpose: "runs the tutorial in PHP" }];

/// The environment variable with the tutorials that the tests must not skip.
const MUST_RUN: &str = "LUNAS_EXAMPLES_MUST_RUN";

/// How many tests run at the same time, at least. Most wait for a server, a timer or a browser, so a small machine
/// would do nothing for much of the time if there were no more than it has processors.
const CONCURRENT: usize = 4;

/// The environment variable with the number of tests that run at the same time.
const THREADS: &str = "RUST_TEST_THREADS";

/// Runs all tests; the `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut tests = prepared()?;
    if !arguments.is_empty() {
        // A selection of tests may build no tutorial.
        tests.env_remove(MUST_RUN);
    }
    run_command(tests.args(arguments))
}

/// Installs what the tests need. Returns the command that runs all tests.
pub(crate) fn prepared() -> Result<Command, String> {
    ensure_installed(&NEEDS)?;
    ensure_installed(&BROWSER)?;
    let mut tests = cargo(&["test", "--workspace", "--locked"]);
    // The Rust tutorial is built with the workspace, and of these the programs are installed.
    let mut must_run = vec!["rust", "curl", "node"];
    if can_install() {
        ensure_installed(&LANGUAGES)?;
        must_run.extend(LANGUAGES.map(|language| language.program));
    }
    tests.env(MUST_RUN, must_run.join(" "));
    if env::var_os(THREADS).is_none() {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        tests.env(THREADS, at_once(processors).to_string());
    }
    Ok(tests)
}

/// The number of tests that run at the same time on so many processors.
fn at_once(processors: usize) -> usize {
    processors.max(CONCURRENT)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_small_machine_runs_more_tests_than_it_has_processors_and_a_large_one_does_not() {
        assert_eq!([1, 2, 4, 16].map(super::at_once), [4, 4, 4, 16]);
    }
}
