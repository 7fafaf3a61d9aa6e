//! The members of each family's details at IAK, in IAK's order, and where their values come from.

use domain::Family;

use super::Call;

/// A member at IAK.
pub(super) type Member = (&'static str, Value);

/// Where a value comes from. A name is a member of Digiflazz's details, or of a sheet where sheets are listed.
pub(super) enum Value {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Whole(&'static str),
    /// The empty text.
    Empty,
    /// 0.
    Zero,
    /// The number of bill sheets, as a number.
    Sheets,
    /// The number of bill sheets, as a text.
    SheetsAsText,
    /// A text of the first sheet.
    OfFirstSheet(&'static str),
    /// A text of the last sheet.
    OfLastSheet(&'static str),
    /// The sum of some members.
    SumOf(&'static [&'static str]),
    /// The sum of some members of all sheets.
    SumOfSheets(&'static [&'static str]),
    /// The nominal less some members of all sheets.
    NominalLess(&'static [&'static str]),
    /// The bill without the fee.
    Nominal,
    /// The fee.
    Admin,
    /// The bill with the fee.
    Total,
    /// The customer's number.
    CustomerNo,
    /// An object.
    Object(&'static [Member]),
    /// A list without items.
    EmptyList,
    /// An object for each sheet.
    EachSheet(&'static [Member]),
}

use Value::*;

/// The members of a family's details. Empty where IAK has none.
pub(super) fn members(family: Family, call: Call) -> &'static [Member] {
    match (family, call) {
        (Family::BpjsKesehatan, _) => BPJS_KESEHATAN,
        (Family::BpjsDenda, Call::Inquiry) => BPJS_DENDA_INQUIRY,
        (Family::BpjsDenda, Call::Payment) => BPJS_DENDA_PAYMENT,
        (Family::BpjsKetenagakerjaanBpu, _) => BPJS_KETENAGAKERJAAN_BPU,
        (Family::BpjsKetenagakerjaanPu, _) => BPJS_KETENAGAKERJAAN_PU,
        (Family::ChurchOfferingMember | Family::ChurchOfferingNonMember, _) => &[],
        (Family::CustomDenom, _) => CUSTOM_DENOM,
        (Family::Esamsat, _) => ESAMSAT,
        (Family::GasPgas, _) => GAS,
        (Family::Insurance, _) => INSURANCE,
        (Family::InternetNonTelkom, _) => INTERNET_NON_TELKOM,
        (Family::InternetTelkom, _) => INTERNET_TELKOM,
        (Family::Multifinance, _) => MULTIFINANCE,
        (Family::Pbb, _) => PBB,
        (Family::Pdam, _) => PDAM,
        (Family::PlnNontaglis, _) => PLN_NONTAGLIS,
        (Family::PlnPostpaid, Call::Inquiry) => PLN_INQUIRY,
        (Family::PlnPostpaid, Call::Payment) => PLN_PAYMENT,
        (Family::TelcoPostpaid, _) => TELCO,
        (Family::TvNonTelkomvision, _) => TV_NON_TELKOMVISION,
        (Family::TvTelkomvision, _) => TV_TELKOMVISION,
    }
}

const BPJS_KESEHATAN: &[Member] = &[
    ("kode_cabang", Empty),
    ("nama_cabang", Empty),
    ("sisa_pembayaran", Empty),
    ("jumlah_peserta", Text("jumlah_peserta")),
];

const BPJS_DENDA_INQUIRY: &[Member] = &[
    ("nama_badan_usaha", Empty),
    ("kode_cabang", Empty),
    ("nama_cabang", Empty),
    ("sisa_pembayaran", Empty),
    ("jumlah_peserta", Whole("jumlah_peserta")),
];

const BPJS_DENDA_PAYMENT: &[Member] = &[
    ("premi", Zero),
    ("kode_cabang", Empty),
    ("nama_cabang", Empty),
    ("sisa_pembayaran", Empty),
    ("jumlah_peserta", Whole("jumlah_peserta")),
];

const BPJS_KETENAGAKERJAAN_BPU: &[Member] = &[
    ("kode_iuran", Text("kode_iuran")),
    ("kode_program", Text("kode_program")),
    ("jht", Whole("jht")),
    ("jkk", Whole("jkk")),
    ("jkm", Whole("jkm")),
    ("kantor_cabang", Text("kantor_cabang")),
    ("tgl_efektif", Text("tgl_efektif")),
    ("tgl_expired", Text("tgl_expired")),
];

const BPJS_KETENAGAKERJAAN_PU: &[Member] = &[
    ("kode_iuran", Text("kode_iuran")),
    ("jht", Whole("jht")),
    ("jkk", Whole("jkk")),
    ("jkm", Whole("jkm")),
    ("jpk", Whole("jpk")),
    ("jpn", Whole("jpn")),
    ("npp", Text("npp")),
    ("kode_divisi", Text("kode_divisi")),
];

const CUSTOM_DENOM: &[Member] = &[("footer", Empty)];

const ESAMSAT: &[Member] = &[
    ("nomor_identitas", Text("nomor_identitas")),
    ("nomor_rangka", Text("nomor_rangka")),
    ("nomor_mesin", Text("nomor_mesin")),
    ("alamat", Text("alamat")),
    ("nomor_polisi", Text("nomor_polisi")),
    ("milik_kenama", Text("milik_kenama")),
    ("merek_kb", Text("merek_kb")),
    ("model_kb", Text("model_kb")),
    ("tahun_buatan", Text("tahun_buatan")),
    ("tgl_akhir_pajak_baru", Text("tgl_akhir_pajak_baru")),
    (
        "biaya_pokok",
        Object(&[
            ("BBN", Text("biaya_pokok_bbn")),
            ("PKB", Text("biaya_pokok_pkb")),
            ("SWD", Text("biaya_pokok_swd")),
        ]),
    ),
    (
        "biaya_denda",
        Object(&[
            ("BBN", Text("biaya_denda_bbn")),
            ("PKB", Text("biaya_denda_pkb")),
            ("SWD", Text("biaya_denda_swd")),
        ]),
    ),
    (
        "biaya_admin",
        Object(&[("stnk", Text("biaya_admin_stnk")), ("tnkb", Text("biaya_admin_tnkb"))]),
    ),
    ("biaya_parkir_pokok", Text("biaya_parkir_pokok")),
    ("biaya_pajak_progresif", Text("biaya_pajak_progresif")),
    ("ntpd", Empty),
];

const GAS: &[Member] = &[
    ("address", Text("alamat")),
    ("first_meter", OfFirstSheet("meter_awal")),
    ("last_meter", OfLastSheet("meter_akhir")),
    ("usage", SumOfSheets(&["usage"])),
];

const INSURANCE: &[Member] =
    &[("insured", Empty), ("policy_status", Empty), ("due_date", Empty), ("footer", EmptyList)];

const INTERNET_NON_TELKOM: &[Member] = &[("product_desc", Empty)];

const INTERNET_TELKOM: &[Member] = &[
    ("kode_area", Empty),
    ("divre", Empty),
    ("datel", Empty),
    ("jumlah_tagihan", Sheets),
    (
        "tagihan",
        Object(&[(
            "detail",
            EachSheet(&[
                ("periode", Text("periode")),
                ("nilai_tagihan", Text("nilai_tagihan")),
                ("admin", Text("admin")),
                ("total", SumOf(&["nilai_tagihan", "admin"])),
            ]),
        )]),
    ),
];

const MULTIFINANCE: &[Member] = &[
    ("misc_fee", SumOfSheets(&["biaya_lain"])),
    ("item_name", Text("item_name")),
    ("no_rangka", Text("no_rangka")),
    ("no_pol", Text("no_pol")),
    ("tenor", Text("tenor")),
    ("installment", NominalLess(&["biaya_lain", "denda"])),
    ("penalty_bill", SumOfSheets(&["denda"])),
    ("max_payment", Zero),
    ("last_paid_due_date", Empty),
    ("id_ref", Empty),
];

const PBB: &[Member] = &[
    ("tanggal", Empty),
    ("nop", CustomerNo),
    ("tahun_pajak", Text("tahun_pajak")),
    ("lokasi", Text("alamat")),
    ("kelurahan", Text("kelurahan")),
    ("kecamatan", Text("kecamatan")),
    ("kode_kab_kota", Text("kode_kab_kota")),
    ("kab_kota", Text("kab_kota")),
    ("luas_tanah", Text("luas_tanah")),
    ("luas_gedung", Text("luas_gedung")),
    ("jatuh_tempo", Empty),
    ("total_tagihan", Nominal),
    ("denda", Zero),
    ("admin", Admin),
    ("total_bayar", Total),
];

const PDAM: &[Member] = &[
    ("bill_quantity", Sheets),
    ("address", Text("alamat")),
    ("biller_admin", Empty),
    ("pdam_name", Empty),
    ("stamp_duty", Empty),
    ("due_date", Text("jatuh_tempo")),
    ("kode_tarif", Text("tarif")),
    (
        "bill",
        Object(&[(
            "detail",
            EachSheet(&[
                ("period", Text("periode")),
                ("first_meter", Whole("meter_awal")),
                ("last_meter", Whole("meter_akhir")),
                ("penalty", Whole("denda")),
                ("bill_amount", Whole("nilai_tagihan")),
                ("misc_amount", Whole("biaya_lain")),
                ("stand", Empty),
            ]),
        )]),
    ),
];

const PLN_NONTAGLIS: &[Member] = &[
    ("transaksi", Text("transaksi")),
    ("no_registrasi", Text("no_registrasi")),
    ("tanggal_registrasi", Text("tanggal_registrasi")),
];

const PLN_INQUIRY: &[Member] = &[
    ("tarif", Text("tarif")),
    ("daya", Whole("daya")),
    ("lembar_tagihan", SheetsAsText),
    (
        "tagihan",
        Object(&[(
            "detail",
            EachSheet(&[
                ("periode", Text("periode")),
                ("nilai_tagihan", Text("nilai_tagihan")),
                ("admin", Text("admin")),
                ("denda", Text("denda")),
                ("total", SumOf(&["nilai_tagihan", "admin", "denda"])),
            ]),
        )]),
    ),
];

const PLN_PAYMENT: &[Member] = &[
    ("tarif", Text("tarif")),
    ("daya", Whole("daya")),
    ("lembar_tagihan", SheetsAsText),
    ("lembar_tagihan_sisa", Zero),
    (
        "tagihan",
        Object(&[(
            "detail",
            EachSheet(&[
                ("meter_awal", Text("meter_awal")),
                ("meter_akhir", Text("meter_akhir")),
                ("periode", Text("periode")),
                ("nilai_tagihan", Text("nilai_tagihan")),
                ("admin", Text("admin")),
                ("denda", Text("denda")),
                ("total", SumOf(&["nilai_tagihan", "admin", "denda"])),
            ]),
        )]),
    ),
];

const TELCO: &[Member] = &[
    ("kode_area", Empty),
    ("divre", Empty),
    ("datel", Empty),
    ("jumlah_tagihan", Sheets),
    (
        "tagihan",
        Object(&[(
            "detail",
            EachSheet(&[
                ("periode", Text("periode")),
                ("nilai_tagihan", Text("nilai_tagihan")),
                ("admin", Text("admin")),
                ("total", Empty),
            ]),
        )]),
    ),
];

const TV_NON_TELKOMVISION: &[Member] = &[
    ("bill_quantity", SheetsAsText),
    ("product_category", Empty),
    ("ppn", Zero),
    ("tagihan", Object(&[("detail", EmptyList)])),
];

const TV_TELKOMVISION: &[Member] = &[
    ("bill_quantity", SheetsAsText),
    ("product_category", Empty),
    ("ppn", Zero),
    (
        "tagihan",
        Object(&[(
            "detail",
            EachSheet(&[
                ("periode", Text("periode")),
                ("nilai_tagihan", Text("nilai_tagihan")),
                ("no_ref", Text("no_ref")),
            ]),
        )]),
    ),
];
