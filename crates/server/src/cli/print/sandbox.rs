//! The sandbox's clock and scenarios as text: all, or only what a command has changed.

use super::{Render, Table, left, prose};
use crate::admin::response::{Sandbox, Scenario};

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
    pub(super) fn text_about(&self, about: &About) -> String {
        let row = |it: &Scenario| {
            let what = it.scenario.description().english.to_owned();
            [it.scenario.name().to_owned(), it.state(), what]
        };
        let some = |wanted: &dyn Fn(&Scenario) -> bool| {
            let wanted = self.scenarios.iter().filter(|scenario| wanted(scenario));
            Table::new([left(""), left(""), prose("")], wanted.map(row)).to_string()
        };
        match about {
            About::All => {
                let columns = [left("SCENARIO"), left("STATE"), prose("WHAT HAPPENS")];
                let scenarios = Table::new(columns, self.scenarios.iter().map(row));
                format!("{}\n\n{scenarios}", self.clock())
            }
            About::Clock => self.clock(),
            About::Scenario(name) => some(&|scenario| scenario.scenario.name() == *name),
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
        self.text_about(&About::All)
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
    use ::sandbox::RequestScenario::{self, LateSuccess, Maintenance};

    fn scenario(scenario: RequestScenario, left: Option<u16>) -> Scenario {
        let scenario = Named(::sandbox::Scenario::Request(scenario));
        Scenario { scenario, on: left != Some(0), left }
    }

    #[test]
    fn a_change_tells_what_has_changed_and_nothing_else() {
        let now = Named(domain::Moment::parse("2026-11-28 23:30:00").unwrap());
        let ahead_seconds = 90_061;
        let scenarios = vec![scenario(Maintenance, Some(0)), scenario(LateSuccess, Some(2))];
        let mut sandbox = Sandbox { now, ahead_seconds, scenarios };
        let clock = "clock  2026-11-28 23:30:00 in Jakarta, moved ahead by 1 d 1 h 1 min 1 s";
        let row = |scenario: RequestScenario, state: &str| {
            let scenario = ::sandbox::Scenario::Request(scenario);
            format!("{}  {state}  {}\n", scenario.name(), scenario.description().english)
        };
        let late = row(LateSuccess, "next 2");
        let named = |name: &str| About::Scenario(name.to_owned());
        for (about, expected) in [
            (About::Clock, clock),
            (named("late-success"), &late),
            (named("maintenance"), &row(Maintenance, "off")),
            (About::On, &late),
        ] {
            assert_eq!(sandbox.text_about(&about), expected);
        }
        let all = sandbox.text();
        insta::assert_snapshot!("all", all);
        sandbox.scenarios.pop();
        assert_eq!(sandbox.text_about(&About::On), "all scenarios are off");
    }
}
