//! Who asks: a partner's username and API key.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use protocol::{Command, Fault, Format, Request, decode_request, encode_request};
use secrecy::SecretString;

/// The partner that signs. The key is never an argument, which every user of the machine could read.
#[derive(clap::Args)]
pub(in crate::cli) struct Credentials {
    /// The partner's username.
    #[arg(long, global = true, env = "LUNAS_USERNAME", value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// A file that holds the partner's API key; without it the variable LUNAS_API_KEY does.
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) api_key_file: Option<PathBuf>,
}

impl Credentials {
    /// The username that was given.
    pub(in crate::cli) fn username(&self) -> anyhow::Result<&str> {
        self.username.as_deref().context("there is no username: give --username or LUNAS_USERNAME")
    }

    /// The API key: what the file holds, else what the environment does.
    pub(in crate::cli) fn api_key(&self) -> anyhow::Result<SecretString> {
        self.api_key_or(std::env::var_os("LUNAS_API_KEY"))
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
        anyhow::ensure!(!key.is_empty(), "the API key in {origin} is empty");
        anyhow::ensure!(!key.contains(char::is_control), "{origin} holds more than one line");
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
            let inquiry = protocol::Inquiry {
                code: "BPJS".into(),
                hp: "1".into(),
                ref_id: "r".into(),
                month: Some(month.into()),
                ..protocol::Inquiry::default()
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
            Credentials { username: None, api_key_file: Some(file.path().to_owned()) };
        let key = credentials.api_key_or(variable.map(OsString::from))?;
        Ok(key.expose_secret().to_owned())
    }

    fn from_variable(variable: Option<&str>) -> anyhow::Result<String> {
        let credentials = Credentials { username: None, api_key_file: None };
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
        let credentials = Credentials { username: None, api_key_file: None };
        let error = credentials.username().unwrap_err();
        assert!(error.to_string().contains("LUNAS_USERNAME"));
    }
}
