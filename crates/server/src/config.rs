//! The configuration. `config.default.toml` names and explains every key. The value of a key comes
//! from the highest layer that sets it: default, file, environment, flag.
//!
//! [`Config::load`] reports all errors at once. The configuration contains paths of files with
//! secrets, and no secrets except a password in the URL of the database.

mod error;
mod layers;
mod origin;
mod reader;
mod sections;
mod server;
mod units;

#[cfg(test)]
mod tests;

pub(crate) use error::ConfigError;
pub(crate) use layers::{Flag, Sources};
pub(crate) use origin::Origin;
pub(crate) use sections::*;
pub(crate) use server::*;
pub(crate) use units::measure;

use layers::Layers;
use reader::Reader;
use serde::Serialize;

/// The configuration of a server; each section is a field.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) gateway: Gateway,
    pub(crate) billers: Billers,
    pub(crate) callbacks: Callbacks,
    pub(crate) sandbox: Sandbox,
    pub(crate) security: Security,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
    pub(crate) receipt: Receipt,
    pub(crate) alerts: Alerts,
    pub(crate) portal: Portal,
}

impl Config {
    /// Reads the layers, and validates every value and the rules between values.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or is not TOML, or with all unknown keys and
    /// wrong values of all layers.
    pub(crate) fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
        let (layers, unusable) = Layers::merge(sources)?;
        let mut read = Reader::new(&layers, unusable);
        let config = Self {
            server: Server::read(&mut read),
            store: Store::read(&mut read),
            gateway: Gateway::read(&mut read),
            billers: Billers::read(&mut read),
            callbacks: Callbacks::read(&mut read),
            sandbox: Sandbox::read(&mut read),
            security: Security::read(&mut read),
            limits: Limits::read(&mut read),
            log: Log::read(&mut read),
            receipt: Receipt::read(&mut read),
            alerts: Alerts::read(&mut read),
            portal: Portal::read(&mut read),
        };
        read.finish()?;
        Ok(Loaded { config, layers })
    }
}

/// A valid configuration with the origin of each value.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    layers: Layers,
}

impl Loaded {
    /// Every key with its value and origin, sorted by key.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let entry = |key: &String| {
            let (value, origin) = self.layers.find(key);
            Entry { key: key.clone(), value: layers::shown(&value), origin }
        };
        self.layers.keys().iter().map(entry).collect()
    }
}

/// A key as `lunas config show` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Entry {
    /// The section and the name, `server.listen`.
    pub(crate) key: String,
    /// The value as given; displays as TOML, serializes as its own type.
    pub(crate) value: toml::Value,
    /// The layer of the value.
    pub(crate) origin: Origin,
}
