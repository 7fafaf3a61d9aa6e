//! What was measured, as a table or as JSON, and whether the goals are reached.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::Options;
use super::http::Load;
use super::machine::Memory;
use super::rounds::Round;

/// A whole measurement.
pub(super) struct Report {
    pub(super) options: Options,
    pub(super) cores: usize,
    pub(super) rounds: Vec<Round>,
    pub(super) first_answer: Duration,
    pub(super) idle: Memory,
    pub(super) loaded: Memory,
    /// From 0 to 1.
    pub(super) steal: f64,
    pub(super) fsync: Duration,
}

struct Goal {
    name: &'static str,
    measured: String,
    wanted: &'static str,
    is_reached: bool,
}

impl Report {
    fn goals(&self) -> [Goal; 4] {
        let ratio = self.median(Round::ratio);
        [
            Goal {
                name: "ratio to the ceiling",
                measured: format!("{ratio:.3}"),
                wanted: "at least 0.20",
                is_reached: ratio >= 0.20,
            },
            Goal {
                name: "resident memory, idle",
                measured: mebibytes(self.idle.now),
                wanted: "below 40 MiB",
                is_reached: self.idle.now < 40 * 1024,
            },
            Goal {
                name: "resident memory, after load",
                measured: mebibytes(self.loaded.now),
                wanted: "below 200 MiB",
                is_reached: self.loaded.now < 200 * 1024,
            },
            Goal {
                name: "start to first answer",
                measured: milliseconds(self.first_answer),
                wanted: "at most 300 ms",
                is_reached: self.first_answer <= Duration::from_millis(300),
            },
        ]
    }

