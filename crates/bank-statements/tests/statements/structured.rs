//! MT940 and camt.053.

use bank_statements::{
    Direction, FileKind, Layout, Note, ReadError, Reference, ReferenceKind, RowState,
};

use crate::support::{read_text, sample};

/// An MT940 of one row after an opening balance of 1000.00.
fn mt940(row: &str, closing: &str) -> String {
    format!(":20:A\n:25:1000001\n:28C:1/1\n:60F:C260901IDR1000,00\n:61:{row}\n:62F:{closing}\n")
}

#[test]
fn the_mark_of_a_row_says_direction_and_reversal() {
    for (row, closing, direction, state) in [
        ("2609020902C5,00NTRFX", "C260902IDR1005,00", Direction::Credit, RowState::Booked),
        ("2609020902CR5,NTRFX", "C260902IDR1005,00", Direction::Credit, RowState::Booked),
        ("260902D5,00NTRFX", "C260902IDR995,00", Direction::Debit, RowState::Booked),
        ("260902DR5,00NTRFX", "C260902IDR995,00", Direction::Debit, RowState::Booked),
        ("260902RC5,00NTRFX", "C260902IDR995,00", Direction::Debit, RowState::Reversal),
        ("260902RCR5,00NTRFX", "C260902IDR995,00", Direction::Debit, RowState::Reversal),
        ("260902RD5,00NTRFX", "C260902IDR1005,00", Direction::Credit, RowState::Reversal),
        ("260902D1005,5NTRFX", "D260902IDR5,50", Direction::Debit, RowState::Booked),
    ] {
        let statement = read_text(&mt940(row, closing)).unwrap();
        let found = &statement.rows[0];
        assert_eq!((found.direction, found.state), (direction, state), "{row}");
    }
}

#[test]
fn a_row_has_the_bank_s_reference_and_its_text() {
    let row = "2609020902C5,00NTRFNONREF//FT1\nSUPPLEMENT";
    let statement = read_text(&mt940(row, "C260902IDR1005,00")).unwrap();
    let expected = Reference { kind: ReferenceKind::Mt940, value: "FT1".to_owned() };
    assert_eq!(statement.rows[0].reference, Some(expected));
    assert_eq!(statement.rows[0].text, "SUPPLEMENT");
    for row in ["260902C5,00NTRFFT1", "260902C5,00NTRFA//NONREF", "260902C5,00NTRFA//"] {
        let statement = read_text(&mt940(row, "C260902IDR1005,00")).unwrap();
        assert_eq!(statement.rows[0].reference, None, "{row}");
    }
    // The text after a row that was left out belongs to no other row.
    let rows = "260902C5,00NTRFX\n:86:SATU\n:61:260902C0,00NTRFX\n:86:NOL";
    let statement = read_text(&mt940(rows, "C260902IDR1005,00")).unwrap();
    assert_eq!((statement.rows.len(), statement.rows[0].text.as_str()), (1, "SATU"));
    assert_eq!(statement.notes, [Note::ZeroRow { line: 7 }]);
}

#[test]
fn the_entry_date_gets_the_year_of_the_value_date() {
    for (row, date) in [
        ("2612310102C5,00NTRFX", "2027-01-02"),
        ("2701021231C5,00NTRFX", "2026-12-31"),
        ("2609020903C5,00NTRFX", "2026-09-03"),
    ] {
        let statement = read_text(&mt940(row, "C260902IDR1005,00")).unwrap();
        assert_eq!(statement.rows[0].date.unwrap().to_string(), date, "{row}");
    }
}

