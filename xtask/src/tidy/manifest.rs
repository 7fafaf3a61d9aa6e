//! Rules about the manifests of the crates.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Finding;
use super::policy::{
    ARROWS, DEV_ARROWS, FOR_TESTS, IMPURE, INHERITED, LIBRARY_NAMES, NOT_NAMED_IN_SOURCE, PURE,
    USED_BY_ONE_CRATE,
};
use super::scan::{find_word, line, scan};
use super::tree::Tree;

/// A crate uses only the crates that its entry in the policy allows.
pub(super) fn arrows(tree: &Tree) -> Vec<Finding> {
    let manifests = manifests(tree);
    let is_ours = |package: &str| manifests.iter().any(|manifest| manifest.name == package);
    let mut findings = Vec::new();
    for manifest in &manifests {
        let name = manifest.name.as_str();
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            let message = format!("`{name}` has no place among the arrows of tidy: give it one");
            findings.push(manifest.finding("arrows", 1, message));
            continue;
        };
        for dependency in manifest.dependencies.iter().filter(|it| is_ours(&it.package)) {
            let package = dependency.package.as_str();
            let in_tests = dependency.kind == Kind::Dev && DEV_ARROWS.contains(&(name, package));
            if !allowed.contains(&package) && !in_tests {
                let message = format!("`{name}` may not use `{package}`, it may use {allowed:?}");
                findings.push(manifest.finding("arrows", dependency.line, message));
            }
        }
    }
    findings
}

/// Pure crates do no I/O, and only the store uses the database.
pub(super) fn foreign_crates(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        let name = manifest.name.as_str();
        for Dependency { package, kind, line, .. } in &manifest.dependencies {
            let room = USED_BY_ONE_CRATE.iter().find(|(foreign, _)| foreign == package);
            let is_shipped = *kind != Kind::Dev;
            if is_shipped && PURE.contains(&name) && IMPURE.contains(&package.as_str()) {
                let message = format!("`{name}` does no I/O, so it may not use `{package}`");
                findings.push(manifest.finding("foreign-crates", *line, message));
            } else if let Some((_, room)) = room.filter(|(_, room)| *room != name) {
                let message = format!("only `{room}` may use `{package}`");
                findings.push(manifest.finding("foreign-crates", *line, message));
            }
        }
    }
    findings
}

/// Every declared dependency is used.
pub(super) fn unused_dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        let sources: Vec<(&str, String)> = tree
            .sources()
            .filter_map(|(path, source)| {
                Some((path.strip_prefix(manifest.directory())?, scan(source).code))
            })
            .collect();
        for dependency in &manifest.dependencies {
            let library = dependency.library();
            let names = |(path, code): &(&str, String)| {
                dependency.kind.may_be_used_in(path) && uses(code, &library)
            };
            let unnamed = (manifest.name.as_str(), dependency.package.as_str());
            if !sources.iter().any(names) && !NOT_NAMED_IN_SOURCE.contains(&unnamed) {
                let message = format!("no source uses `{library}`: take the dependency out");
                findings.push(manifest.finding("unused-dependencies", dependency.line, message));
            }
        }
    }
    findings
}

/// Versions are only in the root manifest.
pub(super) fn inheritance(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        let dependencies = manifest.dependencies.iter().filter(|it| !it.is_inherited);
        for Dependency { key, line, .. } in dependencies {
            let message =
                format!("`{key}`: write `{key}.workspace = true`, declare it in the root");
            findings.push(manifest.finding("inheritance", *line, message));
        }
        for (key, line) in &manifest.not_inherited {
            let message = format!("`{key}`: take it from the workspace with `workspace = true`");
            findings.push(manifest.finding("inheritance", *line, message));
        }
    }
    findings
}

/// Features for tests are not in what ships.
pub(super) fn features_for_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        for Dependency { key, line, features, .. } in
            manifest.dependencies.iter().filter(|it| it.kind != Kind::Dev)
        {
            for (_, feature) in FOR_TESTS.iter().filter(|(package, _)| package == key) {
                if features.iter().any(|asked_for| asked_for == feature) {
                    let message = format!("`{key}`: only a dev-dependency may turn on `{feature}`");
                    findings.push(manifest.finding("features-for-tests", *line, message));
                }
            }
        }
    }
    findings
}

/// The parts of a crate's manifest that the rules need.
pub(super) struct Manifest {
    path: String,
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
    /// The keys that should be inherited from the workspace and are not, with their lines.
    not_inherited: Vec<(&'static str, usize)>,
}

pub(super) struct Dependency {
    /// Its name in the manifest.
    key: String,
    /// Its name in the registry.
    pub(super) package: String,
    kind: Kind,
    pub(super) line: usize,
    is_inherited: bool,
    /// The requested features, here or in the root.
    features: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Dev,
    Build,
}

impl Kind {
    const TABLES: [(&str, Kind); 3] = [
        ("dependencies", Kind::Normal),
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
    ];

