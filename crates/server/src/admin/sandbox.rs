//! The sandbox's clock and scenarios.
//!
//! The scenarios of requests are kept in memory only. The stored ones are changes of the books, made with the operator's commands for products and partners: they last, also over
//! a restart, until they are switched off.

use domain::command::{ChangePartner, PartnerChange, PutProduct};
use domain::{Account, Partner, Product, Rupiah};
use iak_protocol::ResponseCode;
use sandbox::{Cause, Left, Scenario, StoredScenario, Times, cut_off};

use super::named::Named;
use super::request::{HowOften, Move};
use super::{Admin, Refused, response};
use crate::controls::{ClockError, Controls, MovedClock};

impl Admin {
    /// The controls, if a sandbox runs here.
    fn controls(&self) -> Result<&Controls, Refused> {
        self.controls.as_ref().ok_or_else(|| {
            Refused::because(
                "no sandbox runs on this data directory, and only a sandbox has a clock and \
                 scenarios; start one with `lunas sandbox`",
            )
        })
    }

    fn clock(&self) -> Result<&MovedClock, Refused> {
        self.controls()?.clock.as_deref().ok_or_else(|| {
            Refused::because(
                "a sandbox on PostgreSQL cannot move its clock: other nodes may share its books \
                 and would have another time",
            )
        })
    }

    pub(crate) fn show_sandbox(&self) -> Result<response::Sandbox, Refused> {
        let controls = self.controls()?;
        let ahead = controls.clock.as_ref().map_or(0, |clock| clock.ahead());
        let scenario = |scenario: Scenario| {
            let left = self.left(controls, scenario);
            response::Scenario {
                scenario: Named(scenario),
                on: left != Times::Next(0),
                left: match left {
                    Times::Next(left) => Some(left),
                    Times::UntilOff => None,
                },
            }
        };
        Ok(response::Sandbox {
            now: Named(self.gateway.now()),
            ahead_seconds: ahead / 1_000_000,
            scenarios: Scenario::all().map(scenario).collect(),
        })
    }

    /// What can have caused this response code; `before` is the state before the request.
    pub(crate) fn causes(&self, code: ResponseCode, before: Left) -> Vec<Cause> {
        let Some(controls) = &self.controls else { return Vec::new() };
        let is_on = |cause: &Cause| match *cause {
            Cause::Scenario(Scenario::Request(scenario)) => {
                controls.scenarios.has_happened(scenario, before)
            }
            Cause::Scenario(Scenario::Stored(scenario)) => self.is_on(scenario),
            Cause::MovedClock => controls.clock.as_ref().is_some_and(|clock| clock.ahead() != 0),
        };
        Cause::all_of(code).filter(is_on).collect()
    }

    pub(super) async fn move_clock(&self, how: Move) -> Result<response::Sandbox, Refused> {
        let clock = self.clock()?;
        match how {
            Move::Forward { seconds } => clock.forward(seconds.saturating_mul(1_000_000)),
            Move::To { time } => clock.forward_to(minute(&time)?),
            Move::Back => {
                self.nothing_is_open().await?;
                clock.back()
            }
        }?;
        tracing::info!(ahead = clock.ahead() / 1_000_000, "the sandbox's clock was moved");
        self.show_sandbox()
    }

    /// Claims on open payments end at a time of the sandbox's clock, so that must not go back.
    async fn nothing_is_open(&self) -> Result<(), Refused> {
        let open = self.gateway.read(|read| read.open_payments()).await?.len();
        let open = open.max(self.gateway.payments_in_work());
        if open == 0 {
            return Ok(());
        }
        Err(Refused::because(format_args!(
            "the clock can be set back only while no payment is open, and {open} are: their \
             status would not be queried for that time. Let them end, or use `lunas payment \
             resolve`"
        )))
    }

    pub(super) async fn switch_scenario(
        &self,
        name: &str,
        how_often: HowOften,
    ) -> Result<response::Sandbox, Refused> {
        let controls = self.controls()?;
        let Some(scenario) = Scenario::named(name) else {
            let names = Scenario::all().map(Scenario::name).collect::<Vec<_>>().join(", ");
            let why = format_args!("there is no scenario {name:?}; the scenarios are {names}");
            return Err(Refused::because(why));
        };
        match (scenario, how_often) {
            (Scenario::Request(scenario), how_often) => {
                controls.scenarios.switch(scenario, times(how_often)?);
            }
            (Scenario::Stored(_), HowOften::Next(_)) => {
                return Err(Refused::because(format_args!(
                    "{name} changes the books and cannot be limited to a number of requests: \
                     leave out the number"
                )));
            }
            (Scenario::Stored(scenario), HowOften::Default | HowOften::UntilOff) => {
                self.switch_stored(scenario, true).await?;
            }
            (Scenario::Stored(scenario), HowOften::Off) => {
                self.switch_stored(scenario, false).await?;
            }
        }
        self.show_sandbox()
    }

