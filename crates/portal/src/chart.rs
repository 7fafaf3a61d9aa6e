//! The report's chart: each hour's inquiries by state, as stacked bars.

use askama::Template;
use askama::filters::HtmlSafe;
use domain::{Moment, State};

use crate::lang::Lang;

/// The width of an hour and the height of the highest bar, in the drawing's units.
const STEP: u32 = 30;
const HEIGHT: u32 = 120;

/// Every n-th bar has a label.
const LABELLED: usize = 4;

/// The inquiries of one hour by state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub start: Moment,
    /// Not paid.
    pub inquired: u32,
    /// Payment in process.
    pub open: u32,
    /// Paid.
    pub paid: u32,
    /// Payment failed.
    pub failed: u32,
}

impl Hour {
    /// An hour without inquiries.
    pub fn new(start: Moment) -> Hour {
        Hour { start, ..Hour::default() }
    }

    /// When it begins in Jakarta: `09:00`.
    fn label(&self) -> String {
        format!("{:02}:00", self.start.minute_of_day() / 60)
    }

    /// Counts an inquiry with this state.
    pub fn count(&mut self, state: State) {
        let number = match state {
            State::Inquired => &mut self.inquired,
            State::Paying | State::Pending => &mut self.open,
            State::Paid => &mut self.paid,
            State::Failed => &mut self.failed,
        };
        *number += 1;
    }
}

/// The bars and their legend.
#[derive(Template)]
#[template(path = "parts/chart.html")]
pub(crate) struct Chart {
    lang: Lang,
    bars: Vec<Bar>,
    legend: Vec<(&'static str, &'static str, u32)>,
}

impl HtmlSafe for Chart {}

struct Bar {
    left: u32,
    /// What is written below it, perhaps nothing.
    label: String,
    /// The tooltip.
    title: String,
    pieces: Vec<Piece>,
}

/// CSS class, name, and the count within an hour.
type Kind = (&'static str, &'static str, fn(&Hour) -> u32);

struct Piece {
    class: &'static str,
    top: u32,
    height: u32,
}

impl Chart {
    /// `None` if nothing happened.
    pub(crate) fn of(hours: &[Hour], lang: Lang) -> Option<Chart> {
        let kinds: [Kind; 4] = [
            ("success", lang.say("lunas", "paid"), |hour| hour.paid),
            ("failed", lang.say("gagal", "failed"), |hour| hour.failed),
            ("pending", lang.say("belum pasti", "pending"), |hour| hour.open),
            ("plain", lang.say("hanya dicek", "inquired only"), |hour| hour.inquired),
        ];
        let total = |hour: &Hour| kinds.iter().map(|(_, _, count)| count(hour)).sum::<u32>();
        let highest = hours.iter().map(total).max().filter(|highest| *highest > 0)?;
        let bar = |(at, hour): (usize, &Hour)| {
            let mut top = HEIGHT;
            let pieces = kinds.iter().filter(|(_, _, count)| count(hour) > 0).map(|kind| {
                // A single inquiry among thousands must stay visible.
                let height = (kind.2(hour) * HEIGHT / highest).max(2).min(top);
                top -= height;
                Piece { class: kind.0, top, height }
            });
            Bar {
                left: at as u32 * STEP,
                pieces: pieces.collect(),
                label: if at % LABELLED == 0 { hour.label() } else { String::new() },
                title: format!("{}: {}", hour.label(), total(hour)),
            }
        };
        let sum = |count: fn(&Hour) -> u32| hours.iter().map(count).sum();
        Some(Chart {
            lang,
            bars: hours.iter().enumerate().map(bar).collect(),
            legend: kinds.map(|(class, name, count)| (class, name, sum(count))).to_vec(),
        })
    }

    fn width(&self) -> usize {
        self.bars.len() * STEP as usize
    }
}
