//! The results, as a table or as JSON, and whether the goals are met.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::machine::Memory;
use crate::rounds::Round;
use crate::schedule::{Figure, Goal, Schedule};
use crate::score::{Score, median};

/// A whole measurement.
pub(crate) struct Report {
    pub(crate) schedule: Schedule,
    pub(crate) rounds: Vec<Round>,
    /// The length of a turn.
    pub(crate) length: Duration,
    pub(crate) cores: usize,
    pub(crate) first_answer: Duration,
    pub(crate) idle: Memory,
    pub(crate) loaded: Memory,
    /// From 0 to 1.
    pub(crate) steal: f64,
}

/// A line of the table: a measured value, and its goal if it has one.
struct Line {
    name: &'static str,
    measured: String,
    wanted: String,
    is_reached: Option<bool>,
}

/// The ratios of one comparison: minimum, median and maximum of the rounds.
struct Ratios {
    least: f64,
    median: f64,
    greatest: f64,
}

impl Report {
    /// The goals that are missed.
    pub(crate) fn missed(&self) -> Vec<&'static str> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line.is_reached == Some(false)).map(|line| line.name).collect()
    }

    /// Rates per second, times in microseconds, memory in KiB.
    pub(crate) fn json(&self) -> Value {
        let contenders = self.schedule.contenders.iter().enumerate().map(|(index, contender)| {
            let of = |what: fn(&Score) -> f64| self.median(|round| what(&round[index]));
            json!({
                "name": contender.name,
                "rate": of(|score| score.rate),
                "rates": self.rounds.iter().map(|round| round[index].rate).collect::<Vec<_>>(),
                "p50_us": 1e6 * of(|score| score.p50.as_secs_f64()),
                "p99_us": 1e6 * of(|score| score.p99.as_secs_f64()),
            })
        });
        let figures = self.schedule.figures.iter().map(|figure| {
            let Ratios { least, median, greatest } = self.ratios(figure);
            json!({ "name": figure.name, "least": least, "median": median, "greatest": greatest })
        });
        json!({
            "cores": self.cores,
            "seconds": self.length.as_secs_f64(),
            "contenders": contenders.collect::<Vec<_>>(),
            "figures": figures.collect::<Vec<_>>(),
            "first_answer_us": self.first_answer.as_micros(),
            "rss_idle_kib": self.idle.now,
            "rss_loaded_kib": self.loaded.now,
            "rss_peak_kib": self.loaded.peak,
            "steal": self.steal,
            "missed": self.missed(),
        })
    }

    fn lines(&self) -> Vec<Line> {
        let figures = self.schedule.figures.iter().map(|figure| self.line(figure));
        let own = [
            Line {
                name: "resident memory, idle",
                measured: mebibytes(self.idle.now),
                wanted: "below 40 MiB".into(),
                is_reached: Some(self.idle.now < 40 * 1024),
            },
            Line {
                name: "resident memory, after load",
                measured: mebibytes(self.loaded.now),
                wanted: "below 200 MiB".into(),
                is_reached: Some(self.loaded.now < 200 * 1024),
            },
            Line {
                name: "start to first answer",
                measured: milliseconds(self.first_answer),
                wanted: "at most 300 ms".into(),
                is_reached: Some(self.first_answer <= Duration::from_millis(300)),
            },
        ];
        figures.chain(own).collect()
    }

    fn line(&self, figure: &Figure) -> Line {
        let Ratios { least, median, greatest } = self.ratios(figure);
        let (wanted, is_reached) = match figure.goal {
            Goal::AtLeast(goal) => (format!("at least {goal}"), Some(median >= goal)),
            Goal::AtMost(goal) => (format!("at most {goal}"), Some(median <= goal)),
            Goal::None => (String::new(), None),
        };
        let measured = format!("{median:.3} ({least:.3} to {greatest:.3})");
        Line { name: figure.name, measured, wanted, is_reached }
    }

    fn ratios(&self, figure: &Figure) -> Ratios {
        let contenders = self.schedule.contenders;
        let score = |round: &Round, name: &str| {
            let index = contenders.iter().position(|contender| contender.name == name)?;
            round.get(index).copied()
        };
        let ratio = |round: &Round| {
            let by = figure.by.iter().filter_map(|name| score(round, name));
            let by = by.max_by(|one, other| one.rate.total_cmp(&other.rate))?;
            Some((figure.measure)(&score(round, figure.of)?) / (figure.measure)(&by))
        };
        let ratios: Vec<f64> = self.rounds.iter().filter_map(ratio).collect();
        Ratios {
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            median: median(ratios.iter().copied()),
            greatest: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rounds, length, cores, .. } = self;
        writeln!(
            f,
            "Medians of {} rounds, {length:?} each turn. Load generators and servers share {cores} \
             cores.\n",
            rounds.len()
        )?;
        writeln!(f, "{:<30}{:>10}{:>12}{:>12}", "", "a second", "p50", "p99")?;
        for (index, contender) in self.schedule.contenders.iter().enumerate() {
            let of = |what: fn(&Score) -> f64| self.median(|round| what(&round[index]));
            let time = |what: fn(&Score) -> f64| match Duration::from_secs_f64(of(what)) {
                Duration::ZERO => "–".to_owned(),
                time => milliseconds(time),
            };
            let (p50, p99) =
                (time(|score| score.p50.as_secs_f64()), time(|score| score.p99.as_secs_f64()));
            writeln!(
                f,
                "{:<30}{:>10.0}{p50:>12}{p99:>12}",
                contender.name,
                of(|score| score.rate)
            )?;
        }
        writeln!(f)?;
        for Line { name, measured, wanted, is_reached } in self.lines() {
            let goal = match is_reached {
                Some(true) => format!("   {wanted}: reached"),
                Some(false) => format!("   {wanted}: MISSED"),
                None => String::new(),
            };
            writeln!(f, "{name:<42}{measured:>24}{goal}")?;
        }
        writeln!(f, "{:<42}{:>24}", "resident memory, at most", mebibytes(self.loaded.peak))?;
        writeln!(f, "{:<42}{:>22.1} %", "processor time stolen", 100.0 * self.steal)
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
    use crate::schedule::SHORT;

    fn report(rates: &[(f64, f64)], idle: u64, first_answer: u64) -> Report {
        let score = |rate| {
            let (p50, p99) = (Duration::from_millis(40), Duration::from_millis(99));
            Score { rate, p50, p99 }
        };
        Report {
            schedule: SHORT,
            rounds: rates
                .iter()
                .map(|&(lunas, baseline)| vec![score(baseline), score(lunas)])
                .collect(),
            length: Duration::from_secs(3),
            cores: 2,
            first_answer: Duration::from_millis(first_answer),
            idle: Memory { now: idle, peak: idle },
            loaded: Memory { now: 100 * 1024, peak: 120 * 1024 },
            steal: 0.015,
        }
    }

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_ratios() {
        let report = report(&[(10.0, 100.0), (90.0, 100.0), (40.0, 100.0)], 1024, 100);
        let json = report.json();
        assert_eq!(json["figures"][0]["median"], 0.4);
        assert_eq!(json["figures"][0]["least"], 0.1);
        assert_eq!(json["figures"][0]["greatest"], 0.9);
        assert_eq!(json["contenders"][1]["rate"], 40.0);
        assert!(report.missed().is_empty());
    }

    #[test]
    fn a_missed_goal_is_named() {
        let report = report(&[(29.0, 100.0)], 40 * 1024, 301);
        let missed = ["payments, to the ceiling", "resident memory, idle", "start to first answer"];
        assert_eq!(report.missed(), missed);
        assert_eq!(report.json()["missed"], json!(missed));
    }

    #[test]
    fn the_table_shows_contenders_goals_and_the_machine() {
        let table = report(&[(40.0, 100.0), (20.0, 100.0)], 20 * 1024, 120).to_string();
        let lines: Vec<String> = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "Medians of 2 rounds, 3s each turn. Load generators and servers share 2 cores.",
            "bare axum 100 40.00 ms 99.00 ms",
            "payments 30 40.00 ms 99.00 ms",
            "payments, to the ceiling 0.300 (0.200 to 0.400) at least 0.3: reached",
            "resident memory, idle 20.0 MiB below 40 MiB: reached",
            "start to first answer 120.00 ms at most 300 ms: reached",
            "processor time stolen 1.5 %",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}\n{table}");
        }
    }
}
