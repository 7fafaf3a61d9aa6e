//! The rule about modules: the files of a crate must not use each other in a circle. A reader of
//! one of them would have to read all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::modules::{Modules, Use};
use super::policy::{KNOWN_CIRCLES, POLICY};
use super::scan::line;
use super::tree::Tree;

/// Circles in crates and test suites. A module and its submodules may use each other.
pub(super) fn circles(tree: &Tree) -> Vec<Finding> {
    find(tree, KNOWN_CIRCLES)
}

/// The rule. For the crates in `known`, circles are warnings; an entry without circles is an error.
pub(super) fn find(tree: &Tree, known: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut still_known = BTreeSet::new();
    for (root, name) in roots(tree) {
        let is_warning = known.contains(&name);
        let found = in_modules(&Modules::of(tree, root));
        if is_warning && !found.is_empty() {
            still_known.insert(name);
        }
        findings.extend(found.into_iter().map(|finding| Finding { is_warning, ..finding }));
    }
    for name in known.iter().filter(|name| !still_known.contains(*name)) {
        let message = format!("`{name}` has no circle any more: take it out of KNOWN_CIRCLES");
        findings.push(Finding::new("circles", POLICY, 1, message));
    }
    findings
}

/// The root files of crates and test suites, each with its name: `server` or `server/tests/e2e`.
fn roots(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.sources().filter_map(|(path, _)| {
        let name = path.strip_prefix("crates/").unwrap_or(path);
        let name = match name.split_once("/src/") {
            Some((name, "lib.rs" | "main.rs")) => name,
            Some(_) => return None,
            None => {
                let (of_crate, file) = name.split_once("/tests/")?;
                let suite = file.strip_suffix("/main.rs").or_else(|| file.strip_suffix(".rs"))?;
                let is_root = !suite.contains('/');
                is_root.then(|| &name[..of_crate.len() + "/tests/".len() + suite.len()])?
            }
        };
        Some((path, name))
    })
}

/// The shortest circle through each file that is in one, each circle once.
fn in_modules(modules: &Modules<'_>) -> Vec<Finding> {
    let mut uses: BTreeMap<usize, Vec<Use>> = BTreeMap::new();
    modules.uses().into_iter().for_each(|it| uses.entry(it.from).or_default().push(it));
    let mut circles: BTreeMap<Vec<&str>, Use> = BTreeMap::new();
    for from in 0..modules.files.len() {
        let Some(mut circle) = shortest(from, &uses) else { continue };
        // Start at the first path, so that the same circle always has the same text.
        let path = |it: &Use| modules.files[it.from].path.as_str();
        let first = (0..circle.len()).min_by_key(|index| path(&circle[*index])).unwrap_or(0);
        circle.rotate_left(first);
        circles.insert(circle.iter().map(path).collect(), circle[0]);
    }
    let finding = |(files, first): (Vec<&str>, Use)| {
        let file = &modules.files[first.from];
        let circle = [&files[..], &files[..1]].concat().join(" → ");
        let message =
            format!("{circle}: a circle of files: move what they share to a file of its own");
        Finding::new("circles", &file.path, line(file.text, first.at), message)
    };
    circles.into_iter().map(finding).collect()
}

/// The shortest path from a file back to itself.
fn shortest(from: usize, uses: &BTreeMap<usize, Vec<Use>>) -> Option<Vec<Use>> {
    let mut came_by: BTreeMap<usize, Use> = BTreeMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(file) = waiting.pop_front() {
        for it in uses.get(&file).into_iter().flatten() {
            if came_by.contains_key(&it.to) {
                continue;
            }
            came_by.insert(it.to, *it);
            waiting.push_back(it.to);
        }
        if let Some(last) = came_by.get(&from) {
            let mut circle = vec![*last];
            while circle[0].from != from {
                circle.insert(0, came_by[&circle[0].from]);
            }
            return Some(circle);
        }
    }
    None
}
