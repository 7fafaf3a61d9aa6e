//! The sandbox's scenarios: their names, what they do, and which are on.

use domain::Moment;
use iak_protocol::ResponseCode;

use crate::lang::Lang;

/// The name of the moved clock in the list of scenarios.
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

/// The response codes that an active scenario or the moved clock causes. Scenarios that only delay
/// or lose an answer cause none.
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

/// The state of clock and scenarios.
#[derive(Clone, Debug, Default)]
pub struct SandboxState {
    /// What the clock shows.
    pub now: Moment,
    /// How far it is ahead of the machine's time, in seconds.
    pub ahead: i64,
    /// All scenarios.
    pub scenarios: Vec<Scenario>,
}

/// The state of a scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, as operators type it.
    pub name: String,
    /// Whether it is on.
    pub on: bool,
    /// The remaining number of requests; `None` means until it is switched off.
    pub left: Option<u16>,
}

impl SandboxState {
    /// The names of the active scenarios.
    pub(crate) fn on(&self) -> Vec<&str> {
        let on = self.scenarios.iter().filter(|scenario| scenario.on);
        on.map(|scenario| scenario.name.as_str()).collect()
    }

    /// The active scenarios that cause this code.
    pub(crate) fn brought(&self, code: ResponseCode) -> Vec<&str> {
        let clock = (self.ahead != 0).then_some(CLOCK_NAME);
        let on = self.on().into_iter().chain(clock);
        on.filter(|name| brings(name).contains(&code)).collect()
    }

    /// Whether any setting differs from the default.
    pub(crate) fn is_set(&self) -> bool {
        self.ahead != 0 || self.scenarios.iter().any(|scenario| scenario.on)
    }

    /// How far the clock is ahead, in words.
    pub(crate) fn distance(&self, lang: Lang) -> String {
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

/// The effect of a scenario or of the moved clock; empty for an unknown name.
pub(crate) fn what(name: &str, lang: Lang) -> &'static str {
    match name {
            "slow-answer" => lang.say(
                "Biller menjawab cek tagihan atau pembayaran 10 detik lebih lambat.",
                "The biller answers an inquiry or a payment 10 seconds later.",
            ),
            "lost-answer" => lang.say(
                "Pembayaran dijalankan, tetapi responsnya terputus sebelum bisa dibaca. Tanyakan statusnya; jangan bayar ulang dengan ref_id baru.",
                "The payment is made, but the connection breaks before the answer arrives. Ask for the status; do not pay again with a new ref_id.",
            ),
            "late-success" => lang.say(
                "Pembayaran dijawab 39, lalu ternyata lunas.",
                "The payment is answered 39 and is paid later.",
            ),
            "maintenance" => lang.say(
                "Biller menolak cek tagihan atau pembayaran dengan 110.",
                "The biller refuses an inquiry or a payment with 110.",
            ),
            "cut-off" => lang.say(
                "Tagihan PLN tidak bisa dibayar dari 23:00 sampai 01:00: 109. Majukan jam ke 23:30 untuk mencobanya.",
                "PLN bills cannot be paid from 23:00 to 01:00 (109). Move the clock to 23:30 to try it.",
            ),
            "low-deposit" => lang.say(
                "Deposit tidak boleh turun lagi: 17, sampai diisi atau skenario ini dimatikan.",
                "No balance may fall below its current value (17) until a deposit is added or you switch this off.",
            ),
            CLOCK_NAME => lang.say(
                "Jam sandbox dimajukan: cek tagihan dari hari lain dijawab 04.",
                "The sandbox's clock is ahead: paying an inquiry from another day is answered 04.",
            ),
            _ => "",
        }
}

impl Scenario {
    pub(crate) fn what(&self, lang: Lang) -> &'static str {
        what(&self.name, lang)
    }

    /// Whether it can be limited to a number of requests. The others are stored in the books.
    pub(crate) fn is_counted(&self) -> bool {
        !matches!(&*self.name, "cut-off" | "low-deposit")
    }
}
