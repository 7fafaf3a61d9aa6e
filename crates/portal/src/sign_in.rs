//! The form by which people of a partner sign in.
//!
//! Whoever serves it decides about them; here stands what they are told.

use askama::Template;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

/// The path of the page and of its form.
pub const PATH: &str = map::SIGN_IN;

/// Where the form to sign out is sent.
pub const OUT: &str = "/sign-out";

/// The form.
#[derive(Clone, Debug)]
pub struct Form<'a> {
    /// What was typed for a username.
    pub username: &'a str,
    /// What the form carries back.
    pub token: &'a str,
    /// Whether the browser may keep no cookie from here, as the address is no name.
    pub by_address: bool,
    /// Why the reader is not signed in.
    pub refused: Option<Refused>,
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Username, password or code are wrong; which of them is not said.
    Wrong,
    /// Too many were wrong.
    TooMany {
        /// The moment from which the next try counts, in Asia/Jakarta.
        until: String,
        /// How long that is from now, rounded up.
        minutes: u64,
    },
    /// Too many others are at it.
    Busy,
    /// The partner is suspended.
    Suspended,
    /// The form was not made for this browser, or it did not keep the form's cookie.
    NotKept,
    /// The books cannot be written.
    Unavailable,
}

impl Refused {
    const fn status(&self) -> u16 {
        match self {
            Refused::Wrong => 422,
            Refused::TooMany { .. } => 429,
            Refused::Busy | Refused::Unavailable => 503,
            Refused::Suspended | Refused::NotKept => 403,
        }
    }

    fn text(&self, lang: Lang) -> String {
        match self {
            Refused::Wrong => lang
                .say(
                    "Nama pengguna, kata sandi atau kodenya salah. Kode berlaku satu kali.",
                    "The username, the password or the code is wrong. Each code works only once.",
                )
                .to_owned(),
            Refused::TooMany { until, minutes } => match lang {
                Lang::Id => format!(
                    "Terlalu banyak percobaan yang salah. Coba lagi setelah {until} waktu Jakarta, \
                     {minutes} menit lagi."
                ),
                Lang::En => format!(
                    "Too many wrong attempts. Try again after {until} Jakarta time, in {minutes} min."
                ),
            },
            Refused::Busy => lang
                .say(
                    "Terlalu banyak yang sedang masuk. Coba lagi sebentar lagi.",
                    "Too many people are signing in right now. Try again in a moment.",
                )
                .to_owned(),
            Refused::Suspended => lang
                .say("Akun ini sedang dibekukan.", "This account is suspended.")
                .to_owned(),
            Refused::NotKept => lang
                .say(
                    "Formulir ini sudah kedaluwarsa. Coba lagi. Bila terulang, izinkan cookie dan buka \
                     halaman ini lewat HTTPS (atau localhost).",
                    "This form has expired. Try again. If it happens again, allow cookies and open this \
                     page by HTTPS (or localhost).",
                )
                .to_owned(),
            Refused::Unavailable => lang
                .say(
                    "Basis data sedang tidak dapat ditulis. Coba lagi nanti.",
                    "The database is not writable right now. Try again later.",
                )
                .to_owned(),
        }
    }

    /// Whether it is about what was typed.
    const fn is_about_the_fields(&self) -> bool {
        matches!(self, Refused::Wrong)
    }
}

/// The page with the form.
pub fn form(ask: &PageContext<'_>, form: &Form<'_>) -> Answer {
    let status = form.refused.as_ref().map_or(200, Refused::status);
    let answer = page_answer(status, ask, |visitor| {
        let page = FormPage { frame: frame(ask, visitor), lang: visitor.lang, form };
        page.render().expect("a template writes to memory")
    });
    Answer { cache: "no-store", ..answer }
}

/// The page where a password would be sent in the clear: it has no form.
pub fn insecure(ask: &PageContext<'_>) -> Answer {
    page_answer(403, ask, |visitor| {
        let page = Insecure { frame: frame(ask, visitor), lang: visitor.lang };
        page.render().expect("a template writes to memory")
    })
}

fn frame(ask: &PageContext<'_>, visitor: &Visitor) -> Frame {
    Frame::around_path(PATH, visitor.lang.say("Masuk", "Sign in"), ask.sandbox, visitor)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct FormPage<'a> {
    frame: Frame,
    lang: Lang,
    form: &'a Form<'a>,
}

impl FormPage<'_> {
    fn is_wrong(&self) -> bool {
        self.form.refused.as_ref().is_some_and(Refused::is_about_the_fields)
    }
}

#[derive(Template)]
#[template(path = "sign_in_insecure.html")]
struct Insecure {
    frame: Frame,
    lang: Lang,
}
