//! `bench attack`: slowhttptest against a running server while partners keep paying.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use xtask::needs::{Need, ensure_installed};
use xtask::{Outcome, say};

use crate::attack_server::AttackServer;

/// The command's name.
pub(crate) const NAME: &str = "attack";

const SLOWHTTPTEST: Need = Need {
    program: "slowhttptest",
    package: "slowhttptest",
    purpose: "holds connections open in slow ways",
};

/// Connections of the attacker. Together with the partners' they stay below the limit of one
/// address, because all come from the same address.
const CONNECTIONS: &str = "900";

/// The attacks: slow heads, slow bodies, range headers, slow reading.
const ATTACKS: [(&str, &[&str]); 4] = [
    ("heads", &["-H", "-i", "5"]),
    ("bodies", &["-B", "-i", "5", "-s", "8192", "-f", "application/json"]),
    ("ranges", &["-R"]),
    ("readers", &["-X", "-k", "10"]),
];

/// What slowhttptest prints after it has checked whether the server still answers.
const REPORT: &str = "service available:";

/// Runs each attack for the seconds in `arguments`, and prints how many payments of the partners
/// were served meanwhile. A payment that is not served is an error. The server is the one in
/// `directory`. `cargo xtask soak` parses these lines.
pub(crate) fn run(arguments: &[String], directory: &Path) -> Outcome {
    let length = parse(arguments)?;
    ensure_installed(&[SLOWHTTPTEST])?;
    let server = AttackServer::start(directory)?;
    let mut total = 0;
    for (kind, options) in ATTACKS {
        let attack = || slowhttptest(options, length, &server.url());
        let payments = server.check(length, attack);
        let payments = payments.map_err(|error| format!("slow {kind}: {error}"))?;
        say!("{payments} honest payments among slow {kind}");
        total += payments;
    }
    let memory = server.finish()?;
    say!("{total} honest payments in all, all served");
    say!("{memory} MiB resident after all attacks");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Duration, String> {
    let seconds = match arguments {
        [option, seconds] if option == "--seconds" => seconds.parse().ok(),
        _ => None,
    };
    let seconds = seconds.filter(|seconds| (1..=3600).contains(seconds));
    let seconds = seconds.ok_or("attack takes --seconds and a whole number from 1 to 3600")?;
    Ok(Duration::from_secs(seconds))
}

/// Runs one attack to its end and prints its output.
fn slowhttptest(options: &[&str], length: Duration, url: &str) -> Outcome {
    let mut attack = Command::new(SLOWHTTPTEST.program);
    attack.args(options).args(["-c", CONNECTIONS, "-r", "300"]);
    attack.args(["-l", &length.as_secs().to_string(), "-p", "3", "-u", url]);
    let output = attack.output().map_err(|error| format!("slowhttptest: {error}"))?;
    let report = [output.stdout, output.stderr].concat();
    let report = String::from_utf8_lossy(&report);
    say!("{}", report.trim_end());
    match output.status.success() {
        true if report.contains(REPORT) => Ok(()),
        true => Err("slowhttptest does not say whether the server was available".to_owned()),
        false => Err(format!("slowhttptest: {}", output.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_attack_is_required() {
        let parsed = |arguments: &[&str]| {
            parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(parsed(&["--seconds", "29"]), Ok(Duration::from_secs(29)));
        for bad in
            [&[] as &[&str], &["--seconds"], &["--seconds", "0"], &["29"], &["--rounds", "2"]]
        {
            assert!(parsed(bad).unwrap_err().contains("from 1 to 3600"), "{bad:?}");
        }
    }
}
