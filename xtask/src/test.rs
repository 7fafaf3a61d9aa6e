//! `cargo xtask test`: every test of the workspace, on a fresh machine too.

use std::process::Command;

use crate::Outcome;
use crate::process::{cargo, find, is_root, run as run_command};

/// A program that the tests need and that Rust's toolchain does not bring.
struct Need {
    program: &'static str,
    /// The package of Debian and Ubuntu that holds it.
    package: &'static str,
    purpose: &'static str,
}

const NEEDS: [Need; 2] = [
    Need { program: "cc", package: "build-essential", purpose: "compiles the bundled SQLite" },
    Need { program: "pdftotext", package: "poppler-utils", purpose: "reads the receipts' PDF" },
];

/// Runs all tests; the `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    run_command(prepared()?.args(arguments))
}

/// The command that runs all tests, once what they need is there.
pub(crate) fn prepared() -> Result<Command, String> {
    see_to(NEEDS.iter().filter(|need| find(need.program).is_none()).collect())?;
    Ok(cargo(&["test", "--workspace", "--locked"]))
}

/// Sees to the PostgreSQL that is measured beside lunas.
pub(crate) fn see_to_postgres() -> Outcome {
    let (package, purpose) = ("postgresql", "is measured beside lunas");
    see_to(vec![&Need { program: "initdb", package, purpose }])
}

/// Installs the `missing` programs where that is possible, and else says how it is done.
fn see_to(missing: Vec<&Need>) -> Outcome {
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
        assert_eq!(see_to(Vec::new()), Ok(()));
    }
}
