//! Finds whoever can carry a request out: the server that has the data directory, or this process.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use store::StoreError;
use store::sqlite::database;

use super::{Admin, Request, Response, socket};
use crate::assemble::{self, House};
use crate::config::Config;

/// A server that starts or stops, and another command, have the directory without listening.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// Has `request` carried out on the data directory of `config`: by the server that has it, or, when
/// none has, by this process on the store itself.
///
/// # Errors
/// When there is no database and the request is none to begin with, when the request is refused, and
/// when neither the directory nor a server can be reached.
pub(crate) fn reach(config: &Config, request: Request) -> anyhow::Result<Response> {
    if config.store.database.is_none() {
        check_place(config, &request)?;
    }
    let socket = socket::path(&config.store.data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..TRIES {
        match runtime.block_on(assemble::open(config)) {
            Ok(House { gateway, vault, controls, outward, data: _data, .. }) => {
                let done = runtime
                    .block_on(Admin::new(gateway, vault, controls, outward).execute(request));
                return Ok(done?);
            }
            Err(error) if !is_in_use(&error) => return Err(error),
            Err(_) => {}
        }
        match UnixStream::connect(&socket) {
            Ok(server) => return socket::ask(server, &request),
            Err(error) if not_listening(error.kind()) => std::thread::sleep(PAUSE),
            Err(error) => return Err(error).with_context(|| socket.display().to_string()),
        }
    }
    bail!(
        "{} is in use by a lunas that does not listen on {}: it is starting or stopping; try again",
        config.store.data.display(),
        socket.display()
    )
}

/// Whether there is something to act on. A mistyped directory must not become a new database, nor a
/// lost master key a new one.
fn check_place(config: &Config, request: &Request) -> anyhow::Result<()> {
    let data = &config.store.data;
    let key = assemble::master_key(config);
    match (database(data).exists(), key.exists()) {
        (false, _) if !request.may_begin() => bail!(missing(data)),
        (true, false) => bail!(
            "the master key {} is missing, without which no API key opens: put it back from where \
             it is kept",
            key.display()
        ),
        _ => Ok(()),
    }
}

/// Says that there is no database, and how to come by one.
pub(crate) fn missing(data: &Path) -> String {
    let data = data.display();
    format!(
        "there is no lunas database in {data}; name another directory with --data, start one with \
         `lunas sandbox --data {data}`, or take a first partner on with `lunas partner add --data \
         {data}`"
    )
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::InUse(_)))
}

pub(super) fn not_listening(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}
