//! Who asks, and whom: a server's address and a partner's username and API key, as they are given or as
//! the sandbox of a data directory tells them.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, anyhow, ensure};
use iak_protocol::{Command, Fault, Format, Request, decode_request, encode_request};
use secrecy::SecretString;

use super::tell;
use crate::admin;
use crate::config::{Flag, Loaded};

/// The server, where neither a flag nor a variable nor a sandbox says another.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The partner that signs. The key is never an argument, which every user of the machine could read.
#[derive(clap::Args)]
pub(in crate::cli) struct Credentials {
    /// The partner's username.
    #[arg(long, global = true, env = "LUNAS_USERNAME", value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// A file that holds the partner's API key; without it the variable LUNAS_API_KEY does.
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) api_key_file: Option<PathBuf>,
    /// The data directory of a running sandbox, which tells its address, username and API key where
    /// you give none of them [default: store.data of the configuration].
    #[arg(long, global = true, value_name = "DIR")]
    pub(in crate::cli) data: Option<String>,
}

/// Whom to ask, and as whom.
pub(in crate::cli) struct Caller {
    pub(in crate::cli) url: String,
    /// There is one unless a command can do without.
    username: Option<String>,
    pub(in crate::cli) api_key: SecretString,
}

impl Caller {
    pub(in crate::cli) fn username(&self) -> anyhow::Result<&str> {
        self.username.as_deref().context("there is no username: give --username or LUNAS_USERNAME")
    }
}

