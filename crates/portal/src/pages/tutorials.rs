//! The list of tutorials, and what they have in common.

use askama::Template;

use crate::PageContext;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::tutorials::Tutorial;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "tutorials.html")]
pub(crate) struct Tutorials {
    frame: Frame,
    lang: Lang,
    tutorials: [Tutorial; 9],
}

impl Tutorials {
    pub(crate) fn of(ask: &PageContext<'_>, visitor: &Visitor) -> Tutorials {
        let lang = visitor.lang;
        let title = lang.say("Tutorial", "Tutorials");
        let frame = Frame::around(Some(Page::Tutorials), title, ask.sandbox, visitor);
        Tutorials { frame, lang, tutorials: Tutorial::ALL }
    }
}
