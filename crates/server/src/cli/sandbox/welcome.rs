//! The first lines that a sandbox prints, and the end of `lunas sandbox --help`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The program that opens a page in the user's browser.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// A sandbox that is ready.
pub(super) struct Welcome<'a> {
    /// Without a trailing slash.
    pub(super) url: &'a str,
    pub(super) username: &'a str,
    pub(super) api_key: &'a str,
    pub(super) data: &'a Path,
    /// From the start of the process until it was ready.
    pub(super) ready_in: Duration,
}

impl Welcome<'_> {
    pub(super) fn text(&self) -> String {
        let Welcome { url, username, api_key, data, ready_in } = self;
        let version = crate::version::VERSION;
        let data = data.display();
        let ready = ready_in.as_millis();
        let elsewhere = match self.data == Path::new(super::DATA) {
            true => String::new(),
            false => format!(" --data {}", portal::curl::quoted(&data.to_string())),
        };
        format!(
            "\
lunas {version}, ready in {ready} ms.
This is a sandbox: nothing real is paid.

  portal    {url}/
  API       {url}/api/v1/bill/check
  username  {username}
  API key   {api_key}
  data      {data}

Stop it with Ctrl-C. The data stays, and the next start goes on from it.
Pay a first bill on the portal, or ask in a second terminal what is owed:

  lunas inquire{elsewhere} --code BPJS --hp 8801234560001 --month 2

"
        )
    }
}

/// The local URL of a server that listens on `address`.
pub(super) fn url(address: SocketAddr, has_tls: bool) -> String {
    let here = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if has_tls { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(here, address.port()))
}

/// Opens the portal in the user's browser, in the background. A failure is only logged.
pub(super) fn open(url: String) {
    std::thread::spawn(move || {
        let mut opener = Command::new(OPENER);
        opener.arg(&url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let why = match opener.status() {
            Ok(status) if status.success() => return,
            Ok(status) => format!("{OPENER}: {status}"),
            Err(error) => format!("{OPENER}: {error}"),
        };
        tracing::warn!(why, "the browser was not opened; open {url} yourself");
    });
}

/// The first requests with curl, for the end of the help.
pub(super) fn with_curl() -> String {
    let commands = portal::curl::commands("http://127.0.0.1:8080", None);
    let (inquiry, payment) = (commands.inquiry, commands.payment);
    format!(
        "The first bill with curl, as the portal's first page has it with your own username and \
         API key:\n\n{inquiry}{payment}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &str) -> String {
        let url = &url("127.0.0.1:8080".parse().unwrap(), false);
        let ready_in = Duration::from_micros(212_900);
        Welcome { url, username: "0812", api_key: "k", data: data.as_ref(), ready_in }.text()
    }

    #[test]
    fn the_first_lines_say_what_a_newcomer_needs_in_this_order() {
        let text = text("./lunas-data");
        let mut rest = &*text;
        for next in [
            env!("CARGO_PKG_VERSION"),
            "ready in 212 ms",
            "portal    http://127.0.0.1:8080/\n",
            "API       http://127.0.0.1:8080/api/v1/bill/check\n",
            "username  0812\n",
            "API key   k\n",
            "data      ./lunas-data\n",
            "Ctrl-C",
            "lunas inquire --code BPJS",
        ] {
            let at = rest.find(next).unwrap_or_else(|| panic!("{next:?} is missing here: {text}"));
            rest = &rest[at + next.len()..];
        }
        assert!(!text.contains("curl"), "{text}");
        assert!(text.lines().all(|line| line.len() < 80), "{text}");
    }

    #[test]
    fn a_command_for_another_directory_names_it() {
        assert!(text("a b").contains("lunas inquire --data 'a b' --code"));
    }

    #[test]
    fn an_unspecified_address_becomes_a_loopback_url() {
        for (listen, has_tls, expected) in [
            ("127.0.0.1:8080", false, "http://127.0.0.1:8080"),
            ("0.0.0.0:80", false, "http://127.0.0.1:80"),
            ("[::]:443", true, "https://[::1]:443"),
            ("192.168.1.7:8080", false, "http://192.168.1.7:8080"),
        ] {
            assert_eq!(url(listen.parse().unwrap(), has_tls), expected, "{listen}");
        }
    }

    #[test]
    fn the_help_does_not_wrap_commands() {
        let help = with_curl();
        assert!(help.contains("inq-pasca") && help.contains("pay-pasca"), "{help}");
        let commands = help.split_once("\n\n").unwrap().1;
        assert!(commands.lines().all(|line| line.len() < 80), "{commands}");
    }
}
