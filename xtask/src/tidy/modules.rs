//! The modules of a crate: which file declares which, and which of them use which.

use std::collections::BTreeMap;

use super::paths::{Path, Source};
use super::tree::Tree;

/// The modules of a crate or a test suite that have their own files; the first is the root.
pub(super) struct Modules<'t> {
    pub(super) files: Vec<File<'t>>,
    /// The file of each module, by its path from the root. Modules inside a file are included.
    places: BTreeMap<Vec<String>, usize>,
}

/// A module that has its own file.
pub(super) struct File<'t> {
    pub(super) path: String,
    pub(super) text: &'t str,
    /// From the root; the root's path is empty.
    module: Vec<String>,
    source: Source,
}

/// One file uses another.
#[derive(Clone, Copy)]
pub(super) struct Use {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The position in the text of `from`.
    pub(super) at: usize,
}

impl<'t> Modules<'t> {
    /// The modules of the crate whose root is the file `root`.
    pub(super) fn of(tree: &'t Tree, root: &str) -> Modules<'t> {
        let texts: BTreeMap<&str, &'t str> = tree.sources().collect();
        let mut modules = Modules { files: Vec::new(), places: BTreeMap::new() };
        // The directory in which a file's modules are.
        let mut waiting = vec![(root.to_owned(), Vec::new(), parent(root).to_owned())];
        while let Some((path, module, directory)) = waiting.pop() {
            let Some(text) = texts.get(path.as_str()) else { continue };
            let source = Source::parse(text);
            for declared in &source.files {
                let inline = declared.within.iter().map(|name| format!("{name}/"));
                let within = directory.clone() + &inline.collect::<String>();
                let name = &declared.name;
                let (path, directory) = match &declared.path {
                    Some(other) => {
                        let path = joined(parent(&path), other);
                        let directory = parent(&path).to_owned();
                        (path, directory)
                    }
                    None => {
                        let beside = format!("{within}{name}.rs");
                        let is_beside = texts.contains_key(beside.as_str());
                        let path =
                            if is_beside { beside } else { format!("{within}{name}/mod.rs") };
                        (path, format!("{within}{name}/"))
                    }
                };
                let module = [&module[..], &declared.within, std::slice::from_ref(name)].concat();
                waiting.push((path, module, directory));
            }
            let index = modules.files.len();
            for inline in &source.inline {
                modules.places.insert([&module[..], inline].concat(), index);
            }
            modules.places.insert(module.clone(), index);
            modules.files.push(File { path, text, module, source });
        }
        modules
    }

    /// Every use of a file by another one, unless one of them declares the other or an ancestor of
    /// it.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (from, file) in self.files.iter().enumerate() {
            let imports = self.imports(file);
            for path in &file.source.paths {
                let Some((to, _)) = self.resolve(file, path, &imports) else { continue };
                let (one, other) = (&file.module, &self.files[to].module);
                if !one.starts_with(other) && !other.starts_with(one) {
                    uses.push(Use { from, to, at: path.at });
                }
            }
        }
        uses
    }

    /// The modules that a file imports, by their names in that file.
    fn imports(&self, file: &File<'_>) -> BTreeMap<String, Vec<String>> {
        let imported = file.source.paths.iter().filter(|path| path.is_import);
        let module = |path: &Path| {
            let (_, module) = self.resolve(file, path, &BTreeMap::new())?;
            Some((path.name.clone(), module?))
        };
        imported.filter_map(module).collect()
    }

    /// The file in which a path ends and, if the whole path is a module, that module.
    fn resolve(
        &self,
        file: &File<'_>,
        path: &Path,
        imports: &BTreeMap<String, Vec<String>>,
    ) -> Option<(usize, Option<Vec<String>>)> {
        let mut module = [&file.module[..], &path.within].concat();
        let mut segments = path.segments.iter().map(String::as_str).peekable();
        match segments.next()? {
            "crate" => module.clear(),
            "super" => drop(module.pop()?),
            "self" => {}
            name => module = imports.get(name)?.clone(),
        }
        while segments.next_if_eq(&"super").is_some() {
            module.pop()?;
        }
        let mut is_whole = true;
        for segment in segments {
            module.push(segment.to_owned());
            if !self.places.contains_key(&module) {
                module.pop();
                is_whole = false;
                break;
            }
        }
        let place = *self.places.get(&module)?;
        Some((place, is_whole.then_some(module)))
    }
}

/// The directory of a file, with a `/` at its end.
fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

/// The path of `file` relative to `directory`.
fn joined(directory: &str, file: &str) -> String {
    let mut names: Vec<&str> = directory.split('/').filter(|name| !name.is_empty()).collect();
    for name in file.split('/') {
        match name {
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}
