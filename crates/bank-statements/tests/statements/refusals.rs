//! Files of which nothing is used, and why.

use bank_statements::{
    AmountFault, DateFault, Direction, FileKind, Note, ReadError, Settings, limits, read,
};
use jiff::civil::date;

use crate::support::{read_text, sample, settings};

/// Reads a sample in which a text was replaced.
fn changed(name: &str, from: &str, to: &str) -> Result<bank_statements::Statement, ReadError> {
    let text = String::from_utf8(sample(name)).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    read_text(&text.replacen(from, to, 1))
}

#[test]
fn an_amount_that_was_changed_is_noticed() {
    let individual = "bca-individual.csv";
    for (name, from, to, expected) in [
        (
            individual,
            "50782.00,,",
            "50783.00,,",
            ReadError::BalanceBreak { line: 8, expected: 603_590_600, found: 603_590_500 },
        ),
        (
            individual,
            "Saldo Akhir,=,8036361.00",
            "Saldo Akhir,=,8036361.01",
            ReadError::ClosingBalance { expected: 803_636_100, found: 803_636_101 },
        ),
        (
            individual,
            "Debet,=,15000.00",
            "Debet,=,15000.01",
            ReadError::TotalMismatch {
                line: 13,
                direction: Direction::Debit,
                stated: 1_500_001,
                computed: 1_500_000,
            },
        ),
        (
            "bca-business.csv",
            "3,000,579.00\",\"2\"",
            "3,000,579.00\",\"3\"",
            ReadError::CountMismatch {
                line: 14,
                direction: Direction::Credit,
                stated: 3,
                counted: 2,
            },
        ),
        (
            "bca-business-no-balance.csv",
            "50782.00 CR",
            "50783.00 CR",
            ReadError::TotalMismatch {
                line: 12,
                direction: Direction::Credit,
                stated: 105_090_500,
                computed: 105_090_600,
            },
        ),
        (
            "bri-full.csv",
            "\"1000123.00\"",
            "\"1000124.00\"",
            ReadError::BalanceBreak { line: 2, expected: 600_012_400, found: 600_012_300 },
        ),
        (
            "statement.mt940",
            "CR50782,",
            "CR50783,",
            ReadError::ClosingBalance { expected: 600_012_400, found: 600_012_300 },
        ),
        (
            "statement.mt940",
            ":60M:C260902IDR6000123,00",
            ":60M:C260902IDR6000124,00",
            ReadError::BalanceBreak { line: 14, expected: 600_012_300, found: 600_012_400 },
        ),
        (
            "statement.camt053.xml",
            ">2500.00<",
            ">2500.01<",
            ReadError::ClosingBalance { expected: 599_762_299, found: 599_762_300 },
        ),
    ] {
        assert_eq!(changed(name, from, to), Err(expected), "{name}: {from}");
    }
}

#[test]
fn a_row_that_is_missing_is_noticed() {
    for name in ["bca-individual.csv", "bca-business.csv", "bri-full.csv", "statement.mt940"] {
        let text = String::from_utf8(sample(name)).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let second_row = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("02/09") || line.contains("2026-09-02"))
            .map(|(index, _)| index)
            .nth(1);
        let second_row = if name == "statement.mt940" { 5 } else { second_row.unwrap() };
        let without: String = lines
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != second_row)
            .map(|(_, line)| *line)
            .collect();
        assert!(read_text(&without).is_err(), "{name}");
    }
}

#[test]
fn cells_that_a_spreadsheet_program_damaged_are_refused() {
    for (name, from, to, line) in [
        ("bca-individual.csv", "15000.00,DB", "1E+04,DB", 7),
        ("mandiri-kopra.csv", "1000123.00;0.00", "########;0.00", 2),
    ] {
        let Err(ReadError::BadAmount { line: found, fault, .. }) = changed(name, from, to) else {
            panic!("{name} was read");
        };
        assert_eq!((found, fault), (line, AmountFault::SpreadsheetDamage));
    }
    for (from, to) in [("'02/09,BIAYA", "2-Sep,BIAYA"), ("'02/09,BIAYA", "02/09/1905,BIAYA")] {
        let Err(ReadError::BadDate { line: 7, fault, .. }) =
            changed("bca-individual.csv", from, to)
        else {
            panic!("{to} was read");
        };
        assert_eq!(fault, DateFault::SpreadsheetDamage);
    }
    let account = changed("mandiri-kopra.csv", "1000000000001;", "1E+12;");
    assert_eq!(account, Err(ReadError::AccountDamaged { line: 2, found: "1E+12".into() }));
}

