//! The search results.

use askama::Template;

use crate::PageContext;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::visitor::Visitor;

use super::{Hit, LONGEST};

#[derive(Template)]
#[template(path = "search.html")]
pub(super) struct SearchPage {
    frame: Frame,
    lang: Lang,
    question: String,
    hits: Vec<Hit>,
}

impl SearchPage {
    pub(super) fn of(ask: &PageContext<'_>, visitor: &Visitor) -> SearchPage {
        let lang = visitor.lang;
        let question = super::question(ask.query);
        let title = lang.say("Cari", "Search");
        SearchPage {
            frame: Frame::around(Some(Page::Search), title, ask.sandbox, visitor),
            lang,
            hits: super::find(&question, lang, ask),
            question,
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}
