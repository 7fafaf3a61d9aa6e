//! Styles, scripts and the icon, compiled in.
//!
//! Their path contains a hash of all assets, so a browser may cache them for ever, and a script can
//! import another by a relative path.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

/// A file: its name, its type and what is in it.
type File = (&'static str, &'static str, &'static str);

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The icon: its type and what is in it.
pub(crate) const ICON: (&str, &str) = ("image/svg+xml", include_str!("../assets/icon.svg"));

const FILES: [File; 10] = [
    ("portal.css", "text/css; charset=utf-8", include_str!("../assets/portal.css")),
    ("portal.js", SCRIPT, include_str!("../assets/portal.js")),
    ("copy.js", SCRIPT, include_str!("../assets/copy.js")),
    ("live.js", SCRIPT, include_str!("../assets/live.js")),
    ("exchange.js", SCRIPT, include_str!("../assets/exchange.js")),
    ("sandbox-bar.js", SCRIPT, include_str!("../assets/sandbox-bar.js")),
    ("message.js", SCRIPT, include_str!("../assets/message.js")),
    ("report.js", SCRIPT, include_str!("../assets/report.js")),
    ("md5.js", SCRIPT, include_str!("../assets/md5.js")),
    ("icon.svg", ICON.0, ICON.1),
];

static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    FILES.hash(&mut hasher);
    format!("/assets/{:016x}", hasher.finish())
});

/// The folder of this build's assets.
pub(crate) fn folder() -> &'static str {
    &FOLDER
}

/// The type and the text of the asset at a path.
pub(crate) fn at(path: &str) -> Option<(&'static str, &'static str)> {
    let name = path.strip_prefix(folder())?.strip_prefix('/')?;
    FILES.iter().find(|file| file.0 == name).map(|file| (file.1, file.2))
}
