//! What was found in all pages.

use askama::Template;

use crate::PageContext;
use crate::frame::Frame;
use crate::map::Page;
use crate::search::{self, Hit, LONGEST};
use crate::visitor::{Lang, Visitor};

#[derive(Template)]
#[template(path = "search.html")]
pub(crate) struct Search {
    frame: Frame,
    lang: Lang,
    question: String,
    hits: Vec<Hit>,
}

impl Search {
    pub(crate) fn of(ask: &PageContext<'_>, visitor: &Visitor) -> Search {
        let lang = visitor.lang;
        let question = search::question(ask.query);
        let title = lang.say("Cari", "Search");
        Search {
            frame: Frame::around(Some(Page::Search), title, ask.sandbox, visitor),
            lang,
            hits: search::find(&question, lang, ask),
            question,
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}