#[test]
fn damaged_messages_are_refused() {
    let closing = "C260902IDR1005,00";
    for row in [
        "2609020902X5,00NTRFX",
        "2609020902C5.00NTRFX",
        "2609020902C5NTRFX",
        "2609020902C,00NTRFX",
        "260902",
        "2613020902C5,00NTRFX",
        "2609020902C5,001NTRFX",
        "2609020902C1000000000000,00NTRFX",
        "2609020902C5,00NT",
        "é",
    ] {
        let result = read_text(&mt940(row, closing));
        assert!(matches!(result, Err(ReadError::BadField { line: 5, .. })), "{row}: {result:?}");
    }
    for text in [
        ":20:A\n:25:1000001\n:61:260902C5,00NTRFX\n",
        ":20:A\n:25:1000001\n:60F:C260901IDR1000,00\n:61:260902C5,00NTRFX\n",
        ":20:A\n:25:1000001\n:60F:C260901IDR1000,00\n:20:B\n",
        ":20:A\n",
    ] {
        assert!(matches!(read_text(text), Err(ReadError::MissingField { .. })), "{text}");
    }
    let intraday = read_text(":20:A\n:25:1000001\n:28C:1\n:34F:IDR0,\n");
    assert_eq!(intraday, Err(ReadError::Unsupported { kind: FileKind::Mt942 }));
}

#[test]
fn several_messages_must_follow_each_other() {
    let first = mt940("260902C5,00NTRFX", "C260902IDR1005,00");
    let second = first.replace("60F:C260901IDR1000,00", "60F:C260902IDR1005,00");
    let second = second.replace("62F:C260902IDR1005,00", "62F:C260902IDR1010,00");
    let statement = read_text(&format!("{first}-\n{second}-\n")).unwrap();
    assert_eq!((statement.layout, statement.rows.len()), (Layout::Mt940, 2));
    assert_eq!(statement.closing_balance, Some(101_000));
    assert!(matches!(read_text(&format!("{first}{first}")), Err(ReadError::BalanceBreak { .. })));
    let other = second.replace("1000001", "1000002");
    let refused = read_text(&format!("{first}{other}"));
    assert!(matches!(refused, Err(ReadError::SeveralAccounts { .. })));
}

#[test]
fn entries_of_camt_053_must_be_complete() {
    let text = String::from_utf8(sample("statement.camt053.xml")).unwrap();
    for (from, to) in [
        ("<Cd>BOOK</Cd>", "<Cd>WHAT</Cd>"),
        ("<Sts>BOOK</Sts>", ""),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", ""),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>D</CdtDbtInd>"),
        (">true<", ">yes<"),
        (">2500.00<", ">2500,00<"),
        (">2500.00<", ">-2500.00<"),
        ("<BookgDt><Dt>2026-09-02</Dt></BookgDt>", ""),
        ("<Dt>2026-09-02</Dt></BookgDt>", "<Dt>2026-09-32</Dt></BookgDt>"),
        ("<DtTm>2026-09-02T02:15:27Z</DtTm>", "<DtTm>kemarin</DtTm>"),
    ] {
        assert!(text.contains(from), "{from}");
        let result = read_text(&text.replacen(from, to, 1));
        let is_field =
            matches!(result, Err(ReadError::BadField { .. } | ReadError::MissingField { .. }));
        assert!(is_field, "{from} -> {to}: {result:?}");
    }
    let outside =
        text.replacen("<Dt>2026-09-02</Dt></BookgDt>", "<Dt>2026-09-05</Dt></BookgDt>", 1);
    assert!(matches!(read_text(&outside), Err(ReadError::OutsidePeriod { .. })));
    for (name, kind) in
        [("BkToCstmrAcctRpt", FileKind::Camt052), ("BkToCstmrDbtCdtNtfctn", FileKind::Camt054)]
    {
        let other = text.replace("BkToCstmrStmt", name);
        assert_eq!(read_text(&other), Err(ReadError::Unsupported { kind }));
    }
}

#[test]
fn a_batch_is_one_row_with_a_note() {
    let text = String::from_utf8(sample("statement.camt053.xml")).unwrap();
    let batch = text.replacen("</NtryDtls>", "<TxDtls/></NtryDtls>", 1);
    let statement = read_text(&batch).unwrap();
    assert!(statement.notes.contains(&Note::Batch { line: 9, transactions: 2 }));
    assert_eq!(statement.rows.len(), 3);
}

#[test]
fn entries_without_balances_are_noted() {
    let text = String::from_utf8(sample("statement.camt053.xml")).unwrap();
    let without = text.replace("OPBD", "OTHR").replace("CLBD", "OTHR");
    assert!(read_text(&without).unwrap().notes.contains(&Note::AmountsUnconfirmed));
}
