//! Finds the line that names the columns, and what each column holds.

use crate::column_names::{MoneyColumn, Role};
use crate::error::ReadError;
use crate::layout::{Layout, normalised_name};
use crate::limits;
use crate::settings::{AmountColumns, ColumnMapping, DateOrder, DecimalSeparator};
use crate::sheet::Line;
use crate::statement::ReferenceKind;

/// What the columns of a table hold, by index.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) layout: Layout,
    /// The names as in the file, without empty ones at the end; empty if the file has no header.
    pub(crate) header: Vec<String>,
    /// Cells of the header line, with the empty ones at its end.
    width: usize,
    /// What separates cells, to put a text together again.
    pub(crate) delimiter: char,
    pub(crate) date: usize,
    pub(crate) date_order: DateOrder,
    pub(crate) time: Option<usize>,
    pub(crate) texts: Vec<usize>,
    /// Only the first text that is not empty is used.
    pub(crate) is_first_text_only: bool,
    /// The columns with money, by [`MoneyColumn`].
    pub(crate) money: [Option<usize>; MoneyColumn::COUNT],
    pub(crate) mark: Option<usize>,
    pub(crate) reference: Option<(usize, ReferenceKind)>,
    pub(crate) account: Option<usize>,
    pub(crate) currency: Option<usize>,
    /// The decimal separator, if the caller stated it.
    pub(crate) decimal: Option<DecimalSeparator>,
}

impl Columns {
    /// The columns that a line names; `None` if it does not name those of a statement.
    pub(crate) fn of_header(line: &Line) -> Option<Columns> {
        let header: Vec<String> = line.cells[..line.filled()].to_vec();
        let names: Vec<String> = header.iter().map(|cell| normalised_name(cell)).collect();
        let layout = Layout::of_header(&names);
        let mut columns = Columns::empty(layout, header, line.cells.len());
        let mut date = None;
        for (index, name) in names.iter().enumerate() {
            let Some(role) = Role::of(name) else { continue };
            match role {
                Role::Date if date.is_none() => date = Some(index),
                Role::Date if name == "waktu" => columns.time = columns.time.or(Some(index)),
                Role::Date => {}
                Role::Time => columns.time = columns.time.or(Some(index)),
                Role::Text => columns.texts.push(index),
                Role::Money(slot) => {
                    let column = &mut columns.money[slot as usize];
                    *column = column.or(Some(index));
                }
                Role::Mark => columns.mark = columns.mark.or(Some(index)),
                Role::Reference(kind) => {
                    columns.reference = columns.reference.or(Some((index, kind)));
                }
                Role::Account => columns.account = columns.account.or(Some(index)),
                Role::Currency => columns.currency = columns.currency.or(Some(index)),
            }
        }
        columns.date = date?;
        columns.date_order = layout.date_order();
        columns.prefer_texts(&names);
        columns.complete(&names).then_some(columns)
    }

    /// The columns that the caller described.
    pub(crate) fn of_mapping(mapping: &ColumnMapping) -> Columns {
        let filled = mapping.header.iter().rposition(|name| !name.trim().is_empty());
        let header = mapping.header[..filled.map_or(0, |last| last + 1)].to_vec();
        let mut columns = Columns::empty(Layout::Mapped, header, mapping.header.len());
        columns.delimiter = mapping.delimiter.as_char();
        columns.date = mapping.date;
        columns.date_order = mapping.date_order;
        columns.time = mapping.time;
        columns.texts.clone_from(&mapping.texts);
        let money = &mut columns.money;
        match mapping.amounts {
            AmountColumns::Single(amount) => money[MoneyColumn::Amount as usize] = Some(amount),
            AmountColumns::Marked { amount, mark } => {
                money[MoneyColumn::Amount as usize] = Some(amount);
                columns.mark = Some(mark);
            }
            AmountColumns::Separate { debit, credit } => {
                money[MoneyColumn::Debit as usize] = Some(debit);
                money[MoneyColumn::Credit as usize] = Some(credit);
            }
        }
        columns.money[MoneyColumn::Balance as usize] = mapping.balance;
        columns.reference = mapping.reference.map(|index| (index, ReferenceKind::Other));
        columns.decimal = mapping.decimal;
        columns
    }

