//! Asks for a password without showing it on the terminal.

use std::io::{BufRead, IsTerminal, Read, Stdin, Write, stderr, stdin};

use anyhow::{Context, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 4096;

/// Asks twice for a new password at a terminal; otherwise reads one line.
pub(super) fn password() -> anyhow::Result<SecretString> {
    let stdin = stdin();
    if !stdin.is_terminal() {
        return line(&stdin);
    }
    let _silence = EchoOff::of(&stdin)?;
    let first = asked(&stdin, "New password: ")?;
    let second = asked(&stdin, "Repeat the password: ")?;
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

fn asked(stdin: &Stdin, prompt: &str) -> anyhow::Result<SecretString> {
    write!(stderr(), "{prompt}")?;
    let answer = line(stdin);
    writeln!(stderr())?;
    answer
}

fn line(stdin: &Stdin) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    let read = stdin.lock().take(MAX_LINE).read_line(&mut text);
    read.context("the password on standard input")?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

/// Switches the terminal's echo off until it is dropped.
struct EchoOff<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl EchoOff<'_> {
    fn of(stdin: &Stdin) -> anyhow::Result<EchoOff<'_>> {
        let before = tcgetattr(stdin)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin, OptionalActions::Flush, &silent)?;
        Ok(EchoOff { stdin, before })
    }
}

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}
