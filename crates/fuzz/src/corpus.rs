//! The seeds of the fuzz targets.

use std::fs;
use std::path::{Path, PathBuf};

/// The seeds of a target: the files in its folder, and the published examples whose names end with
/// one of `examples`, ordered by name.
///
/// # Panics
///
/// If there is no seed, or one cannot be read.
pub fn of(target: &str, examples: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = files(&root.join("corpus").join(target));
    let published = root.join("../iak-protocol/tests/data/examples");
    for family in self::files(&published) {
        let is_wanted = |file: &PathBuf| {
            let name = file.to_string_lossy();
            examples.iter().any(|end| name.ends_with(end))
        };
        files.extend(self::files(&family).into_iter().filter(is_wanted));
    }
    assert!(!files.is_empty(), "{target} has no seed");
    let read = |file: PathBuf| fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    files.into_iter().map(read).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(dir).unwrap_or_else(|error| panic!("{dir:?}: {error}"));
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}
