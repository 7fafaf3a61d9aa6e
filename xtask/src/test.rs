//! `cargo xtask test`: every test of the workspace, on a fresh machine too.

use std::process::Command;

use crate::Outcome;
use crate::process::{cargo, find, is_root, run as run_command};

/// A program that the tests need and that Rust's toolchain does not bring.
pub(crate) struct Need {
    pub(crate) program: &'static str,
    /// The package of Debian and Ubuntu that holds it.
    pub(crate) package: &'static str,
    pub(crate) purpose: &'static str,
}

const NEEDS: [Need; 4] = [
    Need { program: "cc", package: "build-essential", purpose: "compiles the bundled SQLite" },
    Need { program: "pdftotext", package: "poppler-utils", purpose: "reads the receipts' PDF" },
    Need {
        program: "pg_createcluster",
        package: "postgresql",
        purpose: "brings the server that many nodes share",
    },
    Need { program: "node", package: "nodejs", purpose: "runs the scripts of the portal's pages" },
];

/// Runs all tests; the `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    run_command(prepared()?.args(arguments))
}

/// The command that runs all tests, once what they need is there.
pub(crate) fn prepared() -> Result<Command, String> {
    see_to(&NEEDS)?;
    Ok(cargo(&["test", "--workspace", "--locked"]))
}

/// Installs the programs that are missing where that is possible, and else says how it is done.
pub(crate) fn see_to(needs: &[Need]) -> Outcome {
    let missing: Vec<&Need> = needs.iter().filter(|need| find(need.program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || find("apt-get").is_none() {
        return Err(how_to_get(&missing));
    }
    // A fresh image has no package lists, so they come first.
    run_command(&mut apt_get(&["update", "-qq"]))
        .and_then(|()| {
            let install = ["install", "-y", "-qq", "--no-install-recommends"];
            run_command(apt_get(&install).args(missing.iter().map(|need| need.package)))
        })
        .map_err(|error| format!("{error}\n{}", how_to_get(&missing)))
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
        let text = how_to_get(&NEEDS.iter().collect::<Vec<_>>());
        for need in &NEEDS {
            assert!(text.contains(need.program), "{text}");
            assert!(text.contains(&format!("apt-get install {}\n", need.package)), "{text}");
        }
    }

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        assert_eq!(see_to(&[]), Ok(()));
    }
}
