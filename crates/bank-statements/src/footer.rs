//! Lines of a table that are no rows: opening and closing balance, totals and numbers of rows.

use crate::amount::{AmountCell, parse_amount};
use crate::column_names::MoneyColumn;
use crate::columns::Columns;
use crate::error::ReadError;
use crate::layout::normalised_name;
use crate::metadata::label_and_value;
use crate::sheet::Line;
use crate::statement::Direction;

/// What the lines that are no rows state.
#[derive(Debug, Default)]
pub(crate) struct Footer {
    pub(crate) opening: Option<Stated>,
    pub(crate) closing: Option<Stated>,
    pub(crate) totals: Vec<Total>,
}

/// A stated balance.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    pub(crate) line: usize,
    pub(crate) cell: AmountCell,
    /// As in the file.
    pub(crate) text: String,
}

/// A stated total of the credits or the debits.
#[derive(Clone, Debug)]
pub(crate) struct Total {
    pub(crate) direction: Direction,
    pub(crate) sum: Stated,
    /// The stated number of rows.
    pub(crate) count: Option<usize>,
}

/// What became of a line without a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FooterLine {
    /// A balance or a total of the file.
    Used,
    /// A total before the last row: that of a page.
    PageTotal,
    Unknown,
}

/// What a line without a date states.
enum Kind {
    Opening,
    Closing,
    Total(Direction),
    /// Both sums, in the columns of the table.
    Totals,
}

impl Footer {
    /// Reads a line of the table that is no row.
    pub(crate) fn read(
        &mut self,
        line: &Line,
        columns: &Columns,
        is_after_rows: bool,
    ) -> Result<FooterLine, ReadError> {
        let Some(first) = line.cells.iter().find(|cell| !cell.trim().is_empty()) else {
            return Ok(FooterLine::Unknown);
        };
        let label = first.split([':', '=']).next().unwrap_or("");
        let Some(kind) = Kind::of(&normalised_name(label)) else {
            return Ok(FooterLine::Unknown);
        };
        match kind {
            Kind::Opening => {
                let stated = balance(line, columns)?;
                self.opening = self.opening.take().or(stated);
            }
            Kind::Closing => self.closing = balance(line, columns)?.or(self.closing.take()),
            Kind::Total(direction) if is_after_rows => {
                let Some(sum) = labelled(line)? else { return Ok(FooterLine::Unknown) };
                self.totals.push(Total { direction, sum, count: row_count(line) });
            }
            Kind::Totals if is_after_rows => {
                for (slot, direction) in [
                    (MoneyColumn::Debit, Direction::Debit),
                    (MoneyColumn::Credit, Direction::Credit),
                ] {
                    if let Some(sum) = in_column(line, columns, slot)? {
                        self.totals.push(Total { direction, sum, count: None });
                    }
                }
            }
            Kind::Total(_) | Kind::Totals => return Ok(FooterLine::PageTotal),
        }
        Ok(FooterLine::Used)
    }
}

impl Kind {
    fn of(label: &str) -> Option<Kind> {
        const OPENING: [&str; 6] = [
            "saldo awal mutasi",
            "saldo awal",
            "starting balance",
            "opening balance",
            "beginning balance",
            "previous balance",
        ];
        const CLOSING: [&str; 3] = ["saldo akhir", "ending balance", "closing balance"];
        const CREDIT: [&str; 7] = [
            "kredit",
            "credit",
            "mutasi kredit",
            "total kredit",
            "total credit",
            "jumlah kredit",
            "total mutasi kredit",
        ];
        const DEBIT: [&str; 10] = [
            "debet",
            "debit",
            "mutasi debet",
            "mutasi debit",
            "total debet",
            "total debit",
            "jumlah debet",
            "jumlah debit",
            "total mutasi debet",
            "total mutasi debit",
        ];
        const TOTALS: [&str; 5] =
            ["total", "grand total", "jumlah", "total mutasi", "total transaksi"];
        let is = |names: &[&str]| names.contains(&label);
        if is(&OPENING) {
            Some(Kind::Opening)
        } else if is(&CLOSING) {
            Some(Kind::Closing)
        } else if is(&CREDIT) {
            Some(Kind::Total(Direction::Credit))
        } else if is(&DEBIT) {
            Some(Kind::Total(Direction::Debit))
        } else if is(&TOTALS) {
            Some(Kind::Totals)
        } else {
            None
        }
    }
}

