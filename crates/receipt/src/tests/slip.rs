//! The slip as a reader of the file sees it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{FAMILIES, Paid, value};
use crate::{Facts, lines, pdf, rupiah, unprintable, visible};

/// What a reader of the slip sees, a page after another.
fn pages(pdf: &[u8]) -> Vec<String> {
    let mut reader = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test reads slips with pdftotext: install poppler-utils");
    reader.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success(), "pdftotext refused the slip");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

/// The slip's one page with every run of blanks as one space.
fn page(facts: &Facts<'_>) -> String {
    let slip = pdf(facts, &lines(facts)).unwrap();
    assert!(slip.starts_with(b"%PDF-"));
    let pages = pages(&slip);
    assert_eq!(pages.len(), 1, "a usual slip is one page");
    pages[0].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_slip_shows_every_line_and_what_was_paid() {
    for (family, ..) in FAMILIES {
        let paid = Paid::documented(family);
        let facts = paid.facts();
        let page = page(&facts);
        for (label, value) in lines(&facts).iter().skip(1) {
            // A longer value is wrapped over several lines.
            if value.len() < 36 {
                assert!(
                    page.contains(&format!("{label} : {value}")),
                    "{label} in {family}: {page}"
                );
            }
        }
        let total = format!("TOTAL BAYAR {}", rupiah(facts.price));
        let id = format!("ID TRANSAKSI {} · {}", facts.tr_id, facts.code);
        let title = format!("STRUK PEMBAYARAN {}", facts.product);
        for text in [facts.issuer, "LUNAS", &title, &total, facts.footer, &id] {
            assert!(page.contains(text), "{text} in {family}: {page}");
        }
        assert!(!page.contains("HEADER") && !page.contains("Halaman"), "{page}");
    }
    let page = page(&Paid::documented("bpjs-kesehatan").facts());
    assert!(page.contains("Terbilang Lima Puluh Dua Ribu Lima Ratus Rupiah"), "{page}");
}

#[test]
fn the_maximum_of_pln_sheets_fits_on_one_page() {
    let mut paid = Paid::documented("pln-postpaid");
    let mut desc: Value = serde_json::from_str(&paid.desc).unwrap();
    let sheet = desc["tagihan"]["detail"][0].clone();
    desc["tagihan"]["detail"] = json!(vec![sheet; 4]);
    paid.desc = desc.to_string();
    let page = page(&paid.facts());
    assert!(page.contains("DENDA 4 : Rp 0") && page.contains("TOTAL BAYAR"), "{page}");
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let paid = Paid::documented("pdam");
    let slip = || pdf(&paid.facts(), &lines(&paid.facts())).unwrap();
    assert_eq!(slip(), slip());
}

#[test]
fn names_cannot_rewrite_a_slip() {
    let paid = Paid::documented("bpjs-kesehatan");
    let mut facts = paid.facts();
    facts.tr_name = "BUDI\u{1b}[2J\u{0}\r\nTOTAL BAYAR\t: Rp 1\u{202e}0001 pR\u{2028}\u{feff}AMIR";
    let shown = "BUDI[2J TOTAL BAYAR : Rp 10001 pR AMIR";
    assert_eq!(value(&lines(&facts), "NAMA"), Some(shown));
    let page = page(&facts);
    assert!(page.contains(&format!("NAMA : {shown}")), "{page}");
    assert!(page.contains("TOTAL BAYAR Rp 52.500"), "{page}");
}

#[test]
fn a_missing_character_is_a_question_mark_everywhere() {
    let paid = Paid::documented("pln-postpaid");
    for (text, shown) in [
        ("王小明", "???"),
        ("Budi 王", "Budi ?"),
        ("محمد", "????"),
        ("Siti 👩‍👧 Nur", "Siti ?? Nur"),
        ("Łukasz Ömer Ωμέγα Жук", "Łukasz Ömer Ωμέγα Жук"),
    ] {
        let desc = json!({ "tarif": text, "daya": 1300 }).to_string();
        let mut facts = paid.facts();
        (facts.tr_name, facts.product, facts.issuer, facts.footer) = (text, text, text, text);
        (facts.code, facts.desc) = (text, &desc);
        let page = page(&facts);
        assert_eq!(page.matches(shown).count(), 7, "{text}: {page}");
        assert_eq!(value(&lines(&facts), "NAMA"), Some(&*visible(text)));
        let is_whole = text == shown;
        assert_eq!(unprintable(text).is_none(), is_whole, "{text}");
    }
    for (unseen, c) in [
        ("\u{200b}", '\u{200b}'),
        ("Lis\u{ad}trik", '\u{ad}'),
        ("a\u{202e}b", '\u{202e}'),
        ("\u{2066}x\u{2069}", '\u{2066}'),
    ] {
        assert_eq!(unprintable(unseen), Some(c), "{unseen:?}");
    }
}

#[test]
fn every_product_of_the_sandbox_and_every_text_of_the_slip_is_printable() {
    for product in sandbox::catalogue() {
        assert_eq!(unprintable(&product.name), None, "{}", product.name);
    }
    for (family, ..) in FAMILIES {
        let paid = Paid::documented(family);
        for (label, value) in lines(&paid.facts()) {
            assert_eq!(unprintable(&format!("{label}{value}…·")), None, "{label} of {family}");
        }
    }
}

#[test]
fn any_script_and_any_length_gives_a_slip() {
    let paid = Paid::documented("bpjs-kesehatan");
    let long = "W".repeat(10_000);
    let words = "SITI NUR ".repeat(2_000);
    let names =
        ["محمد عبد الله", "שלום", "王小明", "👩‍👩‍👧‍👦 🇮🇩", "e\u{301}\u{301}", "\u{10ffff}\u{fffe}", ""];
    for name in names.into_iter().chain([&long[..], &words]) {
        let mut facts = paid.facts();
        (facts.tr_name, facts.issuer, facts.footer) = (name, name, name);
        (facts.product, facts.code, facts.price) = (name, name, i64::MIN);
        let pages = pages(&pdf(&facts, &lines(&facts)).unwrap());
        let most = if name.len() < 100 { 1 } else { 2 };
        assert!(pages.len() <= most, "{} characters on {} pages", name.len(), pages.len());
        assert!(pages[pages.len() - 1].contains("-Rp 9.223.372.036.854.775.808"));
    }
}

#[test]
fn a_flood_of_sheets_flows_over_few_pages() {
    let mut paid = Paid::documented("internet-telkom");
    let sheet = json!({ "periode": "MEI 2014", "nilai_tagihan": "49870" });
    paid.desc = json!({ "tagihan": { "detail": vec![sheet; 10_000] } }).to_string();
    let facts = paid.facts();
    let pages = pages(&pdf(&facts, &lines(&facts)).unwrap());
    assert_eq!(pages.len(), 2);
    assert!(pages[0].contains("Halaman 1 dari 2") && pages[1].contains("Halaman 2 dari 2"));
    assert!(pages.iter().all(|page| page.contains("ID TRANSAKSI 9732795")));
    assert!(!pages[0].contains("TOTAL BAYAR") && pages[1].contains("TOTAL BAYAR"));
    assert!(pages[1].contains("TAGIHAN 24") && !pages.concat().contains("TAGIHAN 25"));
}
