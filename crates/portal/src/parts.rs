//! Shared parts of pages: examples in two formats, tables of fields, and the form that sends a
//! request.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::PageContext;
use crate::codes;
use crate::commands::{Command, Field};
use crate::examples::Document;
use crate::fields::AnswerField;
use crate::lang::Lang;
use crate::map;
use crate::scenarios::SandboxState;
use domain::{Rupiah, State};
use iak_protocol::ResponseCode;

/// A text to copy.
#[derive(Template)]
#[template(path = "parts/code.html")]
pub(crate) struct Code<'a> {
    pub(crate) lang: Lang,
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
}

/// A document in both formats, one of them shown at a time.
#[derive(Template)]
#[template(path = "parts/tabs.html")]
pub(crate) struct Tabs<'a> {
    pub(crate) lang: Lang,
    /// Its unique id on the page.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) document: Document,
}

impl Tabs<'_> {
    fn panels(&self) -> [(&'static str, &str); 2] {
        [("json", &self.document.json), ("xml", &self.document.xml)]
    }
}

/// The fields of a request.
#[derive(Template)]
#[template(path = "parts/request_fields.html")]
pub(crate) struct RequestFields<'a> {
    pub(crate) lang: Lang,
    pub(crate) fields: Vec<&'static Field>,
    /// The optional field that this family needs.
    pub(crate) needed: Option<&'a str>,
    /// Whether to omit optional fields that this family does not need.
    pub(crate) of_family: bool,
}

impl RequestFields<'_> {
    fn shown(&self) -> impl Iterator<Item = (&'static Field, bool)> {
        let required = |field: &Field| field.required || self.needed == Some(field.name);
        let all = self.fields.iter().map(move |field| (*field, required(field)));
        all.filter(|(_, required)| *required || !self.of_family)
    }
}

/// The fields of an answer.
#[derive(Template)]
#[template(path = "parts/answer_fields.html")]
pub(crate) struct AnswerFields {
    pub(crate) lang: Lang,
    pub(crate) fields: Vec<AnswerField>,
}

/// A response code as a link to its page.
#[derive(Template)]
#[template(path = "parts/mark.html")]
pub(crate) struct Mark {
    pub(crate) code: ResponseCode,
}

impl Mark {
    fn class(&self) -> &'static str {
        codes::class_name(self.code.class())
    }
}

/// The form for a real request.
#[derive(Template)]
#[template(path = "parts/live.html")]
pub(crate) struct Live<'a> {
    pub(crate) lang: Lang,
    pub(crate) command: Command,
    pub(crate) url: String,
    pub(crate) path: &'static str,
    /// The request that it starts from, in JSON.
    pub(crate) body: String,
    pub(crate) username: &'a str,
    pub(crate) api_key: &'a str,
}

impl<'a> Live<'a> {
    /// The form of a command, filled with the reader's credentials.
    pub(crate) fn of(
        command: Command,
        body: String,
        ask: &PageContext<'a>,
        lang: Lang,
    ) -> Live<'a> {
        let path = "/api/v1/bill/check";
        let (username, api_key) = ask.credentials.map_or(("", ""), |it| (it.username, it.api_key));
        let url = format!("{}{path}", ask.origin);
        Live { lang, command, url, path, body, username, api_key }
    }

    fn rows(&self) -> usize {
        self.body.trim_end().lines().count() + 1
    }
}

/// The active sandbox settings with the button that ends them, on every page.
#[derive(Template)]
#[template(path = "parts/bar.html")]
pub(crate) struct Bar<'a> {
    pub(crate) lang: Lang,
    pub(crate) sandbox_state: &'a SandboxState,
    /// The token of the form; `None` for a reader who may not change anything.
    pub(crate) token: Option<&'a str>,
    /// Where the form leads back to.
    pub(crate) back: &'a str,
}

/// A state in words.
pub(crate) const fn state_word(state: State, lang: Lang) -> &'static str {
    match state {
        State::Inquired => lang.say("dicek", "inquired"),
        State::Paying => lang.say("sedang dibayar", "paying"),
        State::Pending => lang.say("belum pasti", "pending"),
        State::Paid => lang.say("lunas", "paid"),
        State::Failed => lang.say("gagal", "failed"),
    }
}

/// The colour of a state.
pub(crate) const fn state_class(state: State) -> &'static str {
    match state {
        State::Inquired => "plain",
        State::Paying | State::Pending => "pending",
        State::Paid => "success",
        State::Failed => "failed",
    }
}

/// An amount as people write it: `Rp 52.300`.
pub(crate) fn rupiah(amount: Rupiah) -> String {
    let sign = if amount < Rupiah::ZERO { "-" } else { "" };
    format!("{sign}Rp {}", Rupiah::new(amount.get().saturating_abs()).dotted())
}

// Each of these templates escapes its own values; escaping again would show the markup.
impl HtmlSafe for Code<'_> {}
impl HtmlSafe for Tabs<'_> {}
impl HtmlSafe for RequestFields<'_> {}
impl HtmlSafe for AnswerFields {}
impl HtmlSafe for Mark {}
impl HtmlSafe for Live<'_> {}
impl HtmlSafe for Bar<'_> {}
