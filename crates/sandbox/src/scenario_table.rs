//! The scenarios: their names, what they do, and which response codes they cause.

use iak_protocol::ResponseCode;

/// A scenario: a fault that a running sandbox produces on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// It applies to the next requests and is in memory only.
    Request(RequestScenario),
    /// It is a change of the books and stays, also over a restart, until it is switched off.
    Stored(StoredScenario),
}

/// What can have caused an answer of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A scenario that is on.
    Scenario(Scenario),
    /// The sandbox's clock, which is ahead.
    MovedClock,
}

/// What people and programs read about a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its name, as operators type it, and as answers and pages show it.
    pub name: &'static str,
    /// The response codes that it causes; none if it only delays or loses an answer.
    pub causes: &'static [ResponseCode],
    /// What it does, in Indonesian.
    pub indonesian: &'static str,
    /// The same in English.
    pub english: &'static str,
}

macro_rules! scenarios {
    ($(#[$about:meta])* $kind:ident {$(
        $(#[$doc:meta])* $scenario:ident = $name:literal, [$($code:ident),*],
            $indonesian:literal, $english:literal;
    )*}) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$doc])* $scenario,)*
        }

        impl $kind {
            /// All of this kind.
            pub const ALL: &'static [$kind] = &[$($kind::$scenario),*];

            const fn description(self) -> Description {
                match self {$(
                    $kind::$scenario => Description {
                        name: $name,
                        causes: &[$(ResponseCode::$code),*],
                        indonesian: $indonesian,
                        english: $english,
                    },
                )*}
            }
        }
    };
}

scenarios! {
    /// What happens to the next requests. The answers are the gateway's real reactions to the biller or
    /// the connection.
    RequestScenario {
        /// The biller takes [`SLOW`](crate::SLOW) longer for an inquiry or a payment.
        SlowAnswer = "slow-answer", [],
            "Biller menjawab cek tagihan atau pembayaran 10 detik lebih lambat.",
            "The biller answers an inquiry or a payment 10 seconds later.";
        /// A payment is executed, and the connection to the partner is closed after the first byte of
        /// the answer. The HTTP server does this, not the biller.
        LostAnswer = "lost-answer", [],
            "Pembayaran dijalankan, tetapi responsnya terputus sebelum bisa dibaca. Tanyakan statusnya; jangan bayar ulang dengan ref_id baru.",
            "The payment is made, but the connection breaks before the answer arrives. Ask for the status; do not pay again with a new ref_id.";
        /// A payment that would be paid at once is pending first; a status query then finds it paid.
        LateSuccess = "late-success", [Pending],
            "Pembayaran dijawab 39, lalu ternyata lunas.",
            "The payment is answered 39 and is paid later.";
        /// The biller refuses an inquiry or a payment with code 110.
        Maintenance = "maintenance", [Maintenance],
            "Biller menolak cek tagihan atau pembayaran dengan 110.",
            "The biller refuses an inquiry or a payment with 110.";
    }
}

scenarios! {
    /// What changes the books, with the operator's commands for products and partners.
    StoredScenario {
        /// PLN's products have their service hours.
        CutOff = "cut-off", [CutOff],
            "Tagihan PLN tidak bisa dibayar dari 23:00 sampai 01:00: 109. Majukan jam ke 23:30 untuk mencobanya.",
            "PLN bills cannot be paid from 23:00 to 01:00 (109). Move the clock to 23:30 to try it.";
        /// The minimum of each balance is the balance.
        LowDeposit = "low-deposit", [BalanceNotEnough],
            "Deposit tidak boleh turun lagi: 17, sampai diisi atau skenario ini dimatikan.",
            "No balance may fall below its current value (17) until a deposit is added or you switch this off.";
    }
}

const MOVED_CLOCK: Description = Description {
    name: "clock",
    causes: &[ResponseCode::BillingIdExpired, ResponseCode::CutOff],
    indonesian: "Jam sandbox dimajukan: cek tagihan dari hari lain dijawab 04.",
    english: "The sandbox's clock is ahead: paying an inquiry from another day is answered 04.",
};

impl Scenario {
    /// All scenarios, in the order of lists.
    pub fn all() -> impl Iterator<Item = Scenario> {
        let requests = RequestScenario::ALL.iter().copied().map(Scenario::Request);
        requests.chain(StoredScenario::ALL.iter().copied().map(Scenario::Stored))
    }

    /// What people and programs read about it.
    pub const fn description(self) -> Description {
        match self {
            Scenario::Request(scenario) => scenario.description(),
            Scenario::Stored(scenario) => scenario.description(),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.description().name
    }

    /// The scenario with that name.
    pub fn named(name: &str) -> Option<Scenario> {
        Scenario::all().find(|scenario| scenario.name() == name)
    }
}

impl Cause {
    /// What can cause this response code.
    pub fn all_of(code: ResponseCode) -> impl Iterator<Item = Cause> {
        let all = Scenario::all().map(Cause::Scenario).chain([Cause::MovedClock]);
        all.filter(move |cause| cause.description().causes.contains(&code))
    }

    /// What people and programs read about it.
    pub const fn description(self) -> Description {
        match self {
            Cause::Scenario(scenario) => scenario.description(),
            Cause::MovedClock => MOVED_CLOCK,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.description().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_parsed_back_and_the_clock_is_no_scenario() {
        for scenario in Scenario::all() {
            assert_eq!(Scenario::named(scenario.name()), Some(scenario));
        }
        for unknown in ["", MOVED_CLOCK.name, "Maintenance", "maintenance "] {
            assert_eq!(Scenario::named(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_text_names_each_code_that_its_cause_has() {
        let all = Scenario::all().map(Cause::Scenario).chain([Cause::MovedClock]);
        for Description { name, causes, indonesian, english } in all.map(Cause::description) {
            for text in [indonesian, english] {
                let named = causes.iter().any(|code| text.contains(code.as_str()));
                assert_eq!(named, !causes.is_empty(), "{name}: {text}");
            }
        }
    }
}
