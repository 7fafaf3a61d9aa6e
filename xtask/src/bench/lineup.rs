//! Who takes part in which measurement, and what their scores are compared for.

use super::contest::Score;
use super::entrant::{Does, Entrant};
use super::partner::Format;
use super::postgres::Script;

/// A comparison of two entrants, round by round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) of: &'static str,
    /// Compared with the one of these that has the best rate.
    pub(super) by: &'static [&'static str],
    pub(super) measure: fn(&Score) -> f64,
    pub(super) goal: Goal,
}

/// What a ratio is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// It says how noisy the method is.
    None,
}

/// Who takes part, and what is looked at.
pub(super) struct Lineup {
    pub(super) entrants: &'static [Entrant],
    pub(super) figures: &'static [Figure],
}

const BARE: &str = "bare axum";
const BARE_256: &str = "bare axum, 256 connections";
const PAY: &str = "payments";
const PAY_256: &str = "payments, 256 connections";
const PAY_1000: &str = "payments, 1000 deposits";
const PAY_XML: &str = "payments in XML";
const PAY_ALONE: &str = "payments, 1 connection";
const PAY_AT_HALF: &str = "payments at half load";
const BARE_AT_HALF: &str = "bare axum at that load";
const CYCLES: &str = "inquiries with payments";
const PAY_AT_TWO: &str = "payments at two nodes";
const APPEND: &str = "4 KiB and fdatasync";
const TPC_B_8: &str = "pgbench TPC-B, 8 clients";
const TPC_B_64: &str = "pgbench TPC-B, 64 clients";
const SQL_ONE: &str = "SQL payments, 1 deposit";
const SQL_1000: &str = "SQL payments, 1000 deposits";

const fn pay(connections: usize, partners: usize, format: Format) -> Does {
    Does::Pay { connections, partners, format }
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

const CEILING: Entrant = Entrant { name: BARE, does: Does::Bare { connections: 64 } };
const PAYMENTS: Entrant = Entrant { name: PAY, does: pay(64, 1, Format::Json) };
const TO_CEILING: Figure = Figure {
    name: "payments, to the ceiling",
    of: PAY,
    by: &[BARE],
    measure: rate,
    goal: Goal::AtLeast(0.30),
};

/// Payments against the ceiling.
pub(super) const SHORT: Lineup = Lineup { entrants: &[CEILING, PAYMENTS], figures: &[TO_CEILING] };

/// The ceiling against itself.
pub(super) const NOISE: Lineup = Lineup {
    entrants: &[CEILING, Entrant { name: "bare axum again", ..CEILING }],
    figures: &[Figure {
        name: "the ceiling, to itself",
        of: "bare axum again",
        by: &[BARE],
        measure: rate,
        goal: Goal::None,
    }],
};

/// All that there is to compare with.
pub(super) const FULL: Lineup = Lineup {
    entrants: &[
        CEILING,
        PAYMENTS,
        Entrant { name: BARE_256, does: Does::Bare { connections: 256 } },
        Entrant { name: PAY_256, does: pay(256, 1, Format::Json) },
        Entrant { name: PAY_1000, does: pay(64, PARTNERS, Format::Json) },
        Entrant { name: PAY_XML, does: pay(64, 1, Format::Xml) },
        Entrant { name: CYCLES, does: Does::Cycle { connections: 64 } },
        Entrant { name: PAY_ALONE, does: pay(1, 1, Format::Json) },
        Entrant { name: PAY_AT_HALF, does: Does::PayAtHalf { connections: 64, of: PAY } },
        Entrant { name: BARE_AT_HALF, does: Does::BareAtHalf { connections: 64, of: PAY } },
        Entrant { name: APPEND, does: Does::Append },
        Entrant { name: TPC_B_8, does: Does::Pgbench { clients: 8, script: Script::TpcB } },
        Entrant { name: TPC_B_64, does: Does::Pgbench { clients: 64, script: Script::TpcB } },
        Entrant { name: SQL_ONE, does: sql(1) },
        Entrant { name: SQL_1000, does: sql(1_000) },
    ],
    figures: &[
        TO_CEILING,
        Figure {
            name: "the same with 256 connections",
            of: PAY_256,
            by: &[BARE_256],
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
            by: &[BARE],
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
            of: BARE_AT_HALF,
            by: &[APPEND],
            measure: p99,
            goal: Goal::None,
        },
    ],
};

/// What a database that many nodes can share is compared with.
pub(super) const SHARED: Lineup = Lineup {
    entrants: &[
        CEILING,
        PAYMENTS,
        Entrant { name: PAY_1000, does: pay(64, PARTNERS, Format::Json) },
        Entrant { name: PAY_AT_TWO, does: Does::PayAtTwo { connections: 64 } },
        Entrant { name: TPC_B_8, does: Does::Pgbench { clients: 8, script: Script::TpcB } },
        Entrant { name: TPC_B_64, does: Does::Pgbench { clients: 64, script: Script::TpcB } },
        Entrant { name: SQL_ONE, does: sql(1) },
        Entrant { name: SQL_1000, does: sql(1_000) },
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

/// How many partners the full measurement needs.
pub(super) const PARTNERS: usize = 1_000;

const fn sql(deposits: u32) -> Does {
    Does::Pgbench { clients: 64, script: Script::Payment { deposits } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_compare_whoever_takes_part() {
        for lineup in [SHORT, NOISE, FULL, SHARED] {
            let names: Vec<&str> = lineup.entrants.iter().map(|entrant| entrant.name).collect();
            for figure in lineup.figures {
                assert!(figure.by.iter().chain([&figure.of]).all(|name| names.contains(name)));
            }
            for entrant in lineup.entrants {
                assert_eq!(names.iter().filter(|name| **name == entrant.name).count(), 1);
                if let Does::PayAtHalf { of, .. } = entrant.does {
                    assert!(names.contains(&of));
                }
            }
        }
    }
}
