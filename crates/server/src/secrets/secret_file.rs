//! Secrets that an operator gives in a file or on standard input. They are not arguments, because other users can
//! see arguments.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use store::Obstacle;

/// The longest secret that is read, in bytes.
const MAX_SECRET: u64 = 4096;

/// Reads the secret in a file, without its line end.
pub(crate) fn read(file: &Path) -> anyhow::Result<SecretString> {
    let opened = File::open(file).map_err(|error| Obstacle::new(file, "read", &error))?;
    without_line_end(opened).map_err(|error| Obstacle::new(file, "read", &error).into())
}

/// Reads a secret from standard input, without its line end.
pub(crate) fn read_stdin() -> anyhow::Result<SecretString> {
    Ok(without_line_end(std::io::stdin())?)
}

fn without_line_end(source: impl Read) -> std::io::Result<SecretString> {
    let mut text = String::new();
    source.take(MAX_SECRET).read_to_string(&mut text)?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}