    /// The goals that are not reached.
    pub(super) fn missed(&self) -> Vec<&'static str> {
        self.goals().iter().filter(|goal| !goal.is_reached).map(|goal| goal.name).collect()
    }

    /// Rates in payments a second, times in microseconds, memory in KiB.
    pub(super) fn json(&self) -> Value {
        let rounds: Vec<Value> = self
            .rounds
            .iter()
            .map(|round| {
                let Round { lunas, bare } = round;
                json!({ "lunas": lunas.rate(), "bare": bare.rate(), "ratio": round.ratio() })
            })
            .collect();
        let side = |of: fn(&Round) -> &Load| {
            let [p50, p99] = self.percentiles(of);
            json!({
                "rate_median": self.median(|round| of(round).rate()),
                "p50_us": p50.as_micros(),
                "p99_us": p99.as_micros(),
            })
        };
        json!({
            "cores": self.cores,
            "connections": self.options.connections,
            "seconds": self.options.length.as_secs(),
            "rounds": rounds,
            "ratio_median": self.median(Round::ratio),
            "lunas": side(|round| &round.lunas),
            "bare": side(|round| &round.bare),
            "first_answer_us": self.first_answer.as_micros(),
            "rss_idle_kib": self.idle.now,
            "rss_loaded_kib": self.loaded.now,
            "rss_peak_kib": self.loaded.peak,
            "steal": self.steal,
            "fsync_p50_us": self.fsync.as_micros(),
            "missed": self.missed(),
        })
    }

    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let mut values: Vec<f64> = self.rounds.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        let (below, above) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        f64::midpoint(below, above)
    }

    /// The 50th and the 99th, over all rounds.
    fn percentiles(&self, of: fn(&Round) -> &Load) -> [Duration; 2] {
        let latencies = self.rounds.iter().flat_map(|round| &of(round).latencies);
        let mut latencies: Vec<Duration> = latencies.copied().collect();
        latencies.sort_unstable();
        [50, 99].map(|percent| {
            let rank = (latencies.len() * percent).div_ceil(100);
            latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { connections, length, is_noise, .. } = self.options;
        let lunas = if is_noise { "bare again" } else { "lunas" };
        writeln!(
            f,
            "Payments a second over {connections} connections, {length:?} a round.\n\
             Load generator and servers share {} cores; the loop is closed.\n",
            self.cores
        )?;
        writeln!(f, "{:<8}{lunas:>12}{:>12}{:>8}", "round", "bare axum", "ratio")?;
        let mut row = |name: &str, lunas: f64, bare: f64, ratio: f64| {
            writeln!(f, "{name:<8}{lunas:>12.0}{bare:>12.0}{ratio:>8.3}")
        };
        for (index, round) in self.rounds.iter().enumerate() {
            let Round { lunas, bare } = round;
            row(&(index + 1).to_string(), lunas.rate(), bare.rate(), round.ratio())?;
        }
        let rate = |of: fn(&Round) -> &Load| self.median(|round| of(round).rate());
        row("median", rate(|it| &it.lunas), rate(|it| &it.bare), self.median(Round::ratio))?;

        let lunas = self.percentiles(|round| &round.lunas).map(milliseconds);
        let bare = self.percentiles(|round| &round.bare).map(milliseconds);
        for (name, index) in [("p50", 0), ("p99", 1)] {
            writeln!(f, "{name:<8}{:>12}{:>12}", lunas[index], bare[index])?;
        }

        writeln!(f)?;
        for Goal { name, measured, wanted, is_reached } in self.goals() {
            let verdict = if is_reached { "reached" } else { "MISSED" };
            writeln!(f, "{name:<30}{measured:>12}   {wanted}: {verdict}")?;
        }
        writeln!(f, "{:<30}{:>12}", "resident memory, at most", mebibytes(self.loaded.peak))?;
        writeln!(f, "{:<30}{:>12}", "fsync of 4 KiB, p50", milliseconds(self.fsync))?;
        writeln!(f, "{:<30}{:>10.1} %", "processor time stolen", 100.0 * self.steal)
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", 1000.0 * time.as_secs_f64())
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1} MiB", kibibytes as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `answers` good answers in a second, the first after 1 ms, the next after 2 ms, and so on.
    fn load(answers: u64) -> Load {
        let latencies = (1..=answers).map(Duration::from_millis).collect();
        Load { latencies, elapsed: Duration::from_secs(1), ..Load::default() }
    }

    fn report(rates: &[(u64, u64)], idle: u64, first_answer: u64) -> Report {
        let round = |&(lunas, bare)| Round { lunas: load(lunas), bare: load(bare) };
        Report {
            options: super::super::parse(&[]).unwrap(),
            cores: 2,
            rounds: rates.iter().map(round).collect(),
            first_answer: Duration::from_millis(first_answer),
            idle: Memory { now: idle, peak: idle },
            loaded: Memory { now: 100 * 1024, peak: 120 * 1024 },
            steal: 0.015,
            fsync: Duration::from_micros(1_250),
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_ratios() {
        let report = report(&[(10, 100), (90, 100), (30, 100)], 1024, 100);
        let json = report.json();
        assert_eq!(json["ratio_median"], 0.3);
        assert_eq!(json["lunas"]["rate_median"], 30.0);
        assert_eq!(json["bare"]["p50_us"], 50_000);
        assert_eq!(json["bare"]["p99_us"], 99_000);
        assert!(report.missed().is_empty());
    }

    #[test]
    fn a_missed_goal_is_named() {
        let report = report(&[(19, 100)], 40 * 1024, 301);
        let missed = ["ratio to the ceiling", "resident memory, idle", "start to first answer"];
        assert_eq!(report.missed(), missed);
        assert_eq!(report.json()["missed"], json!(missed));
    }

    #[test]
    fn the_table_shows_rounds_goals_and_the_machine() {
        let table = report(&[(40, 100), (20, 100)], 20 * 1024, 120).to_string();
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "Load generator and servers share 2 cores; the loop is closed.",
            "1 40 100 0.400",
            "median 30 100 0.300",
            "p99 40.00 ms 99.00 ms",
            "resident memory, idle 20.0 MiB below 40 MiB: reached",
            "start to first answer 120.00 ms at most 300 ms: reached",
            "fsync of 4 KiB, p50 1.25 ms",
            "processor time stolen 1.5 %",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}\n{table}");
        }
    }
}
