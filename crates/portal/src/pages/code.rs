//! One response code: what it means, on whose side the cause is, and what to do.

use askama::Template;
use billers::sandbox::{Case, cases};
use protocol::ResponseCode;

use crate::Ask;
use crate::codes::{self, Advice, Side};
use crate::families;
use crate::frame::Frame;
use crate::map::Page;
use crate::parts::Mark;
use crate::visitor::{Lang, Visitor};

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct CodePage {
    frame: Frame,
    lang: Lang,
    code: ResponseCode,
    advice: Advice,
    /// The sandbox's numbers that answer it.
    cases: Vec<Case>,
}

impl CodePage {
    pub(crate) fn of(code: ResponseCode, ask: &Ask<'_>, visitor: &Visitor) -> CodePage {
        let lang = visitor.lang;
        let answers = |case: &Case| {
            let last = case.payment.unwrap_or(case.inquiry);
            ResponseCode::parse(&format!("{:02}", last.0)) == Some(code)
        };
        let title = format!("RC {code}");
        CodePage {
            frame: Frame::around(Some(Page::Code(code)), title, ask.sandbox, visitor),
            lang,
            code,
            advice: codes::about(code),
            cases: cases().into_iter().filter(answers).collect(),
        }
    }

    fn mark(&self) -> Mark {
        Mark { code: self.code }
    }

    fn has_a_culprit(&self) -> bool {
        self.advice.side != Side::Nobody
    }

    fn finality(&self) -> &'static str {
        codes::finality(self.code.class(), self.lang)
    }

    fn class(&self) -> &'static str {
        codes::class_name(self.code.class())
    }

    fn family(&self, case: &Case) -> &'static str {
        families::title(case.family, self.lang)
    }
}
