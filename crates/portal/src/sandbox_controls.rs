//! The page on which the sandbox's clock is moved and scenarios are switched on.
//!
//! Whoever serves the page hands in how both stand, and carries out what its forms ask for. Times are in
//! Asia/Jakarta.

use askama::Template;
use askama::filters::HtmlSafe;
use iak_protocol::ResponseCode;

use crate::frame::Frame;
use crate::report;
use crate::visitor::{Lang, Visitor};
use crate::{Answer, PageContext, page_answer};

/// Where the page is, and where the scenarios' forms are sent.
pub const PATH: &str = "/report/scenarios";

/// Where the clock's forms are sent.
pub const CLOCK: &str = "/report/clock";

/// Where the form is sent that ends all of it.
pub const ALL_OFF: &str = "/report/scenarios/off";

/// The moved clock's name among the scenarios.
pub const CLOCK_NAME: &str = "clock";

/// The names of all scenarios, and the moved clock's.
pub const NAMES: [&str; 7] = [
    "slow-answer",
    "lost-answer",
    "late-success",
    "maintenance",
    "cut-off",
    "low-deposit",
    CLOCK_NAME,
];

/// The response codes that a scenario brings, or the moved clock, while it is on. What only slows an answer down
/// or loses it brings none.
pub const fn brings(name: &str) -> &'static [ResponseCode] {
    match name.as_bytes() {
        b"late-success" => &[ResponseCode::Pending],
        b"maintenance" => &[ResponseCode::Maintenance],
        b"cut-off" => &[ResponseCode::CutOff],
        b"low-deposit" => &[ResponseCode::BalanceNotEnough],
        b"clock" => &[ResponseCode::BillingIdExpired, ResponseCode::CutOff],
        _ => &[],
    }
}

/// How clock and scenarios stand.
#[derive(Clone, Debug, Default)]
pub struct SandboxState {
    /// What the clock shows.
    pub now: String,
    /// How far it is ahead of the machine's time, in seconds.
    pub ahead: i64,
    /// All scenarios.
    pub scenarios: Vec<Scenario>,
}

/// How a scenario stands.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, as operators type it.
    pub name: String,
    /// Whether it is on.
    pub on: bool,
    /// For how many requests more; until it is switched off, if there is no number.
    pub left: Option<u16>,
}

impl SandboxState {
    /// The names of those that are on.
    pub(crate) fn on(&self) -> Vec<&str> {
        let on = self.scenarios.iter().filter(|scenario| scenario.on);
        on.map(|scenario| scenario.name.as_str()).collect()
    }

    /// What is on that brings this code.
    pub(crate) fn brought(&self, code: ResponseCode) -> Vec<&str> {
        let clock = (self.ahead != 0).then_some(CLOCK_NAME);
        let on = self.on().into_iter().chain(clock);
        on.filter(|name| brings(name).contains(&code)).collect()
    }

    /// Whether anything is other than in an ordinary sandbox.
    pub(crate) fn is_set(&self) -> bool {
        self.ahead != 0 || self.scenarios.iter().any(|scenario| scenario.on)
    }

    /// How far the clock is ahead, in words.
    fn distance(&self, lang: Lang) -> String {
        let (days, hours, minutes) =
            (self.ahead / 86_400, self.ahead / 3600 % 24, self.ahead / 60 % 60);
        let units = [
            (days, lang.say("hari", "d")),
            (hours, lang.say("jam", "h")),
            (minutes, lang.say("menit", "min")),
            (self.ahead % 60, lang.say("detik", "s")),
        ];
        let units = units.into_iter().filter(|(number, _)| *number > 0);
        units.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
    }
}

/// What happens in a scenario, or under a moved clock; empty where there is none of that name.
pub(crate) fn what(name: &str, lang: Lang) -> &'static str {
    match name {
            "slow-answer" => lang.say(
                "Biller menjawab cek tagihan atau pembayaran 10 detik lebih lambat.",
                "The biller takes 10 seconds longer for an inquiry or a payment.",
            ),
            "lost-answer" => lang.say(
                "Pembayaran dijalankan, tetapi responsnya terputus sebelum bisa dibaca. Tanyakan statusnya; jangan bayar ulang dengan ref_id baru.",
                "A payment is carried out, and its answer breaks off before it can be read. Ask for the status; never pay again under a new ref_id.",
            ),
            "late-success" => lang.say(
                "Pembayaran dijawab 39, lalu ternyata lunas.",
                "A payment is answered 39, and then found paid.",
            ),
            "maintenance" => lang.say(
                "Biller menolak cek tagihan atau pembayaran dengan 110.",
                "The biller refuses an inquiry or a payment with 110.",
            ),
            "cut-off" => lang.say(
                "Tagihan PLN tidak bisa dibayar dari 23:00 sampai 01:00: 109. Majukan jam ke 23:30 untuk mencobanya.",
                "PLN's bills cannot be paid from 23:00 to 01:00: 109. Move the clock to 23:30 to try it.",
            ),
            "low-deposit" => lang.say(
                "Deposit tidak boleh turun lagi: 17, sampai diisi atau skenario ini dimatikan.",
                "No deposit may go below what it is now: 17, until a deposit or until this is switched off.",
            ),
            CLOCK_NAME => lang.say(
                "Jam sandbox dimajukan: cek tagihan dari hari lain dijawab 04.",
                "The sandbox's clock is moved ahead: an inquiry of another day is 04.",
            ),
            _ => "",
        }
}

impl Scenario {
    fn what(&self, lang: Lang) -> &'static str {
        what(&self.name, lang)
    }

    /// Whether it can be on for some requests only. The others are states of the books.
    fn is_counted(&self) -> bool {
        !matches!(&*self.name, "cut-off" | "low-deposit")
    }
}

/// What is on, and the form that ends it: a part of every page of a sandbox in which something is.
#[derive(Template)]
#[template(path = "parts/bar.html")]
pub(crate) struct Bar<'a> {
    pub(crate) lang: Lang,
    pub(crate) stage: &'a SandboxState,
    /// What the form carries; none for a reader that may end nothing.
    pub(crate) token: Option<&'a str>,
    /// Where the form leads back to.
    pub(crate) back: &'a str,
}

impl HtmlSafe for Bar<'_> {}

/// The page; its forms carry `token` back. `refused` says why what was asked for just now was not done.
pub fn page(
    ask: &PageContext<'_>,
    stage: &SandboxState,
    refused: Option<&str>,
    token: &str,
) -> Answer {
    let status = if refused.is_some() { 409 } else { 200 };
    page_answer(status, ask, |visitor| {
        let page = StagePage::of(stage, refused, token, visitor);
        page.render().expect("a template writes to memory")
    })
}

#[derive(Template)]
#[template(path = "stage.html")]
struct StagePage<'a> {
    frame: Frame,
    lang: Lang,
    stage: &'a SandboxState,
    refused: Option<&'a str>,
    token: &'a str,
}

impl<'a> StagePage<'a> {
    fn of(
        stage: &'a SandboxState,
        refused: Option<&'a str>,
        token: &'a str,
        visitor: &Visitor,
    ) -> StagePage<'a> {
        let title = visitor.lang.say("Jam dan skenario", "Clock and scenarios");
        let frame = Frame::around_path(PATH, title, true, visitor);
        StagePage { frame, lang: visitor.lang, stage, refused, token }
    }
}
