//! The numbers that the sandbox knows.

use askama::Template;
use domain::Family;
use iak_protocol::ResponseCode;
use sandbox::{Case, cases};

use crate::PageContext;
use crate::families;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Mark;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "numbers.html")]
pub(crate) struct Numbers {
    frame: Frame,
    lang: Lang,
    families: Vec<(Family, Vec<Case>)>,
}

impl Numbers {
    pub(crate) fn of(ask: &PageContext<'_>, visitor: &Visitor) -> Numbers {
        let lang = visitor.lang;
        let title = lang.say("Nomor sandbox", "Sandbox numbers");
        let all = cases();
        let of_family = |family| all.iter().filter(|it| it.family == family).cloned().collect();
        Numbers {
            frame: Frame::around(Some(Page::Numbers), title, ask.sandbox, visitor),
            lang,
            families: Family::all().map(|family| (family, of_family(family))).collect(),
        }
    }

    fn title(&self, family: &Family) -> &'static str {
        families::title(*family, self.lang)
    }

    fn mark(&self, code: &ResponseCode) -> Mark {
        Mark { code: *code }
    }
}
