//! How to produce each response code in the sandbox: a number, a scenario, a mistake, or an
//! operator's setting.

use iak_protocol::ResponseCode;
use sandbox::{Cause, RequestScenario, Scenario, StoredScenario, cases};

use crate::commands::Text;
use crate::lang::Lang;

use ResponseCode::*;

/// A way to a response code.
pub(crate) enum Way {
    /// A BPJS inquiry with this number gets the code.
    Number(String),
    /// A scenario or the moved clock, and the request that then gets the code.
    Scenario(Cause, Text),
    /// A mistake of the program.
    Mistake(Text),
    /// An operator's command, and the request that then gets the code.
    Operator(&'static str, Text),
}

impl Way {
    /// Its name in the page; tests use it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Way::Number(_) => "number",
            Way::Scenario(..) => "scenario",
            Way::Mistake(_) => "mistake",
            Way::Operator(..) => "operator",
        }
    }

    /// The kind in words.
    pub(crate) const fn title(&self, lang: Lang) -> &'static str {
        match self {
            Way::Number(_) => lang.say("Nomor", "Number"),
            Way::Scenario(..) => lang.say("Skenario", "Scenario"),
            Way::Mistake(_) => lang.say("Kesalahan", "Mistake"),
            Way::Operator(..) => lang.say("Pengaturan operator", "Operator's setting"),
        }
    }

    /// What is typed: a number, a scenario's name or a command.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Way::Number(hp) => Some(hp),
            Way::Scenario(cause, _) => Some(cause.name()),
            Way::Operator(typed, _) => Some(typed),
            Way::Mistake(_) => None,
        }
    }

    /// What to do.
    pub(crate) const fn todo(&self, lang: Lang) -> &'static str {
        match self {
            Way::Number(_) => lang.say(
                "Cek tagihan BPJS dengan nomor ini. Empat angka terakhirnya menentukan kode.",
                "Send a BPJS inquiry with this number. The last four digits select the code.",
            ),
            Way::Scenario(_, text) | Way::Mistake(text) | Way::Operator(_, text) => {
                lang.say(text.0, text.1)
            }
        }
    }
}

/// The ways to a code other than the documented numbers. Every code without a documented number has
/// one.
pub(crate) fn ways(code: ResponseCode) -> Vec<Way> {
    if let Some(own) = own(code) {
        return own;
    }
    let is_documented = cases().iter().any(|case| case.last_code() == code);
    if is_documented { Vec::new() } else { vec![Way::Number(number(code))] }
}

/// A BPJS number that is not documented, so that its last four digits select the answer.
fn number(code: ResponseCode) -> String {
    format!("880123455{:0>4}", code.as_str())
}

const fn request(scenario: RequestScenario) -> Cause {
    Cause::Scenario(Scenario::Request(scenario))
}

const fn stored(scenario: StoredScenario) -> Cause {
    Cause::Scenario(Scenario::Stored(scenario))
}

