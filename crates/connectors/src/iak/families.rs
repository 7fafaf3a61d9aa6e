//! The family of a listed product, by its type and code.
//!
//! A type whose bills all have one form has one family. In the other types only the documented codes are certain.

use biller::ListedFamily;
use domain::Family::{self, *};

/// The codes that tell the family: a whole code or, before a `*`, its beginning.
const CODES: [(&str, Family); 12] = [
    ("BPJS", BpjsKesehatan),
    ("BPJSDENDA", BpjsDenda),
    ("BPJSTK", BpjsKetenagakerjaanBpu),
    ("BPJSTKPU", BpjsKetenagakerjaanPu),
    ("CBN", InternetNonTelkom),
    ("MEMBER.*", ChurchOfferingMember),
    ("NONMEMBER.*", ChurchOfferingNonMember),
    ("PLNNONH", PlnNontaglis),
    ("PLNPOSTPAID", PlnPostpaid),
    ("TELKOMPSTN", InternetTelkom),
    ("TVBIG", TvNonTelkomvision),
    ("TVTLKMV", TvTelkomvision),
];

/// The category of the products whose bills are asked for and paid with this API.
const CATEGORY: &str = "postpaid";

/// The family of a product.
pub(super) fn of(kind: &str, category: &str, code: &str) -> ListedFamily {
    let families: Vec<Family> =
        Family::all().filter(|family| family.price_list_type() == kind).collect();
    if families.is_empty() || category != CATEGORY {
        return ListedFamily::Unknown;
    }
    if let [only] = families[..] {
        return ListedFamily::Certain(only);
    }
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => code.starts_with(beginning),
        None => code == pattern,
    };
    let named = CODES.iter().find(|(pattern, family)| families.contains(family) && fits(pattern));
    match named {
        Some((_, family)) => ListedFamily::Certain(*family),
        None => ListedFamily::OneOf(families),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: &str = include_str!("../../../sandbox/data/products.csv");

    #[test]
    fn every_documented_code_has_its_family() {
        let mut seen = 0;
        for row in PRODUCTS.lines().skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            let family = Family::named(fields[2]).unwrap();
            let found = of(family.price_list_type(), "postpaid", fields[0]);
            assert_eq!(found, ListedFamily::Certain(family), "{row}");
            seen += 1;
        }
        assert_eq!(seen, 23);
    }

    #[test]
    fn another_code_is_certain_only_where_its_type_has_one_family() {
        assert_eq!(of("pdam", "postpaid", "PDAMKAB.BOGOR"), ListedFamily::Certain(Pdam));
        assert_eq!(of("finance", "postpaid", "FNBAF"), ListedFamily::Certain(Multifinance));
        let tv = ListedFamily::OneOf(vec![TvNonTelkomvision, TvTelkomvision]);
        assert_eq!(of("tv", "postpaid", "TVOTHER"), tv);
        for (kind, code) in
            [("bpjs", "BPJSX"), ("internet", "TELKOM"), ("pln", "PLN"), ("tv", "CBN")]
        {
            assert!(matches!(of(kind, "postpaid", code), ListedFamily::OneOf(_)), "{kind} {code}");
        }
        for (kind, category) in [("kereta", "postpaid"), ("", "postpaid"), ("pdam", "prepaid")] {
            assert_eq!(of(kind, category, "PDAM"), ListedFamily::Unknown, "{kind} {category}");
        }
    }
}
