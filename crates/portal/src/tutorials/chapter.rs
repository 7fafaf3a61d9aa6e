//! The chapters of a tutorial program.

use crate::lang::Lang;

/// A chapter; every program has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chapter {
    Setup,
    Inquiry,
    Payment,
    Status,
    Receipt,
    Together,
    Callback,
}

/// A file's chapters in its own order, without the lines that begin them.
pub(super) fn chapters(text: &str) -> Vec<(Chapter, String)> {
    let mut chapters = vec![(Chapter::Setup, String::new())];
    for line in text.lines() {
        match begun(line) {
            Some(Chapter::Setup) if chapters.len() == 1 => {}
            Some(chapter) => chapters.push((chapter, String::new())),
            None => {
                if let Some((_, text)) = chapters.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    for (_, text) in &mut chapters {
        *text = text.trim_start_matches('\n').trim_end().to_owned();
    }
    chapters
}

/// The chapter that a line begins.
pub(super) fn begun(line: &str) -> Option<Chapter> {
    let name = line.trim_start().trim_start_matches(['/', '#']).strip_prefix(" == ")?;
    Chapter::ALL.into_iter().find(|chapter| chapter.mark() == name)
}

impl Chapter {
    pub(crate) const ALL: [Chapter; 7] = [
        Chapter::Setup,
        Chapter::Inquiry,
        Chapter::Payment,
        Chapter::Status,
        Chapter::Receipt,
        Chapter::Together,
        Chapter::Callback,
    ];

    /// As it stands in the files.
    const fn mark(self) -> &'static str {
        match self {
            Chapter::Setup => "Setup",
            Chapter::Inquiry => "Inquiry",
            Chapter::Payment => "Payment",
            Chapter::Status => "Check status after a lost answer",
            Chapter::Receipt => "Receipt",
            Chapter::Together => "All together",
            Chapter::Callback => "Callback",
        }
    }

    pub(crate) const fn id(self) -> &'static str {
        match self {
            Chapter::Setup => "setup",
            Chapter::Inquiry => "inquiry",
            Chapter::Payment => "payment",
            Chapter::Status => "lost-answer",
            Chapter::Receipt => "receipt",
            Chapter::Together => "together",
            Chapter::Callback => "callback",
        }
    }

    pub(crate) const fn title(self, lang: Lang) -> &'static str {
        match self {
            Chapter::Setup => lang.say("Persiapan", "Setup"),
            Chapter::Inquiry => lang.say("Cek tagihan", "Inquiry"),
            Chapter::Payment => lang.say("Bayar", "Payment"),
            Chapter::Status => {
                lang.say("Respons hilang: tanyakan statusnya", "A lost answer: ask for the status")
            }
            Chapter::Receipt => lang.say("Struk", "Receipt"),
            Chapter::Together => lang.say("Semuanya", "All together"),
            Chapter::Callback => {
                lang.say("Callback: kabar tanpa bertanya", "Callback: the result without asking")
            }
        }
    }

    pub(crate) const fn advice(self, lang: Lang) -> &'static str {
        match self {
            Chapter::Setup => lang.say(
                "Setiap request ditandatangani dan dikirim satu kali. Yang tidak dijawab dibedakan dari yang ditolak: penolakan adalah hasil, respons yang hilang bukan.",
                "Every request is signed and sent once. A refusal is a result. A lost answer is not: ask for the status.",
            ),
            Chapter::Inquiry => lang.say(
                "Simpan ref_id sebelum dikirim: dengan nomor itulah Anda bertanya bila respons hilang. Cek tagihan tidak memindahkan uang.",
                "Save the ref_id before you send it: you need it to ask for the status if an answer is lost. An inquiry moves no money.",
            ),
            Chapter::Payment => lang.say(
                "Yang dibayar adalah tr_id dari cek tagihan, pada hari yang sama. Satu tr_id terbayar paling banyak satu kali, berapa kali pun dikirim.",
                "Pay the tr_id of the inquiry on the same day. A tr_id is paid at most once, however often you send it.",
            ),
            Chapter::Status => lang.say(
                "Setelah waktu tunggu habis, pembayarannya mungkin sudah terjadi. Tanyakan status ref_id itu sampai ada hasil. Jangan pernah membayar dengan ref_id baru: tagihan bisa terbayar dua kali.",
                "After a timeout the payment may have happened. Ask for the status of that ref_id until there is an outcome. Never pay with a new ref_id: the bill could be paid twice.",
            ),
            Chapter::Receipt => lang.say(
                "Struk memuat data pribadi pelanggan, maka request-nya pun ditandatangani.",
                "A receipt contains personal data of the customer, so its request is signed too.",
            ),
            Chapter::Together => lang.say(
                "Dua tagihan: yang kedua sengaja dibayar dengan waktu tunggu setengah detik.",
                "Two bills: the second is paid with a timeout of half a second on purpose.",
            ),
            Chapter::Callback => lang.say(
                "Bila pembayaran yang dijawab 39 berakhir, lunas mengirim POST ke alamat Anda: respons checkstatus dengan tanda tangannya. Periksa dulu tanda tangannya. Kabar yang sama bisa datang dua kali, maka catat per tr_id. Sebelum memindahkan uang, tanyakan statusnya: kabar bukan bukti.",
                "When a pending payment (39) ends, lunas sends a POST to your address: the checkstatus answer with a signature. Check the signature first. You may receive the same callback twice, so store it by tr_id. Before you move money, ask for the status: a callback is not proof.",
            ),
        }
    }
}