#[test]
fn a_row_with_a_wrong_cell_is_refused() {
    let header = "Tanggal,Keterangan,Debet,Kredit,Saldo\n";
    let fault = |row: &str| read_text(&format!("{header}{row}\n")).unwrap_err().to_string();
    for (row, message) in [
        ("02/09/2026,A,5.00,6.00,1.00", "line 2: debit and credit both have an amount"),
        ("02/09/2026,A,,-6.00,1.00", "column Kredit: `-6.00`: the minus contradicts"),
        ("02/09/2026,A,,1000000000000.00,1.00", "the amount is too large"),
        ("02/09/2026,A,,x,1.00", "column Kredit: `x`: this is not an amount"),
        ("02/09/2026,A,,USD 5,1.00", "only rupiah are read"),
        ("31/02/2026,A,,5.00,1.00", "column Tanggal: `31/02/2026`: this day does not exist"),
        ("16/01/2027,A,,5.00,1.00", "2027-01-16 is in the future; today is 2027-01-15"),
        ("02/09/2026,A,,5.00", "4 columns where the header has 5"),
        (",A,,5.00,1.00", "line 2: there are amounts but no date"),
        ("Besok,A,,5.00,1.00", "line 2: there are amounts but no date"),
        ("02/09/2026,\"A", "a quotation mark is opened here and not closed"),
        ("02/09/2026,A, B,,5.00,5.00", "6 columns where the header has 5"),
    ] {
        let found = fault(row);
        assert!(found.contains(message), "{row}: {found}");
    }
    let sign = changed("bri-full.csv", "\"Cr\"", "\"Db\"").unwrap_err().to_string();
    assert!(sign.contains("debit and credit contradict each other"), "{sign}");
    let marked = |row: &str| {
        read_text(&format!("Tanggal,Keterangan,Jumlah,D/K\n{row}\n")).unwrap_err().to_string()
    };
    for (row, message) in [
        ("02/09/2026,A,5.00 CR,D", "debit and credit contradict each other"),
        ("02/09/2026,A,-5.00,K", "the minus contradicts the column or the mark"),
        ("02/09/2026,A,5.00,X", "column D/K: `X`: the mark must be CR or DB"),
        ("02/09/2026,A,5.00,", "nothing says whether this is a credit or a debit"),
    ] {
        let found = marked(row);
        assert!(found.contains(message), "{row}: {found}");
    }
}

#[test]
fn the_account_must_be_the_expected_one() {
    let with = |account: &str| Settings { account: Some(account.to_owned()), ..settings() };
    let bytes = sample("bca-individual.csv");
    for account in ["0000000001", "1", "000-000-0001"] {
        assert!(read(&bytes, &with(account)).is_ok(), "{account}");
    }
    let refused = read(&bytes, &with("0000000002")).unwrap_err();
    let (found, expected) = ("0000000001".into(), "0000000002".into());
    assert_eq!(refused, ReadError::AccountMismatch { found, expected });
    let unnamed = read(&sample("bni-internet-banking.csv"), &with("3")).unwrap();
    assert!(unnamed.notes.contains(&Note::AccountNotStated));
}

#[test]
fn a_file_of_several_accounts_is_refused() {
    let second = "1000000000001;IDR;3 Sep";
    let Err(ReadError::SeveralAccounts { line: 4, .. }) =
        changed("mandiri-kopra.csv", second, "1000000000002;IDR;3 Sep")
    else {
        panic!("two accounts were read");
    };
    let jago = String::from_utf8(sample("jago.csv")).unwrap();
    let pockets = format!("{jago}{}", jago.replace("0000000007", "0000000009"));
    assert!(matches!(read_text(&pockets), Err(ReadError::SeveralAccounts { line: 5, .. })));
}

#[test]
fn only_rupiah_are_read() {
    for (name, from, to) in [
        ("bca-individual.csv", "Uang,=,IDR", "Uang,=,USD"),
        ("bca-business.csv", "Uang : Rp", "Uang : SGD"),
        ("mandiri-kopra.csv", ";IDR;", ";USD;"),
        ("statement.mt940", "IDR5000000", "USD5000000"),
        ("statement.camt053.xml", "Ccy=\"IDR\"", "Ccy=\"EUR\""),
    ] {
        let result = changed(name, from, to);
        assert!(matches!(result, Err(ReadError::NotRupiah { .. })), "{name}: {result:?}");
    }
}

#[test]
fn days_must_be_in_the_period() {
    let period = "Periode : 01/09/2026 - 02/09/2026";
    let to = "Periode : 04/09/2026 - 30/09/2026";
    let refused = changed("bca-business.csv", period, to).unwrap_err();
    let (from, to) = (date(2026, 9, 4), date(2026, 9, 30));
    let expected = ReadError::OutsidePeriod { line: 8, date: date(2026, 9, 2), from, to };
    assert_eq!(refused, expected);
}

#[test]
fn a_date_without_a_year_needs_one() {
    let settings = Settings::new(date(2027, 1, 15));
    let refused = read(&sample("bca-individual.csv"), &settings).unwrap_err();
    assert_eq!(refused, ReadError::YearUnknown { line: 6, found: "'02/09".into() });
}

