//! The page that moves the sandbox's clock and switches scenarios.
//!
//! The server passes the state and executes the forms. Times are in Asia/Jakarta.

use askama::Template;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

pub use crate::scenarios::{SandboxState, ScenarioState};

/// The path of the page, and of the scenarios' forms.
pub const PATH: &str = map::SCENARIOS;

/// The path of the clock's forms.
pub const CLOCK: &str = "/report/clock";

/// The path of the form that switches everything off.
pub const ALL_OFF: &str = "/report/scenarios/off";

/// The page; its forms send `token` back. `refused` is the reason why the last form was not
/// executed.
pub fn page(
    ask: &PageContext<'_>,
    sandbox: &SandboxState,
    refused: Option<&str>,
    token: &str,
) -> Answer {
    let status = if refused.is_some() { 409 } else { 200 };
    page_answer(status, ask, |visitor| {
        let page = ControlsPage::of(sandbox, refused, token, visitor);
        page.render().expect("a template writes to memory")
    })
}

#[derive(Template)]
#[template(path = "sandbox_controls.html")]
struct ControlsPage<'a> {
    frame: Frame,
    lang: Lang,
    sandbox: &'a SandboxState,
    refused: Option<&'a str>,
    token: &'a str,
}

impl<'a> ControlsPage<'a> {
    fn of(
        sandbox: &'a SandboxState,
        refused: Option<&'a str>,
        token: &'a str,
        visitor: &Visitor,
    ) -> ControlsPage<'a> {
        let title = visitor.lang.say("Jam dan skenario", "Clock and scenarios");
        let frame = Frame::around_path(PATH, title, true, visitor);
        ControlsPage { frame, lang: visitor.lang, sandbox, refused, token }
    }
}
