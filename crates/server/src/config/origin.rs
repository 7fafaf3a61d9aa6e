//! The layer that a value came from.

use std::fmt;
use std::path::PathBuf;

use figment::{Metadata, Source};
use serde::{Serialize, Serializer};

/// The layer of a value; displays and serializes as the file, variable or flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `config.default.toml`, compiled in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// The environment variable of this name.
    Environment(String),
    /// The flag of this name.
    Flag(String),
}

impl Origin {
    pub(super) const DEFAULT: &str = "default";
    pub(super) const FILE: &str = "file";
    pub(super) const ENVIRONMENT: &str = "environment";
    pub(super) const FLAG: &str = "flag";

    pub(super) fn of(metadata: &Metadata) -> Self {
        match &metadata.source {
            Some(Source::File(path)) => Self::File(path.clone()),
            Some(Source::Custom(name)) if metadata.name == Self::FLAG => Self::Flag(name.clone()),
            Some(Source::Custom(name)) => Self::Environment(name.clone()),
            _ => Self::Default,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
