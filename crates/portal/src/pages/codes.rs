//! All response codes.

use askama::Template;
use iak_protocol::ResponseCode;

use crate::PageContext;
use crate::codes;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Mark;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "codes.html")]
pub(crate) struct Codes {
    frame: Frame,
    lang: Lang,
    codes: &'static [ResponseCode],
}

impl Codes {
    pub(crate) fn of(ask: &PageContext<'_>, visitor: &Visitor) -> Codes {
        let lang = visitor.lang;
        let title = lang.say("Kode respons", "Response codes");
        let frame = Frame::around(Some(Page::Codes), title, ask.sandbox, visitor);
        Codes { frame, lang, codes: ResponseCode::ALL }
    }

    fn mark(&self, code: &ResponseCode) -> Mark {
        Mark { code: *code }
    }

    fn means(&self, code: &ResponseCode) -> &'static str {
        codes::about(*code).means(self.lang)
    }

    fn class(&self, code: &ResponseCode) -> &'static str {
        codes::class_word(code.class(), self.lang)
    }
}
