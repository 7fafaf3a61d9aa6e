//! One response code: meaning, cause, and what to do.

use askama::Template;
use iak_protocol::ResponseCode;
use sandbox::{Case, cases};

use crate::PageContext;
use crate::codes::{self, Advice, Side};
use crate::families;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Mark;
use crate::scenarios::{self, NAMES};
use crate::visitor::{Visitor, value};
use crate::ways::{self, Way};

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct CodePage {
    frame: Frame,
    lang: Lang,
    code: ResponseCode,
    advice: Advice,
    /// The active scenarios that cause it.
    brought_by: Vec<&'static str>,
    /// The sandbox's numbers that answer it.
    cases: Vec<Case>,
    /// Other ways to produce it.
    ways: Vec<Way>,
}

impl CodePage {
    pub(crate) fn of(code: ResponseCode, ask: &PageContext<'_>, visitor: &Visitor) -> CodePage {
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
            brought_by: brought_by(code, ask),
            ways: ways::ways(code),
            cases: cases().into_iter().filter(answers).collect(),
        }
    }

    fn what(&self, name: &str) -> &'static str {
        scenarios::what(name, self.lang)
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

/// What brings the code now, or brought it to the answer that the page is asked about (`by=maintenance`): a
/// scenario for one request is over when its answer is explained.
fn brought_by(code: ResponseCode, ask: &PageContext<'_>) -> Vec<&'static str> {
    let asked = value(ask.query, '&', "by").unwrap_or_default().split(',');
    let now =
        ask.sandbox_state.map(|sandbox_state| sandbox_state.brought(code)).unwrap_or_default();
    let named: Vec<&str> = asked.chain(now).collect();
    let bringing = NAMES.into_iter().filter(|name| scenarios::brings(name).contains(&code));
    bringing.filter(|name| ask.sandbox && named.contains(name)).collect()
}
