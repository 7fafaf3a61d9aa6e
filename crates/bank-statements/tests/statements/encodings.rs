//! The same statement in every encoding, with every delimiter and line end.

use bank_statements::{Settings, read};

use crate::support::{read_text, sample, settings};

const TABLE: &str = "No. Rekening|0000000001\nTanggal|Keterangan|Debet|Kredit|Saldo\n\
                     02/09/2026|MITRA Ü|0.00|1000123.00|6000123.00\n\
                     03/09/2026|BIAYA|2500.00|0.00|5997623.00\n";

#[test]
fn delimiters_and_line_ends_do_not_matter() {
    let expected = read_text(TABLE).unwrap();
    for delimiter in [",", ";", "\t", "|"] {
        for line_end in ["\n", "\r\n", "\r"] {
            let text = TABLE.replace('|', delimiter).replace('\n', line_end);
            let mut statement = read_text(&text).unwrap();
            for (row, expected) in statement.rows.iter_mut().zip(&expected.rows) {
                row.raw.clone_from(&expected.raw);
            }
            assert_eq!(statement, expected, "{delimiter:?} {line_end:?}");
        }
    }
}

#[test]
fn encodings_do_not_matter() {
    let expected = read_text(TABLE).unwrap();
    let with_mark = format!("\u{feff}{TABLE}").into_bytes();
    let windows_1252: Vec<u8> =
        TABLE.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf_16 = TABLE.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf_16).collect();
    for bytes in [with_mark, windows_1252, utf_16] {
        assert_eq!(read(&bytes, &settings()).unwrap(), expected);
    }
}

#[test]
fn titles_may_have_another_delimiter_than_the_table() {
    let text = TABLE.replacen("No. Rekening|", "Laporan, \"Mutasi\n\nNo. Rekening;", 1);
    let statement = read_text(&text).unwrap();
    assert_eq!(statement.account.as_deref(), Some("0000000001"));
}

#[test]
fn raw_lines_are_kept_as_they_were() {
    let statement = read(&sample("bca-business.csv"), &settings()).unwrap();
    assert!(statement.rows[1].raw.starts_with("\"02/09/2026\",\"BIAYA ADM, BULANAN\","));
    assert_eq!(statement.rows[1].line, 9);
    assert_eq!(statement.rows[1].normalised_text, "BIAYA ADM, BULANAN");
}

#[test]
fn the_day_is_an_argument() {
    let early = Settings::new(jiff::civil::date(2026, 9, 2));
    assert!(read(TABLE.as_bytes(), &early).is_err());
}
