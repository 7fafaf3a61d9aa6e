//! `cargo xtask test`: every test of the workspace, on a fresh machine too.

#[cfg(test)]
mod started;

use std::process::Command;

use xtask::Outcome;
use xtask::needs::{Need, can_install, ensure_installed};
use xtask::process::{cargo, run as run_command};

/// Whatever a test or an example starts, but for the languages of tutorials and what every Debian has.
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

/// The languages of tutorials that Debian has in a small package. Without them their programs are
/// not run, which the tests say; where packages can be installed they must run.
const LANGUAGES: [Need; 1] =
    [Need { program: "php", package: "php-cli php-curl", purpose: "runs the tutorial in PHP" }];

/// The variable that tells the tests which programs of the tutorials they may not leave out.
const MUST_RUN: &str = "LUNAS_EXAMPLES_MUST_RUN";

/// Runs all tests; the `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut tests = prepared()?;
    if !arguments.is_empty() {
        // A choice of tests may build no tutorial.
        tests.env_remove(MUST_RUN);
    }
    run_command(tests.args(arguments))
}

/// The command that runs all tests, once what they need is there.
pub(crate) fn prepared() -> Result<Command, String> {
    ensure_installed(&NEEDS)?;
    ensure_installed(&BROWSER)?;
    let mut tests = cargo(&["test", "--workspace", "--locked"]);
    // The tutorial in Rust is built with the workspace, and of these the programs are there.
    let mut must_run = vec!["rust", "curl", "node"];
    if can_install() {
        ensure_installed(&LANGUAGES)?;
        must_run.extend(LANGUAGES.map(|language| language.program));
    }
    tests.env(MUST_RUN, must_run.join(" "));
    Ok(tests)
}
