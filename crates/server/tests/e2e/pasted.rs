//! The code blocks that a newcomer pastes, run in order in one bash: with `md5sum`, and with `md5`
//! as on macOS. Only the port differs, and `cargo` builds nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{lunas, wait_for};

/// The programs that the pages may use besides `lunas` and `cargo`.
const PROGRAMS: [&str; 8] = ["awk", "bash", "cat", "curl", "cut", "date", "sed", "sleep"];

/// A build does nothing: the binary exists.
const CARGO: &str = r#"case "$*" in
"build --release" | "xtask test") ;;
"run --release -- "*) shift 3; exec "$PWD/target/release/lunas" "$@" ;;
*) echo "cargo $* is not expected" >&2; exit 1 ;;
esac"#;

/// The largest image of the README, in bytes.
const LONGEST_PICTURE: u64 = 120 * 1024;

#[test]
fn the_readme_pays_its_bills_and_leaves_nothing_running() {
    for md5 in ["md5sum", "md5"] {
        let pasted = Pasted::page("README.md", md5);
        assert_eq!(pasted.failed, [""; 0], "{md5}: {}", pasted.told);
        // With the commands, and over HTTP; then the receipt. Each answer ends with a newline.
        let is_00 = |line: &&str| line.split_whitespace().eq(["response_code", "00"]);
        assert_eq!(pasted.said.lines().filter(is_00).count(), 4, "{}", pasted.said);
        let answers: Vec<Value> =
            pasted.said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let codes: Vec<_> = answers.iter().map(|it| &it["data"]["response_code"]).collect();
        assert_eq!(codes[..2], ["00", "00"], "{}", pasted.said);
        assert_eq!(answers.len(), 3, "{}", pasted.said);
        pasted.nothing_is_switched_on();

        let payments = pasted.operate("lunas-data", &["payment", "list"]);
        let states: Vec<_> = payments.as_array().unwrap().iter().map(|it| &it["state"]).collect();
        assert_eq!(states, ["paid", "paid", "paid"]);
        // The operator of the example has paid one bill at the sandbox, and has earned with it.
        let payment = &pasted.operate("lunas-books", &["payment", "list"])[0];
        assert_eq!(
            (&payment["state"], &payment["biller"]["name"]),
            (&"paid".into(), &"iak".into())
        );
        let rupiah = |name: &str| payment[name].as_i64().unwrap();
        assert_eq!(rupiah("selling_price") - rupiah("cost"), 100, "{payment}");
        let partner = &pasted.operate("lunas-books", &["partner", "list"])[0];
        assert_eq!(partner["available"], 1_000_000 - rupiah("selling_price"));
        for books in ["lunas-data", "lunas-books"] {
            assert_eq!(pasted.operate(books, &["audit"])["clean"], true);
        }
    }
}

#[test]
fn the_commands_of_the_sandbox_document_work_and_switch_everything_off() {
    let pasted = Pasted::page("docs/sandbox.md", "md5sum");
    // A pending payment, a lost answer and a wrong signature are not successes.
    assert_eq!(
        pasted.failed,
        [
            r#"lunas pay "$TR_ID""#,
            r#"lunas pay "$(echo "$BILL" | awk '$1 == "tr_id" { print $2 }')""#,
            "lunas sign pay-pasca --tr-id 10000001 --given d41d8cd98f00b204e9800998ecf8427e",
        ],
        "{}",
        pasted.told
    );
    assert!(pasted.told.contains("The outcome is unknown"), "{}", pasted.told);
    pasted.nothing_is_switched_on();
    let payments = pasted.operate("lunas-data", &["payment", "list"]);
    let states: Vec<_> = payments.as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["paid", "paid"]);
    assert_eq!(pasted.operate("lunas-data", &["audit"])["clean"], true);
}

#[test]
fn both_readmes_have_the_same_blocks_for_any_shell() {
    let blocks = blocks("README.md");
    assert_eq!(blocks, self::blocks("README.id.md"));
    for needed in ["cargo run --release -- sandbox", "cargo xtask test"] {
        assert!(blocks.iter().any(|block| block.contains(needed)), "{needed}");
    }
    // The shell of macOS reads a pasted comment as a command.
    let page = self::blocks("docs/sandbox.md");
    for line in blocks.iter().chain(&page).flat_map(|block| block.lines()) {
        assert!(!line.starts_with('#') && !line.contains(" #"), "{line}");
    }
}

#[test]
fn the_pictures_of_the_readmes_are_small() {
    for page in ["README.md", "README.id.md"] {
        let text = fs::read_to_string(repository(page)).unwrap();
        let pictures = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        let pictures: Vec<_> =
            pictures.map(|it| it.0).filter(|it| it.starts_with("docs/pictures/")).collect();
        assert_eq!(pictures.len(), 2, "{page}");
        for picture in pictures {
            let size = fs::metadata(repository(picture)).unwrap().len();
            assert!(size < LONGEST_PICTURE, "{picture} has {size} bytes");
        }
    }
}

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

/// The shell blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(repository(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.map(str::to_owned).collect()
}

/// The result of a page whose blocks were pasted.
struct Pasted {
    folder: TempDir,
    /// Standard output.
    said: String,
    /// Standard error.
    told: String,
    /// The commands that failed, as written in the page.
    failed: Vec<String>,
}

