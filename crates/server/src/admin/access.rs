//! What a client on the sandbox's machine needs to call it: the address and a partner's API key.
//!
//! Only a running sandbox tells it, and only to users of its operator's socket. A production server
//! shows a key once, when the key is made.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use gateway::Gateway;
use secrecy::SecretString;

use super::socket::{self, Call};
use super::{Admin, Refused, Request, Response, response};
use crate::secrets::vault::Vault;

/// A sandbox that was just started does not listen yet.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Asks the sandbox in `data` for its address and the API key of `username`, or of the sandbox's
/// own partner. It opens and creates nothing.
///
/// # Errors
/// When no server listens there, when the server is not a sandbox, or when it does not know the
/// partner.
pub(crate) fn sandbox_access(
    data: &Path,
    username: Option<&str>,
) -> anyhow::Result<response::Access> {
    let request = Request::ShowAccess { username: username.map(str::to_owned) };
    let call = Call::CarryOut { named: Vec::new(), request };
    for attempt in 1..=TRIES {
        match socket::connect(data)? {
            Some(server) => match socket::ask(server, &call)? {
                Response::Access(access) => return Ok(access),
                _ => bail!("the server in {} gave an unexpected answer", data.display()),
            },
            None if attempt == TRIES => break,
            None => std::thread::sleep(PAUSE),
        }
    }
    bail!("no sandbox runs in {}", data.display())
}

/// The username and the newest API key of a partner.
pub(crate) fn credentials(
    gateway: &Gateway,
    vault: &Vault,
    username: &str,
) -> Option<(String, SecretString)> {
    let directory = gateway.reference_data();
    let partner = directory.partner(username)?;
    let key = vault.open(partner.keys.first()?).ok()?;
    Some((partner.username.as_str().to_owned(), key))
}

impl Admin {
    pub(super) fn show_access(&self, username: Option<&str>) -> Result<response::Access, Refused> {
        let Some(served) = self.controls.as_ref().and_then(|controls| controls.served.get()) else {
            return Err(Refused::because(
                "the server that runs here is not a sandbox, and only a sandbox shows API keys",
            ));
        };
        let username = username.unwrap_or(served.username.as_str());
        let known = credentials(&self.gateway, &self.vault, username);
        let (username, api_key) = known.ok_or_else(|| {
            Refused::because(format_args!(
                "there is no partner {username:?} in this sandbox; `lunas partner list` shows who \
                 is there"
            ))
        })?;
        Ok(response::Access { url: served.url.clone(), username, api_key: Some(api_key) })
    }
}
