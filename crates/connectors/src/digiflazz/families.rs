//! The family of a listed product, by its category, brand and name. The codes are the buyer's own and tell
//! nothing.

use biller::ListedFamily;
use domain::Family::{self, *};

/// The category of the products whose bills are asked for and paid.
const CATEGORY: &str = "pascabayar";

/// Each brand, a word of the product's name or none, and the families that fit. The first row that fits counts.
const BRANDS: [(&str, &str, &[Family]); 21] = [
    ("PLN PASCABAYAR", "", &[PlnPostpaid]),
    ("PLN NONTAGLIS", "", &[PlnNontaglis]),
    ("PLN", "PASCABAYAR", &[PlnPostpaid]),
    ("PLN", "NONTAGLIS", &[PlnNontaglis]),
    ("PLN", "", &[PlnPostpaid, PlnNontaglis]),
    ("PDAM", "", &[Pdam]),
    ("INTERNET PASCABAYAR", "TELKOM", &[InternetTelkom]),
    ("INTERNET PASCABAYAR", "INDIHOME", &[InternetTelkom]),
    ("INTERNET PASCABAYAR", "", &[InternetTelkom, InternetNonTelkom]),
    ("BPJS KESEHATAN", "DENDA", &[BpjsDenda]),
    ("BPJS KESEHATAN", "", &[BpjsKesehatan]),
    ("BPJS KETENAGAKERJAAN", "BPU", &[BpjsKetenagakerjaanBpu]),
    ("BPJS KETENAGAKERJAAN", "PU", &[BpjsKetenagakerjaanPu]),
    ("BPJS KETENAGAKERJAAN", "", &[BpjsKetenagakerjaanBpu, BpjsKetenagakerjaanPu]),
    ("MULTIFINANCE", "", &[Multifinance]),
    ("PBB", "", &[Pbb]),
    ("GAS NEGARA", "", &[GasPgas]),
    ("TV PASCABAYAR", "TELKOMVISION", &[TvTelkomvision]),
    ("TV PASCABAYAR", "", &[TvNonTelkomvision, TvTelkomvision]),
    ("HP PASCABAYAR", "", &[TelcoPostpaid]),
    ("SAMSAT", "", &[Esamsat]),
];

/// The family of a product.
pub(super) fn of(category: &str, brand: &str, name: &str) -> ListedFamily {
    if !category.trim().eq_ignore_ascii_case(CATEGORY) {
        return ListedFamily::Unknown;
    }
    let has = |word: &str| {
        let mut words = name.split(|letter: char| !letter.is_alphanumeric());
        word.is_empty() || words.any(|it| it.eq_ignore_ascii_case(word))
    };
    let is_it =
        |row: &&(&str, &str, &[Family])| brand.trim().eq_ignore_ascii_case(row.0) && has(row.1);
    match BRANDS.iter().find(is_it).map(|row| row.2) {
        Some([only]) => ListedFamily::Certain(*only),
        Some(families) => ListedFamily::OneOf(families.to_vec()),
        None => ListedFamily::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_tells_the_family_where_it_is_certain() {
        for (brand, name, family) in [
            ("PLN PASCABAYAR", "Pln Pascabayar", PlnPostpaid),
            ("PLN NONTAGLIS", "Pln Nontaglis", PlnNontaglis),
            ("PLN", "PLN Pascabayar", PlnPostpaid),
            ("PDAM", "PDAM Kota Bandung", Pdam),
            (" pdam ", "Pdam Kota Bandung", Pdam),
            ("INTERNET PASCABAYAR", "Telkom Indihome", InternetTelkom),
            ("INTERNET PASCABAYAR", "INDIHOME", InternetTelkom),
            ("BPJS KESEHATAN", "BPJS Kesehatan", BpjsKesehatan),
            ("BPJS KESEHATAN", "BPJS Kesehatan Denda", BpjsDenda),
            ("BPJS KETENAGAKERJAAN", "BPJS TK (BPU)", BpjsKetenagakerjaanBpu),
            ("BPJS KETENAGAKERJAAN", "BPJS TK PU", BpjsKetenagakerjaanPu),
            ("MULTIFINANCE", "Adira Finance", Multifinance),
            ("PBB", "PBB Kota Cimahi", Pbb),
            ("GAS NEGARA", "Perusahaan Gas Negara", GasPgas),
            ("TV PASCABAYAR", "Telkomvision", TvTelkomvision),
            ("HP PASCABAYAR", "Indosat Matrix", TelcoPostpaid),
            ("SAMSAT", "Samsat Jawa Barat", Esamsat),
        ] {
            let found = of("Pascabayar", brand, name);
            assert_eq!(found, ListedFamily::Certain(family), "{brand} {name}");
        }
    }

    #[test]
    fn what_a_brand_does_not_tell_is_not_guessed() {
        for (brand, name) in [
            ("PLN", "Listrik"),
            ("INTERNET PASCABAYAR", "Telkomnet"),
            ("BPJS KETENAGAKERJAAN", "BPJS Ketenagakerjaan"),
            ("TV PASCABAYAR", "Big TV"),
        ] {
            let found = of("Pascabayar", brand, name);
            assert!(matches!(found, ListedFamily::OneOf(_)), "{brand} {name}: {found:?}");
        }
        for (category, brand) in [
            ("Pascabayar", "PAJAK DAERAH LAINNYA"),
            ("Pascabayar", ""),
            ("Pulsa", "PDAM"),
            ("", "PDAM"),
        ] {
            assert_eq!(of(category, brand, "PDAM"), ListedFamily::Unknown, "{category} {brand}");
        }
    }
}
