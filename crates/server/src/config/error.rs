//! The errors of a configuration, in words that say how to correct them.

use std::fmt;
use std::path::{Path, PathBuf};

use store::Obstacle;

use super::origin::Origin;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The named file does not exist.
    #[error(
        "there is no configuration file {}: check --config and LUNAS_CONFIG, or leave them out to \
         run with \
         the defaults",
        absolute(path).display()
    )]
    Missing { path: PathBuf },

    /// The file exists, but cannot be read as UTF-8 text.
    #[error("the configuration file: {0}")]
    Unreadable(Obstacle),

    /// The file is not TOML. The message quotes nothing from the file; lines and columns count from
    /// 1.
    #[error("{}, line {line}, column {column}: {message}", path.display())]
    Syntax { path: PathBuf, line: usize, column: usize, message: String },

    /// Keys or values are wrong; each is on its own line.
    #[error("the configuration is not valid:{}", lines(.0))]
    Invalid(Vec<Problem>),
}

/// The absolute path, because a relative one does not show where the file was expected.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// A wrong key or value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Problem {
    /// The value of a known key is not allowed.
    Wrong { key: String, value: toml::Value, origin: Origin, expected: String },
    /// A value where a section of keys is expected; only the type of the value is reported.
    NotASection { section: String, got: &'static str, origin: Origin, key: String },
    /// The key does not exist. Its value is not reported: it may be a secret under a misspelled
    /// key.
    Unknown { key: String, origin: Origin, nearest: Option<String> },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { key, value, origin, expected } => {
                let value =
                    value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
                write!(f, "{key} = {value} (from {origin}): expected {expected}")
            }
            Self::NotASection { section, origin: Origin::Environment(variable), key, .. } => {
                write!(f, "{variable}: {section} is a section; set one of its keys, such as {key}")
            }
            Self::NotASection { section, got, origin, key } => write!(
                f,
                "{section} (from {origin}) is a section, got {got}: write its keys, such as \
                 {key}, below \
                 a line [{section}]"
            ),
            Self::Unknown { key, origin, nearest } => {
                match origin {
                    Origin::Environment(variable) => write!(f, "{}", variable.escape_debug())?,
                    _ => write!(f, "{} (from {origin})", key.escape_debug())?,
                }
                f.write_str(": no such key")?;
                nearest.iter().try_for_each(|nearest| write!(f, "; did you mean {nearest}?"))
            }
        }
    }
}
