//! The schedules: the contenders of a measurement, and the comparisons between their scores.

use crate::contender::{Contender, Workload};
use crate::partner::Format;
use crate::postgres::Script;
use crate::score::Score;

/// A comparison of two contenders, round by round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) of: &'static str,
    /// Compared with the one of these that has the best rate.
    pub(crate) by: &'static [&'static str],
    pub(crate) measure: fn(&Score) -> f64,
    pub(crate) goal: Goal,
}

/// The ratio that must be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// There is no goal.
    None,
}

/// The contenders, and the comparisons between them.
pub(crate) struct Schedule {
    pub(crate) contenders: &'static [Contender],
    pub(crate) figures: &'static [Figure],
}

const BASELINE: &str = "bare axum";
const BASELINE_256: &str = "bare axum, 256 connections";
const PAY: &str = "payments";
const PAY_256: &str = "payments, 256 connections";
const PAY_1000: &str = "payments, 1000 deposits";
const PAY_XML: &str = "payments in XML";
const PAY_ALONE: &str = "payments, 1 connection";
const PAY_AT_HALF: &str = "payments at half load";
const BASELINE_AT_HALF: &str = "bare axum at that load";
const CYCLES: &str = "inquiries with payments";
const PAY_AT_TWO: &str = "payments at two nodes";
const APPEND: &str = "4 KiB and fdatasync";
const TPC_B_8: &str = "pgbench TPC-B, 8 clients";
const TPC_B_64: &str = "pgbench TPC-B, 64 clients";
const SQL_ONE: &str = "SQL payments, 1 deposit";
const SQL_1000: &str = "SQL payments, 1000 deposits";

const fn pay(connections: usize, partners: usize, format: Format) -> Workload {
    Workload::Pay { connections, partners, format }
}

const fn rate(score: &Score) -> f64 {
    score.rate
}

const fn p50(score: &Score) -> f64 {
    score.p50.as_secs_f64()
}

const fn p99(score: &Score) -> f64 {
    score.p99.as_secs_f64()
}

const CEILING: Contender =
    Contender { name: BASELINE, workload: Workload::Baseline { connections: 64 } };
const PAYMENTS: Contender = Contender { name: PAY, workload: pay(64, 1, Format::Json) };
const TO_CEILING: Figure = Figure {
    name: "payments, to the ceiling",
    of: PAY,
    by: &[BASELINE],
    measure: rate,
    goal: Goal::AtLeast(0.30),
};

/// Payments compared with the baseline.
pub(crate) const SHORT: Schedule =
    Schedule { contenders: &[CEILING, PAYMENTS], figures: &[TO_CEILING] };

/// The baseline compared with itself.
pub(crate) const NOISE: Schedule = Schedule {
    contenders: &[CEILING, Contender { name: "bare axum again", ..CEILING }],
    figures: &[Figure {
        name: "the ceiling, to itself",
        of: "bare axum again",
        by: &[BASELINE],
        measure: rate,
        goal: Goal::None,
    }],
};