    /// The money cell of a line, if there is such a column.
    pub(crate) fn money_cell<'a>(&self, line: &'a Line, slot: MoneyColumn) -> Option<&'a str> {
        self.money[slot as usize].map(|index| line.cell(index))
    }

    /// The name of a column for messages.
    pub(crate) fn name(&self, index: usize) -> String {
        let name = self.header.get(index).map(|name| name.trim()).filter(|name| !name.is_empty());
        name.map_or_else(|| (index + 1).to_string(), str::to_owned)
    }

    /// Whether a line is this header again, as at the top of each page.
    pub(crate) fn is_header(&self, line: &Line) -> bool {
        !self.header.is_empty()
            && line.filled() == self.header.len()
            && line.cells.iter().zip(&self.header).all(|(a, b)| a.trim() == b.trim())
    }

    /// The cells of a row, at the indices of the header. If the text has unquoted delimiters in it, it
    /// is put together again; such a row is only to be used if balances confirm it.
    pub(crate) fn align(&self, line: &Line) -> Result<(Vec<String>, bool), ReadError> {
        let (expected, found) = (self.expected(), line.filled());
        let is_whole = line.cells.len() >= expected;
        if is_whole && (self.header.is_empty() || found <= expected) {
            return Ok((line.cells.clone(), false));
        }
        let mismatch = ReadError::ColumnCount { line: line.number, found, expected };
        let (Some(first), Some(last)) = (self.texts.first(), self.texts.last()) else {
            return Err(mismatch);
        };
        let are_neighbours =
            self.texts.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
        let surplus = line.cells.len().checked_sub(self.width).filter(|count| *count > 0);
        let is_repairable = is_whole && are_neighbours && *last < self.width;
        let Some(surplus) = surplus.filter(|_| is_repairable) else { return Err(mismatch) };
        let mut cells = line.cells.clone();
        let empty = vec![String::new(); last - first + 1];
        let parts: Vec<String> = cells.splice(*first..=last + surplus, empty).collect();
        cells[*first] = parts.join(self.delimiter.to_string().as_str());
        if cells[*first].len() > limits::MAX_CELL {
            return Err(ReadError::CellTooLong { line: line.number });
        }
        Ok((cells, true))
    }

    /// Columns that a row has at least.
    fn expected(&self) -> usize {
        let single = [Some(self.date), self.time, self.mark];
        let used = single.iter().chain(&self.money).flatten().chain(&self.texts).max();
        if self.header.is_empty() {
            used.map_or(0, |last| last.saturating_add(1))
        } else {
            self.header.len()
        }
    }

    fn empty(layout: Layout, header: Vec<String>, width: usize) -> Columns {
        Columns {
            layout,
            header,
            width,
            delimiter: ',',
            date: 0,
            date_order: DateOrder::DayFirst,
            time: None,
            texts: Vec::new(),
            is_first_text_only: false,
            money: [None; MoneyColumn::COUNT],
            mark: None,
            reference: None,
            account: None,
            currency: None,
            decimal: None,
        }
    }

    fn prefer_texts(&mut self, names: &[String]) {
        let preferred = self.layout.text_by_preference();
        if !preferred.is_empty() {
            let index = |name: &&str| names.iter().position(|other| other == name);
            self.texts = preferred.iter().filter_map(index).collect();
            self.is_first_text_only = true;
        }
    }

    /// Whether there is all that a statement needs. A column without a name after the amount holds the
    /// mark, as at BCA.
    fn complete(&mut self, names: &[String]) -> bool {
        let has = |slot: MoneyColumn| self.money[slot as usize].is_some();
        let is_separate = has(MoneyColumn::Debit) && has(MoneyColumn::Credit);
        if is_separate {
            self.money[MoneyColumn::Amount as usize] = None;
        } else if let Some(amount) = self.money[MoneyColumn::Amount as usize] {
            self.money[MoneyColumn::Debit as usize] = None;
            self.money[MoneyColumn::Credit as usize] = None;
            if self.mark.is_none() && names.get(amount + 1).is_some_and(String::is_empty) {
                self.mark = Some(amount + 1);
            }
        } else {
            return false;
        }
        !self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &str) -> Line {
        let raw = cells.to_owned();
        let cells = cells.split(',').map(str::to_owned).collect();
        Line { number: 1, cells, raw, is_open: false }
    }

    #[test]
    fn a_header_needs_a_date_a_text_and_amounts() {
        for header in ["Tanggal,Keterangan,Jumlah", "x,DATE,Uraian,Debet,Kredit,,"] {
            assert!(Columns::of_header(&line(header)).is_some(), "{header}");
        }
        for other in [
            "Tanggal,Jumlah,Saldo",
            "Keterangan,Jumlah",
            "Tanggal,Uraian,Debet",
            "Tanggal,Uraian",
            "",
        ] {
            assert!(Columns::of_header(&line(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_nameless_column_after_the_amount_is_the_mark() {
        let columns = Columns::of_header(&line("Tanggal,Keterangan,Cabang,Jumlah,,Saldo")).unwrap();
        assert_eq!(columns.mark, Some(4));
        let columns = Columns::of_header(&line("Post Date,Description,Debit,Credit,")).unwrap();
        assert_eq!((columns.mark, columns.header.len()), (None, 4));
    }

    #[test]
    fn a_text_with_delimiters_is_put_together() {
        let columns = Columns::of_header(&line("Tanggal,Keterangan,Cabang,Jumlah,,Saldo")).unwrap();
        let (cells, is_repaired) = columns.align(&line("1,a,b ,c,0,5,CR,9")).unwrap();
        assert_eq!((cells.join("|").as_str(), is_repaired), ("1|a,b ,c|0|5|CR|9", true));
        let (_, is_repaired) = columns.align(&line("1,a,0,5,CR,9,,")).unwrap();
        assert!(!is_repaired);
        let short = ReadError::ColumnCount { line: 1, found: 4, expected: 6 };
        assert_eq!(columns.align(&line("1,a,0,5")), Err(short));
    }
}
