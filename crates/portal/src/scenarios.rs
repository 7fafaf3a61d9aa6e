//! The sandbox's scenarios: what they do, and which are on.

use domain::Moment;
use sandbox::{Cause, Scenario};

use crate::lang::Lang;

/// The state of clock and scenarios.
#[derive(Clone, Debug, Default)]
pub struct SandboxState {
    /// What the clock shows.
    pub now: Moment,
    /// How far it is ahead of the machine's time, in seconds.
    pub ahead: i64,
    /// All scenarios.
    pub scenarios: Vec<ScenarioState>,
}

/// The state of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioState {
    /// The scenario.
    pub scenario: Scenario,
    /// Whether it is on.
    pub on: bool,
    /// The remaining number of requests; `None` means until it is switched off.
    pub left: Option<u16>,
}

impl SandboxState {
    /// The active scenarios.
    pub(crate) fn on(&self) -> impl Iterator<Item = Scenario> {
        self.scenarios.iter().filter(|it| it.on).map(|it| it.scenario)
    }

    /// Whether the cause acts now.
    pub(crate) fn acts(&self, cause: Cause) -> bool {
        match cause {
            Cause::Scenario(scenario) => self.on().any(|on| on == scenario),
            Cause::MovedClock => self.ahead != 0,
        }
    }

    /// Whether any setting differs from the default.
    pub(crate) fn is_set(&self) -> bool {
        self.ahead != 0 || self.on().next().is_some()
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

/// What a cause does.
pub(crate) const fn what(cause: Cause, lang: Lang) -> &'static str {
    let description = cause.description();
    lang.say(description.indonesian, description.english)
}

impl ScenarioState {
    pub(crate) const fn what(&self, lang: Lang) -> &'static str {
        what(Cause::Scenario(self.scenario), lang)
    }

    /// Whether it can be limited to a number of requests.
    pub(crate) const fn is_counted(&self) -> bool {
        matches!(self.scenario, Scenario::Request(_))
    }
}
