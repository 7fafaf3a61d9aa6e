//! The lines of every documented family and the words of an amount.

mod slip;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::words::terbilang;
use super::{Facts, lines, rupiah};

/// The documented families with the product type and a name that the price list gives them.
const FAMILIES: [(&str, &str, &str); 20] = [
    ("bpjs-denda", "bpjs", "BPJS Kesehatan Denda"),
    ("bpjs-kesehatan", "bpjs", "BPJS Kesehatan"),
    ("bpjs-ketenagakerjaan-bpu", "bpjs", "BPJS Ketenagakerjaan BPU"),
    ("bpjs-ketenagakerjaan-pu", "bpjs", "BPJS Ketenagakerjaan PU"),
    ("church-offering-member", "donasi", "Perpuluhan"),
    ("church-offering-non-member", "donasi", "Perpuluhan"),
    ("custom-denom", "emoney", "ShopeePay"),
    ("esamsat", "pajak-kendaraan", "E-Samsat Jawa Barat"),
    ("gas-pgas", "gas", "PGN"),
    ("insurance", "asuransi", "AIA Premi"),
    ("internet-non-telkom", "internet", "CBN"),
    ("internet-telkom", "internet", "Telkom"),
    ("multifinance", "finance", "Mega Finance"),
    ("pbb", "pbb", "PBB Kota Cimahi"),
    ("pdam", "pdam", "PDAM Kota Surabaya"),
    ("pln-nontaglis", "pln", "PLN Nontaglis"),
    ("pln-postpaid", "pln", "PLN Pascabayar"),
    ("telco-postpaid", "hp", "Three Pascabayar"),
    ("tv-non-telkomvision", "tv", "BIG TV"),
    ("tv-telkomvision", "tv", "TelkomVision"),
];

/// What owns the texts that the facts of a documented payment borrow.
struct Paid {
    data: Value,
    desc: String,
    product_type: &'static str,
    product: &'static str,
}

impl Paid {
    fn documented(family: &str) -> Self {
        let (_, product_type, product) =
            *FAMILIES.iter().find(|known| known.0 == family).expect("a family of the table");
        let path = examples().join(family).join("payment-response.json");
        let mut answer: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let data = answer["data"].take();
        Self { desc: data["desc"].to_string(), data, product_type, product }
    }

    fn facts(&self) -> Facts<'_> {
        let text = |field: &str| self.data[field].as_str().unwrap();
        let number = |field: &str| self.data[field].as_i64().unwrap();
        Facts {
            product: self.product,
            code: text("code"),
            product_type: self.product_type,
            tr_id: number("tr_id"),
            noref: text("noref"),
            paid_at: "2021-06-04 12:38:33",
            hp: text("hp"),
            tr_name: text("tr_name"),
            period: text("period"),
            nominal: number("nominal"),
            admin: number("admin"),
            price: number("price"),
            desc: &self.desc,
            issuer: "Loket Lunas",
            footer: "Simpan struk ini sebagai bukti pembayaran yang sah.",
        }
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../iak-protocol/tests/data/examples")
}

/// The value of a label, if the receipt has the line.
fn value<'l>(lines: &'l [(String, String)], label: &str) -> Option<&'l str> {
    lines.iter().find(|line| line.0 == label).map(|line| line.1.as_str())
}

