//! Which rows of a file are stored already, when files of one account overlap.

use bank_statements::{Row, RowKey, RowState, Statement, new_rows, read};

use crate::support::{read_text, sample, settings};

const ACCOUNT: &str = "0000000001";

fn keys(statement: &Statement) -> Vec<RowKey> {
    statement.rows.iter().filter_map(|row| RowKey::of(ACCOUNT, row)).collect()
}

/// The texts of the new, the known and the doubtful rows.
fn compared(stored: &[RowKey], text: &str) -> [Vec<String>; 3] {
    let statement = read_text(text).unwrap();
    let comparison = new_rows(stored, ACCOUNT, &statement);
    let texts = |rows: &[&Row]| rows.iter().map(|row| row.text.clone()).collect();
    [texts(&comparison.new), texts(&comparison.known), texts(&comparison.review)]
}

fn list(header: &str, rows: &[&str]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}

fn no_balance(rows: &[&str]) -> String {
    list("Tanggal,Keterangan,Debet,Kredit", rows)
}

fn with_balance(rows: &[&str]) -> String {
    list("Tanggal,Keterangan,Debet,Kredit,Saldo", rows)
}

fn with_journal(rows: &[&str]) -> String {
    list("Post Date,Journal No,Description,Debit,Credit", rows)
}

fn stored(text: &str) -> Vec<RowKey> {
    keys(&read_text(text).unwrap())
}

const NONE: [String; 0] = [];

#[test]
fn the_same_file_again_has_nothing_new() {
    for entry in std::fs::read_dir(crate::support::files()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let statement = read(&sample(&name), &settings()).unwrap();
        let stored = keys(&statement);
        let comparison = new_rows(&stored, ACCOUNT, &statement);
        assert!(comparison.new.is_empty() && comparison.review.is_empty(), "{name}");
        assert_eq!(comparison.known.len(), stored.len(), "{name}");
        let all = new_rows(&[], ACCOUNT, &statement);
        assert_eq!((all.new.len(), all.known.len()), (stored.len(), 0), "{name}");
    }
}

#[test]
fn equal_rows_are_counted() {
    let fee = "02/09/2026,BIAYA,6500.00,";
    let stored = stored(&no_balance(&[fee]));
    let [new, known, review] = compared(&stored, &no_balance(&[fee, fee, fee]));
    assert_eq!((new, known, review), (vec!["BIAYA".into(); 2], vec!["BIAYA".into()], vec![]));
    let [new, known, _] = compared(&stored, &no_balance(&[fee]));
    assert_eq!((new.len(), known.len()), (0, 1));
}

#[test]
fn a_balance_tells_equal_rows_apart_and_joins_texts_that_differ() {
    let first = "02/09/2026,TRSF E-BANKING CR 0209/FTSCY UJI,,100.00,1100.00";
    let stored = stored(&with_balance(&[first]));
    let text =
        with_balance(&["02/09/2026,TRSF UJI,,100.00,1100.00", "02/09/2026,UJI,,100.00,1200.00"]);
    assert_eq!(compared(&stored, &text), [vec!["UJI".to_owned()], vec!["TRSF UJI".into()], vec![]]);
}

#[test]
fn the_bank_s_reference_is_compared_before_all_else() {
    let stored = stored(&with_journal(&["02/09/2026,700001,UJI,,100.00"]));
    let text = with_journal(&[
        "02/09/2026,700002,UJI,,100.00",
        "02/09/2026,700001,UJI LAIN,,100.00",
        "02/09/2026,700001,BIAYA,100.00,",
    ]);
    let [new, known, review] = compared(&stored, &text);
    assert_eq!((new, known), (vec!["UJI".into(), "BIAYA".into()], vec!["UJI LAIN".to_owned()]));
    assert_eq!(review, NONE);
    // The same text under another number is another row, whatever else is equal.
    let [new, ..] = compared(&stored, &with_journal(&["02/09/2026,700002,UJI,,100.00"]));
    assert_eq!(new, ["UJI"]);
}

#[test]
fn a_sequence_number_is_unique_together_with_the_time() {
    let header = "TGL_TRAN,SEQ,DESK_TRAN,MUTASI_DEBET,MUTASI_KREDIT";
    let row = |time: &str| list(header, &[&format!("2026-09-02 {time},500001,UJI,.00,100.00")]);
    let stored = stored(&row("09:15:27"));
    assert_eq!(compared(&stored, &row("09:15:27"))[1], ["UJI"]);
    assert_eq!(compared(&stored, &row("09:15:28"))[0], ["UJI"]);
}

