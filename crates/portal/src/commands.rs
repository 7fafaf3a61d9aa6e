//! The four commands: purpose, request fields, and what the signature covers.

use domain::product::RequiredField;

use crate::lang::Lang;

/// A text in both languages: Indonesian, English.
pub(crate) type Text = (&'static str, &'static str);

/// A command of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `inq-pasca`.
    Inquiry,
    /// `pay-pasca`.
    Payment,
    /// `checkstatus`.
    Status,
    /// `pricelist-pasca`.
    PriceList,
}

/// A field of a request.
pub(crate) struct Field {
    /// Its wire name.
    pub(crate) name: &'static str,
    /// Whether a request without it is RC 107.
    pub(crate) required: bool,
    /// The format of its value.
    pub(crate) shape: Text,
    pub(crate) meaning: Text,
}

impl Command {
    /// All four.
    pub const ALL: [Command; 4] =
        [Command::Inquiry, Command::Payment, Command::Status, Command::PriceList];

    /// The value of `commands`.
    pub const fn name(self) -> &'static str {
        match self {
            Command::Inquiry => "inq-pasca",
            Command::Payment => "pay-pasca",
            Command::Status => "checkstatus",
            Command::PriceList => "pricelist-pasca",
        }
    }

    /// The command of that name.
    pub fn named(name: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.name() == name)
    }

    pub(crate) const fn title(self, lang: Lang) -> &'static str {
        match self {
            Command::Inquiry => lang.say("Cek tagihan", "Inquiry"),
            Command::Payment => lang.say("Bayar tagihan", "Payment"),
            Command::Status => lang.say("Cek status", "Check status"),
            Command::PriceList => lang.say("Daftar harga", "Price list"),
        }
    }

    pub(crate) const fn summary(self, lang: Lang) -> &'static str {
        match self {
            Command::Inquiry => lang.say(
                "Menanyakan berapa tagihan pelanggan. Tidak ada uang yang berpindah. Responsnya \
                 memuat tr_id, yang Anda pakai untuk membayar pada hari yang sama.",
                "Asks what a customer owes. No money moves. The answer contains a tr_id; use it to \
                 pay on the same day.",
            ),
            Command::Payment => lang.say(
                "Membayar tagihan yang sudah dicek, satu kali. Deposit didebit, biller dibayar, dan \
                 responsnya 00, kegagalan yang pasti, atau 39 bila hasilnya belum diketahui.",
                "Pays the bill of an inquiry, once. The deposit is debited, the biller is paid, and \
                 the answer is 00, a definite failure, or 39 if the outcome is not known yet.",
            ),
            Command::Status => lang.say(
                "Menanyakan apa yang terjadi dengan sebuah ref_id. Inilah jalan yang aman setelah \
                 respons pembayaran hilang: tanyakan statusnya, jangan bayar dengan ref_id baru.",
                "Asks for the result of a ref_id. This is the safe way after a lost answer: ask for \
                 the status, never pay with a new ref_id.",
            ),
            Command::PriceList => lang.say(
                "Daftar produk yang dijual, dengan biaya admin dan komisinya.",
                "Lists the products on sale with their fee and commission.",
            ),
        }
    }

    /// What the signature covers after the username and the API key.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Command::Inquiry => "ref_id",
            Command::Payment => "tr_id",
            Command::Status => "\"cs\"",
            Command::PriceList => "\"pl\"",
        }
    }

    /// The fields of a request, those of every command first.
    pub(crate) fn fields(self) -> Vec<&'static Field> {
        let own: &'static [Field] = match self {
            Command::Inquiry => &INQUIRY,
            Command::Payment => &PAYMENT,
            Command::Status => &STATUS,
            Command::PriceList => &PRICE_LIST,
        };
        EVERY.iter().chain(own).collect()
    }
}

/// The field that an inquiry of some families must carry.
pub(crate) const fn extra_field(extra: RequiredField) -> &'static str {
    match extra {
        RequiredField::Month => "month",
        RequiredField::Year => "year",
        RequiredField::Identity => "nomor_identitas",
        RequiredField::Amount => "desc.amount",
    }
}

const fn field(name: &'static str, required: bool, shape: Text, meaning: Text) -> Field {
    Field { name, required, shape, meaning }
}

const ANY: Text = ("teks", "text");
const REF_ID: Text = (
    "1 sampai 64 huruf, angka, atau - _ . : / (bukan cs atau pl)",
    "1 to 64 letters, digits or - _ . : / (and not cs or pl)",
);
const CUSTOMER: Text = (
    "1 sampai 64 huruf, angka, spasi, atau - _ . : /",
    "1 to 64 letters, digits, blanks or - _ . : /",
);

const EVERY: [Field; 3] = [
    field("commands", true, ANY, ("Nama command ini.", "The name of this command.")),
    field(
        "username",
        true,
        ("1 sampai 64 karakter ASCII yang terlihat", "1 to 64 visible ASCII characters"),
        ("Nama pengguna Anda.", "Your username."),
    ),
    field(
        "sign",
        true,
        ANY,
        (
            "md5 dari username, API key, dan akhiran command ini, dalam 32 digit heksadesimal.",
            "The md5 of the username, the API key and the suffix of this command, as 32 hex digits.",
        ),
    ),
];

