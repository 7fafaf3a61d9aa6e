//! The page with the sandbox's clock and scenarios.

use ::portal::stage::{self, Scenario, Stage};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::super::pages::sent;
use super::super::posted::Posted;
use super::super::reader::{Guest, Reader};
use super::super::reply;
use crate::admin::request::{HowOften, Move};
use crate::admin::{Request, Response as Done};

#[derive(Deserialize)]
pub(super) struct Moved {
    #[serde(rename = "move")]
    how: String,
    /// Of the move to a time of day.
    #[serde(default)]
    time: String,
}

#[derive(Deserialize)]
pub(super) struct Switched {
    name: String,
    how: String,
}

pub(super) async fn page(Guest(reader): Guest) -> Response {
    let stage = reader.stage().await;
    sent(stage::page(&reader.ask(), &stage, None, reader.token()))
}

pub(super) async fn move_clock(Posted(Guest(reader), form): Posted<Guest, Moved>) -> Response {
    let how = match &*form.how {
        "hour" => Move::Forward { seconds: 3600 },
        "day" => Move::Forward { seconds: 86_400 },
        "to" => Move::To { time: form.time },
        "back" => Move::Back,
        _ => return reply::plain(StatusCode::BAD_REQUEST),
    };
    reader.have_done(Request::MoveClock(how)).await
}

pub(super) async fn switch(Posted(Guest(reader), form): Posted<Guest, Switched>) -> Response {
    let how_often = match &*form.how {
        "next" => HowOften::Next(1),
        "until-off" => HowOften::UntilOff,
        "off" => HowOften::Off,
        _ => return reply::plain(StatusCode::BAD_REQUEST),
    };
    reader.have_done(Request::SwitchScenario { name: form.name, how_often }).await
}

impl Reader {
    /// How the clock and the scenarios stand.
    pub(super) async fn stage(&self) -> Stage {
        match self.app().admin.execute(Request::ShowSandbox).await {
            Ok(Done::Sandbox(told)) => Stage {
                now: told.now,
                ahead: told.ahead_seconds,
                scenarios: told
                    .scenarios
                    .into_iter()
                    .map(|it| Scenario { name: it.name, on: it.on, left: it.left })
                    .collect(),
            },
            // A sandbox has controls, and nobody else reads this.
            _ => Stage::default(),
        }
    }

    async fn have_done(&self, request: Request) -> Response {
        match self.app().admin.execute(request).await {
            Ok(_) => reply::see_other(stage::PATH),
            Err(why) => {
                let stage = self.stage().await;
                sent(stage::page(&self.ask(), &stage, Some(&why.to_string()), self.token()))
            }
        }
    }
}
