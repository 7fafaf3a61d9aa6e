//! One response code: meaning, cause, and what to do.

use askama::Template;
use iak_protocol::ResponseCode;
use sandbox::{Case, Cause, cases};

use crate::PageContext;
use crate::codes::{self, Advice, Side};
use crate::families;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Mark;
use crate::scenarios;
use crate::visitor::{Visitor, value};
use crate::ways::{self, Way};

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct CodePage {
    frame: Frame,
    lang: Lang,
    code: ResponseCode,
    advice: Advice,
    /// What causes it in the sandbox.
    causes: Vec<Cause>,
    /// The sandbox's numbers that answer it.
    cases: Vec<Case>,
    /// Other ways to produce it.
    ways: Vec<Way>,
}

impl CodePage {
    pub(crate) fn of(code: ResponseCode, ask: &PageContext<'_>, visitor: &Visitor) -> CodePage {
        let lang = visitor.lang;
        let title = format!("RC {code}");
        CodePage {
            frame: Frame::around(Some(Page::Code(code)), title, ask.sandbox, visitor),
            lang,
            code,
            advice: codes::about(code),
            causes: causes(code, ask),
            ways: ways::ways(code),
            cases: cases().into_iter().filter(|case| case.last_code() == code).collect(),
        }
    }

    fn what(&self, cause: &Cause) -> &'static str {
        scenarios::what(*cause, self.lang)
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

/// What causes the code now, or caused it in the answer that the page is asked about (`by=maintenance`): a
/// scenario for one request is over when its answer is explained.
fn causes(code: ResponseCode, ask: &PageContext<'_>) -> Vec<Cause> {
    let asked = value(ask.query, '&', "by").unwrap_or_default();
    let acts = |cause: &Cause| {
        asked.split(',').any(|name| name == cause.name())
            || ask.sandbox_state.is_some_and(|state| state.acts(*cause))
    };
    Cause::all_of(code).filter(|cause| ask.sandbox && acts(cause)).collect()
}
