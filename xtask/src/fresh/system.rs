//! The smallest Debian, with the toolchain and the sources in it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::Outcome;
use xtask::process::{root, run as run_command};

use super::machine;

/// Installs the packages that README.md requires besides Rust.
pub(super) const COMPILER: &str = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null";

/// The directories of the toolchain and the sources in it.
const TOOLCHAIN: &str = "rust";
const SOURCES: &str = "srv/lunas";

/// A directory that is the root of a system.
pub(super) struct System {
    root: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl System {
    /// Creates it again below `place`, from a Debian that is cached there.
    pub(super) fn make(place: &Path) -> Result<System, String> {
        fs::create_dir_all(place).map_err(|error| format!("{place:?}: {error}"))?;
        let debian = debian(place)?;
        let system = System { root: place.join("system"), environment: machine::environment() };
        remove(&system.root)?;
        run_command(Command::new("cp").arg("-a").args([&debian, &system.root]))?;
        machine::configure_downloads(&system.root)?;
        system.mount()?;
        system.copy_registry()?;
        system.copy_sources()?;
        Ok(system)
    }

    /// The path of one of its files, as seen from outside.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// A script that root runs in it, in the directory of the sources. Arguments that are added are
    /// the script's, starting with its name.
    pub(super) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.root).args(["/bin/sh", "-euc"]);
        command.arg(format!("cd /{SOURCES}\n{script}"));
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("HOME", "/root").env("LANG", "C.UTF-8");
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        command.env("PATH", format!("/{TOOLCHAIN}/bin:{path}"));
        command
    }

    /// The mounts belong to this namespace, and nothing that is mounted can be written to.
    fn mount(&self) -> Outcome {
        let toolchain = toolchain()?;
        let mount = |arguments: &[&str], what: &Path, at: &str| {
            let at = self.path(at);
            fs::create_dir_all(&at).map_err(|error| format!("{at:?}: {error}"))?;
            run_command(Command::new("mount").args(arguments).arg(what).arg(at))
        };
        mount(&["-t", "proc"], Path::new("proc"), "proc")?;
        mount(&["-t", "sysfs", "-o", "ro"], Path::new("sysfs"), "sys")?;
        mount(&["-t", "tmpfs"], Path::new("tmpfs"), "dev/shm")?;
        mount(
            &["-t", "devpts", "-o", "newinstance,ptmxmode=0666"],
            Path::new("devpts"),
            "dev/pts",
        )?;
        mount(&["-o", "bind,ro"], &toolchain, TOOLCHAIN)
    }

    /// Cargo's downloaded crates, so that they need not be downloaded again, and its network
    /// settings.
    fn copy_registry(&self) -> Outcome {
        let Some(cargo) = machine::cargo_home() else { return Ok(()) };
        let to = self.path("root/.cargo/registry");
        fs::create_dir_all(&to).map_err(|error| format!("{to:?}: {error}"))?;
        for (from, to) in [
            ("registry/cache", to.clone()),
            ("registry/index", to),
            ("config.toml", self.path("root/.cargo")),
        ] {
            if cargo.join(from).exists() {
                run_command(Command::new("cp").arg("-a").arg(cargo.join(from)).arg(to))?;
            }
        }
        Ok(())
    }

    /// The checked-out commit, without anything that is not in it.
    fn copy_sources(&self) -> Outcome {
        let from = format!("file://{}", root().display());
        let clone = ["clone", "--quiet", "--depth", "1", &from];
        run_command(Command::new("git").args(clone).arg(self.path(SOURCES)))
    }
}

/// The smallest Debian 12, created once.
fn debian(place: &Path) -> Result<PathBuf, String> {
    let (debian, partial) = (place.join("debian"), place.join("debian.partial"));
    if debian.exists() {
        return Ok(debian);
    }
    remove(&partial)?;
    let log = place.join("debootstrap.log");
    let file = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (out, error) = file.map_err(|error| format!("{log:?}: {error}"))?;
    let mut make = Command::new("debootstrap");
    make.args(["--variant=minbase", machine::RELEASE]).arg(&partial).arg(machine::mirror());
    let made = make.stdout(out).stderr(error).status();
    if !made.is_ok_and(|status| status.success()) {
        return Err(format!("debootstrap made no Debian; what it said is in {}", log.display()));
    }
    fs::rename(&partial, &debian).map_err(|error| format!("{debian:?}: {error}"))?;
    Ok(debian)
}

/// The toolchain that builds this program.
fn toolchain() -> Result<PathBuf, String> {
    let told = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output();
    let told = told.map_err(|error| format!("rustc does not start: {error}"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&told.stdout).trim_end());
    match sysroot.join("bin/cargo").exists() {
        true => Ok(sysroot),
        false => {
            Err(format!("there is no cargo in {}; rustup's toolchains have it", sysroot.display()))
        }
    }
}

/// Removes a directory that has no mounts in it.
pub(super) fn remove(directory: &Path) -> Outcome {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{directory:?}: {error}"))
        }
        _ => Ok(()),
    }
}
