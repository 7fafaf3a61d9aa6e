//! What can be wrong with a configuration, in words that say how to put it right.

use std::fmt;
use std::path::{Path, PathBuf};

use store::Obstacle;

use super::origin::Origin;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file that was named is not there.
    #[error(
        "there is no configuration file {}: check --config and LUNAS_CONFIG, or leave them out to run with \
         the defaults",
        absolute(path).display()
    )]
    Missing { path: PathBuf },

    /// The file is there, but cannot be read as UTF-8 text.
    #[error("the configuration file: {0}")]
    Unreadable(Obstacle),

    /// The file is not TOML. The message quotes nothing of the file; lines and columns count from 1.
    #[error("{}, line {line}, column {column}: {message}", path.display())]
    Syntax { path: PathBuf, line: usize, column: usize, message: String },

    /// Keys or values of the layers are wrong: all of them, each on its own line.
    #[error("the configuration is not valid:{}", lines(.0))]
    Invalid(Vec<Problem>),
}

/// What was looked for, as a relative path does not say from where.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// One wrong key or value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Problem {
    /// A known key holds what it may not hold.
    Wrong { key: String, value: toml::Value, origin: Origin, expected: String },
    /// A section that holds a value instead of keys, which is told by its kind alone.
    NotASection { section: String, got: &'static str, origin: Origin, key: String },
    /// A key that does not exist. Its value is left out, for it may be a secret under a mistyped name.
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
                "{section} (from {origin}) is a section, got {got}: write its keys, such as {key}, below \
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
