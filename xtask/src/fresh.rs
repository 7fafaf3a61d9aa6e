//! `cargo xtask fresh`: follows README.md in a Debian with only Rust and a C compiler, to find what
//! the tests need and README.md does not mention.
//!
//! It has its own mount and process namespaces, so when it ends, however it ends, nothing stays
//! mounted and no process runs on.

mod machine;
mod system;

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use xtask::needs::{Need, can_install, ensure_installed};
use xtask::process::{is_root, run as run_command, target_directory};
use xtask::{Outcome, say};

use system::System;

/// The argument by which this program starts itself in the namespaces.
pub(crate) const WITHIN: &str = "fresh-within";

const DEBOOTSTRAP: Need =
    Need { program: "debootstrap", package: "debootstrap", purpose: "makes the smallest Debian" };

/// The first command of README.md, with another port, because that one may be in use on this
/// machine.
const SANDBOX: &str = "exec cargo run --release -- sandbox --api-key rahasia123 \
                       --listen 127.0.0.1:0 --port-file /srv/port";

/// The first request of README.md.
const INQUIRY: &str = "LUNAS_USERNAME=081234567890 LUNAS_API_KEY=rahasia123 \
                       LUNAS_URL=http://127.0.0.1:$(cat /srv/port) \
                       target/release/lunas inquire --code BPJS --hp 8801234560001 --month 2";

/// Creates the system and runs both commands in it; the `arguments` go to the tests.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if !is_root() {
        return Err("it needs root, for debootstrap, mounts and chroot: \
                    sudo --preserve-env=PATH cargo xtask fresh"
            .to_owned());
    }
    if xtask::process::find(DEBOOTSTRAP.program).is_some() || can_install() {
        ensure_installed(&[DEBOOTSTRAP])?;
    }
    let own = env::current_exe()
        .map_err(|error| format!("the path of this program is unknown: {error}"))?;
    // If this process is killed, `unshare` dies with it, and the namespaces with `unshare`.
    let mut namespaces = Command::new("setpriv");
    namespaces.args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]);
    namespaces.args(["--pid", "--fork", "--kill-child"]);
    let done = run_command(namespaces.arg(own).arg(WITHIN).args(arguments));
    // Nothing is mounted in it any more.
    system::remove(&place()?.join("system"))?;
    done
}

/// The part that runs within the namespaces.
pub(crate) fn run_within(arguments: &[String]) -> Outcome {
    let mut times = Times::default();
    let done = follow_readme(arguments, &mut times);
    times.print();
    done
}

fn follow_readme(arguments: &[String], times: &mut Times) -> Outcome {
    let place = place()?;
    let system = times.of("the system", || System::make(&place))?;
    times.of("a C compiler", || run_command(&mut system.shell(system::COMPILER)))?;
    let mut sandbox = times.of("from nothing to a running sandbox", || Sandbox::start(&system))?;
    times.of("an inquiry", || run_command(&mut system.shell(INQUIRY)))?;
    times.of("the sandbox's end", || sandbox.stop())?;
    let mut tests = system.shell("exec cargo xtask test \"$@\"");
    times.of("cargo xtask test", || run_command(tests.arg("sh").args(arguments)))
}

/// The directory of the systems: beside the build output of cargo.
fn place() -> Result<PathBuf, String> {
    Ok(target_directory()?.join("fresh"))
}

/// The running sandbox; it ends with this process's namespace at the latest.
struct Sandbox(Child);

impl Sandbox {
    /// Builds and starts it, and waits until it serves.
    fn start(system: &System) -> Result<Sandbox, String> {
        let mut command = system.shell(SANDBOX);
        let child = command.stdin(Stdio::null()).spawn();
        let mut child = child.map_err(|error| format!("the sandbox does not start: {error}"))?;
        let port = system.path("srv/port");
        while !port.exists() {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("the sandbox has ended: {status}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Sandbox(child))
    }

    /// Stops it like Ctrl-C.
    fn stop(&mut self) -> Outcome {
        let id = self.0.id().to_string();
        run_command(Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]))?;
        match self.0.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("the sandbox has ended with {status}")),
            Err(error) => Err(format!("the sandbox does not end: {error}")),
        }
    }
}

/// The duration and the CPU time of each step.
#[derive(Default)]
struct Times(Vec<(&'static str, Duration, Duration)>);

impl Times {
    fn of<T>(
        &mut self,
        what: &'static str,
        step: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        eprintln!("fresh: {what} …");
        let (begun, before) = (Instant::now(), processor_time());
        let done = step();
        self.0.push((what, begun.elapsed(), processor_time().saturating_sub(before)));
        done
    }

    fn print(&self) {
        say!("\n{:<36}{:>10}{:>14}", "", "took", "processor");
        for (what, took, processor) in &self.0 {
            say!("{what:<36}{:>8} s{:>12} s", took.as_secs(), processor.as_secs());
        }
    }
}

/// The CPU time of the processes that have ended. A process that still runs is counted when it
/// ends: the build of the sandbox is counted with the sandbox.
fn processor_time() -> Duration {
    fs::read_to_string("/proc/thread-self/stat")
        .ok()
        .as_deref()
        .and_then(of_children)
        .unwrap_or_default()
}

/// The 16th and 17th field, in hundredths of a second; the second one may contain spaces.
fn of_children(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut hundredths = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((hundredths()? + hundredths()?) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_of_children_is_read() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 1 2 3 4 50 60 1200 34 20 0 1 0 99";
        assert_eq!(of_children(stat), Some(Duration::from_millis(12_340)));
        assert_eq!(of_children("7 (x) S 1"), None);
    }

    #[test]
    fn the_readme_still_says_what_is_done_here() {
        let readme = fs::read_to_string(xtask::process::root().join("README.md")).unwrap();
        let sandbox = SANDBOX.trim_start_matches("exec ").split(" --listen").next().unwrap();
        for command in [sandbox, "cargo xtask test"] {
            assert!(readme.contains(command), "README.md does not say `{command}`");
        }
    }
}
