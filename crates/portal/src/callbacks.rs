//! The page on which a partner says where it is told of ends that it has not heard, and sees what it was
//! told.
//!
//! Whoever serves the page hands in how the callbacks stand, and carries out what its forms ask for.

use askama::Template;
use domain::callback::DeliveryState;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

/// The path of the page, and of the form for the address.
pub const PATH: &str = map::CALLBACKS;

/// Where it is asked to send a callback once more.
pub const AGAIN: &str = "/report/callbacks/again";

/// How a partner's callbacks stand.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    /// Where they go, as it is or as it was typed; nowhere, if it is empty.
    pub url: String,
    /// Why what was asked for just now was not done.
    pub refused: Option<String>,
    /// The last ones, those of the newest inquiries first.
    pub told: Vec<CallbackRow>,
}

/// How one callback stands.
#[derive(Clone, Debug)]
pub struct CallbackRow {
    /// Which transaction it is about.
    pub tr_id: i64,
    /// How it stands.
    pub standing: DeliveryState,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent next or, once it is over, when that was known.
    pub at: String,
    /// What came of the last attempt.
    pub answer: Option<String>,
}

impl CallbackRow {
    pub(crate) const fn word(&self, lang: Lang) -> &'static str {
        match self.standing {
            DeliveryState::Waiting => lang.say("menunggu", "waiting"),
            DeliveryState::Delivered => lang.say("terkirim", "delivered"),
            DeliveryState::GivenUp => lang.say("menyerah", "given up"),
        }
    }

    pub(crate) const fn class(&self) -> &'static str {
        match self.standing {
            DeliveryState::Waiting => "pending",
            DeliveryState::Delivered => "paid",
            DeliveryState::GivenUp => "failed",
        }
    }
}

/// The page, with forms where the reader may change anything: they carry `token` back.
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
