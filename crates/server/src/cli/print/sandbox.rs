//! The sandbox's clock and scenarios as text: all, or only what a command has changed.

use super::{Render, Table, left};
use crate::admin::response::{Sandbox, Scenario, ScenarioName};

/// The part of the sandbox that a command is about.
pub(in crate::cli) enum About {
    /// Everything.
    All,
    Clock,
    /// One scenario, by its name.
    Scenario(String),
    /// The scenarios that are on.
    On,
}

impl Sandbox {
    /// The text about this part.
    pub(super) fn told(&self, about: &About) -> String {
        let row = |scenario: &Scenario| {
            [
                scenario.name.as_str().to_owned(),
                scenario.state(),
                what_happens(scenario.name).to_owned(),
            ]
        };
        let some = |wanted: &dyn Fn(&Scenario) -> bool| {
            let wanted = self.scenarios.iter().filter(|scenario| wanted(scenario));
            Table::new([left(""), left(""), left("")], wanted.map(row)).to_string()
        };
        match about {
            About::All => {
                let columns = [left("SCENARIO"), left("STATE"), left("WHAT HAPPENS")];
                let scenarios = Table::new(columns, self.scenarios.iter().map(row));
                format!("{}\n\n{scenarios}", self.clock())
            }
            About::Clock => self.clock(),
            About::Scenario(name) => some(&|scenario| scenario.name.as_str() == name),
            About::On if self.scenarios.iter().any(|scenario| scenario.on) => {
                some(&|scenario| scenario.on)
            }
            About::On => "all scenarios are off".to_owned(),
        }
    }

    fn clock(&self) -> String {
        let ahead = self.ahead_seconds;
        let (days, hours, minutes) = (ahead / 86_400, ahead / 3600 % 24, ahead / 60 % 60);
        let moved = match ahead {
            0 => "the machine's time".to_owned(),
            _ => format!("moved ahead by {days} d {hours} h {minutes} min {} s", ahead % 60),
        };
        format!("clock  {} in Jakarta, {moved}", *self.now)
    }
}

impl Render for Sandbox {
    fn text(&self) -> String {
        self.told(&About::All)
    }
}

const fn what_happens(name: ScenarioName) -> &'static str {
    match name {
        ScenarioName::SlowAnswer => "the biller takes 10 s longer for an inquiry or a payment",
        ScenarioName::LostAnswer => {
            "a payment is carried out, but its answer is cut off before the client can read it"
        }
        ScenarioName::LateSuccess => "a payment is answered as pending (39) and succeeds later",
        ScenarioName::Maintenance => "the biller refuses an inquiry or a payment with 110",
        ScenarioName::CutOff => {
            "PLN's bills cannot be paid from 23:00 to 01:00 (109), until it is switched off"
        }
        ScenarioName::LowDeposit => {
            "no balance may go below its current value (17), until a deposit or until this is switched off"
        }
    }
}

impl Scenario {
    fn state(&self) -> String {
        match (self.on, self.left) {
            (false, _) => "off".to_owned(),
            (true, None) => "on".to_owned(),
            (true, Some(left)) => format!("next {left}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::named::Named;

    fn scenario(name: ScenarioName, left: Option<u16>) -> Scenario {
        Scenario { name, on: left != Some(0), left }
    }

    #[test]
    fn a_change_tells_what_has_changed_and_nothing_else() {
        let now = Named(domain::Moment::parse("2026-11-28 23:30:00").unwrap());
        let ahead_seconds = 90_061;
        let scenarios = vec![
            scenario(ScenarioName::Maintenance, Some(0)),
            scenario(ScenarioName::LateSuccess, Some(2)),
        ];
        let mut sandbox = Sandbox { now, ahead_seconds, scenarios };
        let clock = "clock  2026-11-28 23:30:00 in Jakarta, moved ahead by 1 d 1 h 1 min 1 s";
        let late =
            "late-success  next 2  a payment is answered as pending (39) and succeeds later\n";
        let named = |name: &str| About::Scenario(name.to_owned());
        for (about, told) in [
            (About::Clock, clock),
            (named("late-success"), late),
            (
                named("maintenance"),
                "maintenance  off  the biller refuses an inquiry or a payment with 110\n",
            ),
            (About::On, late),
        ] {
            assert_eq!(sandbox.told(&about), told);
        }
        let all = sandbox.text();
        assert!(all.starts_with(clock) && all.contains("SCENARIO"), "{all}");
        assert!(all.contains("maintenance") && all.contains("late-success"), "{all}");
        sandbox.scenarios.pop();
        assert_eq!(sandbox.told(&About::On), "all scenarios are off");
    }
}