impl Pasted {
    fn page(page: &str, md5: &str) -> Pasted {
        let folder = tempfile::tempdir().unwrap();
        let (port, biller) = (free_port(), free_port());
        let script = script(&blocks(page)).replace("8080", &port.to_string());
        let script = script.replace("9090", &biller.to_string());
        let file = |name: &str| folder.path().join(name);
        fs::write(file("script"), script).unwrap();
        fs::create_dir_all(file("target/release")).unwrap();
        symlink(env!("CARGO_BIN_EXE_lunas"), file("target/release/lunas")).unwrap();
        let bin = machine(folder.path(), md5);
        let mut path = bin.into_os_string();
        if page != "README.md" {
            path.push(format!(":{}", file("target/release").display()));
        }

        let mut bash = Command::new(which("bash").unwrap());
        bash.current_dir(folder.path()).env_clear().env("PATH", path);
        bash.env("LUNAS_SERVER__LISTEN", format!("127.0.0.1:{port}")).process_group(0);
        bash.stdin(File::open(file("script")).unwrap());
        bash.stdout(File::create(file("said")).unwrap());
        bash.stderr(File::create(file("told")).unwrap());
        let mut bash = bash.spawn().unwrap();
        let group = Group(bash.id());
        bash.wait().unwrap();
        let read = |name: &str| fs::read_to_string(file(name)).unwrap();
        let (said, told) = (read("said"), read("told"));
        wait_for("the end of what the page has started", || {
            let is_gone = |port| TcpStream::connect(("127.0.0.1", port)).is_err();
            (is_gone(port) && is_gone(biller)).then_some(())
        });
        drop(group);
        let failed = told.lines().filter_map(|line| line.strip_prefix("FAILED: "));
        let failed = failed.map(|line| line.replace(&port.to_string(), "8080")).collect();
        Pasted { folder, said, told, failed }
    }

    /// After each block in which the sandbox ran, its clock showed the machine's time and no
    /// scenario was on.
    fn nothing_is_switched_on(&self) {
        let after: BTreeMap<_, _> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("after-"))
            .map(|entry| (entry.file_name(), fs::read_to_string(entry.path()).unwrap()))
            .collect();
        assert!(after.len() >= 2, "{after:?}");
        for (block, told) in after {
            let told: Value = serde_json::from_str(&told).unwrap();
            assert_eq!(told["ahead_seconds"], 0, "{block:?}: {told}");
            let scenarios = told["scenarios"].as_array().unwrap();
            assert!(scenarios.iter().all(|it| it["on"] == false), "{block:?}: {told}");
        }
    }

    /// Runs a command on books that the page has made, and reads its JSON.
    fn operate(&self, books: &str, arguments: &[&str]) -> Value {
        let mut command = lunas();
        command.args(arguments).args(["--json", "--data"]).arg(self.folder.path().join(books));
        let done = command.output().unwrap();
        let told = String::from_utf8_lossy(&done.stderr);
        serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {told}"))
    }
}

/// All blocks, with monitoring: a line for each command that fails and, while the sandbox runs, the
/// scenarios after each block. A reader takes longer than a sandbox needs to start.
fn script(blocks: &[String]) -> String {
    let mut script = "trap 'echo \"FAILED: $BASH_COMMAND\" >&2' ERR\n".to_owned();
    let last = blocks.iter().position(|block| block.starts_with("kill ")).unwrap();
    for (number, block) in blocks.iter().enumerate() {
        script += block;
        for (started, books) in [("sandbox", "lunas-data"), ("serve", "lunas-books")] {
            let starts =
                |line: &str| line.ends_with(" &") && line.contains(&format!(" {started} "));
            if block.lines().any(starts) {
                script += &format!("until [ -S {books}/lunas.sock ]; do sleep 0.1; done\n");
            }
        }
        if block.contains("kill ") {
            script += "wait\n";
        }
        if number < last {
            script += &format!("lunas sandbox scenario list --json > after-{number}\n");
        }
    }
    script
}

/// A folder with all programs that a page needs, and `md5` or `md5sum`.
fn machine(folder: &Path, md5: &str) -> PathBuf {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    for name in PROGRAMS {
        let program = which(name).unwrap_or_else(|| panic!("{name} is not on this machine"));
        symlink(program, bin.join(name)).unwrap();
    }
    let own = |name: &str, body: &str| {
        let file = bin.join(name);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    };
    own("cargo", CARGO);
    match (which("md5sum"), which("md5")) {
        (_, Some(program)) if md5 == "md5" => symlink(program, bin.join("md5")).unwrap(),
        (Some(program), _) if md5 == "md5" => {
            own("md5", &format!("{} | cut -c1-32", program.display()));
        }
        (Some(program), _) => symlink(program, bin.join("md5sum")).unwrap(),
        // This machine itself has only `md5`.
        (None, program) => symlink(program.unwrap(), bin.join("md5")).unwrap(),
    }
    bin
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The processes that a page has started; they end with the test.
struct Group(u32);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0);
        let mut kill = Command::new("kill");
        kill.args(["-KILL", "--", &group]).stdout(Stdio::null()).stderr(Stdio::null());
        // A page may have ended them already.
        let _ = kill.status();
    }
}
