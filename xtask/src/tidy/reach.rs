//! The rule about the whole dependency graph: a pure crate must not reach a crate that does I/O,
//! neither through a crate of ours nor through an external one.

use xtask::process::cargo;

use super::Finding;
use super::manifest::{Manifest, manifests};
use super::policy::{IMPURE, KNOWN_REACHES, POLICY, PURE};
use super::tree::Tree;

/// Asks cargo for the dependencies of each pure crate, with the features and the platform with
/// which it would build that crate alone.
pub(super) fn reaches(tree: &Tree) -> Result<Vec<Finding>, String> {
    find(tree, KNOWN_REACHES, dependencies)
}

/// The output of `cargo tree` for a crate: a line for each dependency, with its depth in front,
/// without those of its tests and its build script.
fn dependencies(name: &str) -> Result<String, String> {
    let mut tree = cargo(&["tree", "--locked", "--edges", "normal"]);
    tree.args(["--prefix", "depth", "--format", "{p}", "--package", name]);
    let output = tree.output().map_err(|error| format!("cargo does not start: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("`cargo tree`: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The rule, for the pure crates in `tree`. `known` are violations that are not fixed yet: a crate,
/// and the crate with I/O that it reaches.
pub(super) fn find(
    tree: &Tree,
    known: &[(&str, &str)],
    dependencies: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    let mut unseen = known.to_vec();
    for manifest in manifests(tree).iter().filter(|it| PURE.contains(&it.name.as_str())) {
        for path in paths_to_impure(&dependencies(&manifest.name)?) {
            let ends = |it: &(&str, &str)| {
                path.first().is_some_and(|first| first == it.0)
                    && path.last().is_some_and(|last| last == it.1)
            };
            unseen.retain(|it| !ends(it));
            if !known.iter().any(ends) {
                findings.push(finding(manifest, &path));
            }
        }
    }
    findings.extend(unseen.into_iter().map(|(from, impure)| {
        let message = format!("`{from}` does not reach `{impure}`: take it out of KNOWN_REACHES");
        Finding::new("reaches", POLICY, 1, message)
    }));
    Ok(findings)
}

fn finding(manifest: &Manifest, path: &[String]) -> Finding {
    let name = &manifest.name;
    let first = manifest.dependencies.iter().find(|it| Some(&it.package) == path.get(1));
    let message =
        format!("`{name}` does no I/O, but it reaches a crate that does: {}", path.join(" → "));
    manifest.finding("reaches", first.map_or(1, |it| it.line), message)
}

/// The path to each crate with I/O in the output of `cargo tree`, starting at the crate itself.
/// Cargo prints the dependencies of a crate only at its first occurrence, so the first path is
/// reported.
fn paths_to_impure(dependencies: &str) -> Vec<Vec<String>> {
    let mut path: Vec<String> = Vec::new();
    let mut found: Vec<Vec<String>> = Vec::new();
    for line in dependencies.lines() {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (depth, package) = line.split_at(digits);
        let Some((depth, name)) = depth.parse().ok().zip(package.split(' ').next()) else {
            continue;
        };
        path.truncate(depth);
        path.push(name.to_owned());
        let is_new = found.iter().all(|other| other.last() != path.last());
        if IMPURE.contains(&name) && is_new {
            found.push(path.clone());
        }
    }
    found
}
