//! The page with the sandbox's clock and scenarios.

use ::portal::PageContext;
use ::portal::sandbox_controls::{self, SandboxState, ScenarioState};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::admin::request::{HowOften, Move};
use crate::admin::{Request, response};
use crate::app::App;
use crate::web::form::Posted;
use crate::web::identity::{ReportUser, SandboxOwner};
use crate::web::reply::{self, sent};

#[derive(Deserialize)]
pub(crate) struct Moved {
    #[serde(rename = "move")]
    how: String,
    /// For a move to a time of day.
    #[serde(default)]
    time: String,
}

#[derive(Deserialize)]
pub(crate) struct Switched {
    name: String,
    how: String,
}

#[derive(Deserialize)]
pub(crate) struct AllOff {
    /// The page to return to.
    #[serde(default)]
    back: String,
}

pub(crate) async fn page(SandboxOwner(reader): SandboxOwner) -> Response {
    let sandbox_state = reader.sandbox_state();
    sent(sandbox_controls::page(&reader.ask(), &sandbox_state, None, reader.token()))
}

pub(crate) async fn move_clock(
    Posted(SandboxOwner(reader), form): Posted<SandboxOwner, Moved>,
) -> Response {
    let how = match &*form.how {
        "hour" => Move::Forward { seconds: 3600 },
        "day" => Move::Forward { seconds: 86_400 },
        "to" => Move::To { time: form.time },
        "back" => Move::Back,
        _ => return reply::plain(StatusCode::BAD_REQUEST),
    };
    reader.run_form(vec![Request::MoveClock(how)], sandbox_controls::PATH).await
}

pub(crate) async fn switch(
    Posted(SandboxOwner(reader), form): Posted<SandboxOwner, Switched>,
) -> Response {
    let how_often = match &*form.how {
        "next" => HowOften::Next(1),
        "until-off" => HowOften::UntilOff,
        "off" => HowOften::Off,
        _ => return reply::plain(StatusCode::BAD_REQUEST),
    };
    let switch = Request::SwitchScenario { name: form.name, how_often };
    reader.run_form(vec![switch], sandbox_controls::PATH).await
}

/// Switches everything off, from any page.
pub(crate) async fn all_off(
    Posted(SandboxOwner(reader), form): Posted<SandboxOwner, AllOff>,
) -> Response {
    let back = if is_path(&form.back) { &form.back } else { sandbox_controls::PATH };
    let mut requests = vec![Request::EndScenarios];
    requests.extend((reader.sandbox_state().ahead != 0).then_some(Request::MoveClock(Move::Back)));
    reader.run_form(requests, back).await
}

/// Whether it is a path of our own pages, as pages write it; no browser may take it for another
/// site.
fn is_path(back: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    back.starts_with('/') && !back.starts_with("//") && back.bytes().all(is_plain)
}

impl ReportUser {
    fn sandbox_state(&self) -> SandboxState {
        self.app().sandbox_state().unwrap_or_default()
    }

    /// Carries out the requests and shows the page `back`, or the error.
    async fn run_form(&self, requests: Vec<Request>, back: &str) -> Response {
        for request in requests {
            if let Err(why) = self.execute(request).await {
                let sandbox_state = self.sandbox_state();
                let ask = PageContext { sandbox_state: Some(&sandbox_state), ..self.ask() };
                return sent(sandbox_controls::page(
                    &ask,
                    &sandbox_state,
                    Some(&why.to_string()),
                    self.token(),
                ));
            }
        }
        reply::see_other(back)
    }
}

impl App {
    /// The state of the clock and the scenarios; `None` outside a sandbox.
    pub(crate) fn sandbox_state(&self) -> Option<SandboxState> {
        let told = self.admin.show_sandbox().ok()?;
        let scenarios = told.scenarios.into_iter();
        let scenario = |it: response::Scenario| {
            let response::Scenario { scenario, on, left } = it;
            ScenarioState { scenario: scenario.0, on, left }
        };
        let (now, ahead) = (told.now.0, told.ahead_seconds);
        Some(SandboxState { now, ahead, scenarios: scenarios.map(scenario).collect() })
    }
}
