//! Builds all programs that the checks run, once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use xtask::process::cargo;

use super::table::{Check, Table, Target};

/// The built programs.
pub(super) struct Programs(pub(super) Vec<(Target, Program)>);

/// A program and its package; it is run in the package's directory, as cargo does.
pub(super) struct Program {
    pub(super) executable: PathBuf,
    pub(super) package: PathBuf,
}

impl Programs {
    /// The program for a target of the table.
    pub(super) fn of(&self, target: &Target) -> &Program {
        let program = self.0.iter().find(|(built, _)| built == target);
        &program.expect("every target of the table was built").1
    }
}

/// Builds what the checks of `table` run, in the copy below `directory`. Dependencies are built as
/// for the sources and shared with them; the programs are kept apart, because they have the same
/// names.
pub(super) fn programs(table: &Table, directory: &Path) -> Result<Programs, String> {
    let mut built = Vec::new();
    for arguments in builds(table) {
        built.extend(built_by(cargo(&arguments), directory)?);
    }
    let missing = |check: &&Check| !built.iter().any(|it: &(Target, _)| it.0 == check.target);
    match table.checks.values().find(missing) {
        Some(check) => Err(format!("cargo did not build {:?}", check.target)),
        None => Ok(Programs(built)),
    }
}

/// The arguments for what cargo must build: the tests, and then the programs. The second has the
/// tests once more: only a command that builds a test enables the features of dev-dependencies, and
/// without these the crates would be compiled again.
fn builds(table: &Table) -> [Vec<&str>; 2] {
    let (mut tests, mut lib, mut programs) = (Vec::new(), None, vec!["build"]);
    let targets = table.checks.values().map(|check| &check.target);
    for target in targets.collect::<BTreeSet<_>>() {
        match target {
            Target::Test(name) => tests.extend(["--test", name]),
            Target::Lib(_) => lib = Some("--lib"),
            Target::Bin(name) => programs.extend(["--bin", name]),
        }
    }
    programs.extend(&tests);
    [["test", "--no-run"].into_iter().chain(lib).chain(tests).collect(), programs]
}

fn built_by(mut cargo: Command, directory: &Path) -> Result<Vec<(Target, Program)>, String> {
    let target = directory.parent().unwrap_or(directory);
    // The copy has another version, so its lock file differs from that of the sources.
    cargo.args(["--workspace", "--message-format", "json-render-diagnostics"]);
    cargo.current_dir(directory.join("tree")).env("CARGO_INCREMENTAL", "0");
    cargo.env("CARGO_BUILD_BUILD_DIR", target).env("CARGO_TARGET_DIR", directory.join("out"));
    let output = cargo.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err("the sources with the mutants do not compile".into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(program).collect())
}

/// The fields of one line of cargo's messages that are used.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    manifest_path: PathBuf,
    target: Built,
    profile: Profile,
}

#[derive(Deserialize)]
struct Built {
    kind: Vec<String>,
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

fn program(line: &str) -> Option<(Target, Program)> {
    let message: Message = serde_json::from_str(line).ok()?;
    let Message { executable: Some(executable), manifest_path, target, profile } = message else {
        return None;
    };
    let package = manifest_path.parent()?.to_owned();
    let target = match (target.kind.first()?.as_str(), profile.test) {
        ("test", true) => Target::Test(target.name),
        ("lib", true) => Target::Lib(target.name),
        ("bin", false) => Target::Bin(target.name),
        _ => return None,
    };
    Some((target, Program { executable, package }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_built_with_the_features_of_the_tests() {
        const CHECKS: &str = "
            checks.a.target.test = 'e2e'\nchecks.b.target.lib = 'store'\nchecks.c.target.lib = 'domain'
            checks.d.target.bin = 'sim'\nchecks.e.target.test = 'e2e'\nchecks.f.target.test = 'gateway'";
        let table: Table = toml::from_str(CHECKS).unwrap();
        let [tests, programs] = builds(&table);
        assert_eq!(tests.join(" "), "test --no-run --lib --test e2e --test gateway");
        assert_eq!(programs.join(" "), "build --bin sim --test e2e --test gateway");
    }

    #[test]
    fn programs_are_known_by_what_cargo_says_of_them() {
        let line = |kind: &str, test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"x","manifest_path":"/c/store/Cargo.toml",
                "target":{{"kind":["{kind}"],"name":"store","src_path":"/c"}},
                "profile":{{"opt_level":"0","test":{test}}},"executable":{executable}}}"#
            )
        };
        let (target, built) = program(&line("lib", true, "\"/out/store-1\"")).unwrap();
        assert_eq!(target, Target::Lib("store".into()));
        assert_eq!(built.executable, Path::new("/out/store-1"));
        assert_eq!(built.package, Path::new("/c/store"));
        assert!(program(&line("lib", false, "null")).is_none());
        assert!(program(&line("bin", true, "\"/out/lunas-2\"")).is_none());
        assert!(program(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
