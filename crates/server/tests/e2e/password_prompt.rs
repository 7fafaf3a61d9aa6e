//! The password prompt on a pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::server::{Home, USERNAME, lunas, wait_for};

const PASSWORD: &str = "kanari horse battery";

/// The command that asks for a password.
const SET: [&str; 3] = ["partner", "password", USERNAME];

/// A command on a terminal of its own.
pub(crate) struct Prompt {
    child: Child,
    keyboard: File,
    /// The terminal itself. It stays open, so that its state outlives the command.
    terminal: OwnedFd,
    shown: Arc<Mutex<String>>,
}

impl Prompt {
    pub(crate) fn start(home: &Home, arguments: &[&str]) -> Prompt {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        assert!(modes_of(&terminal).contains(USABLE), "the command has something to restore");
        let command = lunas();
        let mut session = Command::new("setsid");
        session.env_clear().args(["--ctty", "--wait"]).arg(command.get_program());
        session.args(arguments).arg("--data").arg(home.data());
        session.stdin(terminal.try_clone().unwrap());
        session.stdout(terminal.try_clone().unwrap()).stderr(terminal.try_clone().unwrap());
        let child = session.spawn().unwrap();
        let keyboard = File::from(keyboard);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut screen, text) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length) = screen.read(&mut bytes) {
                text.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Prompt { child, keyboard, terminal, shown }
    }

    /// Waits until this text is on the screen.
    pub(crate) fn shows(&self, text: &str) {
        wait_for(text, || self.shown.lock().unwrap().contains(text).then_some(()));
    }

    /// Waits until this text is on the screen and the echo is off.
    fn asks(&self, text: &str) {
        wait_for(text, || {
            (self.shown.lock().unwrap().contains(text) && !self.modes().contains(LocalModes::ECHO))
                .then_some(())
        });
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    fn modes(&self) -> LocalModes {
        modes_of(&self.terminal)
    }

    /// Waits for the end of the command. Returns its result, what the screen shows, and the modes of
    /// the terminal.
    pub(crate) fn ends(mut self) -> (ExitStatus, String, LocalModes) {
        const MARK: &str = "[the end of the output]";
        let status = wait_for("the end of the command", || self.child.try_wait().unwrap());
        // The terminal keeps the order, so all output of the command comes before the mark.
        rustix::io::write(&self.terminal, MARK.as_bytes()).unwrap();
        let shown = wait_for("the output", || {
            self.shown.lock().unwrap().strip_suffix(MARK).map(str::to_owned)
        });
        (status, shown, self.modes())
    }
}

fn modes_of(terminal: &OwnedFd) -> LocalModes {
    tcgetattr(terminal).unwrap().local_modes
}

/// What a shell needs of its terminal.
const USABLE: LocalModes = LocalModes::ECHO.union(LocalModes::ICANON).union(LocalModes::ISIG);

fn home() -> Home {
    let home = Home::new();
    drop(home.start(&[]));
    home
}

fn has_password(home: &Home) -> bool {
    home.operate(&["partner", "show", USERNAME])["password"].as_bool().unwrap()
}

#[test]
fn a_password_is_asked_for_twice_and_not_shown() {
    let home = home();
    let mut prompt = Prompt::start(&home, &SET);
    prompt.asks("New password: ");
    prompt.types(&format!("{PASSWORD}\r"));
    prompt.asks("Repeat the password: ");
    prompt.types(&format!("{PASSWORD}\r"));
    let (status, shown, modes) = prompt.ends();
    assert!(status.success(), "{shown}");
    assert!(!shown.contains("kanari") && shown.contains("by password"), "{shown}");
    assert!(modes.contains(USABLE), "{modes:?}");
    assert!(has_password(&home));
}

#[test]
fn two_different_passwords_change_nothing() {
    let home = home();
    let mut prompt = Prompt::start(&home, &SET);
    prompt.asks("New password: ");
    prompt.types(&format!("{PASSWORD}\r"));
    prompt.asks("Repeat the password: ");
    prompt.types("kanari horse butter\r");
    let (status, shown, modes) = prompt.ends();
    assert_eq!(status.code(), Some(1), "{shown}");
    assert!(shown.contains("the two passwords differ; nothing was changed"), "{shown}");
    assert!(modes.contains(USABLE), "{modes:?}");
    assert!(!has_password(&home));
}

#[test]
fn ctrl_c_at_either_prompt_restores_the_terminal_and_changes_nothing() {
    const SIGINT: i32 = 2;
    let home = home();
    for typed in ["", "kanari"] {
        for prompts in 1..=2 {
            let mut prompt = Prompt::start(&home, &SET);
            prompt.asks("New password: ");
            if prompts == 2 {
                prompt.types(&format!("{PASSWORD}\r"));
                prompt.asks("Repeat the password: ");
            }
            prompt.types(&format!("{typed}\u{3}"));
            let (status, shown, modes) = prompt.ends();
            // `setsid` reports the signal that ended the command as a shell does, or has ended by it.
            let signal = status.signal().or_else(|| status.code().map(|code| code & 0x7f));
            assert_eq!(signal, Some(SIGINT), "{status}: {shown}");
            assert!(modes.contains(USABLE), "{typed:?} at prompt {prompts}: {modes:?}");
            assert!(!shown.contains("kanari"), "{shown}");
            assert!(!has_password(&home));
        }
    }
}
