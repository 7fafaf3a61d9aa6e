//! Products: fee and commission per bill sheet, opening hours, and the routes to billers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::money::Overflow;
use crate::{Moment, Price, ProductCode, Route, Rupiah};

/// A product of the price list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// Its code in the API.
    pub code: ProductCode,
    /// Shown in price lists and on receipts.
    pub name: Box<str>,
    pub family: Family,
    /// What the customer pays on top of the bill, per sheet: `admin` on the wire.
    pub fee: Rupiah,
    /// Whether the biller's own fee is charged where it states one; `fee` is then for billers that do not.
    pub fee_of_biller: bool,
    /// What the partner keeps of the price, per sheet: `komisi` on the wire.
    pub commission: Rupiah,
    /// Whether it can be bought at present.
    pub active: bool,
    /// When it can be paid; at any time if none.
    pub hours: Option<Hours>,
    /// The province of a water company.
    pub province: Option<Box<str>>,
    /// Whether a bill may be sold for less than the biller takes for it.
    pub below_cost: bool,
    /// Whether another biller may be asked to pay, if one certainly did not for a reason that lies with it.
    pub failover_payments: bool,
    /// The billers that are asked for its bills, in order.
    pub routes: Vec<Route>,
}

/// The kinds of bill, as in IAK's published examples. The order is stored as numbers in the database: add a
/// new one at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    BpjsKesehatan,
    BpjsDenda,
    BpjsKetenagakerjaanBpu,
    BpjsKetenagakerjaanPu,
    ChurchOfferingMember,
    ChurchOfferingNonMember,
    CustomDenom,
    Esamsat,
    GasPgas,
    Insurance,
    InternetNonTelkom,
    InternetTelkom,
    Multifinance,
    Pbb,
    Pdam,
    PlnNontaglis,
    PlnPostpaid,
    TelcoPostpaid,
    TvNonTelkomvision,
    TvTelkomvision,
}

/// A field that an inquiry needs beside the customer number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredField {
    /// `month`: how many months are paid.
    Month,
    /// `year`: the tax year.
    Year,
    /// `nomor_identitas`: the owner's identity number.
    Identity,
    /// `desc.amount`: the nominal itself.
    Amount,
}

use Family::*;

impl Family {
    /// Every family with its name (the name of its page of the reference) and its price list type.
    const TABLE: [(Family, &'static str, &'static str); 20] = [
        (BpjsKesehatan, "bpjs-kesehatan", "bpjs"),
        (BpjsDenda, "bpjs-denda", "bpjs"),
        (BpjsKetenagakerjaanBpu, "bpjs-ketenagakerjaan-bpu", "bpjs"),
        (BpjsKetenagakerjaanPu, "bpjs-ketenagakerjaan-pu", "bpjs"),
        (ChurchOfferingMember, "church-offering-member", "iuran"),
        (ChurchOfferingNonMember, "church-offering-non-member", "iuran"),
        (CustomDenom, "custom-denom", "emoney"),
        (Esamsat, "esamsat", "pajak-kendaraan"),
        (GasPgas, "gas-pgas", "gas"),
        (Insurance, "insurance", "asuransi"),
        (InternetNonTelkom, "internet-non-telkom", "internet"),
        (InternetTelkom, "internet-telkom", "internet"),
        (Multifinance, "multifinance", "finance"),
        (Pbb, "pbb", "pbb"),
        (Pdam, "pdam", "pdam"),
        (PlnNontaglis, "pln-nontaglis", "pln"),
        (PlnPostpaid, "pln-postpaid", "pln"),
        (TelcoPostpaid, "telco-postpaid", "hp"),
        (TvNonTelkomvision, "tv-non-telkomvision", "tv"),
        (TvTelkomvision, "tv-telkomvision", "tv"),
    ];

    /// All families.
    pub fn all() -> impl Iterator<Item = Family> {
        Family::TABLE.iter().map(|row| row.0)
    }

    /// The family with that name.
    pub fn named(name: &str) -> Option<Family> {
        Family::TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Its name, as in the page names of the reference.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its number in the database: its position among the families, counted from one.
    pub const fn number(self) -> i16 {
        self as i16 + 1
    }

    /// The family with that number.
    pub fn numbered(number: i16) -> Option<Family> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        Family::TABLE.get(place).map(|row| row.0)
    }

    /// Its `type` in the price list.
    pub fn price_list_type(self) -> &'static str {
        self.row().2
    }

    /// The field that an inquiry of this family needs.
    pub fn required_field(self) -> Option<RequiredField> {
        match self {
            BpjsKesehatan | BpjsKetenagakerjaanBpu => Some(RequiredField::Month),
            Pbb => Some(RequiredField::Year),
            Esamsat => Some(RequiredField::Identity),
            CustomDenom | ChurchOfferingMember | ChurchOfferingNonMember => {
                Some(RequiredField::Amount)
            }
            _ => None,
        }
    }

    fn row(self) -> &'static (Family, &'static str, &'static str) {
        &Family::TABLE[self as usize]
    }
}

