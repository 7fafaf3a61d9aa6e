//! One family of products: products, requests, answers, and the sandbox's numbers.

use std::sync::Arc;

use askama::Template;
use domain::{Family, Product, Rupiah};
use iak_protocol::ResponseCode;
use sandbox::{Case, cases};

use crate::PageContext;
use crate::commands::{Command, extra_field};
use crate::examples;
use crate::families;
use crate::fields;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::{self, AnswerFields, Live, Mark, RequestFields, Tabs};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "family.html")]
pub(crate) struct FamilyPage<'a> {
    frame: Frame,
    lang: Lang,
    family: Family,
    products: Vec<Arc<Product>>,
    cases: Vec<Case>,
    request_fields: RequestFields<'a>,
    answer_fields: AnswerFields,
    /// The forms for an inquiry and a payment, in the sandbox.
    live: Option<(Live<'a>, Live<'a>)>,
}

impl<'a> FamilyPage<'a> {
    pub(crate) fn of(family: Family, ask: &PageContext<'a>, visitor: &Visitor) -> FamilyPage<'a> {
        let lang = visitor.lang;
        let (inquiry, payment) = (examples::inquiry(family), examples::payment(family));
        let title = families::title(family, lang);
        let sold = ask.catalogue.into_iter().flat_map(|catalogue| catalogue.values());
        let live = || {
            let (inquiring, paying) = (examples::inquiry_that_pays(family), &payment.request.json);
            (
                Live::of(Command::Inquiry, inquiring, ask, lang),
                Live::of(Command::Payment, paying.clone().into_owned(), ask, lang),
            )
        };
        FamilyPage {
            frame: Frame::around(Some(Page::Family(family)), title, ask.sandbox, visitor),
            lang,
            family,
            products: sold.filter(|it| it.family == family).cloned().collect(),
            cases: cases().into_iter().filter(|case| case.family == family).collect(),
            request_fields: RequestFields {
                lang,
                fields: Command::Inquiry.fields(),
                needed: family.required_field().map(extra_field),
                of_family: true,
            },
            answer_fields: AnswerFields {
                lang,
                fields: fields::fields(&[payment.answer.json, inquiry.answer.json]),
            },
            live: ask.sandbox.then(live),
        }
    }

    fn summary(&self) -> &'static str {
        families::summary(self.family, self.lang)
    }

    fn mark(&self, code: &ResponseCode) -> Mark {
        Mark { code: *code }
    }

    fn rupiah(&self, amount: &Rupiah) -> String {
        parts::rupiah(*amount)
    }

    fn examples(&self) -> [Tabs<'static>; 4] {
        let (lang, family) = (self.lang, self.family);
        let (inquiry, payment) = (examples::inquiry(family), examples::payment(family));
        let tabs = |id, title, document| Tabs { lang, id, title, document };
        let inquiring = lang.say("Request cek tagihan", "Inquiry request");
        let paying = lang.say("Request pembayaran", "Payment request");
        [
            tabs("inquiry-request", inquiring, inquiry.request),
            tabs(
                "inquiry-answer",
                lang.say("Respons cek tagihan", "Inquiry answer"),
                inquiry.answer,
            ),
            tabs("payment-request", paying, payment.request),
            tabs(
                "payment-answer",
                lang.say("Respons pembayaran", "Payment answer"),
                payment.answer,
            ),
        ]
    }
}
