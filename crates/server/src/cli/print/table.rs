//! Aligned plain text.

use std::fmt;

use domain::display::is_invisible;

/// Rows below titles; each column is as wide as its widest cell.
pub(in crate::cli) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

/// The title and alignment of a column.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Column {
    title: &'static str,
    side: Side,
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// A left-aligned column.
pub(in crate::cli) const fn left(title: &'static str) -> Column {
    Column { title, side: Side::Left }
}

/// A right-aligned column, for amounts.
pub(in crate::cli) const fn right(title: &'static str) -> Column {
    Column { title, side: Side::Right }
}

impl<const N: usize> Table<N> {
    /// A table with these rows.
    pub(in crate::cli) fn new(
        columns: [Column; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Table<N> {
        let rows = rows.into_iter().map(|row| row.map(|cell| harmless(&cell))).collect();
        Table { columns, rows }
    }

    fn width(&self, place: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[place].chars().count());
        cells.chain([self.columns[place].title.chars().count()]).max().unwrap_or(0)
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: [usize; N] = std::array::from_fn(|place| self.width(place));
        let titles = self.columns.map(|column| column.title.to_owned());
        let titles = titles.iter().any(|title| !title.is_empty()).then_some(&titles);
        for row in titles.into_iter().chain(&self.rows) {
            let mut line = String::new();
            for ((cell, column), width) in row.iter().zip(&self.columns).zip(widths) {
                line.push_str(&match column.side {
                    Side::Left => format!("{cell:<width$}  "),
                    Side::Right => format!("{cell:>width$}  "),
                });
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Properties of one thing, one line each; those without a value are omitted.
pub(in crate::cli) fn pairs<const N: usize>(properties: [(&str, Option<String>); N]) -> String {
    let rows = properties
        .into_iter()
        .filter_map(|(name, value)| Some([name.to_owned(), value.filter(|v| !v.is_empty())?]));
    Table::new([left(""), left("")], rows).to_string()
}

/// Names, notes and billers' texts come from outside: they must not contain terminal escapes or
/// change the text direction.
fn harmless(text: &str) -> String {
    text.replace(is_invisible, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_without_trailing_blanks() {
        let row = |name: &str, amount: &str| [name.to_owned(), amount.to_owned(), String::new()];
        let table = Table::new(
            [left("NAME"), right("AMOUNT"), left("NOTE")],
            [row("Toko é", "52.300"), row("X", "1")],
        );
        assert_eq!(table.to_string(), "NAME    AMOUNT  NOTE\nToko é  52.300\nX            1\n");
    }

    #[test]
    fn properties_without_a_value_are_left_out() {
        let value = |text: &str| Some(text.to_owned());
        let shown = pairs([("state", value("paid")), ("noref", None), ("name", value(""))]);
        assert_eq!(shown, "state  paid\n");
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let row = ["\u{1b}[2J\u{9b}x\ny\u{202e}z".to_owned()];
        let shown = Table::new([left("")], [row]).to_string();
        assert_eq!(shown, "\u{fffd}[2J\u{fffd}x\u{fffd}y\u{fffd}z\n");
    }
}