#[test]
fn bpjs_kesehatan_reads_as_in_the_client_libraries() {
    let paid = Paid::documented("bpjs-kesehatan");
    let lines = lines(&paid.facts());
    let lines: Vec<_> = lines.iter().map(|(label, value)| (&label[..], &value[..])).collect();
    let expected = [
        ("HEADER", "STRUK PEMBAYARAN BPJS Kesehatan"),
        ("NO REFERENSI", "148732328035714773"),
        ("TANGGAL", "2021-06-04 12:38:33"),
        ("NO. RESI", "148732328035714773"),
        ("NAMA PRODUK", "BPJS Kesehatan"),
        ("JUMLAH PESERTA", "2 ORANG"),
        ("SISA SBLMNYA", "Rp 0"),
        ("PERIODE", "2 BULAN"),
        ("ID PELANGGAN", "8801234560001"),
        ("NAMA", "VERGIE"),
        ("JUMLAH TAGIHAN", "Rp 50.000"),
        ("ADMIN", "Rp 2.500"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn every_documented_family_has_its_lines() {
    insta::with_settings!({
        snapshot_path => "../tests/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for (family, ..) in FAMILIES {
            let lines = lines(&Paid::documented(family).facts());
            let text: String =
                lines.iter().map(|(label, value)| format!("{label}: {value}\n")).collect();
            insta::assert_snapshot!(family, text);
        }
    });
}

#[test]
fn no_documented_family_is_left_out() {
    for entry in fs::read_dir(examples()).unwrap() {
        let entry = entry.unwrap();
        let family = entry.file_name().into_string().unwrap();
        let paid = entry.path().join("payment-response.json").exists();
        assert!(!paid || FAMILIES.iter().any(|known| known.0 == family), "{family}");
    }
}

#[test]
fn several_sheets_are_numbered_and_no_label_occurs_twice() {
    let mut paid = Paid::documented("pln-postpaid");
    let sheet = |month: u32| json!({ "periode": format!("2016{month:02}"), "denda": 3000 * month });
    paid.desc = json!({ "tagihan": { "detail": [sheet(8), sheet(9)] } }).to_string();
    let lines = lines(&paid.facts());
    assert_eq!(value(&lines, "PERIODE 2"), Some("SEP 2016"));
    assert_eq!(value(&lines, "DENDA 1"), Some("Rp 24.000"));
    assert_eq!(value(&lines, "DENDA"), None);
    for (index, (label, _)) in lines.iter().enumerate() {
        assert!(lines[..index].iter().all(|earlier| earlier.0 != *label), "{label} twice");
    }
}

#[test]
fn a_missing_value_gives_no_line() {
    let mut paid = Paid::documented("bpjs-kesehatan");
    let descs = ["", "no JSON", "[]", "null", "7", r#"{"jumlah_peserta": ""}"#];
    for desc in descs.into_iter().chain([r#"{"jumlah_peserta": {"a": 1}}"#, r#"{"premi": true}"#]) {
        paid.desc = desc.to_owned();
        let lines = lines(&paid.facts());
        assert_eq!(lines.len(), 10, "the nine common lines and PERIODE, not {lines:?}");
    }
    paid.desc = r#"{"tarif": "R1"}"#.to_owned();
    paid.product_type = "pln";
    assert_eq!(value(&lines(&paid.facts()), "TARIF/DAYA"), None, "half of a pair");
}

#[test]
fn an_unexpected_value_is_shown_unchanged() {
    let mut paid = Paid::documented("bpjs-kesehatan");
    paid.desc =
        json!({ "jumlah_peserta": "dua", "sisa_pembayaran": 1.5, "jht": -2500 }).to_string();
    let mut facts = paid.facts();
    for (period, shown) in [
        ("12", "12 BULAN"),
        ("202104", "APR 2021"),
        ("201405,201407", "MEI 2014, JUL 2014"),
        ("20181022-20191022", "22-10-2018 s.d. 22-10-2019"),
        ("202113", "202113"),
        ("20211301", "20211301"),
        ("0,1", "0,1"),
        ("MEI 12", "MEI 12"),
    ] {
        facts.period = period;
        assert_eq!(value(&lines(&facts), "PERIODE"), Some(shown));
    }
    let lines = lines(&facts);
    assert_eq!(value(&lines, "JUMLAH PESERTA"), Some("dua"));
    assert_eq!(value(&lines, "SISA SBLMNYA"), Some("1.5"));
    assert_eq!(value(&lines, "JHT"), Some("-Rp 2.500"));
}

#[test]
fn rupiah_have_dots_between_thousands() {
    for (amount, text) in [
        (0, "Rp 0"),
        (999, "Rp 999"),
        (1_000, "Rp 1.000"),
        (50_000, "Rp 50.000"),
        (1_250_000, "Rp 1.250.000"),
        (-16_800, "-Rp 16.800"),
        (i64::MIN, "-Rp 9.223.372.036.854.775.808"),
    ] {
        assert_eq!(rupiah(amount), text);
    }
}

#[test]
fn an_amount_in_words_follows_indonesian_usage() {
    for (amount, words) in [
        (0, "Nol Rupiah"),
        (1, "Satu Rupiah"),
        (10, "Sepuluh Rupiah"),
        (11, "Sebelas Rupiah"),
        (15, "Lima Belas Rupiah"),
        (20, "Dua Puluh Rupiah"),
        (100, "Seratus Rupiah"),
        (111, "Seratus Sebelas Rupiah"),
        (219, "Dua Ratus Sembilan Belas Rupiah"),
        (1_000, "Seribu Rupiah"),
        (1_001, "Seribu Satu Rupiah"),
        (2_100, "Dua Ribu Seratus Rupiah"),
        (11_000, "Sebelas Ribu Rupiah"),
        (52_500, "Lima Puluh Dua Ribu Lima Ratus Rupiah"),
        (101_000, "Seratus Satu Ribu Rupiah"),
        (1_000_000, "Satu Juta Rupiah"),
        (1_001_000, "Satu Juta Seribu Rupiah"),
        (2_000_000_000, "Dua Miliar Rupiah"),
        (1_000_000_000_001, "Satu Triliun Satu Rupiah"),
        (-16_800, "Minus Enam Belas Ribu Delapan Ratus Rupiah"),
    ] {
        assert_eq!(terbilang(amount), words);
    }
    assert!(terbilang(i64::MIN).starts_with("Minus Sembilan Kuintiliun Dua Ratus Dua Puluh Tiga"));
}
