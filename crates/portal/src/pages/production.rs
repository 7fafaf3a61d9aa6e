//! The first page of a production server: its address, credentials, and how to sign.

use askama::Template;

use crate::commands::Command;
use crate::curl;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Code;
use crate::visitor::Visitor;
use crate::{Account, PageContext, callbacks, report, sign_in};

#[derive(Template)]
#[template(path = "production.html")]
pub(crate) struct Production<'a> {
    frame: Frame,
    lang: Lang,
    origin: &'a str,
    commands: [Command; 4],
    price_list: String,
}

impl<'a> Production<'a> {
    pub(crate) fn of(ask: &PageContext<'a>, visitor: &Visitor) -> Production<'a> {
        let lang = visitor.lang;
        let username = match ask.account {
            Account::Partner { username, .. } => username,
            Account::NoSignIn | Account::Stranger => curl::USERNAME,
        };
        Production {
            frame: Frame::around(Some(Page::Start), lang.say("Mulai", "Start"), false, visitor),
            lang,
            origin: ask.origin,
            commands: Command::ALL,
            price_list: curl::price_list(ask.origin, username),
        }
    }

    fn shell<'b>(&self, id: &'b str, text: &'b str) -> Code<'b> {
        Code { lang: self.lang, id, title: "sh", text }
    }
}
