//! slowhttptest against a running server, while honest partners go on paying.

use std::process::Command;
use std::time::Duration;

use super::Soak;
use crate::bench::Siege;
use crate::test::{Need, see_to};

const SLOWHTTPTEST: Need = Need {
    program: "slowhttptest",
    package: "slowhttptest",
    purpose: "holds connections open in slow ways",
};

/// Connections of the attacker; with the honest ones they stay below what one address may have, as
/// all of them come from the same.
const CONNECTIONS: &str = "900";

/// The attacks: slow heads, slow bodies, many ranges, and answers that are hardly read.
const ATTACKS: [(&str, &[&str]); 4] = [
    ("heads", &["-H", "-i", "5"]),
    ("bodies", &["-B", "-i", "5", "-s", "8192", "-f", "application/json"]),
    ("ranges", &["-R"]),
    ("readers", &["-X", "-k", "10"]),
];

/// Resident memory after the attacks, in MiB.
const MOST_MEMORY: u64 = 200;

/// Attacks in each way for a quarter of the time, four minutes at most.
pub(super) fn run(soak: &Soak, name: &str, share: Duration) -> Result<(String, bool), String> {
    see_to(&[SLOWHTTPTEST])?;
    let each = (share / 4).clamp(Duration::from_secs(20), Duration::from_secs(240));
    let siege = Siege::lay()?;
    let mut payments = 0;
    for (kind, options) in ATTACKS {
        let mut attack = Command::new(SLOWHTTPTEST.program);
        attack.args(options).args([
            "-c",
            CONNECTIONS,
            "-r",
            "300",
            "-l",
            &each.as_secs().to_string(),
        ]);
        attack.args(["-p", "3", "-u", &siege.url()]);
        let during = siege.pay_during(each, || soak.told(name, &mut attack));
        let (paid, told) = during.map_err(|error| format!("slow {kind}: {error}"))?;
        if !told.contains("service available:") {
            return Err(format!("slow {kind}: slowhttptest does not say whether it was served"));
        }
        payments += paid;
        say!("soak: {name}: {paid} honest payments among slow {kind}");
    }
    let memory = siege.memory()?;
    Ok((format!("{payments} payments, all served; {memory} MiB"), memory < MOST_MEMORY))
}
