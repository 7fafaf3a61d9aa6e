//! The first page of a sandbox: the steps to the first paid bill.

use askama::Template;

use crate::curl::{self, Commands};
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Code;
use crate::visitor::Visitor;
use crate::{Credentials, PageContext};

#[derive(Template)]
#[template(path = "start.html")]
pub(crate) struct Start<'a> {
    frame: Frame,
    lang: Lang,
    origin: &'a str,
    credentials: Option<Credentials<'a>>,
    commands: Commands,
}

impl<'a> Start<'a> {
    pub(crate) fn of(ask: &PageContext<'a>, visitor: &Visitor) -> Start<'a> {
        let title = visitor.lang.say("Mulai", "Start");
        Start {
            frame: Frame::around(Some(Page::Start), title, ask.sandbox, visitor),
            lang: visitor.lang,
            origin: ask.origin,
            credentials: ask.credentials,
            commands: curl::commands(ask.origin, ask.credentials.as_ref()),
        }
    }

    fn shell<'b>(&self, id: &'b str, text: &'b str) -> Code<'b> {
        Code { lang: self.lang, id, title: "sh", text }
    }
}