const INQUIRY: [Field; 7] = [
    field(
        "code",
        true,
        ("1 sampai 64 huruf, angka, atau - _ .", "1 to 64 letters, digits or - _ ."),
        ("Kode produk.", "The product's code."),
    ),
    field(
        "hp",
        true,
        CUSTOMER,
        ("Nomor pelanggan di biller.", "The customer's number at the biller."),
    ),
    field(
        "ref_id",
        true,
        REF_ID,
        (
            "Nomor Anda sendiri untuk transaksi ini. Tidak boleh dipakai dua kali (RC 11).",
            "Your own number for this transaction. Use each number only once (RC 11).",
        ),
    ),
    field(
        "month",
        false,
        ("1 atau 2 angka", "1 or 2 digits"),
        ("Berapa bulan yang dibayar, 1 sampai 12.", "The number of months to pay, 1 to 12."),
    ),
    field("year", false, ("4 angka", "4 digits"), ("Tahun pajak.", "The tax year.")),
    field(
        "nomor_identitas",
        false,
        CUSTOMER,
        ("Nomor identitas pemilik kendaraan.", "The identity number of the vehicle's owner."),
    ),
    field(
        "desc.amount",
        false,
        ("rupiah bulat", "whole rupiah"),
        ("Nominal yang dipilih pelanggan.", "The amount that the customer chooses."),
    ),
];

const PAYMENT: [Field; 1] = [field(
    "tr_id",
    true,
    ("1 sampai 19 angka yang muat dalam 64 bit", "1 to 19 digits that fit 64 bits"),
    ("tr_id dari respons cek tagihan.", "The tr_id of the inquiry's answer."),
)];

const STATUS: [Field; 1] = [field(
    "ref_id",
    true,
    REF_ID,
    ("ref_id transaksi yang ditanyakan.", "The ref_id of the transaction in question."),
)];

const PRICE_LIST: [Field; 2] = [
    field(
        "status",
        false,
        ("all, active, atau non active", "all, active or non active"),
        ("Produk mana saja; tanpa ini semuanya.", "Which products; all if left out."),
    ),
    field(
        "province",
        false,
        ("1 sampai 64 karakter ASCII yang dapat dicetak", "1 to 64 printable ASCII characters"),
        ("Hanya PDAM dari provinsi ini.", "Only the water companies of this province."),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use iak_protocol::Command::Inquiry as Inquired;
    use iak_protocol::{Fault, Format, decode_request};
    use serde_json::{Value, json};

    fn request(command: Command) -> Value {
        json!({"commands": command.name(), "username": "u", "sign": "s", "code": "c", "hp": "1",
               "ref_id": "r", "tr_id": "1"})
    }

    fn fault(request: &Value) -> Option<Fault> {
        decode_request(request.to_string().as_bytes(), Format::Json).err()
    }

    /// Why it is refused, if only by a product that takes the field.
    fn refusal(request: &Value) -> String {
        match decode_request(request.to_string().as_bytes(), Format::Json) {
            Err(fault) => fault.to_string(),
            Ok(read) => match read.command {
                Inquired(inquiry) => Fault::Malformed(inquiry.unusable).to_string(),
                other => panic!("nothing refuses {other:?}"),
            },
        }
    }

    #[test]
    fn the_commands_are_those_of_the_wire() {
        for command in Command::ALL {
            let body = request(command).to_string();
            let read = decode_request(body.as_bytes(), Format::Json).unwrap().command;
            assert_eq!(read.name(), command.name());
            let covered = match command.suffix() {
                "ref_id" => "r",
                "tr_id" => "1",
                word => word.trim_matches('"'),
            };
            assert_eq!(read.signed_suffix(), covered);
        }
    }

    #[test]
    fn exactly_the_required_fields_are_required() {
        for command in Command::ALL {
            let fields = command.fields();
            let only = fields.iter().filter(|field| field.required);
            let mut body: Value = only.map(|f| (f.name, json!("1"))).collect();
            body["commands"] = command.name().into();
            assert_eq!(fault(&body), None, "{}", command.name());
            for field in fields.iter().filter(|field| field.required) {
                let mut without = body.clone();
                without.as_object_mut().unwrap().remove(field.name);
                let Some(Fault::Malformed(faults)) = fault(&without) else {
                    panic!("{} of {} is not missed", field.name, command.name())
                };
                assert!(faults.iter().all(|fault| fault.field == field.name), "{faults:?}");
            }
        }
    }

    #[test]
    fn a_format_is_described_in_the_words_of_the_refusal() {
        for command in Command::ALL {
            for field in command.fields() {
                let told = match field.name {
                    "commands" | "sign" | "desc.amount" => continue,
                    "ref_id" => {
                        let mut body = request(command);
                        body["ref_id"] = "a b".into();
                        assert_eq!(fault(&body), Some(Fault::RefId));
                        format!("ref_id is not {}", field.shape.1.split(" (").next().unwrap())
                    }
                    name => format!("{name} must be {}", field.shape.1),
                };
                let mut body = request(command);
                body[field.name] = "\u{e9} ".into();
                let refused = refusal(&body);
                assert!(refused.ends_with(&told), "the page: {told}; the answer: {refused}");
            }
        }
    }
}
