//! Finds and runs other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::Outcome;

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// The release profile, which is also used for measurements; also the name of its directory.
pub const SHIPPED: &str = "dist";

/// The build directory of cargo, in which this program is.
pub fn target_directory() -> Result<PathBuf, String> {
    let own = env::current_exe()
        .map_err(|error| format!("the path of this program is unknown: {error}"))?;
    let target = own.ancestors().nth(2).map(Path::to_path_buf);
    target.ok_or_else(|| format!("{} is in no target directory", own.display()))
}

/// The cargo that started this tool, in the root of the workspace. The variables that cargo set for
/// this package are removed: some build scripts would run again because of them.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of_this| name.starts_with(of_this)) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` to its end. Its output goes to this program's output.
pub fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}`: {status}", shown(command))),
        Err(error) => Err(format!("`{}` does not start: {error}", shown(command))),
    }
}

/// Whether `command` starts and succeeds. Its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

/// The path of `program` on the `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// Whether this process may install system packages.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The command as a person types it, the program without its directory.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let failed = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(failed.starts_with("`sh -c exit 3`") && failed.contains('3'), "{failed}");
        let missing = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(missing.contains("`no-such-program` does not start"), "{missing}");
    }

    #[test]
    fn programs_are_found_on_the_path_only() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program").is_none());
        assert!(!succeeds(&mut Command::new("no-such-program")));
    }
}
