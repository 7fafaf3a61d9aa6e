//! What all requests have in common, with links to the other pages.

use askama::Template;
use domain::Family;

use crate::PageContext;
use crate::commands::Command;
use crate::families;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::openapi;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "reference.html")]
pub(crate) struct Reference<'a> {
    frame: Frame,
    lang: Lang,
    origin: &'a str,
    openapi: &'static str,
    commands: [Command; 4],
}

impl<'a> Reference<'a> {
    pub(crate) fn of(ask: &PageContext<'a>, visitor: &Visitor) -> Reference<'a> {
        let title = visitor.lang.say("Referensi", "Reference");
        Reference {
            frame: Frame::around(Some(Page::Reference), title, ask.sandbox, visitor),
            lang: visitor.lang,
            origin: ask.origin,
            openapi: openapi::PATH,
            commands: Command::ALL,
        }
    }

    fn about(&self, family: &Family) -> &'static str {
        families::summary(*family, self.lang)
    }
}
