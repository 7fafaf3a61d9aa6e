//! Receipts: only for paid bills, and only for those who may see them.

use crate::client::{Partner, Reply};
use crate::server::Home;

/// An address of another machine, as a proxy reports it.
const ELSEWHERE: &str = "X-Forwarded-For: 203.0.113.9";
const THROUGH_PROXY: [(&str, &str); 1] = [("server.trusted_proxies", "127.0.0.1")];

fn download(partner: &mut Partner, path: &str) -> Reply {
    partner.connection.send("GET", &format!("/api/v1/download/{path}"), &[ELSEWHERE], b"").unwrap()
}

/// IAK's client libraries treat XML as a failure, and everything else as the receipt.
fn assert_refused(reply: &Reply, code: &str) {
    assert_eq!((reply.status, &*reply.rc()), (200, code));
    assert_eq!(reply.header("content-type"), Some("application/xml"));
    assert!(reply.body.starts_with(b"<?xml ") && reply.text("message").is_some(), "{reply:?}");
    assert!(reply.text("NAMA").is_none() && reply.text("tr_name").is_none(), "{reply:?}");
}

#[test]
fn a_receipt_is_there_once_the_bill_is_paid() {
    let home = Home::new();
    let server = home.start(&THROUGH_PROXY);
    let mut partner = server.partner();
    for hp in ["8801234560001", "8801234560006", "8801234560007"] {
        let tr_id = partner.inquired("BPJS", hp).tr_id();
        let query = partner.receipt_query(tr_id);
        let paths = [format!("{tr_id}?{query}"), format!("{tr_id}/1?{query}")];
        for path in &paths {
            assert_refused(&download(&mut partner, path), "02");
        }
        let paid = partner.pay(tr_id).rc();
        if paid != "00" {
            for path in &paths {
                assert_refused(&download(&mut partner, path), "02");
            }
            continue;
        }
        let pdf = download(&mut partner, &paths[0]);
        assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
        assert!(pdf.body.starts_with(b"%PDF") && pdf.body.trim_ascii_end().ends_with(b"%%EOF"));
        assert_eq!(download(&mut partner, &paths[1]).text("NAMA").as_deref(), Some("VERGIE"));
    }
}

#[test]
fn the_lines_of_a_bpjs_receipt_are_those_that_client_libraries_print() {
    let home = Home::new();
    let server = home.start(&THROUGH_PROXY);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    let paid = partner.pay(tr_id);
    let (noref, paid_at) = (paid.text("noref").unwrap(), paid.text("datetime").unwrap());
    let digits = |from: usize, to: usize| &paid_at[from..to];
    let paid_at = format!(
        "{}-{}-{} {}:{}:{}",
        digits(0, 4),
        digits(4, 6),
        digits(6, 8),
        digits(8, 10),
        digits(10, 12),
        digits(12, 14)
    );
    let query = partner.receipt_query(tr_id);
    let lines = download(&mut partner, &format!("{tr_id}/1?{query}"));
    assert_eq!((lines.status, lines.header("content-type")), (200, Some("application/json")));
    let document = lines.document();
    let told: Vec<(&str, String)> = document
        .0
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("data."))
        .map(|label| (label, document.text(label).unwrap()))
        .collect();
    let expected = [
        ("HEADER", "STRUK PEMBAYARAN BPJS Kesehatan"),
        ("NO REFERENSI", &noref),
        ("TANGGAL", &paid_at),
        ("NO. RESI", &noref),
        ("NAMA PRODUK", "BPJS Kesehatan"),
        ("JUMLAH PESERTA", "2 ORANG"),
        ("SISA SBLMNYA", "Rp 0"),
        ("PERIODE", "2 BULAN"),
        ("ID PELANGGAN", "8801234560001"),
        ("NAMA", "VERGIE"),
        ("JUMLAH TAGIHAN", "Rp 50.000"),
        ("ADMIN", "Rp 2.500"),
    ];
    assert_eq!(told, expected.map(|(label, value)| (label, value.to_owned())));
}

