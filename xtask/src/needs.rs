//! Programs that the Rust toolchain does not include: they are installed where that is possible.

use std::collections::BTreeSet;
use std::process::Command;

use crate::Outcome;
use crate::process::{find, is_root, run};

/// A program that must be installed.
pub struct Need {
    /// Its name on the `PATH`.
    pub program: &'static str,
    /// The packages of Debian and Ubuntu that contain it, separated by spaces.
    pub package: &'static str,
    /// Its purpose here, as the end of a sentence that begins with its name.
    pub purpose: &'static str,
}

/// Installs the missing programs where that is possible; otherwise fails with a text that says how
/// to install them.
pub fn ensure_installed(needs: &[Need]) -> Outcome {
    let missing: Vec<&Need> = needs.iter().filter(|need| find(need.program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !can_install() {
        return Err(instructions(&missing));
    }
    // A new image has no package lists, so they are downloaded first.
    run(&mut apt_get(&["update", "-qq"]))
        .and_then(|()| {
            let install = ["install", "-y", "-qq", "--no-install-recommends"];
            let packages: BTreeSet<_> =
                missing.iter().flat_map(|need| need.package.split(' ')).collect();
            run(apt_get(&install).args(packages))
        })
        .map_err(|error| format!("{error}\n{}", instructions(&missing)))
}

/// Whether this process can install system packages.
pub fn can_install() -> bool {
    is_root() && find("apt-get").is_some()
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    command
}

/// How a person installs what is missing.
fn instructions(missing: &[&Need]) -> String {
    let mut text = String::from("some programs are not on this machine:\n");
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
    fn what_is_missing_is_named_with_its_packages() {
        let php = Need { program: "php", package: "php-cli php-curl", purpose: "runs PHP" };
        let git = Need { program: "git", package: "git", purpose: "makes checkouts" };
        let expected = "some programs are not on this machine:\n\
            \x20 php, which runs PHP; Debian and Ubuntu: apt-get install php-cli php-curl\n\
            \x20 git, which makes checkouts; Debian and Ubuntu: apt-get install git\n";
        assert_eq!(instructions(&[&php, &git]), expected);
    }

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        assert_eq!(ensure_installed(&[]), Ok(()));
    }
}
