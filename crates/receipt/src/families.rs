//! The lines of each product family, as a table: label, where its value stands, how it is shown.
//!
//! The fields are those of IAK's documented answers. A family of the receipt is a product type of
//! the price list; as a field that is missing gives no line, products of one type share a table
//! even where their `desc` differs (BPJS Kesehatan and Ketenagakerjaan, Telkom and other internet).

mod show;

use serde_json::{Value, json};
use show::Show::{self, Count, Date, Joined, Months, Number, Period, Rupiah, Text};

/// One row of a family's table.
enum Row {
    /// A line whose values stand at these JSON pointers; more than one only for [`Joined`].
    Line(&'static str, &'static [&'static str], Show),
    /// The same lines for each bill sheet in a list, their pointers relative to the sheet.
    Sheets(&'static str, &'static [Row]),
}

use Row::{Line, Sheets};

/// The maximum number of bill sheets on a receipt. IAK pays four of PLN at a time; the limit only
/// keeps a broken answer of a biller from growing into a book.
const MAX_SHEETS: usize = 24;

/// The family's lines of a bill. `desc` is JSON text; pointers see it beside the bill's `period`.
pub(super) fn lines(product_type: &str, period: &str, desc: &str) -> Vec<(String, String)> {
    let desc: Value = serde_json::from_str(desc).unwrap_or_default();
    let bill = json!({ "period": period, "desc": desc });
    let mut lines = Vec::new();
    add(table(product_type), &bill, "", &mut lines);
    lines
}

/// Adds what `rows` find in `bill`. Of two values for one label the first is shown, so a table
/// names the better source first.
fn add(rows: &[Row], bill: &Value, suffix: &str, lines: &mut Vec<(String, String)>) {
    for row in rows {
        match row {
            Line(label, pointers, show) => {
                let label = format!("{label}{suffix}");
                if !lines.iter().any(|(taken, _)| *taken == label)
                    && let Some(value) = show.value(bill, pointers)
                {
                    lines.push((label, value));
                }
            }
            Sheets(pointer, rows) => {
                let sheets = bill.pointer(pointer).and_then(Value::as_array);
                let sheets = sheets.map_or(&[][..], Vec::as_slice);
                for (index, sheet) in sheets.iter().take(MAX_SHEETS).enumerate() {
                    let number =
                        if sheets.len() > 1 { format!(" {}", index + 1) } else { "".into() };
                    add(rows, sheet, &number, lines);
                }
            }
        }
    }
}

fn table(product_type: &str) -> &'static [Row] {
    match product_type {
        "bpjs" => BPJS,
        "pln" => PLN,
        "pdam" => PDAM,
        "gas" => GAS,
        "hp" | "internet" => TELCO,
        "tv" => TV,
        "finance" => FINANCE,
        "asuransi" => INSURANCE,
        "pbb" => PBB,
        "pajak-kendaraan" => VEHICLE_TAX,
        _ => OTHER,
    }
}

const BPJS: &[Row] = &[
    Line("JUMLAH PESERTA", &["/desc/jumlah_peserta"], Count("ORANG")),
    Line("SISA SBLMNYA", &["/desc/sisa_pembayaran"], Rupiah),
    Line("PREMI", &["/desc/premi"], Rupiah),
    Line("KODE IURAN", &["/desc/kode_iuran"], Text),
    Line("NPP", &["/desc/npp"], Text),
    Line("KODE DIVISI", &["/desc/kode_divisi"], Text),
    Line("PROGRAM", &["/desc/kode_program"], Text),
    Line("JHT", &["/desc/jht"], Rupiah),
    Line("JKK", &["/desc/jkk"], Rupiah),
    Line("JKM", &["/desc/jkm"], Rupiah),
    Line("JPK", &["/desc/jpk"], Rupiah),
    Line("JPN", &["/desc/jpn"], Rupiah),
    Line("KANTOR CABANG", &["/desc/kantor_cabang"], Text),
    Line("BERLAKU SEJAK", &["/desc/tgl_efektif"], Text),
    Line("BERLAKU SAMPAI", &["/desc/tgl_expired"], Text),
    Line("PERIODE", &["/period"], Months),
];

const PLN: &[Row] = &[
    Line("TARIF/DAYA", &["/desc/tarif", "/desc/daya"], Joined("/", " VA")),
    Line("TRANSAKSI", &["/desc/transaksi"], Text),
    Line("NO REGISTRASI", &["/desc/no_registrasi"], Text),
    Line("TGL REGISTRASI", &["/desc/tanggal_registrasi"], Date),
    Line("PERIODE", &["/period"], Period),
    Line("LEMBAR TAGIHAN", &["/desc/lembar_tagihan"], Count("LEMBAR")),
    Line("SISA TAGIHAN", &["/desc/lembar_tagihan_sisa"], Count("LEMBAR")),
    Sheets(
        "/desc/tagihan/detail",
        &[
            Line("PERIODE", &["/periode"], Period),
            Line("STAND METER", &["/meter_awal", "/meter_akhir"], Joined("-", "")),
            Line("RP TAG PLN", &["/nilai_tagihan"], Rupiah),
            Line("DENDA", &["/denda"], Rupiah),
        ],
    ),
];

const PDAM: &[Row] = &[
    Line("NAMA PDAM", &["/desc/pdam_name"], Text),
    Line("ALAMAT", &["/desc/address"], Text),
    Line("GOLONGAN TARIF", &["/desc/kode_tarif"], Text),
    Line("PERIODE", &["/period"], Period),
    Line("LEMBAR TAGIHAN", &["/desc/bill_quantity"], Count("LEMBAR")),
    Line("JATUH TEMPO", &["/desc/due_date"], Text),
    Sheets(
        "/desc/bill/detail",
        &[
            Line("PERIODE", &["/period"], Period),
            Line("STAND METER", &["/first_meter", "/last_meter"], Joined("-", "")),
            Line("STAND METER", &["/stand"], Text),
            Line("HARGA AIR", &["/bill_amount"], Rupiah),
            Line("DENDA", &["/penalty"], Rupiah),
            Line("BIAYA LAIN", &["/misc_amount"], Rupiah),
        ],
    ),
    Line("METERAI", &["/desc/stamp_duty"], Rupiah),
    Line("ADMIN PDAM", &["/desc/biller_admin"], Rupiah),
];

const GAS: &[Row] = &[
    Line("ALAMAT", &["/desc/address"], Text),
    Line("PERIODE", &["/period"], Period),
    Line("STAND METER", &["/desc/first_meter", "/desc/last_meter"], Joined("-", "")),
    Line("PEMAKAIAN", &["/desc/usage"], Count("M3")),
];

const TELCO: &[Row] = &[
    Line("PAKET", &["/desc/product_desc"], Text),
    Line("KODE AREA", &["/desc/kode_area"], Text),
    Line("DIVRE/DATEL", &["/desc/divre", "/desc/datel"], Joined("/", "")),
    Line("PERIODE", &["/period"], Period),
    Line("LEMBAR TAGIHAN", &["/desc/jumlah_tagihan"], Count("LEMBAR")),
    Sheets(
        "/desc/tagihan/detail",
        &[Line("PERIODE", &["/periode"], Period), Line("TAGIHAN", &["/nilai_tagihan"], Rupiah)],
    ),
];

const TV: &[Row] = &[
    Line("KATEGORI", &["/desc/product_category"], Text),
    Line("PERIODE", &["/period"], Period),
    Line("LEMBAR TAGIHAN", &["/desc/bill_quantity"], Count("LEMBAR")),
    Sheets(
        "/desc/tagihan/detail",
        &[
            Line("PERIODE", &["/periode"], Period),
            Line("NO TAGIHAN", &["/no_ref"], Text),
            Line("TAGIHAN", &["/nilai_tagihan"], Rupiah),
        ],
    ),
    Line("PPN", &["/desc/ppn"], Rupiah),
];

const FINANCE: &[Row] = &[
    Line("NAMA BARANG", &["/desc/item_name"], Text),
    Line("NO POLISI", &["/desc/no_pol"], Text),
    Line("NO RANGKA", &["/desc/no_rangka"], Text),
    Line("ANGSURAN KE", &["/period"], Number),
    Line("TENOR", &["/desc/tenor"], Number),
    Line("JATUH TEMPO", &["/desc/last_paid_due_date"], Text),
    Line("ANGSURAN", &["/desc/installment"], Rupiah),
    Line("DENDA", &["/desc/penalty_bill"], Rupiah),
    Line("BIAYA LAIN", &["/desc/misc_fee"], Rupiah),
    Line("MAKS PEMBAYARAN", &["/desc/max_payment"], Rupiah),
    Line("ID REFERENSI", &["/desc/id_ref"], Text),
];

const INSURANCE: &[Row] = &[
    Line("TERTANGGUNG", &["/desc/insured"], Text),
    Line("STATUS POLIS", &["/desc/policy_status"], Text),
    Line("JATUH TEMPO", &["/desc/due_date"], Text),
    Line("PERIODE", &["/period"], Period),
    Line("KETERANGAN", &["/desc/footer"], Text),
];

const PBB: &[Row] = &[
    Line("NOP", &["/desc/nop"], Text),
    Line("TAHUN PAJAK", &["/desc/tahun_pajak"], Text),
    Line("LOKASI", &["/desc/lokasi"], Text),
    Line("KELURAHAN", &["/desc/kelurahan"], Text),
    Line("KECAMATAN", &["/desc/kecamatan"], Text),
    Line("KAB/KOTA", &["/desc/kab_kota"], Text),
    Line("LUAS TANAH", &["/desc/luas_tanah"], Text),
    Line("LUAS BANGUNAN", &["/desc/luas_gedung"], Text),
    Line("JATUH TEMPO", &["/desc/jatuh_tempo"], Text),
    Line("DENDA", &["/desc/denda"], Rupiah),
];

const VEHICLE_TAX: &[Row] = &[
    Line("NO POLISI", &["/desc/nomor_polisi"], Text),
    Line("NO RANGKA", &["/desc/nomor_rangka"], Text),
    Line("NO MESIN", &["/desc/nomor_mesin"], Text),
    Line("NO IDENTITAS", &["/desc/nomor_identitas"], Text),
    Line("ALAMAT", &["/desc/alamat"], Text),
    Line("MEREK", &["/desc/merek_kb"], Text),
    Line("MODEL", &["/desc/model_kb"], Text),
    Line("TAHUN BUATAN", &["/desc/tahun_buatan"], Text),
    Line("KEPEMILIKAN KE", &["/desc/milik_kenama"], Number),
    Line("MASA PAJAK", &["/period"], Period),
    Line("BERLAKU SAMPAI", &["/desc/tgl_akhir_pajak_baru"], Date),
    Line("BBN-KB", &["/desc/biaya_pokok/BBN"], Rupiah),
    Line("PKB", &["/desc/biaya_pokok/PKB"], Rupiah),
    Line("SWDKLLJ", &["/desc/biaya_pokok/SWD"], Rupiah),
    Line("DENDA BBN-KB", &["/desc/biaya_denda/BBN"], Rupiah),
    Line("DENDA PKB", &["/desc/biaya_denda/PKB"], Rupiah),
    Line("DENDA SWDKLLJ", &["/desc/biaya_denda/SWD"], Rupiah),
    Line("ADM STNK", &["/desc/biaya_admin/stnk"], Rupiah),
    Line("ADM TNKB", &["/desc/biaya_admin/tnkb"], Rupiah),
    Line("PARKIR", &["/desc/biaya_parkir_pokok"], Rupiah),
    Line("PAJAK PROGRESIF", &["/desc/biaya_pajak_progresif"], Rupiah),
    Line("NTPD", &["/desc/ntpd"], Text),
];

/// E-money, offerings and whatever type the price list gains.
const OTHER: &[Row] =
    &[Line("PERIODE", &["/period"], Period), Line("KETERANGAN", &["/desc/footer"], Text)];
