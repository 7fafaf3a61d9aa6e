//! The operator's socket: each connection carries one call and one answer, each a line of JSON.
//!
//! Only the user that runs the server, and root, may use it. The file mode says so; the server also
//! checks the user id of the peer, because the file exists for a moment before its mode is set.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use anyhow::Context;
use domain::Actor;
use fail_points::{Point, pass};
use gateway::{BackgroundTask, Health, Supervisor};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Obstacle;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::location::Location;
use super::os_user;
use super::{Admin, Refused, Request, Response};

/// The longest path in the address of a Unix socket, without the final NUL.
const MAX_PATH: usize = 107;
/// The longest request, in bytes.
const MAX_REQUEST: u64 = 1 << 20;
/// The longest answer that a client reads, in bytes.
const MAX_ANSWER: u64 = 64 << 20;
/// How many connections are served at the same time; others wait.
const MAX_CONNECTIONS: usize = 16;
/// How long a client may take to send its request, and to read its answer.
const IO_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client waits for its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A call to a server, with the database that the caller named, if any.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Call {
    /// Carry out a request.
    CarryOut { named: Vec<String>, request: Request },
    /// Say where the books are, for a command that reads them over its own connection.
    Locate { named: Vec<String> },
}

/// The path of the socket in a data directory.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("lunas.sock")
}

/// A bound socket that does not accept connections yet.
pub(crate) struct Bound {
    listener: UnixListener,
    named: Named,
    /// The user id that may connect, besides root.
    owner: u32,
}

/// A socket that accepts connections until this is dropped.
pub(crate) struct RunningListener {
    _path: Named,
}

/// The path of a socket; dropping it removes the file.
struct Named(PathBuf);

impl Drop for Named {
    fn drop(&mut self) {
        // The next server that listens here removes a file that stays behind.
        let _ = fs::remove_file(&self.0);
    }
}

/// Binds `path` and replaces a socket that an earlier process left. The caller owns the directory.
///
/// # Errors
/// When the path is too long, when another file has this name, or when the directory is not
/// writable.
pub(crate) fn bind(path: &Path) -> anyhow::Result<Bound> {
    let blocked = |error: io::Error| Obstacle::new(path, "made", &error);
    if is_stale(path)? {
        fs::remove_file(path).map_err(blocked)?;
    }
    let listener = UnixListener::bind(path).map_err(blocked)?;
    let named = Named(path.to_owned());
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(blocked)?;
    let owner = fs::metadata(path).map_err(blocked)?.uid();
    Ok(Bound { listener, named, owner })
}

impl Bound {
    /// Serves operators as long as the supervisor runs.
    pub(crate) fn serve(self, admin: Admin, supervisor: &mut Supervisor) -> RunningListener {
        let Bound { listener, named, owner } = self;
        let turns = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        supervisor.run(OperatorSocket { listener, owner, admin, turns });
        RunningListener { _path: named }
    }
}

/// Connects to the server of a data directory, if one listens there.
///
/// # Errors
/// When the socket's state is not known, or when this user may not connect.
pub(super) fn connect(data: &Path) -> anyhow::Result<Option<std::os::unix::net::UnixStream>> {
    let path = path(data);
    if check_length(&path).is_err() {
        // A server that listens uses a shorter path, and owns the directory.
        return Ok(None);
    }
    match std::os::unix::net::UnixStream::connect(&path) {
        Ok(server) => Ok(Some(server)),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            Ok(None)
        }
        Err(error) => Err(Obstacle::new(&path, "used", &error).into()),
    }
}

/// Sends `call` to the server and waits for its answer.
pub(super) fn ask<T: DeserializeOwned>(
    mut server: std::os::unix::net::UnixStream,
    call: &Call,
) -> anyhow::Result<T> {
    server.set_write_timeout(Some(IO_TIMEOUT))?;
    server.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let mut line = serde_json::to_vec(call)?;
    line.push(b'\n');
    server.write_all(&line).context("the request could not be sent to the server")?;
    let mut answer = Vec::new();
    let mut server = io::BufReader::new(server.take(MAX_ANSWER));
    let read = server.read_until(b'\n', &mut answer);
    let read = read.map_err(anyhow::Error::from).and_then(|_| {
        serde_json::from_slice::<Result<T, Refused>>(&answer).map_err(anyhow::Error::from)
    });
    let answered = read.context(
        "the server did not answer, so it is unknown whether the request was carried out: check \
         before you try again",
    )?;
    Ok(answered?)
}

/// Refuses a path at which no socket can be bound, before any file is created.
///
/// # Errors
/// As [`bind`].
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    is_stale(path).map(drop)
}

/// Whether an earlier process left a socket at this path.
fn is_stale(path: &Path) -> anyhow::Result<bool> {
    check_length(path)?;
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Obstacle::new(path, "made", &error).into()),
        Ok(found) if found.file_type().is_socket() => Ok(true),
        Ok(_) => anyhow::bail!("{} is not a socket; remove it", path.display()),
    }
}

fn check_length(path: &Path) -> anyhow::Result<()> {
    let length = path.as_os_str().as_bytes().len();
    anyhow::ensure!(
        length <= MAX_PATH,
        "the operator's socket {} has a path of {length} bytes, and the system allows \
         {MAX_PATH}: use a data directory with a shorter path, such as a relative one",
        path.display()
    );
    Ok(())
}

/// Accepts operators' connections and serves each in its own task.
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
    let called = match tokio::time::timeout(IO_TIMEOUT, read_call(&mut client)).await {
        Ok(called) => called?,
        Err(_) => Err(Refused::because("the request did not arrive in time")),
    };
    let mut line = match called {
        Ok(call) => answer(admin, os_user::named(user), call).await?,
        Err(refused) => serde_json::to_vec(&Err::<(), _>(refused))?,
    };
    pass(Point::RequestCarriedOut);
    line.push(b'\n');
    tokio::time::timeout(IO_TIMEOUT, client.write_all(&line)).await?
}

/// Carries out a call of `actor`, who is the socket's peer, and serialises its answer. Refuses it if it
/// names other books.
async fn answer(admin: &Admin, actor: Actor, call: Call) -> serde_json::Result<Vec<u8>> {
    let here: &Location = admin.location();
    match call {
        Call::Locate { named } => serde_json::to_vec(&here.check(&named).map(|()| here)),
        Call::CarryOut { named, request } => serde_json::to_vec(&match here.check(&named) {
            Ok(()) => carry_out(admin, actor, request).await,
            Err(refused) => Err(refused),
        }),
    }
}

/// Reads the line of a call. The parser's error message is not passed on, because it may quote an
/// API key.
async fn read_call(client: &mut UnixStream) -> io::Result<Result<Call, Refused>> {
    let mut line = Vec::new();
    BufReader::new(client.take(MAX_REQUEST)).read_until(b'\n', &mut line).await?;
    if line.last() != Some(&b'\n') {
        let why = format_args!("a request is one line of less than {MAX_REQUEST} bytes");
        return Ok(Err(Refused::because(why)));
    }
    Ok(serde_json::from_slice(&line).map_err(|_| {
        Refused::because(
            "the server does not know this request; the versions of command and server may differ",
        )
    }))
}

async fn carry_out(admin: &Admin, actor: Actor, request: Request) -> Result<Response, Refused> {
    let name = request.name();
    let done = admin.execute(actor, request).await;
    tracing::info!(request = name, refused = done.is_err(), "an operator's request");
    done
}