#[test]
fn what_becomes_of_a_product_changes_no_receipt_and_no_answer() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("PLNPOSTPAID", "530000000001", "sold").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let mut seen = || {
        let download = |partner: &mut Partner, ending| {
            let query = partner.receipt_query(tr_id);
            download(partner, &format!("{tr_id}{ending}?{query}")).body
        };
        let pdf = download(&mut partner, "");
        let lines = download(&mut partner, "/1");
        [pdf, lines, partner.pay(tr_id).body, partner.status("sold").body]
    };
    let before = seen();
    let changed = ["--name", "Listrik", "--fee", "9000", "--commission", "10"];
    home.operate(&[&["product", "set", "PLNPOSTPAID"], &changed[..]].concat());
    let after = seen();
    for (what, (before, after)) in
        ["PDF", "lines", "payment", "status"].into_iter().zip(before.iter().zip(&after))
    {
        assert!(before == after, "the {what} has changed: {}", String::from_utf8_lossy(after));
    }
    assert!(String::from_utf8_lossy(&after[1]).contains("TARIF/DAYA"));
    let again = partner.inquire("PLNPOSTPAID", "530000000001", "resold");
    assert_eq!(again.rupiah("admin"), 9000, "what is asked for from now on is sold anew");
    home.audit();
}

#[test]
fn a_receipt_is_for_its_partner_only() {
    let home = Home::new();
    let server = home.start(&THROUGH_PROXY);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    let query = partner.receipt_query(tr_id);
    for ending in ["", "/1"] {
        // Without a signature nobody learns whether the transaction exists.
        let unsigned = download(&mut partner, &format!("{tr_id}{ending}"));
        let nothing = download(&mut partner, &format!("999999999{ending}"));
        assert_refused(&unsigned, "102");
        assert_eq!(unsigned.body, nothing.body);
        let user = &partner.username.clone();
        for wrong in [
            format!("username={user}"),
            format!("username={user}&sign="),
            format!("username={user}&sign={}", partner.sign(&tr_id.to_string())),
            format!("username=nobody&sign={}", partner.sign(&format!("{tr_id}receipt"))),
            partner.receipt_query(tr_id + 1),
        ] {
            let refused = download(&mut partner, &format!("{tr_id}{ending}?{wrong}"));
            assert!(["100", "102"].contains(&&*refused.rc()), "{wrong}: {}", refused.rc());
            assert_refused(&refused, &refused.rc());
        }
    }
    for no_number in ["x", "-1", "%2e%2e", "99999999999999999999"] {
        for ending in ["", "/1"] {
            let refused = download(&mut partner, &format!("{no_number}{ending}?{query}"));
            assert!(["06", "100", "102"].contains(&&*refused.rc()), "{no_number}");
            assert_refused(&refused, &refused.rc());
        }
    }
    for ending in ["", "/1"] {
        let refused = download(&mut partner, &format!("{tr_id}{ending}?username=%ff&username=x"));
        assert_eq!((refused.status, &*refused.rc()), (400, "107"));
        assert_eq!(refused.header("content-type"), Some("application/xml"));
    }

    let rotated = home.operate(&["partner", "add", "--username", "089999999999"]);
    let key = rotated["api_key"].as_str().unwrap();
    let mut other = Partner::connect(server.port, "089999999999", key).unwrap();
    let query = other.receipt_query(tr_id);
    assert_refused(&download(&mut other, &format!("{tr_id}/1?{query}")), "06");
}

#[test]
fn a_listed_address_needs_no_signature() {
    let home = Home::new();
    let server = home.start(&THROUGH_PROXY);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(partner.pay(tr_id).rc(), "00");
    home.operate(&["partner", "set", crate::server::USERNAME, "--allow", "203.0.113.9"]);
    let lines = download(&mut partner, &format!("{tr_id}/1"));
    assert_eq!(lines.text("NAMA").as_deref(), Some("VERGIE"));
    let unlisted = ["X-Forwarded-For: 203.0.113.10"];
    let path = format!("/api/v1/download/{tr_id}/1");
    let refused = partner.connection.send("GET", &path, &unlisted, b"").unwrap();
    assert_refused(&refused, "102");
}
