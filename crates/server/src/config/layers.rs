//! The four layers in their order: default, file, environment, flags.
//!
//! Every layer is split into single settings, so that an unknown key is reported with its origin,
//! and a known key keeps its origin. figment merges the settings.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{fs, io};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, util};
use store::Obstacle;

use super::error::{ConfigError, Problem};
use super::origin::Origin;

/// The lowest layer. It also lists and documents all keys.
pub(super) const DEFAULT: &str = include_str!("../../config.default.toml");

const PREFIX: &str = "LUNAS_";

/// The sources of the layers above the default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The file that `--config` names; it must exist.
    pub(crate) file: Option<PathBuf>,
    /// The environment of the process; only names with the prefix `LUNAS_` are read.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Names with the prefix `LUNAS_` that are not keys, such as `LUNAS_CONFIG`.
    pub(crate) other_variables: &'static [&'static str],
    /// Flags that set a key; for the same key, the last one counts.
    pub(crate) flags: Vec<Flag>,
}

/// A flag of the command line that sets a key.
#[derive(Debug, Clone)]
pub(crate) struct Flag {
    /// The flag's name, such as `--listen`.
    pub(crate) name: String,
    /// The key, such as `server.listen`.
    pub(crate) key: String,
    /// The value, written as in the environment.
    pub(crate) value: String,
}

/// The merged layers: every known key has a value and an origin.
#[derive(Debug)]
pub(super) struct Layers {
    keys: Vec<String>,
    defaults: Value,
    merged: Figment,
}

impl Layers {
    /// Merges the layers. A setting that fits no key is omitted and returned as a problem.
    pub(super) fn merge(sources: &Sources) -> Result<(Self, Vec<Problem>), ConfigError> {
        let mut layers = Self::lowest();
        let mut placed = Vec::new();
        if let Some(path) = &sources.file {
            for (key, value) in settings(read(path)?) {
                placed.push(layers.place(key, value, Origin::File(path.clone())));
            }
        }
        for (name, text) in &sources.environment {
            let name = name.to_string_lossy();
            if name.starts_with(PREFIX) && !sources.other_variables.contains(&&*name) {
                let key = layers.keys.iter().find(|key| variable_of(key) == name);
                let key = key.map_or_else(|| name.to_string(), String::clone);
                placed.push(layers.place_text(key, text, Origin::Environment(name.into())));
            }
        }
        for Flag { name, key, value } in &sources.flags {
            placed.push(layers.place_text(key.clone(), value.as_ref(), Origin::Flag(name.clone())));
        }
        Ok((layers, placed.into_iter().filter_map(Result::err).collect()))
    }

    fn lowest() -> Self {
        let values: Dict = toml::from_str(DEFAULT).expect("config.default.toml is TOML");
        Self {
            keys: settings(values.clone()).map(|(key, _)| key).collect(),
            defaults: values.clone().into(),
            merged: Figment::from(Layer { values, origin: Origin::Default }),
        }
    }

    /// All keys, sorted by name.
    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The value in force, and its layer.
    ///
    /// # Panics
    /// For a key that `config.default.toml` does not name.
    pub(super) fn find(&self, key: &str) -> (Value, Origin) {
        let value = self.merged.find_value(key).expect("the default sets every key");
        let metadata = self.merged.get_metadata(value.tag());
        (value, metadata.map_or(Origin::Default, Origin::of))
    }

    /// The value in the lowest layer.
    pub(super) fn default_of(&self, key: &str) -> Option<&Value> {
        self.defaults.find_ref(key)
    }

    fn place(&mut self, key: String, value: Value, origin: Origin) -> Result<(), Problem> {
        self.require(&key, kind(&value), &origin)?;
        let values = util::nest(&key, value).into_dict().unwrap_or_default();
        self.merged = std::mem::take(&mut self.merged).merge(Layer { values, origin });
        Ok(())
    }