    /// Whether a source at `path` in its crate can use dependencies of this kind.
    fn may_be_used_in(self, path: &str) -> bool {
        match self {
            Kind::Normal => path.starts_with("src/"),
            Kind::Dev => path != "build.rs",
            Kind::Build => path == "build.rs",
        }
    }
}

impl Manifest {
    fn directory(&self) -> &str {
        self.path.trim_end_matches("Cargo.toml")
    }

    pub(super) fn finding(&self, rule: &'static str, line: usize, message: String) -> Finding {
        Finding::new(rule, &self.path, line, message)
    }
}

impl Dependency {
    /// Its name in sources.
    fn library(&self) -> String {
        let own_name = LIBRARY_NAMES.iter().find(|(package, _)| *package == self.key);
        own_name.map_or_else(|| self.key.replace('-', "_"), |(_, library)| (*library).to_owned())
    }
}

/// Whether `code` names the crate `library` in a path or an import.
fn uses(code: &str, library: &str) -> bool {
    find_word(code, library).any(|at| {
        let before = code[..at].trim_end();
        code[at + library.len()..].starts_with("::")
            || ["use", "crate"].iter().any(|keyword| before.ends_with(keyword))
    })
}

/// The features that a dependency requests.
fn features<'a>(value: &'a DeValue<'_>) -> impl Iterator<Item = &'a str> {
    let listed = value.get("features").and_then(|it| it.get_ref().as_array());
    listed.into_iter().flatten().filter_map(|it| it.get_ref().as_str())
}

/// The manifests of the workspace's members. Cargo itself refuses invalid TOML.
pub(super) fn manifests(tree: &Tree) -> Vec<Manifest> {
    let root = tree.texts().find(|(path, _)| *path == "Cargo.toml").map_or("", |(_, text)| text);
    let root = DeTable::parse(root).map(Spanned::into_inner).unwrap_or_default();
    let shared = root.get("workspace").and_then(|it| it.get_ref().get("dependencies"));
    let is_member = |path: &str| {
        path == "xtask/Cargo.toml"
            || path
                .strip_prefix("crates/")
                .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
                .is_some_and(|name| !name.contains('/'))
    };
    tree.texts()
        .filter(|(path, _)| is_member(path))
        .filter_map(|(path, text)| manifest(path, text, shared.map(Spanned::get_ref)))
        .collect()
}

fn manifest(path: &str, text: &str, shared: Option<&DeValue<'_>>) -> Option<Manifest> {
    let table = DeTable::parse(text).ok()?.into_inner();
    let package = table.get("package")?;
    let at = |span: Range<usize>| line(text, span.start);

    let mut dependencies = Vec::new();
    for (name, kind) in Kind::TABLES {
        let for_targets = table.get("target").and_then(|it| it.get_ref().as_table());
        let for_targets =
            for_targets.into_iter().flatten().filter_map(|(_, it)| it.get_ref().get(name));
        let everywhere = table.get(name);
        for (key, value) in everywhere
            .into_iter()
            .chain(for_targets)
            .filter_map(|it| it.get_ref().as_table())
            .flatten()
        {
            let renamed = |value: &DeValue<'_>| {
                value.get("package").and_then(|it| it.get_ref().as_str()).map(str::to_owned)
            };
            let in_workspace = shared.and_then(|it| it.get(key.get_ref().as_ref()));
            dependencies.push(Dependency {
                key: key.get_ref().to_string(),
                package: renamed(value.get_ref())
                    .or_else(|| renamed(in_workspace?.get_ref()))
                    .unwrap_or_else(|| key.get_ref().to_string()),
                kind,
                line: at(key.span()),
                is_inherited: is_inherited(value.get_ref()),
                features: [Some(value), in_workspace]
                    .into_iter()
                    .flatten()
                    .flat_map(|it| features(it.get_ref()))
                    .map(str::to_owned)
                    .collect(),
            });
        }
    }

    let of_package = INHERITED.iter().map(|key| (*key, package.get_ref().get(key)));
    let not_inherited = of_package
        .chain([("lints", table.get("lints"))])
        .filter(|(_, value)| !value.is_some_and(|it| is_inherited(it.get_ref())))
        .map(|(key, value)| (key, at(value.unwrap_or(package).span())))
        .collect();

    let name = package.get_ref().get("name")?.get_ref().as_str()?.to_owned();
    Some(Manifest { path: path.to_owned(), name, dependencies, not_inherited })
}

fn is_inherited(value: &DeValue<'_>) -> bool {
    value.get("workspace").and_then(|it| it.get_ref().as_bool()) == Some(true)
}
