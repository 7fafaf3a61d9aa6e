//! The form with which people of a partner sign in.
//!
//! The server decides; this module has the texts.

use askama::Template;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::map;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, page_answer};

/// The path of the page and of its form.
pub const PATH: &str = map::SIGN_IN;

/// The path of the form to sign out.
pub const OUT: &str = "/sign-out";

/// The form.
#[derive(Clone, Debug)]
pub struct Form<'a> {
    /// The typed username.
    pub username: &'a str,
    /// The token of the form.
    pub token: &'a str,
    /// Whether the browser may refuse cookies because the address is an IP address.
    pub by_address: bool,
    /// Why the sign-in failed.
    pub refused: Option<Refused>,
}

/// Why a sign-in failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Username, password or code is wrong; the text does not say which.
    Wrong,
    /// Too many wrong attempts.
    TooMany {
        /// When the next attempt is possible, in Asia/Jakarta.
        until: String,
        /// Minutes until then, rounded up.
        minutes: u64,
    },
    /// Too many sign-ins at the same time.
    Busy,
    /// The partner is suspended.
    Suspended,
    /// The form belongs to another browser, or the browser did not store its cookie.
    NotKept,
    /// The database is not writable.
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

    /// Whether the typed values caused it.
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

/// The page without a form, shown if a password would be sent unencrypted.
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
