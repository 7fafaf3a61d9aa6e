//! Cells such as `1.000`, which the rest of the file has to decide.

use bank_statements::{Direction, ReadError};

use crate::support::read_text;

fn amounts(text: &str) -> Result<Vec<i64>, ReadError> {
    Ok(read_text(text)?.rows.iter().map(|row| row.amount).collect())
}

#[test]
fn other_cells_of_the_column_decide() {
    let header = "Tanggal,Keterangan,D/K,Jumlah\n02/09/2026,A,K,\"1,000\"\n";
    let decided = |cell: &str| amounts(&format!("{header}02/09/2026,B,K,\"{cell}\"\n"));
    assert_eq!(decided("2,500.00"), Ok(vec![100_000, 250_000]));
    assert_eq!(decided("1,000,000"), Ok(vec![100_000, 100_000_000]));
    assert_eq!(decided("2500,5"), Ok(vec![100, 250_050]));
    for cell in ["2500", "20,000"] {
        let Err(ReadError::AmbiguousAmount { line: 2, .. }) = decided(cell) else {
            panic!("{cell} decided");
        };
    }
}

#[test]
fn balances_decide() {
    let rows = |first: &str, second: &str| {
        amounts(&format!(
            "Tanggal;Keterangan;Debet;Kredit;Saldo\n02/09/2026;A;;{first};1000000,00\n\
             02/09/2026;B;20.000;;{second}\n"
        ))
    };
    assert_eq!(rows("1.000", "980000,00"), Ok(vec![100_000, 2_000_000]));
    // The balances want 20.000 to be twenty, and the balances' own separator says that a point is none
    // of decimals.
    assert!(matches!(rows("1.000", "999980,00"), Err(ReadError::AmbiguousAmount { .. })));
    assert_eq!(rows("1.000,00", "980000,00"), Ok(vec![100_000, 2_000_000]));
    assert_eq!(rows("1000", "980000,00"), Ok(vec![100_000, 2_000_000]));
}

#[test]
fn amounts_and_balances_that_are_all_undecided_are_refused() {
    let text = "Tanggal;Keterangan;Debet;Kredit;Saldo\n02/09/2026;A;;1.000;2.000\n\
                02/09/2026;B;;3.000;5.000\n";
    let Err(error @ ReadError::AmbiguousAmount { line: 2, .. }) = amounts(text) else {
        panic!("thousands and thousandths fit alike");
    };
    assert!(error.to_string().contains("column Kredit: `1.000` can be read in two ways"));
}

#[test]
fn one_column_with_two_decimal_separators_is_refused() {
    let text = "Tanggal;Keterangan;D/K;Jumlah\n02/09/2026;A;K;1.000,00\n02/09/2026;B;K;1,000.00\n";
    let Err(ReadError::MixedSeparators { line: 3, other_line: 2, .. }) = amounts(text) else {
        panic!("two separators were read");
    };
}

#[test]
fn a_number_without_sign_or_mark_is_a_credit_only_if_balances_say_so() {
    let rows = |second: &str| {
        read_text(&format!(
            "Tanggal;Keterangan;Jumlah;Saldo\n01/09/2026;A;5,00 CR;105,00\n02/09/2026;B;{second}\n"
        ))
    };
    let statement = rows("7,00;112,00").unwrap();
    assert_eq!(statement.rows[1].direction, Direction::Credit);
    assert!(matches!(rows("7,00;98,00"), Err(ReadError::BalanceBreak { line: 3, .. })));
    assert_eq!(rows("7,00;"), Err(ReadError::NoDirection { line: 3 }));
}