    /// Parses a text as the type of the key's default, so that a text of digits stays a text if the
    /// default is one. If that fails, it is kept as text, and the reader will refuse it.
    fn place_text(&mut self, key: String, text: &OsStr, origin: Origin) -> Result<(), Problem> {
        self.require(&key, "a text", &origin)?;
        let Some(text) = text.to_str() else {
            let value = toml::Value::from(&*text.to_string_lossy());
            return Err(Problem::Wrong { key, value, origin, expected: "UTF-8 text".to_owned() });
        };
        let value = match self.default_of(&key) {
            Some(Value::Bool(..)) => text.parse::<bool>().ok().map(Value::from),
            Some(Value::Num(..)) => text.parse::<i64>().ok().map(Value::from),
            Some(Value::Array(..)) if text.is_empty() => Some(Value::from(Vec::<Value>::new())),
            Some(Value::Array(..)) => {
                Some(text.split(',').map(str::trim).collect::<Vec<_>>().into())
            }
            _ => None,
        };
        self.place(key, value.unwrap_or_else(|| text.into()), origin)
    }

    fn require(&self, key: &str, got: &'static str, origin: &Origin) -> Result<(), Problem> {
        if self.keys.iter().any(|known| known == key) {
            return Ok(());
        }
        let section = match origin {
            Origin::Environment(name) => key_like(name),
            _ => key.to_owned(),
        };
        let first = self.keys.iter().find_map(|known| {
            let name = known.strip_prefix(&section)?.strip_prefix('.')?;
            Some(if matches!(origin, Origin::Environment(_)) {
                variable_of(known)
            } else {
                name.to_owned()
            })
        });
        if let (Some(key), false) = (first, matches!(origin, Origin::Flag(_))) {
            return Err(Problem::NotASection { section, got, origin: origin.clone(), key });
        }
        let nearest = match origin {
            Origin::Environment(name) => nearest(&key_like(name), &self.keys).map(variable_of),
            _ => nearest(key, &self.keys).map(str::to_owned),
        };
        Err(Problem::Unknown { key: key.to_owned(), origin: origin.clone(), nearest })
    }
}

fn read(path: &Path) -> Result<Dict, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound if !path.is_symlink() => ConfigError::Missing { path: path.into() },
        _ => ConfigError::Unreadable(Obstacle::new(path, "read", &source)),
    })?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        ConfigError::Syntax {
            path: path.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: error.message().to_owned(),
        }
    })
}

/// Splits a file into keys and values. A value outside of a section, or instead of one, becomes a
/// key without section, which is unknown.
fn settings(file: Dict) -> impl Iterator<Item = (String, Value)> {
    file.into_iter().flat_map(|(section, value)| match value {
        Value::Dict(_, names) => {
            let key = |(name, value)| (format!("{section}.{name}"), value);
            names.into_iter().map(key).collect()
        }
        value => vec![(section, value)],
    })
}

/// The type of a value, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Num(..) if value.to_i128().is_some() || value.to_u128().is_some() => "an integer",
        Value::Num(..) => "a number",
        Value::Bool(..) => "true or false",
        Value::Array(..) => "a list",
        Value::Dict(..) => "a section",
        _ => "a text",
    }
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The key that a misspelled variable probably means.
fn key_like(variable: &str) -> String {
    variable.trim_start_matches(PREFIX).replace("__", ".").to_lowercase()
}

/// The known key that was probably meant: the same name in another section, or a similar spelling.
fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    let distance = |known: &str| match name(known) == name(key) {
        true => 1,
        false => strsim::damerau_levenshtein(known, key),
    };
    let known = known.iter().map(|known| (distance(known), known.as_str()));
    known.filter(|(distance, known)| *distance <= known.len() / 4).min().map(|(_, known)| known)
}

fn name(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, name)| name)
}

/// The value as TOML, as it would be written in the file, but without the password of a database
/// URL.
pub(super) fn shown(value: &Value) -> toml::Value {
    if let Some(text) = value.as_str() {
        return toml::Value::String(store::postgres::redact_password(text));
    }
    toml::Value::try_from(value).unwrap_or_else(|error| toml::Value::String(error.to_string()))
}

/// The values of one layer, as figment merges them.
struct Layer {
    values: Dict,
    origin: Origin,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        match &self.origin {
            Origin::Default => Metadata::named(Origin::DEFAULT),
            Origin::File(path) => Metadata::from(Origin::FILE, path.as_path()),
            Origin::Environment(name) => Metadata::from(Origin::ENVIRONMENT, name.as_str()),
            Origin::Flag(name) => Metadata::from(Origin::FLAG, name.as_str()),
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}