#[test]
fn other_files_are_refused_with_advice() {
    for (start, kind) in
        [(b"%PDF-1.7".as_slice(), FileKind::Pdf), (b"\xd0\xcf\x11\xe0\xa1\xb1", FileKind::Xls)]
    {
        assert_eq!(read(start, &settings()), Err(ReadError::Unsupported { kind }));
    }
    let advice = read(b"%PDF-1.7", &settings()).unwrap_err().to_string();
    assert_eq!(advice, "the file is a PDF document; download the statement as CSV instead");
    for (text, expected) in [
        ("", ReadError::Empty),
        (" \r\n", ReadError::Empty),
        ("a\0b", ReadError::NotText),
        ("Yth. Nasabah,\nterlampir mutasi\n", ReadError::UnknownLayout),
        ("<html><table></table></html>", ReadError::UnknownLayout),
        ("<?xml version='1.0'?><a/>", ReadError::UnknownLayout),
    ] {
        assert_eq!(read_text(text), Err(expected), "{text:?}");
    }
}

#[test]
fn files_and_rows_have_limits() {
    let bytes = limits::MAX_FILE + 1;
    let refused = read(&vec![b' '; bytes], &settings());
    assert_eq!(refused, Err(ReadError::FileTooLarge { bytes }));
    let rows = "02/09/2026,A,1\n".repeat(limits::MAX_ROWS + 1);
    let refused = read_text(&format!("Tanggal,Keterangan,Jumlah\n{rows}"));
    assert_eq!(refused, Err(ReadError::TooManyRows));
    let rows = ":61:260902C1,00NTRFNONREF\n".repeat(limits::MAX_ROWS + 1);
    let refused = read_text(&format!(":20:A\n:25:1000001\n:60F:C260901IDR0,00\n{rows}"));
    assert_eq!(refused, Err(ReadError::TooManyRows));
}

#[test]
fn what_is_missing_is_noted() {
    let text = String::from_utf8(sample("bca-business.csv")).unwrap();
    let (rows, _) = text.split_once("\r\n\"Saldo Awal").unwrap();
    assert_eq!(read_text(rows).unwrap().notes, [Note::TotalsMissing]);
    let text = String::from_utf8(sample("bni-internet-banking.csv")).unwrap();
    let open = read_text(text.trim_end_matches(",\n")).unwrap();
    assert!(open.notes.contains(&Note::LineEndMissing { line: 3 }));
    let text = String::from_utf8(sample("mandiri-kopra.csv")).unwrap();
    assert_eq!(read_text(text.trim_end()).unwrap().notes, []);
    let empty = read_text("Tanggal,Keterangan,Jumlah,Saldo\n").unwrap();
    assert_eq!(empty.notes, [Note::AccountNotStated, Note::NoRows]);
}

#[test]
fn totals_and_balances_of_pages_are_not_those_of_the_file() {
    let text = "Tanggal,Keterangan,Debet,Kredit,Saldo\nSaldo Awal,,,,100.00\n\
                02/09/2026,A,,5.00,105.00\nTotal,,0.00,5.00,\nSaldo Awal,,,,105.00\n\
                02/09/2026,B,,7.00,112.00\nTotal,,0.00,12.00,\nSaldo Akhir,,,,112.00\n";
    let statement = read_text(text).unwrap();
    assert_eq!(statement.notes, [Note::LineIgnored { line: 4 }, Note::AccountNotStated]);
    let balances = (statement.opening_balance, statement.closing_balance);
    assert_eq!(balances, (Some(10_000), Some(11_200)));
}

#[test]
fn a_dated_line_with_a_balance_is_no_row() {
    let rows = |amount: &str| {
        let text = format!(
            "Tanggal,Keterangan,Debet,Kredit,Saldo\n01/09/2026,Saldo Awal,,{amount},100.00\n\
             02/09/2026,A,,5.00,105.00\n"
        );
        let statement = read_text(&text).unwrap();
        (statement.rows.len(), statement.notes[0])
    };
    for amount in ["", "0.00", "100.00"] {
        assert_eq!(rows(amount), (1, Note::ZeroRow { line: 2 }), "{amount}");
    }
    // A payer may write what he likes.
    assert_eq!(rows("50.00").0, 2);
}

#[test]
fn an_error_does_not_print_what_a_cell_holds_into_a_log() {
    let error = read_text("Tanggal,Keterangan,Jumlah\n02/09/2026,A,SITI\n").unwrap_err();
    assert!(error.to_string().contains("`SITI`"));
    assert!(!format!("{error:?}").contains("SITI"));
    let statement = read(&sample("mandiri-kopra.csv"), &settings()).unwrap();
    let debug = format!("{statement:?}");
    assert!(!debug.contains("MITRA") && !debug.contains("1000000000001"), "{debug}");
}
