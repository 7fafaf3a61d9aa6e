//! The operator's socket: one request and one answer a connection, each a line of JSON.
//!
//! It is for the user that runs the server, and for root: the file's mode says so, and so does the
//! peer's user id, as the file exists for a moment before it has its mode.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use anyhow::Context;
use fail_points::{Point, pass};
use gateway::{BackgroundTask, Health, Supervisor};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::{Admin, Refused, Request, Response};

/// The longest path that the address of a Unix socket holds beside its final NUL.
const LONGEST_PATH: usize = 107;
/// The longest request, in bytes.
const LONGEST_REQUEST: u64 = 1 << 20;
/// The longest answer, in bytes: a client's guard only.
const LONGEST_ANSWER: u64 = 64 << 20;
/// How many connections are served at a time; the others wait.
const AT_ONCE: usize = 16;
/// How long a client may take to send its request, and to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client waits for its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Where the socket of a data directory lies.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("lunas.sock")
}

/// A socket that is listened on, until this is dropped.
pub(crate) struct Listening {
    path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // What is left behind is removed by the next one that listens here.
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens on `path`, in the place of a socket that was left behind, and serves operators as long as
/// the supervisor is there. The caller owns the directory.
///
/// # Errors
/// When the path is too long for a socket, when something else has its name, or when the directory
/// cannot be written.
pub(crate) fn listen(
    path: &Path,
    admin: Admin,
    supervisor: &mut Supervisor,
) -> io::Result<Listening> {
    check_length(path)?;
    remove_stale(path)?;
    let listener = UnixListener::bind(path)?;
    let secured = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    let owner = secured.and_then(|()| fs::metadata(path)).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })?;
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    supervisor.run(OperatorSocket { listener, owner: owner.uid(), admin, turns });
    Ok(Listening { path: path.to_owned() })
}

/// Sends `request` to the server at the other end and waits for its answer.
pub(super) fn ask(
    mut server: std::os::unix::net::UnixStream,
    request: &Request,
) -> anyhow::Result<Response> {
    server.set_write_timeout(Some(PATIENCE))?;
    server.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    server.write_all(&line).context("the server does not take the request")?;
    let mut answer = Vec::new();
    let mut server = io::BufReader::new(server.take(LONGEST_ANSWER));
    let read = server.read_until(b'\n', &mut answer);
    let read = read.map_err(anyhow::Error::from).and_then(|_| {
        serde_json::from_slice::<Result<Response, Refused>>(&answer).map_err(anyhow::Error::from)
    });
    let answered = read.context(
        "the server did not answer, and whether the request was carried out is not known: look \
         before you try again",
    )?;
    Ok(answered?)
}

fn check_length(path: &Path) -> io::Result<()> {
    let length = path.as_os_str().as_bytes().len();
    if length <= LONGEST_PATH {
        return Ok(());
    }
    let why = format!(
        "the operator's socket {} has a path of {length} bytes, and the system allows \
         {LONGEST_PATH}: use a data directory with a shorter path",
        path.display()
    );
    Err(io::Error::new(ErrorKind::InvalidInput, why))
}

fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => {
            let why = format!("{} is no socket; remove it", path.display());
            Err(io::Error::new(ErrorKind::AlreadyExists, why))
        }
    }
}

/// Accepts operators' connections, and serves each in a task of its own.
struct OperatorSocket {
    listener: UnixListener,
    owner: u32,
    admin: Admin,
    turns: Arc<Semaphore>,
}

impl BackgroundTask for OperatorSocket {
    const NAME: &'static str = "operator-socket";
    type Error = io::Error;

    async fn run(&mut self, health: &Health) -> io::Result<()> {
        health.round(io::Result::Ok(()))?;
        while let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await {
            let (client, _) = self.listener.accept().await?;
            let (owner, admin) = (self.owner, self.admin.clone());
            tokio::spawn(async move {
                let _turn = turn;
                if let Err(error) = serve(client, owner, &admin).await {
                    tracing::warn!(%error, "an operator's connection failed");
                }
            });
        }
        Ok(())
    }
}

async fn serve(mut client: UnixStream, owner: u32, admin: &Admin) -> io::Result<()> {
    let user = client.peer_cred()?.uid();
    if user != owner && user != 0 {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let answer = match tokio::time::timeout(PATIENCE, read_request(&mut client)).await {
        Ok(request) => match request? {
            Ok(request) => carry_out(admin, request).await,
            Err(refused) => Err(refused),
        },
        Err(_) => Err(Refused::because("the request did not arrive in time")),
    };
    pass(Point::RequestCarriedOut);
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    tokio::time::timeout(PATIENCE, client.write_all(&line)).await?
}

/// Reads the line of a request. What is wrong with it is not told in the words of the parser, which
/// may quote an API key.
async fn read_request(client: &mut UnixStream) -> io::Result<Result<Request, Refused>> {
    let mut line = Vec::new();
    BufReader::new(client.take(LONGEST_REQUEST)).read_until(b'\n', &mut line).await?;
    if line.last() != Some(&b'\n') {
        let why = format_args!("a request is one line of less than {LONGEST_REQUEST} bytes");
        return Ok(Err(Refused::because(why)));
    }
    Ok(serde_json::from_slice(&line).map_err(|_| {
        Refused::because("this is no request that the server knows; is it of another version?")
    }))
}

async fn carry_out(admin: &Admin, request: Request) -> Result<Response, Refused> {
    let name = request.name();
    let done = admin.execute(request).await;
    tracing::info!(request = name, refused = done.is_err(), "an operator's request");
    done
}
