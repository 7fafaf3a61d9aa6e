//! Finds the process that can carry out a request: the server that owns the data directory, or this
//! process.
//!
//! The server is asked first, wherever its books are; it refuses a request that names other books.
//! If no server answers, this process opens the named books.

use std::time::Duration;

use anyhow::bail;
use store::StoreError;
use store::postgres::Address;

use super::location::Location;
use super::socket::{self, Call};
use super::{Admin, Request, Response, os_user};
use crate::config::Config;
use crate::run::books::OpenMode;
use crate::run::open::{self, Components};

/// How often to try: a server that starts or stops, or another command, owns the directory without
/// listening.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// Carries out `request` on the books of `config`: by the server that owns the directory or, if
/// there is none, by this process.
///
/// # Errors
/// When there are no books, when the server has other books, when the request is refused, and when
/// neither the books nor a server can be reached.
pub(crate) fn execute_anywhere(config: &Config, request: Request) -> anyhow::Result<Response> {
    let named = Location::of(config).named()?;
    let call = Call::CarryOut { named, request };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..TRIES {
        if let Some(server) = socket::connect(&config.store.data)? {
            return socket::ask(server, &call);
        }
        match runtime.block_on(open::open_components(config, OpenMode::AtRest)) {
            Ok(components) => {
                let admin = Admin::of(&components, config);
                let Components { data: _data, .. } = components;
                let Call::CarryOut { request, .. } = call else { bail!("nothing was asked") };
                return Ok(runtime.block_on(admin.execute(os_user::own(), request))?);
            }
            Err(error) if !is_in_use(&error) => return Err(error),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    bail!(
        "{} is in use by a lunas that does not listen on its socket {}: it is starting or stopping, or \
         the socket's path is too long from here; try again, or from within the directory",
        config.store.data.display(),
        socket::path(&config.store.data).display()
    )
}

/// The PostgreSQL database with the books of `config`, for a command that reads it over its own
/// connection; `None` if the books are in the data directory. A server that owns the directory is
/// asked first.
///
/// # Errors
/// When the server has other books than those named, and when its URL is not valid.
pub(crate) fn locate(config: &Config) -> anyhow::Result<Option<Address>> {
    let here = Location::of(config);
    match socket::connect(&config.store.data)? {
        None => here.address(),
        Some(server) => {
            let told: Location = socket::ask(server, &Call::Locate { named: here.named()? })?;
            told.address()
        }
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::InUse(_)))
}