/// The ways to a code that lunas itself answers.
fn own(code: ResponseCode) -> Option<Vec<Way>> {
    Some(vec![match code {
        InvoicePaid => {
            Way::Mistake(("Bayar tr_id yang sama dua kali.", "Pay the same tr_id twice."))
        }
        BillUnpaid => Way::Mistake((
            "Unduh struk transaksi yang belum dibayar: GET /api/v1/download/TR_ID.",
            "Download the receipt of a transaction that is not paid: GET /api/v1/download/TR_ID.",
        )),
        InvalidRefId => Way::Mistake((
            "Kirim cek tagihan dengan ref_id yang memuat spasi.",
            "Send an inquiry with a ref_id that contains a space.",
        )),
        BillingIdExpired => Way::Scenario(
            Cause::MovedClock,
            (
                "Cek tagihan, majukan jam sandbox 1 hari, lalu bayar tr_id itu.",
                "Send an inquiry, move the sandbox's clock 1 day ahead, then pay that tr_id.",
            ),
        ),
        InquiryNotFound => Way::Mistake((
            "Tanyakan status ref_id yang belum pernah dikirim.",
            "Ask for the status of a ref_id that was never sent.",
        )),
        DuplicateRefId => Way::Mistake((
            "Kirim dua cek tagihan dengan ref_id yang sama.",
            "Send two inquiries with the same ref_id.",
        )),
        BalanceNotEnough => Way::Scenario(
            stored(StoredScenario::LowDeposit),
            (
                "Nyalakan skenario ini, lalu bayar tagihan apa pun.",
                "Switch this scenario on, then pay any bill.",
            ),
        ),
        ProductUnregistered => Way::Mistake((
            "Kirim cek tagihan dengan code yang tidak ada di daftar harga.",
            "Send an inquiry with a code that is not in the price list.",
        )),
        TryAgainLater => Way::Mistake((
            "Cek tagihan BPJS 8801234551039 dua kali dengan ref_id berbeda, lalu bayar keduanya: \
             selama yang pertama 39, yang kedua dijawab 33.",
            "Inquire BPJS 8801234551039 twice under two ref_ids, then pay both: while the first is 39, \
             the second is answered 33.",
        )),
        Pending => Way::Scenario(
            request(RequestScenario::LateSuccess),
            (
                "Nyalakan skenario ini, lalu bayar: responsnya 39, dan kemudian lunas.",
                "Switch this scenario on, then pay: the answer is 39, and later it is paid.",
            ),
        ),
        PaymentNotReceived => Way::Mistake((
            "Tanyakan status cek tagihan yang belum dibayar.",
            "Ask for the status of an inquiry that is not paid yet.",
        )),
        InvalidAmount => Way::Mistake((
            "Kirim cek tagihan SHOPEEPAY 082100000001 dengan desc.amount 0.",
            "Send an inquiry of SHOPEEPAY 082100000001 with a desc.amount of 0.",
        )),
        InvalidSignature => Way::Mistake((
            "Ubah satu karakter sign atau API key.",
            "Change one character of the sign or of the API key.",
        )),
        InvalidCommand => Way::Mistake((
            "Kirim commands yang lain, misalnya topup.",
            "Send another value of commands, such as topup.",
        )),
        InvalidIpAddress => Way::Operator(
            "lunas partner set USERNAME --allow 203.0.113.7",
            (
                "Setelah itu kirim apa saja dari alamat lain. Batalkan dengan --allow-any.",
                "Then send anything from another address. Undo it with --allow-any.",
            ),
        ),
        ProductOutOfService => Way::Operator(
            "lunas product set BPJS --off",
            (
                "Setelah itu cek tagihan BPJS. Batalkan dengan --on.",
                "Then send an inquiry of BPJS. Undo it with --on.",
            ),
        ),
        FormatError => Way::Mistake(("Kirim cek tagihan tanpa hp.", "Send an inquiry without hp.")),
        CutOff => Way::Scenario(
            stored(StoredScenario::CutOff),
            (
                "Nyalakan skenario ini, majukan jam sandbox ke 23:30, lalu bayar tagihan PLNPOSTPAID \
                 530000000001.",
                "Switch this scenario on, move the sandbox's clock to 23:30, then pay a bill of \
                 PLNPOSTPAID 530000000001.",
            ),
        ),
        Maintenance => Way::Scenario(
            request(RequestScenario::Maintenance),
            (
                "Nyalakan skenario ini, lalu cek tagihan atau bayar apa pun.",
                "Switch this scenario on, then send any inquiry or payment.",
            ),
        ),
        PageNotFound => Way::Mistake((
            "Kirim POST ke alamat lain, misalnya /api/v1/bill/chek.",
            "Send a POST to another address, such as /api/v1/bill/chek.",
        )),
        AccountSuspended => Way::Operator(
            "lunas partner suspend USERNAME",
            (
                "Setelah itu kirim apa saja. Batalkan dengan lunas partner resume.",
                "Then send anything. Undo it with lunas partner resume.",
            ),
        ),
        _ => return None,
    }])
}