/// Payments compared with all other programs.
pub(crate) const FULL: Schedule = Schedule {
    contenders: &[
        CEILING,
        PAYMENTS,
        Contender { name: BASELINE_256, workload: Workload::Baseline { connections: 256 } },
        Contender { name: PAY_256, workload: pay(256, 1, Format::Json) },
        Contender { name: PAY_1000, workload: pay(64, PARTNERS, Format::Json) },
        Contender { name: PAY_XML, workload: pay(64, 1, Format::Xml) },
        Contender { name: CYCLES, workload: Workload::Cycle { connections: 64 } },
        Contender { name: PAY_ALONE, workload: pay(1, 1, Format::Json) },
        Contender { name: PAY_AT_HALF, workload: Workload::PayAtHalf { connections: 64, of: PAY } },
        Contender {
            name: BASELINE_AT_HALF,
            workload: Workload::BaselineAtHalf { connections: 64, of: PAY },
        },
        Contender { name: APPEND, workload: Workload::Append },
        Contender { name: TPC_B_8, workload: tpc_b(8) },
        Contender { name: TPC_B_64, workload: tpc_b(64) },
        Contender { name: SQL_ONE, workload: sql(1) },
        Contender { name: SQL_1000, workload: sql(1_000) },
    ],
    figures: &[
        TO_CEILING,
        Figure {
            name: "the same with 256 connections",
            of: PAY_256,
            by: &[BASELINE_256],
            measure: rate,
            goal: Goal::AtLeast(0.40),
        },
        Figure {
            name: "payments, to the best TPC-B",
            of: PAY,
            by: &[TPC_B_8, TPC_B_64],
            measure: rate,
            goal: Goal::AtLeast(5.0),
        },
        Figure {
            name: "payments, to the best in plain SQL",
            of: PAY,
            by: &[SQL_ONE, SQL_1000],
            measure: rate,
            goal: Goal::None,
        },
        Figure {
            name: "1000 deposits, to one",
            of: PAY_1000,
            by: &[PAY],
            measure: rate,
            goal: Goal::AtLeast(0.8),
        },
        Figure {
            name: "inquiries with payments, to the ceiling",
            of: CYCLES,
            by: &[BASELINE],
            measure: rate,
            goal: Goal::AtLeast(0.15),
        },
        Figure {
            name: "XML, to JSON",
            of: PAY_XML,
            by: &[PAY],
            measure: rate,
            goal: Goal::AtLeast(0.85),
        },
        Figure {
            name: "median payment alone, to an fdatasync",
            of: PAY_ALONE,
            by: &[APPEND],
            measure: p50,
            goal: Goal::AtMost(3.5),
        },
        Figure {
            name: "p99 at half load, to that of an fdatasync",
            of: PAY_AT_HALF,
            by: &[APPEND],
            measure: p99,
            goal: Goal::AtMost(10.0),
        },
        Figure {
            name: "the same of bare axum",
            of: BASELINE_AT_HALF,
            by: &[APPEND],
            measure: p99,
            goal: Goal::None,
        },
    ],
};

/// Payments on PostgreSQL compared with its own load generator.
pub(crate) const SHARED: Schedule = Schedule {
    contenders: &[
        CEILING,
        PAYMENTS,
        Contender { name: PAY_1000, workload: pay(64, PARTNERS, Format::Json) },
        Contender { name: PAY_AT_TWO, workload: Workload::PayAtTwo { connections: 64 } },
        Contender { name: TPC_B_8, workload: tpc_b(8) },
        Contender { name: TPC_B_64, workload: tpc_b(64) },
        Contender { name: SQL_ONE, workload: sql(1) },
        Contender { name: SQL_1000, workload: sql(1_000) },
    ],
    figures: &[
        Figure { goal: Goal::None, ..TO_CEILING },
        Figure {
            name: "payments, to 1000 deposits in plain SQL",
            of: PAY,
            by: &[SQL_1000],
            measure: rate,
            goal: Goal::AtLeast(2.0),
        },
        Figure {
            name: "payments, to the best TPC-B",
            of: PAY,
            by: &[TPC_B_8, TPC_B_64],
            measure: rate,
            goal: Goal::AtLeast(1.5),
        },
        Figure {
            name: "one deposit, to 1000",
            of: PAY,
            by: &[PAY_1000],
            measure: rate,
            goal: Goal::AtLeast(0.9),
        },
        Figure {
            name: "two nodes, to one",
            of: PAY_AT_TWO,
            by: &[PAY],
            measure: rate,
            goal: Goal::AtLeast(0.9),
        },
    ],
};

/// The number of partners that the full measurement needs.
pub(crate) const PARTNERS: usize = 1_000;

const fn tpc_b(clients: usize) -> Workload {
    Workload::Pgbench { clients, script: Script::TpcB }
}

const fn sql(deposits: u32) -> Workload {
    Workload::Pgbench { clients: 64, script: Script::Payment { deposits } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_compare_contenders_of_their_schedule() {
        for schedule in [SHORT, NOISE, FULL, SHARED] {
            let names: Vec<&str> =
                schedule.contenders.iter().map(|contender| contender.name).collect();
            for figure in schedule.figures {
                assert!(figure.by.iter().chain([&figure.of]).all(|name| names.contains(name)));
            }
            for contender in schedule.contenders {
                assert_eq!(names.iter().filter(|name| **name == contender.name).count(), 1);
                if let Workload::PayAtHalf { of, .. } = contender.workload {
                    assert!(names.contains(&of));
                }
            }
        }
    }
}
