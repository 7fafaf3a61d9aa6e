//! The 404 page.

use askama::Template;

use crate::PageContext;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "not_found.html")]
pub(crate) struct NotFound<'a> {
    frame: Frame,
    lang: Lang,
    path: &'a str,
}

impl<'a> NotFound<'a> {
    pub(crate) fn of(ask: &PageContext<'a>, visitor: &Visitor) -> NotFound<'a> {
        let title = visitor.lang.say("Tidak ditemukan", "Not found");
        let frame = Frame::around(None, title, ask.sandbox, visitor);
        NotFound { frame, lang: visitor.lang, path: ask.path }
    }
}
