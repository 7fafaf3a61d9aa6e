//! Details of every family beside the documented answers of IAK.

use std::fs;

use serde_json::{Value, json};

use super::*;

const KNOWN: Known<'static> =
    Known { nominal: Rupiah::new(661_000), admin: Rupiah::new(2500), customer_no: "0530" };

fn converted(family: Family, call: Call, desc: &Value) -> Value {
    let text = convert(family, call, &desc.to_string(), &KNOWN);
    serde_json::from_str(&text).unwrap()
}

/// The `desc` of IAK's documented answer, as its own text.
fn example(family: Family, call: Call) -> String {
    let call = if call == Call::Inquiry { "inquiry" } else { "payment" };
    let name = family.name();
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let path = format!("{crates}/iak-protocol/tests/data/examples/{name}/{call}-response.json");
    let text = fs::read_to_string(&path).expect(&path);
    let body = Object::read(text.as_bytes()).unwrap();
    body.object("data").unwrap().get("desc").unwrap().get().to_owned()
}

/// The structure of a JSON text: names in their order, and types. A list has the structure of its first item.
fn structure(json: &str) -> String {
    match json.trim_start().bytes().next().unwrap() {
        b'{' => {
            let object = Object::read(json.as_bytes()).unwrap();
            let member = |(name, value): (&str, &serde_json::value::RawValue)| {
                format!("{name}:{}", structure(value.get()))
            };
            let members: Vec<String> = object.members().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        b'[' => {
            let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(json).unwrap();
            format!("[{}]", items.first().map(|item| structure(item.get())).unwrap_or_default())
        }
        b'"' => "text".into(),
        b'-' | b'0'..=b'9' => "number".into(),
        _ => "other".into(),
    }
}

/// Digiflazz's details of every product, each field with the value that it has.
fn documented() -> Vec<(Family, Value)> {
    let local_tax = json!({"lembar_tagihan": 1, "alamat": "KO. GRIYA", "tahun_pajak": "2019",
        "kelurahan": "CIPAGERAN", "kecamatan": "CIMAHI UTARA", "kode_kab_kota": "0023",
        "kab_kota": "PEMKOT CIMAHI", "luas_tanah": "113 M2", "luas_gedung": "47 M2"});
    let internet = json!({"lembar_tagihan": 2, "detail": [
        {"periode": "MEI 2019", "nilai_tagihan": "8000", "admin": "2500"},
        {"periode": "JUN 2019", "nilai_tagihan": "11500", "admin": "2500"}]});
    let tv = json!({"lembar_tagihan": 1, "detail": [
        {"periode": "MEI 12", "nilai_tagihan": "99000", "no_ref": "205A"}]});
    vec![
        (
            Family::PlnPostpaid,
            json!({"tarif": "R1", "daya": 1300, "lembar_tagihan": 1, "detail": [
            {"periode": "NOP 25", "nilai_tagihan": "8000", "admin": "2500", "denda": "500",
             "meter_awal": "00080000", "meter_akhir": "00090000"}]}),
        ),
        (
            Family::Pdam,
            json!({"tarif": "3A", "lembar_tagihan": 1, "alamat": "WONOKROMO",
            "jatuh_tempo": "1-15 DES 2014", "detail": [{"periode": "201901",
            "nilai_tagihan": "8000", "denda": "500", "meter_awal": "00010", "meter_akhir": "30",
            "biaya_lain": "1500"}]}),
        ),
        (Family::InternetTelkom, internet.clone()),
        (Family::InternetNonTelkom, internet),
        (
            Family::BpjsKesehatan,
            json!({"jumlah_peserta": "2", "lembar_tagihan": 1,
            "alamat": "JAKARTA PUSAT", "detail": [{"periode": "01"}]}),
        ),
        (
            Family::Multifinance,
            json!({"lembar_tagihan": 1, "item_name": "HONDA VARIO",
            "no_rangka": "MH1JFB", "no_pol": "B6213UWX", "tenor": "030",
            "detail": [{"periode": "002", "denda": "3305", "biaya_lain": "0"}]}),
        ),
        (Family::Pbb, local_tax),
        (
            Family::GasPgas,
            json!({"lembar_tagihan": 2, "alamat": "-", "detail": [
            {"periode": "1", "meter_awal": "006538", "meter_akhir": "006573", "usage": "35"},
            {"periode": "2", "meter_awal": "006573", "meter_akhir": "006580", "usage": "7"}]}),
        ),
        (Family::TvTelkomvision, tv.clone()),
        (Family::TvNonTelkomvision, tv),
        (
            Family::BpjsKetenagakerjaanBpu,
            json!({"lembar_tagihan": 1, "kode_iuran": "9020",
            "kode_program": "JKK,JKM", "jkk": 10_000, "jkm": 6800, "jht": 20_000,
            "kantor_cabang": "JAKARTA", "tgl_efektif": "2019", "tgl_expired": "2020"}),
        ),
        (
            Family::BpjsKetenagakerjaanPu,
            json!({"lembar_tagihan": 1, "kode_iuran": "400",
            "kode_program": "JKK", "jkk": 1, "jkm": 2, "jht": 3, "jpk": 4, "jpn": 5,
            "npp": "01", "kode_divisi": "000"}),
        ),
        (
            Family::PlnNontaglis,
            json!({"lembar_tagihan": 1, "transaksi": "PENYAMBUNGAN BARU",
            "no_registrasi": "3225", "tanggal_registrasi": "20190101"}),
        ),
        (Family::CustomDenom, json!({"lembar_tagihan": 1})),
        (
            Family::Esamsat,
            json!({"lembar_tagihan": 1, "alamat": "GRIYA", "nomor_identitas": "0212",
            "nomor_rangka": "MHK", "nomor_mesin": "1NR", "nomor_polisi": "DK 1243AL",
            "milik_kenama": "001", "merek_kb": "DAIHATSU", "model_kb": "XENIA",
            "tahun_buatan": "2018", "tgl_akhir_pajak_baru": "20191022",
            "biaya_pokok_bbn": "0", "biaya_pokok_swd": "143500", "biaya_pokok_pkb": "2131000",
            "biaya_denda_bbn": "0", "biaya_denda_swd": "1", "biaya_denda_pkb": "2",
            "biaya_admin_stnk": "3", "biaya_admin_tnkb": "4", "biaya_parkir_pokok": "5",
            "biaya_pajak_progresif": "6"}),
        ),
        (Family::TelcoPostpaid, json!({"lembar_tagihan": 1})),
    ]
}

#[test]
fn details_have_the_names_the_order_and_the_types_that_iak_documents() {
    for (family, desc) in documented() {
        for call in [Call::Inquiry, Call::Payment] {
            let expected = structure(&example(family, call));
            // The values come and go with the account and the product; the structure does not.
            for desc in [desc.to_string(), "{}".into(), "[]".into(), String::new(), "no".into()] {
                let ours = convert(family, call, &desc, &KNOWN);
                assert_eq!(structure(&ours), expected, "{family:?} {call:?} {desc}");
            }
        }
    }
}

#[test]
fn a_family_that_digiflazz_does_not_document_has_default_values() {
    use Family::{BpjsDenda, ChurchOfferingMember, ChurchOfferingNonMember, Insurance};
    for family in [BpjsDenda, ChurchOfferingMember, ChurchOfferingNonMember, Insurance] {
        for call in [Call::Inquiry, Call::Payment] {
            // The lines of a footer are the biller's own.
            let expected = structure(&example(family, call)).replace("footer:[text]", "footer:[]");
            let ours = convert(family, call, "{}", &KNOWN);
            assert_eq!(structure(&ours), expected, "{family:?} {call:?}");
        }
    }
    let documented: Vec<Family> = documented().into_iter().map(|row| row.0).collect();
    assert_eq!(documented.len() + 4, Family::all().count());
}

/// Pitfall: periods were read as dates, and meters lost their zeros.
#[test]
fn a_text_stays_as_it_came() {
    let of = |family| documented().into_iter().find(|row| row.0 == family).unwrap().1;
    let pln = converted(Family::PlnPostpaid, Call::Payment, &of(Family::PlnPostpaid));
    let sheet = &pln["tagihan"]["detail"][0];
    assert_eq!((&sheet["periode"], &sheet["meter_awal"]), (&json!("NOP 25"), &json!("00080000")));
    assert_eq!((&sheet["total"], &pln["lembar_tagihan"]), (&json!(11_000), &json!("1")));
    let gas = converted(Family::GasPgas, Call::Inquiry, &of(Family::GasPgas));
    let expected = json!({"address": "-", "first_meter": "006538", "last_meter": "006580",
        "usage": 42});
    assert_eq!(gas, expected);
    let bpjs = converted(Family::BpjsKesehatan, Call::Inquiry, &json!({"jumlah_peserta": "02"}));
    assert_eq!(bpjs["jumlah_peserta"], "02");
    let odd = r#"{"tarif":1.50,"daya":"1300","detail":[{"periode":"a\"\\\u0000é"}]}"#;
    let pln: Value =
        serde_json::from_str(&convert(Family::PlnPostpaid, Call::Inquiry, odd, &KNOWN)).unwrap();
    assert_eq!((&pln["tarif"], &pln["daya"]), (&json!("1.50"), &json!(1300)));
    assert_eq!(pln["tagihan"]["detail"][0]["periode"], "a\"\\\u{fffd}é");
}

#[test]
fn what_digiflazz_lacks_is_derived_or_empty() {
    let of = |family| documented().into_iter().find(|row| row.0 == family).unwrap().1;
    let pbb = converted(Family::Pbb, Call::Inquiry, &of(Family::Pbb));
    assert_eq!((&pbb["total_tagihan"], &pbb["total_bayar"]), (&json!(661_000), &json!(663_500)));
    assert_eq!((&pbb["nop"], &pbb["lokasi"]), (&json!("0530"), &json!("KO. GRIYA")));
    let loan = converted(Family::Multifinance, Call::Inquiry, &of(Family::Multifinance));
    assert_eq!((&loan["installment"], &loan["penalty_bill"]), (&json!(657_695), &json!(3305)));
    assert_eq!(loan["tenor"], "030");
    let internet = converted(Family::InternetTelkom, Call::Inquiry, &of(Family::InternetTelkom));
    assert_eq!(internet["tagihan"]["detail"][1]["total"], 14_000);
    assert_eq!(internet["jumlah_tagihan"], 2);
    let tax = converted(Family::Esamsat, Call::Inquiry, &of(Family::Esamsat));
    assert_eq!((&tax["biaya_pokok"]["PKB"], &tax["ntpd"]), (&json!("2131000"), &json!("")));
}

#[test]
fn details_are_bounded() {
    let long = json!({"tarif": "x".repeat(MAX_DESC)}).to_string();
    assert_eq!(&*convert(Family::PlnPostpaid, Call::Inquiry, &long, &KNOWN), NONE);
    let many = format!(r#"{{"detail":[{}]}}"#, vec!["{}"; 20_000].join(","));
    let details = convert(Family::PlnPostpaid, Call::Payment, &many, &KNOWN);
    assert!(Desc::new(&details).is_ok() && details.len() <= MAX_DESC);
    let deep = format!(r#"{{"detail":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    assert!(Desc::new(&convert(Family::PlnPostpaid, Call::Inquiry, &deep, &KNOWN)).is_ok());
    let huge = json!({"detail": [{"denda": i64::MAX}, {"denda": i64::MAX}]});
    let loan = converted(Family::Multifinance, Call::Inquiry, &huge);
    assert_eq!((&loan["penalty_bill"], &loan["installment"]), (&json!(0), &json!(0)));
}
