//! The page on which a partner sets its callback address and sees its callbacks.
//!
//! The server passes the callbacks and executes the forms.

use askama::Template;
use domain::Moment;
use domain::callback::DeliveryState;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

/// The path of the page, and of the form for the address.
pub const PATH: &str = map::CALLBACKS;

/// The path of the form to send a callback again.
pub const AGAIN: &str = "/report/callbacks/again";

/// A partner's callbacks.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    /// The callback address, stored or typed; empty if there is none.
    pub url: String,
    /// Why the last form was not executed.
    pub refused: Option<String>,
    /// The latest callbacks, newest inquiries first.
    pub rows: Vec<CallbackRow>,
}

/// One callback.
#[derive(Clone, Debug)]
pub struct CallbackRow {
    /// Which transaction it is about.
    pub tr_id: i64,
    /// Its delivery state.
    pub state: DeliveryState,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the next attempt, or of the end.
    pub at: Moment,
    /// The result of the last attempt.
    pub answer: Option<String>,
}

impl CallbackRow {
    pub(crate) const fn word(&self, lang: Lang) -> &'static str {
        match self.state {
            DeliveryState::Waiting => lang.say("menunggu", "waiting"),
            DeliveryState::Delivered => lang.say("terkirim", "delivered"),
            DeliveryState::GivenUp => lang.say("menyerah", "given up"),
        }
    }

    pub(crate) const fn class(&self) -> &'static str {
        match self.state {
            DeliveryState::Waiting => "pending",
            DeliveryState::Delivered => "paid",
            DeliveryState::GivenUp => "failed",
        }
    }
}

/// The page, with forms if the reader may change anything. The forms send `token` back.
pub fn page(ask: &PageContext<'_>, callbacks: &Callbacks, token: Option<&str>) -> Answer {
    let status = if callbacks.refused.is_some() { 422 } else { 200 };
    page_answer(status, ask, |visitor| {
        let page = CallbacksPage::of(callbacks, token, ask.sandbox, visitor);
        page.render().expect("a template writes to memory")
    })
}

#[derive(Template)]
#[template(path = "callbacks.html")]
struct CallbacksPage<'a> {
    frame: Frame,
    lang: Lang,
    callbacks: &'a Callbacks,
    token: Option<&'a str>,
}

impl<'a> CallbacksPage<'a> {
    fn of(
        callbacks: &'a Callbacks,
        token: Option<&'a str>,
        sandbox: bool,
        visitor: &Visitor,
    ) -> CallbacksPage<'a> {
        let frame = Frame::around_path(PATH, "Callback", sandbox, visitor);
        CallbacksPage { frame, lang: visitor.lang, callbacks, token }
    }
}