/// Opening hours in Jakarta, as minutes since midnight. `closes` before `opens` spans midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    /// The first minute at which payments are possible.
    pub opens: u16,
    /// The first minute at which they are not possible any more.
    pub closes: u16,
}

impl Hours {
    /// Parses `01:00-23:00`. Equal times are refused: they could mean always or never.
    pub fn parse(text: &str) -> Option<Hours> {
        let minute = |clock: &str| {
            let (hour, minute) = clock.split_once(':')?;
            let two_digits = |part: &str| {
                let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse::<u16>().ok()).flatten()
            };
            let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let (opens, closes) = text.split_once('-')?;
        let hours = Hours { opens: minute(opens)?, closes: minute(closes)? };
        (hours.opens != hours.closes).then_some(hours)
    }

    /// Whether `now` is within the hours.
    pub fn open_at(self, now: Moment) -> bool {
        let minute = now.minute_of_day();
        if self.opens <= self.closes {
            (self.opens..self.closes).contains(&minute)
        } else {
            minute >= self.opens || minute < self.closes
        }
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (o, c) = (self.opens, self.closes);
        write!(f, "{:02}:{:02}-{:02}:{:02}", o / 60, o % 60, c / 60, c % 60)
    }
}

impl Product {
    /// The fee without the commission, per bill sheet; negative if the commission is higher.
    pub fn net_fee(&self) -> Result<Rupiah, Overflow> {
        self.fee.minus(self.commission)
    }

    /// Whether a bill of this price is not sold, because the biller takes more than the partner pays.
    pub fn refuses_cost(&self, cost: Option<Rupiah>, price: &Price) -> bool {
        !self.below_cost && cost.is_some_and(|cost| cost > price.selling_price)
    }

    /// Whether it can be paid at the time of day of `now`.
    pub fn open_at(&self, now: Moment) -> bool {
        self.hours.is_none_or(|hours| hours.open_at(now))
    }
}

/// All products, by code.
pub type Catalogue = BTreeMap<ProductCode, Arc<Product>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_order_of_the_families() {
        for family in Family::all() {
            assert_eq!(Family::named(family.name()), Some(family));
            assert_eq!(Family::numbered(family.number()), Some(family));
        }
        assert_eq!(Family::named("pulsa"), None);
        for number in [0, -1, 21, i16::MIN, i16::MAX] {
            assert_eq!(Family::numbered(number), None, "{number}");
        }
    }

    /// Databases contain these numbers.
    #[test]
    fn a_family_keeps_its_number() {
        let numbered = |number: i16| Family::numbered(number).map(Family::name);
        for (number, name) in [
            (1, "bpjs-kesehatan"),
            (2, "bpjs-denda"),
            (3, "bpjs-ketenagakerjaan-bpu"),
            (4, "bpjs-ketenagakerjaan-pu"),
            (5, "church-offering-member"),
            (6, "church-offering-non-member"),
            (7, "custom-denom"),
            (8, "esamsat"),
            (9, "gas-pgas"),
            (10, "insurance"),
            (11, "internet-non-telkom"),
            (12, "internet-telkom"),
            (13, "multifinance"),
            (14, "pbb"),
            (15, "pdam"),
            (16, "pln-nontaglis"),
            (17, "pln-postpaid"),
            (18, "telco-postpaid"),
            (19, "tv-non-telkomvision"),
            (20, "tv-telkomvision"),
        ] {
            assert_eq!(numbered(number), Some(name));
        }
    }

    #[test]
    fn pln_is_closed_from_23_to_01() {
        let hours = Hours::parse("01:00-23:00").unwrap();
        let midnight = Moment::from_micros(1_546_275_600_000_000);
        let at = |hour: i64, minute: i64| {
            hours.open_at(midnight.after_micros((hour * 60 + minute) * 60_000_000))
        };
        assert!(!at(0, 0) && !at(0, 59) && at(1, 0) && at(22, 59) && !at(23, 0) && !at(23, 59));
        assert_eq!(hours.to_string(), "01:00-23:00");
    }

    #[test]
    fn hours_may_span_midnight() {
        let hours = Hours::parse("22:00-02:30").unwrap();
        let midnight = Moment::from_micros(1_546_275_600_000_000);
        assert!(hours.open_at(midnight));
        assert!(!hours.open_at(midnight.after_micros(150 * 60_000_000)));
    }

    #[test]
    fn bad_hours_are_refused() {
        for bad in
            ["", "1:00-23:00", "01:00", "24:00-01:00", "01:60-02:00", "01:00-01:00", "+1:00-02:00"]
        {
            assert_eq!(Hours::parse(bad), None, "{bad:?}");
        }
    }
}