/// Whether a text is nothing but the label of a balance.
pub(crate) fn is_balance_label(text: &str) -> bool {
    matches!(Kind::of(&normalised_name(text)), Some(Kind::Opening | Kind::Closing))
}

/// A balance beside its label or in the column of balances.
fn balance(line: &Line, columns: &Columns) -> Result<Option<Stated>, ReadError> {
    match in_column(line, columns, MoneyColumn::Balance)? {
        Some(stated) => Ok(Some(stated)),
        None => labelled(line),
    }
}

fn in_column(
    line: &Line,
    columns: &Columns,
    slot: MoneyColumn,
) -> Result<Option<Stated>, ReadError> {
    columns.money_cell(line, slot).map_or(Ok(None), |text| stated(line, text))
}

fn labelled(line: &Line) -> Result<Option<Stated>, ReadError> {
    label_and_value(&line.cells).map_or(Ok(None), |(_, value)| stated(line, &value))
}

fn stated(line: &Line, text: &str) -> Result<Option<Stated>, ReadError> {
    let cell = parse_amount(text).map_err(|fault| ReadError::BadAmount {
        line: line.number,
        column: line.cells.first().map_or_else(String::new, |label| label.trim().to_owned()),
        found: text.into(),
        fault,
    })?;
    Ok(cell.map(|cell| Stated { line: line.number, cell, text: text.to_owned() }))
}

/// The number of rows in the cell after `"Mutasi Kredit : 3,000,579.00"`.
fn row_count(line: &Line) -> Option<usize> {
    let is_one_cell = line.cells.first().is_some_and(|cell| cell.contains(':'));
    let count = line.cells.get(1).map(|cell| cell.trim()).filter(|_| is_one_cell)?;
    count.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Number;

    fn read(text: &str, is_after_rows: bool) -> (Footer, FooterLine) {
        let line = |text: &str| Line {
            number: 9,
            cells: text.split(';').map(str::to_owned).collect(),
            raw: text.to_owned(),
            is_open: false,
        };
        let columns = Columns::of_header(&line("Tanggal;Keterangan;Debet;Kredit;Saldo")).unwrap();
        let mut footer = Footer::default();
        let kind = footer.read(&line(text), &columns, is_after_rows).unwrap();
        (footer, kind)
    }

    fn cents(stated: Option<&Stated>) -> Option<i64> {
        match stated?.cell.number {
            Number::Certain(cents) => Some(cents),
            Number::Undecided { .. } => None,
        }
    }

    #[test]
    fn balances_stand_beside_their_label_or_in_their_column() {
        for text in [
            "Saldo Awal : 5,000,000.00",
            "Saldo Awal;=;5000000.00",
            "Saldo Awal;:;5,000,000.00",
            "Opening Balance;;;;5,000,000.00",
            ";Saldo Awal;;;5,000,000.00",
        ] {
            let (footer, kind) = read(text, false);
            assert_eq!(kind, FooterLine::Used, "{text}");
            assert_eq!(cents(footer.opening.as_ref()), Some(500_000_000), "{text}");
        }
    }

    #[test]
    fn totals_have_a_direction_and_perhaps_a_number_of_rows() {
        for (text, totals) in [
            ("Mutasi Kredit : 3,000,579.00;2", vec![(Direction::Credit, 300_057_900, Some(2))]),
            ("Debet;=;15000.00", vec![(Direction::Debit, 1_500_000, None)]),
            (
                ";Total;15,000.00;20,000.00;",
                vec![(Direction::Debit, 1_500_000, None), (Direction::Credit, 2_000_000, None)],
            ),
        ] {
            let (footer, _) = read(text, true);
            let found: Vec<_> = footer
                .totals
                .iter()
                .map(|total| (total.direction, cents(Some(&total.sum)).unwrap(), total.count))
                .collect();
            assert_eq!(found, totals, "{text}");
            let (footer, kind) = read(text, false);
            assert!(footer.totals.is_empty() && kind == FooterLine::PageTotal, "{text}");
        }
    }

    #[test]
    fn other_lines_are_not_known() {
        for text in ["TRANSAKSI DEBIT", "Halaman : 1", "Kredit Mikro : 5,000.00", ";"] {
            assert_eq!(read(text, true).1, FooterLine::Unknown, "{text}");
        }
    }
}