    pub(super) async fn end_scenarios(&self) -> Result<response::Sandbox, Refused> {
        let controls = self.controls()?;
        for scenario in Scenario::all() {
            match scenario {
                Scenario::Request(scenario) => controls.scenarios.switch(scenario, Times::Next(0)),
                Scenario::Stored(scenario) => self.switch_stored(scenario, false).await?,
            }
        }
        self.show_sandbox()
    }

    async fn switch_stored(&self, scenario: StoredScenario, on: bool) -> Result<(), Refused> {
        match (scenario, on) {
            (StoredScenario::CutOff, on) => self.keep_hours(on).await,
            (StoredScenario::LowDeposit, true) => self.lower_deposits().await,
            (StoredScenario::LowDeposit, false) => self.free_deposits().await,
        }
    }

    fn left(&self, controls: &Controls, scenario: Scenario) -> Times {
        match scenario {
            Scenario::Request(scenario) => controls.scenarios.left(scenario),
            Scenario::Stored(scenario) if self.is_on(scenario) => Times::UntilOff,
            Scenario::Stored(_) => Times::Next(0),
        }
    }

    fn is_on(&self, scenario: StoredScenario) -> bool {
        let directory = self.gateway.reference_data();
        match scenario {
            StoredScenario::CutOff => {
                directory.catalogue.values().any(|product| is_cut_off(product))
            }
            StoredScenario::LowDeposit => {
                directory.partners().iter().any(|partner| is_lowered(partner))
            }
        }
    }

    /// Gives PLN's products their hours, or removes these. Other hours stay.
    async fn keep_hours(&self, keep: bool) -> Result<(), Refused> {
        for product in self.gateway.reference_data().catalogue.values() {
            let hours = cut_off(product.family);
            let (from, to) = if keep { (None, hours) } else { (hours, None) };
            if hours.is_some() && product.hours == from {
                let product = Product { hours: to, ..Product::clone(product) };
                self.operate(PutProduct(product)).await?;
            }
        }
        Ok(())
    }

    /// Raises the minimum balance of each partner to its balance. One that an operator has set stays.
    async fn lower_deposits(&self) -> Result<(), Refused> {
        let balances = self.gateway.read(|read| read.balances()).await?;
        for (account, available) in balances {
            let Account::Available(id) = account else { continue };
            let directory = self.gateway.reference_data();
            let of = directory.partners().into_iter().find(|partner| partner.id == id);
            if of.is_some_and(|partner| partner.min_balance == Rupiah::ZERO) {
                self.set_min_balance(id, available).await?;
            }
        }
        Ok(())
    }

    /// Resets minimum balances above zero to zero.
    async fn free_deposits(&self) -> Result<(), Refused> {
        for partner in self.gateway.reference_data().partners() {
            if is_lowered(partner) {
                self.set_min_balance(partner.id, Rupiah::ZERO).await?;
            }
        }
        Ok(())
    }

    async fn set_min_balance(
        &self,
        partner: domain::PartnerId,
        min_balance: Rupiah,
    ) -> Result<(), Refused> {
        let change = PartnerChange::MinBalance(min_balance);
        self.operate(ChangePartner { partner, change }).await?;
        Ok(())
    }
}

fn is_cut_off(product: &Product) -> bool {
    product.hours.is_some() && product.hours == cut_off(product.family)
}

fn is_lowered(partner: &Partner) -> bool {
    partner.min_balance > Rupiah::ZERO
}

fn times(how_often: HowOften) -> Result<Times, Refused> {
    match how_often {
        HowOften::Next(next) if (1..=Times::MOST).contains(&next) => Ok(Times::Next(next)),
        HowOften::Next(_) => Err(Refused::because(format_args!(
            "a scenario is for the next 1 to {} requests, or until it is switched off",
            Times::MOST
        ))),
        HowOften::Default => Ok(Times::Next(1)),
        HowOften::UntilOff => Ok(Times::UntilOff),
        HowOften::Off => Ok(Times::Next(0)),
    }
}

/// Minutes after midnight of a time such as `23:30`.
fn minute(time: &str) -> Result<u16, Refused> {
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    let parts = time.split_once(':');
    let parts = parts.and_then(|(hour, minute)| Some((two_digits(hour)?, two_digits(minute)?)));
    let parts = parts.filter(|(hour, minute)| *hour < 24 && *minute < 60);
    parts.map(|(hour, minute)| hour * 60 + minute).ok_or_else(|| {
        Refused::because(format_args!("{time:?} is not a time of day: expected one such as 23:30"))
    })
}

impl From<ClockError> for Refused {
    fn from(error: ClockError) -> Refused {
        Refused::because(error)
    }
}
