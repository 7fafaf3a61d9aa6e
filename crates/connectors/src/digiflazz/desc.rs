//! The details of a bill: Digiflazz's `desc` becomes what IAK documents for the product family, with the same
//! members in the same order and of the same JSON types, because partners speak IAK's dialect.
//!
//! Values are opaque: a text stays as it came, with its leading zeros, and a period is never read as a date. A
//! member that is a number at IAK is the number that stands in the text, or 0 if none does; so a meter of a water
//! company loses its leading zeros.
//!
//! # What Digiflazz does not have
//!
//! A member that is absent or of another type is an empty text or 0. These members Digiflazz never has:
//!
//! | family | members | value |
//! |---|---|---|
//! | BPJS Kesehatan | `kode_cabang`, `nama_cabang`, `sisa_pembayaran` | empty |
//! | BPJS denda | all but `jumlah_peserta` | empty; `premi` 0 |
//! | e-money | `footer` | empty |
//! | vehicle tax | `ntpd` | empty |
//! | insurance | all | empty; `footer` without lines |
//! | internet, not Telkom | `product_desc` | empty |
//! | Telkom | `kode_area`, `divre`, `datel` | empty |
//! | Telkom | `total` of a sheet | `nilai_tagihan` + `admin` |
//! | multifinance | `misc_fee`, `penalty_bill` | the sums of the sheets' `biaya_lain` and `denda` |
//! | multifinance | `installment` | the nominal less both |
//! | multifinance | `max_payment`, `last_paid_due_date`, `id_ref` | 0, empty |
//! | PBB | `nop` | the customer's number |
//! | PBB | `total_tagihan`, `admin`, `total_bayar` | nominal, fee, their sum |
//! | PBB | `tanggal`, `jatuh_tempo`, `denda` | empty, 0 |
//! | PDAM | `biller_admin`, `pdam_name`, `stamp_duty`, `stand` | empty |
//! | PLN postpaid | `total` of a sheet | `nilai_tagihan` + `admin` + `denda` |
//! | PLN postpaid | `lembar_tagihan_sisa` | 0 |
//! | postpaid telephone | all but `jumlah_tagihan` | empty |
//! | TV | `product_category`, `ppn` | empty, 0 |
//!
//! Gas has one pair of meters for all sheets: the first sheet's `meter_awal`, the last sheet's `meter_akhir`, and
//! the sum of `usage`. A family with sheets has one with default values if Digiflazz lists none. The sheets of a
//! TV company other than Telkomvision are left out: IAK documents no member of them. Local taxes other than
//! PBB (PDL) are sold as PBB, and their `provinsi` is left out.

mod families;

use domain::{Family, Rupiah};
use iak_protocol::Desc;

use super::json::Object;
use families::{Member, Value};

/// The longest `desc` that is converted, in bytes.
const MAX_DESC: usize = 64 * 1024;

/// The most bill sheets that are converted.
const MAX_SHEETS: usize = 200;

/// No details.
pub(super) const NONE: &str = "[]";

/// The call whose answer has the details. Some families have more members after a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Inquiry,
    Payment,
}

/// What is known of the bill beside its details.
pub(super) struct Known<'a> {
    pub(super) nominal: Rupiah,
    pub(super) admin: Rupiah,
    pub(super) customer_no: &'a str,
}

/// The details in IAK's form, as JSON text. What cannot be read has default values; what is too long is left
/// out as a whole.
pub(super) fn convert(family: Family, call: Call, desc: &str, known: &Known<'_>) -> Box<str> {
    let members = families::members(family, call);
    if members.is_empty() || desc.len() > MAX_DESC {
        return NONE.into();
    }
    let desc = Object::read(desc.as_bytes()).unwrap_or_default();
    let mut sheets = desc.objects("detail", MAX_SHEETS);
    if sheets.is_empty() {
        sheets.push(Object::default());
    }
    let mut json = String::new();
    Conversion { desc: &desc, sheets: &sheets, known }.object(&mut json, members, &desc);
    match Desc::new(&json) {
        Ok(_) => json.into(),
        Err(_) => NONE.into(),
    }
}

struct Conversion<'a> {
    desc: &'a Object<'a>,
    /// At least one.
    sheets: &'a [Object<'a>],
    known: &'a Known<'a>,
}

impl Conversion<'_> {
    /// Appends an object. `scope` is where the members come from: the details, or one sheet.
    fn object(&self, json: &mut String, members: &[Member], scope: &Object<'_>) {
        json.push('{');
        for (index, (name, value)) in members.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_text(json, name);
            json.push(':');
            self.value(json, value, scope);
        }
        json.push('}');
    }

    fn value(&self, json: &mut String, value: &Value, scope: &Object<'_>) {
        let (nominal, admin) = (self.known.nominal.get(), self.known.admin.get());
        match *value {
            Value::Text(name) => push_text(json, &scope.text(name).unwrap_or_default()),
            Value::Whole(name) => push_number(json, scope.whole(name)),
            Value::Empty => push_text(json, ""),
            Value::Zero => push_number(json, Some(0)),
            Value::Sheets => push_number(json, Some(self.sheet_count())),
            Value::SheetsAsText => push_text(json, &self.sheet_count().to_string()),
            Value::OfFirstSheet(name) => {
                let sheet = self.sheets.first();
                push_text(json, &sheet.and_then(|sheet| sheet.text(name)).unwrap_or_default());
            }
            Value::OfLastSheet(name) => {
                let sheet = self.sheets.last();
                push_text(json, &sheet.and_then(|sheet| sheet.text(name)).unwrap_or_default());
            }
            Value::SumOf(names) => push_number(json, sum(scope, names)),
            Value::SumOfSheets(names) => push_number(json, self.sum_of_sheets(names)),
            Value::NominalLess(names) => {
                let less = self.sum_of_sheets(names).and_then(|less| nominal.checked_sub(less));
                push_number(json, less.filter(|rest| *rest >= 0));
            }
            Value::Nominal => push_number(json, Some(nominal)),
            Value::Admin => push_number(json, Some(admin)),
            Value::Total => push_number(json, nominal.checked_add(admin)),
            Value::CustomerNo => push_text(json, self.known.customer_no),
            Value::Object(members) => self.object(json, members, scope),
            Value::EmptyList => json.push_str(NONE),
            Value::EachSheet(members) => {
                json.push('[');
                for (index, sheet) in self.sheets.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    self.object(json, members, sheet);
                }
                json.push(']');
            }
        }
    }

    fn sheet_count(&self) -> i64 {
        self.desc.whole("lembar_tagihan").filter(|count| *count > 0).unwrap_or(1)
    }

    fn sum_of_sheets(&self, names: &[&str]) -> Option<i64> {
        self.sheets.iter().try_fold(0_i64, |total, sheet| total.checked_add(sum(sheet, names)?))
    }
}

/// The sum of some members; an absent one counts as 0. `None` if it does not fit.
fn sum(scope: &Object<'_>, names: &[&str]) -> Option<i64> {
    let values = names.iter().map(|name| scope.whole(name).unwrap_or(0));
    values.into_iter().try_fold(0_i64, i64::checked_add)
}

fn push_text(json: &mut String, text: &str) {
    json.push_str(&serde_json::Value::from(text).to_string());
}

fn push_number(json: &mut String, number: Option<i64>) {
    json.push_str(&number.unwrap_or(0).to_string());
}

#[cfg(test)]
mod tests;
