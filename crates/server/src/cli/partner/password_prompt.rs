//! Asks for a password without showing it on the terminal.

use std::io::{BufRead, ErrorKind, IsTerminal, stdin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use signal_hook::consts::SIGINT;

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 4096;

/// Asks twice for a new password at a terminal; otherwise reads one line.
pub(super) fn password() -> anyhow::Result<SecretString> {
    let stdin = stdin();
    if !stdin.is_terminal() {
        return line(stdin.lock());
    }
    // At Ctrl-C, rpassword raises SIGINT before it restores the terminal. Without a handler the
    // process would end there, and the terminal would stay without echo.
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let first = asked("New password: ")?;
    let second = asked("Repeat the password: ")?;
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

fn asked(prompt: &str) -> anyhow::Result<SecretString> {
    match rpassword::prompt_password(prompt) {
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            // The terminal is restored. Now end as a program ends at Ctrl-C, so that a script that
            // runs this ends as well.
            signal_hook::low_level::emulate_default_handler(SIGINT)?;
            Err(error.into())
        }
        answer => Ok(SecretString::from(answer.context("the password at the terminal")?)),
    }
}

fn line(input: impl BufRead) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    let read = input.take(MAX_LINE).read_line(&mut text);
    read.context("the password on standard input")?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}
