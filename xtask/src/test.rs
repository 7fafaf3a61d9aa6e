//! `cargo xtask test`: every test of the workspace, on a fresh machine too.

#[cfg(test)]
mod started;

use std::collections::BTreeSet;
use std::process::Command;

use crate::Outcome;
use crate::process::{cargo, find, is_root, run as run_command};

/// A program that the tests need and that Rust's toolchain does not bring.
pub(crate) struct Need {
    pub(crate) program: &'static str,
    /// The packages of Debian and Ubuntu that hold it, with a blank between them.
    pub(crate) package: &'static str,
    pub(crate) purpose: &'static str,
}

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

/// Tells the tests which programs of the tutorials they may not leave out.
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
    see_to(&NEEDS)?;
    see_to(&BROWSER)?;
    let mut tests = cargo(&["test", "--workspace", "--locked"]);
    // The tutorial in Rust is built with the workspace, and of these the programs are there.
    let mut must_run = vec!["rust", "curl", "node"];
    if can_install() {
        see_to(&LANGUAGES)?;
        must_run.extend(LANGUAGES.map(|language| language.program));
    }
    tests.env(MUST_RUN, must_run.join(" "));
    Ok(tests)
}

/// Installs the programs that are missing where that is possible, and else says how it is done.
pub(crate) fn see_to(needs: &[Need]) -> Outcome {
    let missing: Vec<&Need> = needs.iter().filter(|need| find(need.program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !can_install() {
        return Err(how_to_get(&missing));
    }
    // A fresh image has no package lists, so they come first.
    run_command(&mut apt_get(&["update", "-qq"]))
        .and_then(|()| {
            let install = ["install", "-y", "-qq", "--no-install-recommends"];
            let packages: BTreeSet<_> =
                missing.iter().flat_map(|need| need.package.split(' ')).collect();
            run_command(apt_get(&install).args(packages))
        })
        .map_err(|error| format!("{error}\n{}", how_to_get(&missing)))
}

/// Whether packages of the system can be installed from here.
pub(crate) fn can_install() -> bool {
    is_root() && find("apt-get").is_some()
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    command
}

fn how_to_get(missing: &[&Need]) -> String {
    let mut text = String::from("the tests need what is not on this machine:\n");
    for Need { program, package, purpose } in missing {
        text.push_str(&format!(
            "  {program}, which {purpose}; Debian and Ubuntu: apt-get install {package}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let needs: Vec<&Need> = NEEDS.iter().chain(&BROWSER).chain(&LANGUAGES).collect();
        let text = how_to_get(&needs);
        for need in needs {
            assert!(text.contains(need.program), "{text}");
            assert!(text.contains(&format!("apt-get install {}\n", need.package)), "{text}");
        }
    }

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        assert_eq!(see_to(&[]), Ok(()));
    }
}
