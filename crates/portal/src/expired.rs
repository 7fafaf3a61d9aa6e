//! The page for an expired form: it keeps the values and sends them again only if the reader
//! confirms.
//!
//! The server checks that one of our pages sent the form, and shows this page only then.

use askama::Template;

use crate::frame::Frame;
use crate::lang::Lang;
use crate::visitor::Visitor;
use crate::{Answer, PageContext, callbacks, page_answer, report, sandbox_controls, sign_in};

/// The fields of a form without its token: names and values.
pub type Fields = [(String, String)];

/// The page. Its form is sent to the same path with `token`. Without a token the session has ended,
/// and the reader must sign in first.
pub fn page(ask: &PageContext<'_>, fields: &Fields, token: Option<&str>) -> Answer {
    let answer = page_answer(403, ask, |visitor| {
        let page = ExpiredPage::of(ask, fields, token, visitor);
        page.render().expect("a template writes to memory")
    });
    Answer { cache: "no-store", ..answer }
}

#[derive(Template)]
#[template(path = "expired.html")]
struct ExpiredPage<'a> {
    frame: Frame,
    lang: Lang,
    /// Where the form goes.
    action: &'a str,
    fields: &'a Fields,
    token: Option<&'a str>,
}

impl<'a> ExpiredPage<'a> {
    fn of(
        ask: &PageContext<'a>,
        fields: &'a Fields,
        token: Option<&'a str>,
        visitor: &Visitor,
    ) -> ExpiredPage<'a> {
        let lang = visitor.lang;
        let title = match token {
            Some(_) => lang.say("Formulir ini sudah kedaluwarsa", "This form has expired"),
            None => lang.say("Sesi Anda sudah berakhir", "Your session has ended"),
        };
        let frame = Frame::around_path(back(ask.path), title, ask.sandbox, visitor);
        ExpiredPage { frame, lang, action: ask.path, fields, token }
    }

    /// What the form does.
    fn deed(&self) -> &'static str {
        let lang = self.lang;
        match self.action {
            report::DEPOSIT => lang.say("Isi deposit", "Add a deposit"),
            callbacks::PATH => lang.say("Simpan alamat callback", "Save the callback address"),
            callbacks::AGAIN => lang.say("Kirim ulang callback", "Send the callback again"),
            sandbox_controls::PATH => lang.say("Ubah skenario", "Change a scenario"),
            sandbox_controls::CLOCK => lang.say("Majukan jam", "Move the clock"),
            sandbox_controls::ALL_OFF => {
                lang.say("Matikan semua skenario", "Switch all scenarios off")
            }
            sign_in::OUT => lang.say("Keluar", "Sign out"),
            _ => lang.say("Akhiri pembayaran ini", "Resolve this payment"),
        }
    }

    /// The label of a field.
    fn label(&self, name: &'a str) -> &'a str {
        let lang = self.lang;
        match name {
            "amount" => lang.say("Jumlah dalam rupiah", "Amount in rupiah"),
            "url" => lang.say("Alamat callback", "Callback address"),
            "time" => lang.say("Sampai pukul", "Until"),
            "tr_id" => lang.say("Transaksi", "Transaction"),
            "outcome" => lang.say("Hasil", "Outcome"),
            "name" => lang.say("Skenario", "Scenario"),
            "how" => lang.say("Ubah", "Change"),
            "move" => lang.say("Jam", "Clock"),
            "back" => lang.say("Halaman", "Page"),
            other => other,
        }
    }

    /// A selected value in words.
    fn chosen(&self, name: &str, value: &'a str) -> &'a str {
        let lang = self.lang;
        match (name, value) {
            ("outcome", "success") => lang.say("berhasil", "success"),
            ("outcome", "failed") => lang.say("gagal", "failed"),
            ("how", "next") => lang.say("satu kali", "once"),
            ("how", "until-off") => lang.say("nyalakan", "switch on"),
            ("how", "off") => lang.say("matikan", "switch off"),
            ("move", "hour") => lang.say("maju 1 jam", "1 hour ahead"),
            ("move", "day") => lang.say("maju 1 hari", "1 day ahead"),
            ("move", "to") => lang.say("maju sampai pukul tertentu", "ahead to a time"),
            ("move", "back") => {
                lang.say("kembali ke jam mesin", "back to the time of this machine")
            }
            (_, other) => other,
        }
    }
}

/// Whether the reader types a field instead of selecting it with a button.
fn is_typed(name: &str) -> bool {
    matches!(name, "amount" | "url" | "time")
}

/// The page that the form stands on.
fn back(action: &str) -> String {
    match action {
        callbacks::PATH | callbacks::AGAIN => callbacks::PATH.to_owned(),
        sandbox_controls::PATH | sandbox_controls::CLOCK | sandbox_controls::ALL_OFF => {
            sandbox_controls::PATH.to_owned()
        }
        report::DEPOSIT | sign_in::OUT => report::PATH.to_owned(),
        story => story.to_owned(),
    }
}
