//! Reads what a command is given in a file or on the standard input.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::Context;

/// The bytes of a file, or of the standard input if its name is `-`. Of what is longer than `longest` one byte more is
/// read, so that whoever checks the length sees it.
pub(super) fn bytes(file: &Path, longest: usize) -> anyhow::Result<Vec<u8>> {
    let (mut bytes, most) = (Vec::new(), longest as u64 + 1);
    if file == Path::new("-") {
        stdin().lock().take(most).read_to_end(&mut bytes).context("the standard input")?;
    } else {
        let name = || format!("{} cannot be read", file.display());
        let opened = File::open(file).with_context(name)?;
        opened.take(most).read_to_end(&mut bytes).with_context(name)?;
    }
    Ok(bytes)
}
