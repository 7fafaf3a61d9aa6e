//! One of the four commands.

use askama::Template;

use crate::PageContext;
use crate::commands::Command;
use crate::examples::{self, Document};
use crate::fields;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::{AnswerFields, Live, RequestFields, Tabs};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "command.html")]
pub(crate) struct CommandPage<'a> {
    frame: Frame,
    lang: Lang,
    command: Command,
    request_fields: RequestFields<'a>,
    answer_fields: AnswerFields,
    /// Only in a sandbox: elsewhere it would pay real bills with a key typed into a page.
    live: Option<Live<'a>>,
}

impl<'a> CommandPage<'a> {
    pub(crate) fn of(
        command: Command,
        ask: &PageContext<'a>,
        visitor: &Visitor,
    ) -> CommandPage<'a> {
        let lang = visitor.lang;
        let answers: Vec<_> = answers(command).into_iter().map(|(_, answer)| answer.json).collect();
        let title = command.title(lang);
        let body = match command {
            Command::Inquiry => examples::inquiry_that_pays(examples::SHOWN),
            other => examples::request(other).json.into_owned(),
        };
        CommandPage {
            frame: Frame::around(Some(Page::Command(command)), title, ask.sandbox, visitor),
            lang,
            command,
            request_fields: RequestFields {
                lang,
                fields: command.fields(),
                needed: None,
                of_family: false,
            },
            answer_fields: AnswerFields { lang, fields: fields::fields(&answers) },
            live: ask.sandbox.then(|| Live::of(command, body, ask, lang)),
        }
    }

    fn request(&self) -> Tabs<'static> {
        let title = self.lang.say("Request", "Request");
        Tabs { lang: self.lang, id: "request", title, document: examples::request(self.command) }
    }

    fn answers(&self) -> Vec<Tabs<'static>> {
        let tabs = |(id, document)| {
            let title = self.lang.say("Respons", "Answer");
            Tabs { lang: self.lang, id, title, document }
        };
        answers(self.command).into_iter().map(tabs).collect()
    }
}

/// The documented answers, each with a name.
fn answers(command: Command) -> Vec<(&'static str, Document)> {
    match command {
        Command::Inquiry => vec![("answer", examples::inquiry(examples::SHOWN).answer)],
        Command::Payment => vec![("answer", examples::payment(examples::SHOWN).answer)],
        Command::Status => examples::status_answers().into(),
        Command::PriceList => vec![("answer", examples::price_list())],
    }
}
