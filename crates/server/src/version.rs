//! The version of this program.

/// The version number and, if built from a git checkout, the commit and its date: `0.1.0
/// (1a2b3c4d5e6f, 2026-01-31)`. The build script sets it.
pub(crate) const VERSION: &str = env!("BUILD_VERSION");

#[cfg(test)]
#[path = "../build.rs"]
#[expect(dead_code, reason = "its main is for cargo alone")]
mod build;

#[cfg(test)]
mod tests;
