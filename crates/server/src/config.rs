//! The configuration: `config.default.toml` names and explains every key, and a key's value comes from
//! the highest layer that sets it: default, file, environment, flag.
//!
//! [`Config::load`] reports everything that is wrong at once. No secret stands in the configuration,
//! only the path of the file that holds one.

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

/// What the server runs with; a section of the file is a field.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) gateway: Gateway,
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
    /// Reads the layers and checks every value and how the values fit together.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or is not TOML, and otherwise with every unknown
    /// key and every wrong value of all layers.
    pub(crate) fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
        let (layers, unusable) = Layers::merge(sources)?;
        let mut read = Reader::new(&layers, unusable);
        let config = Self {
            server: Server::read(&mut read),
            store: Store::read(&mut read),
            gateway: Gateway::read(&mut read),
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

/// A valid configuration that still knows where each value came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    layers: Layers,
}

impl Loaded {
    /// Every key with its value and where that came from, in the order of the keys' names.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let entry = |key: &String| {
            let (value, origin) = self.layers.find(key);
            Entry { key: key.clone(), value: layers::shown(&value), origin }
        };
        self.layers.keys().iter().map(entry).collect()
    }
}

/// One key as `lunas config show` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Entry {
    /// The section and the name, `server.listen`.
    pub(crate) key: String,
    /// The value as it was given; displays as TOML writes it, serializes as what it is.
    pub(crate) value: toml::Value,
    /// The layer that the value came from.
    pub(crate) origin: Origin,
}