#[test]
fn another_layout_of_the_same_rows_has_nothing_new() {
    let kopra = read(&sample("mandiri-kopra.csv"), &settings()).unwrap();
    let mt940 = ":20:A\n:25:1000000000001\n:60F:C260901IDR5000000,00\n\
                 :61:2609020902C1000123,00NTRFNONREF//FT1\n:86:TOP UP SALDO\n\
                 :61:2609020902C50782,00NTRFNONREF\n:86:20260902CENAIDJA010O0000000001\n\
                 :61:2609020902C70000,00NTRFNONREF//FT3\n:86:BARU\n:62F:C260902IDR6120905,00\n";
    let [new, known, review] = compared(&keys(&kopra), mt940);
    assert_eq!(new, ["BARU"]);
    assert_eq!(known, ["20260902CENAIDJA010O0000000001"]);
    // The same amount on the same day, and nothing to compare it by: a person has to decide.
    assert_eq!(review, ["TOP UP SALDO"]);
}

#[test]
fn a_row_whose_balance_was_shifted_is_doubtful() {
    let stored = stored(&with_balance(&["02/09/2026,UJI,,100.00,1100.00"]));
    let text =
        with_balance(&["01/09/2026,SUSULAN,,5.00,1005.00", "02/09/2026,UJI,,100.00,1105.00"]);
    assert_eq!(compared(&stored, &text), [vec!["SUSULAN".to_owned()], vec![], vec!["UJI".into()]]);
}

#[test]
fn one_stored_row_makes_only_one_row_doubtful() {
    let stored = stored(&no_balance(&["02/09/2026,UJI SATU,,100.00"]));
    let text = no_balance(&["02/09/2026,UJI DUA,,100.00", "02/09/2026,UJI TIGA,,100.00"]);
    let [new, known, review] = compared(&stored, &text);
    assert_eq!((new.len(), known.len(), review.len()), (1, 0, 1));
    let text = no_balance(&["02/09/2026,UJI DUA,,100.00", "02/09/2026,UJI  satu,,100.00"]);
    assert_eq!(
        compared(&stored, &text),
        [vec!["UJI DUA".to_owned()], vec!["UJI  satu".into()], vec![]]
    );
}

#[test]
fn times_tell_rows_apart_to_the_minute() {
    let stored = stored(&no_balance(&["02/09/2026 09:15,UJI,,100.00"]));
    for (time, is_known) in [(" 09:15:27", true), ("", true), (" 09:16", false)] {
        let [_, known, review] =
            compared(&stored, &no_balance(&[&format!("02/09/2026{time},UJI,,100.00")]));
        assert_eq!((known.len() == 1, review.len() == 1), (is_known, !is_known), "{time}");
    }
}

#[test]
fn other_days_amounts_directions_and_accounts_are_other_rows() {
    let stored = stored(&no_balance(&["02/09/2026,UJI,,100.00"]));
    for row in ["03/09/2026,UJI,,100.00", "02/09/2026,UJI,,100.01", "02/09/2026,UJI,100.00,"] {
        assert_eq!(compared(&stored, &no_balance(&[row]))[0], ["UJI"], "{row}");
    }
    let statement = read_text(&no_balance(&["02/09/2026,UJI,,100.00"])).unwrap();
    assert_eq!(new_rows(&stored, "0000000002", &statement).new.len(), 1);
    // Zeros at the start do not count.
    assert_eq!(new_rows(&stored, "1", &statement).known.len(), 1);
}

#[test]
fn pending_rows_are_never_new() {
    let statement = read(&sample("bca-individual.csv"), &settings()).unwrap();
    let pending: Vec<&Row> =
        statement.rows.iter().filter(|row| row.state == RowState::Pending).collect();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].date, RowKey::of(ACCOUNT, pending[0])), (None, None));
    let dated = Row { date: statement.rows[0].date, ..pending[0].clone() };
    assert_eq!(RowKey::of(ACCOUNT, &dated), None);
    let comparison = new_rows(&[], ACCOUNT, &statement);
    assert_eq!(comparison.new.len(), statement.rows.len() - 1);
    assert!(comparison.new.iter().all(|row| row.state == RowState::Booked));
}

#[test]
fn many_equal_rows_are_compared_quickly() {
    let rows = vec!["02/09/2026,BIAYA,6500.00,"; 50_000];
    let stored = stored(&no_balance(&rows[..40_000]));
    let [new, known, review] = compared(&stored, &no_balance(&rows));
    assert_eq!((new.len(), known.len(), review.len()), (10_000, 40_000, 0));
}
