//! Layouts that an operator describes.

use bank_statements::{
    AmountColumns, ColumnMapping, DateOrder, DecimalSeparator, Delimiter, Direction, Layout,
    ReadError, Settings, Statement, preview, read,
};

use crate::support::settings;

fn mapping() -> ColumnMapping {
    ColumnMapping {
        delimiter: Delimiter::Semicolon,
        header: ["Hari", "Cerita", "Arah", "Uang"].map(str::to_owned).to_vec(),
        date: 0,
        date_order: DateOrder::MonthFirst,
        time: None,
        texts: vec![1],
        amounts: AmountColumns::Marked { amount: 3, mark: 2 },
        balance: None,
        reference: None,
        decimal: Some(DecimalSeparator::Comma),
    }
}

fn read_with(mapping: ColumnMapping, text: &str) -> Result<Statement, ReadError> {
    read(text.as_bytes(), &Settings { mapping: Some(mapping), ..settings() })
}

#[test]
fn a_described_header_is_found() {
    let text = "Judul\nHari;Cerita;Arah;Uang\n09/13/2026;TOP UP;K;1.000\n09/13/2026;BIAYA;D;500\n";
    let statement = read_with(mapping(), text).unwrap();
    assert_eq!(statement.layout, Layout::Mapped);
    let rows: Vec<_> = statement.rows.iter().map(|row| (row.direction, row.amount)).collect();
    assert_eq!(rows, [(Direction::Credit, 100_000), (Direction::Debit, 50_000)]);
    assert_eq!(statement.rows[0].date.unwrap().to_string(), "2026-09-13");
}

#[test]
fn a_file_without_a_header_is_read_if_it_was_described() {
    let described = ColumnMapping { header: Vec::new(), ..mapping() };
    let text = "09/13/2026;TOP UP;K;1.000\n";
    assert_eq!(read_with(described.clone(), text).unwrap().rows.len(), 1);
    for other in ["Yth.;Nasabah\n", "09/13/2026;TOP UP\n"] {
        assert!(read_with(described.clone(), other).is_err(), "{other}");
    }
    // A mapping with a header is not used without it.
    assert_eq!(read_with(mapping(), text), Err(ReadError::UnknownLayout));
}

#[test]
fn separate_and_signed_columns_can_be_described() {
    let separate = ColumnMapping {
        amounts: AmountColumns::Separate { debit: 2, credit: 3 },
        balance: Some(4),
        ..mapping()
    };
    let header = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
    let text = "a;b;c;d;e\n09/13/2026;TOP UP;;1.000;5.000\n09/13/2026;BIAYA;500;;4.500\n";
    let statement = read_with(ColumnMapping { header, ..separate }, text).unwrap();
    assert_eq!(statement.rows[1].balance_after, Some(450_000));
    let signed = ColumnMapping { amounts: AmountColumns::Single(3), ..mapping() };
    let text = "Hari;Cerita;Arah;Uang\n09/13/2026;TOP UP;;+1.000\n09/13/2026;BIAYA;;-500\n";
    assert_eq!(read_with(signed, text).unwrap().rows[1].direction, Direction::Debit);
}

#[test]
fn a_stated_separator_that_the_file_contradicts_is_refused() {
    let text = "Hari;Cerita;Arah;Uang\n09/13/2026;TOP UP;K;1,000.00\n";
    assert!(matches!(read_with(mapping(), text), Err(ReadError::MixedSeparators { .. })));
}

#[test]
fn a_known_layout_is_read_although_another_was_described() {
    let text = "Tanggal,Keterangan,Debet,Kredit\n02/09/2026,A,,5.00\n";
    assert_eq!(read_with(mapping(), text).unwrap().layout, Layout::Generic);
}

#[test]
fn the_first_lines_are_shown_to_who_describes_them() {
    let lines = preview(b"Hari;Cerita\n09/13/2026;\"TOP;UP\"\n", Delimiter::Semicolon);
    assert_eq!(lines, [["Hari", "Cerita"], ["09/13/2026", "TOP;UP"]]);
    assert!(preview(b"\0", Delimiter::Comma).is_empty());
}