impl Credentials {
    /// What was given, and the rest from the sandbox of the data directory. That is asked only if something
    /// is missing and no other server is named by `url`: its API key is for no other server.
    pub(in crate::cli) fn caller(
        &self,
        url: Option<&str>,
        needs_username: bool,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<Caller> {
        ensure!(
            url != Some(""),
            "LUNAS_URL or --url is empty: give the server's URL, such as {DEFAULT_URL}, or leave it \
             out (`unset LUNAS_URL`) to use the sandbox of the data directory"
        );
        let key = std::env::var_os("LUNAS_API_KEY");
        let has_key = self.api_key_file.is_some() || key.is_some();
        let is_missing = !has_key || (needs_username && self.username.is_none());
        if self.data.is_none() && (url.is_some() || !is_missing) {
            let url = url.unwrap_or(DEFAULT_URL).to_owned();
            let caller =
                Caller { url, username: self.username.clone(), api_key: self.api_key_or(key)? };
            if needs_username {
                caller.username()?;
            }
            return Ok(caller);
        }
        ensure!(
            url.is_none(),
            "--data names a sandbox, and --url or LUNAS_URL names a server: give one of them"
        );
        let access = self.access(load)?;
        let api_key = match has_key {
            true => self.api_key_or(key)?,
            false => access.api_key.context("the sandbox's partner has no API key")?,
        };
        Ok(Caller { url: access.url, username: Some(access.username), api_key })
    }

    /// Asks the sandbox, and says which one that is.
    fn access(
        &self,
        load: impl Fn(Vec<Flag>) -> anyhow::Result<Loaded>,
    ) -> anyhow::Result<admin::response::Access> {
        let flag = |data: &String| Flag {
            name: "--data".to_owned(),
            key: "store.data".to_owned(),
            value: data.clone(),
        };
        let data = load(self.data.iter().map(flag).collect())?.config.store.data;
        let access = admin::sandbox_access(&data, self.username.as_deref());
        let access = access.map_err(|error| {
            anyhow!(
                "{error:#}; start one with `lunas sandbox`, name its data directory with --data, or \
                 give the server and the partner with LUNAS_URL, LUNAS_USERNAME and LUNAS_API_KEY"
            )
        })?;
        tell(&format!("sandbox: {}, {}, as {}", data.display(), access.url, access.username));
        Ok(access)
    }

    fn api_key_or(&self, variable: Option<OsString>) -> anyhow::Result<SecretString> {
        let (text, origin) = match (&self.api_key_file, variable) {
            (Some(file), _) => {
                let origin = file.display().to_string();
                let text = std::fs::read_to_string(file);
                (text.with_context(|| format!("the API key cannot be read from {origin}"))?, origin)
            }
            (None, Some(variable)) => {
                let text = variable.into_string().ok();
                (text.context("LUNAS_API_KEY is not UTF-8")?, "LUNAS_API_KEY".to_owned())
            }
            (None, None) => {
                anyhow::bail!("there is no API key: set LUNAS_API_KEY or give --api-key-file")
            }
        };
        // An editor ends a file with a line feed, which is no part of the key.
        let key = text.strip_suffix('\n').unwrap_or(&text);
        let key = key.strip_suffix('\r').unwrap_or(key);
        ensure!(!key.is_empty(), "the API key in {origin} is empty");
        ensure!(!key.contains(char::is_control), "{origin} holds more than one line");
        Ok(SecretString::from(key))
    }
}

/// Holds a request to the rules of the wire before anything of it is signed: an md5 over a text
/// that somebody else chose could be extended into the signature of another one. Its sign may still be
/// missing, and a field that not every product takes is refused here too: who gives it means it.
pub(in crate::cli) fn check(request: &Request<'_>) -> Result<(), Fault> {
    let signed = Request { sign: "any".into(), ..request.clone() };
    let body = encode_request(&signed, Format::Json);
    match decode_request(&body, Format::Json)?.command {
        Command::Inquiry(inquiry) if !inquiry.unusable.is_empty() => {
            Err(Fault::Malformed(inquiry.unusable))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_field_that_would_be_ignored_is_refused_before_anything_is_signed() {
        let inquiry = |month: &'static str| {
            let inquiry = iak_protocol::Inquiry {
                code: "BPJS".into(),
                hp: "1".into(),
                ref_id: "r".into(),
                month: Some(month.into()),
                ..iak_protocol::Inquiry::default()
            };
            let command = Command::Inquiry(inquiry);
            check(&Request { username: "u".into(), sign: "".into(), command })
        };
        assert_eq!(inquiry("2"), Ok(()));
        let refused = inquiry("two").unwrap_err();
        assert_eq!(refused.to_string(), "the request is malformed: month must be 1 or 2 digits");
    }

    fn from_file(content: &[u8], variable: Option<&str>) -> anyhow::Result<String> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), content)?;
        let credentials =
            Credentials { username: None, api_key_file: Some(file.path().to_owned()), data: None };
        let key = credentials.api_key_or(variable.map(OsString::from))?;
        Ok(key.expose_secret().to_owned())
    }

    fn from_variable(variable: Option<&str>) -> anyhow::Result<String> {
        let credentials = Credentials { username: None, api_key_file: None, data: None };
        let key = credentials.api_key_or(variable.map(OsString::from))?;
        Ok(key.expose_secret().to_owned())
    }

    #[test]
    fn the_file_goes_before_the_variable() {
        assert_eq!(from_file(b"in-a-file\n", Some("in-a-variable")).unwrap(), "in-a-file");
        assert_eq!(from_variable(Some("in-a-variable")).unwrap(), "in-a-variable");
    }

    #[test]
    fn one_line_feed_is_taken_off_and_no_blank() {
        assert_eq!(from_file(b"key\r\n", None).unwrap(), "key");
        assert_eq!(from_file(b" key ", None).unwrap(), " key ");
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_repeated() {
        for content in [&b"hidden\nhidden\n"[..], b"hidden\n\n", b"hidden\xff", b"\n", b""] {
            let error = format!("{:#}", from_file(content, Some("other")).unwrap_err());
            assert!(!error.contains("hidden"), "{error}");
        }
        assert!(from_variable(Some("")).is_err());
        assert!(from_variable(None).unwrap_err().to_string().contains("LUNAS_API_KEY"));
    }

    #[test]
    fn a_missing_username_says_how_to_give_one() {
        let api_key = SecretString::from("k");
        let caller = Caller { url: String::new(), username: None, api_key };
        let error = caller.username().unwrap_err();
        assert!(error.to_string().contains("LUNAS_USERNAME"));
    }
}
