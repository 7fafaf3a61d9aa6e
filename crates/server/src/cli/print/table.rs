//! Aligned plain text.

use std::fmt;
use std::sync::OnceLock;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement};
use domain::display::is_invisible;

/// Blanks between two columns.
const GAP: u16 = 2;

/// The narrowest column of prose. If the terminal has less space, the table keeps its full width.
const MIN_PROSE: u16 = 20;

/// The width of the terminal on which tables are printed.
static TERMINAL_WIDTH: OnceLock<u16> = OnceLock::new();

/// Makes all tables fit a terminal of this many columns. Without a call they have their full width,
/// one line per row, as programs need it.
pub(super) fn fit_to(terminal_width: u16) {
    let _ = TERMINAL_WIDTH.set(terminal_width);
}

/// Rows below titles; each column is as wide as its widest cell.
pub(in crate::cli) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

/// The title and content of a column.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Column {
    title: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Left,
    Right,
    Prose,
}

/// A left-aligned column.
pub(in crate::cli) const fn left(title: &'static str) -> Column {
    Column { title, kind: Kind::Left }
}

/// A right-aligned column, for amounts.
pub(in crate::cli) const fn right(title: &'static str) -> Column {
    Column { title, kind: Kind::Right }
}

/// A column of sentences, which are wrapped on a narrow terminal.
pub(in crate::cli) const fn prose(title: &'static str) -> Column {
    Column { title, kind: Kind::Prose }
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

    /// The lines, for a terminal of this width or for a program.
    fn render(&self, terminal_width: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).add_rows(&self.rows);
        let titles = self.columns.map(|column| column.title);
        if titles.iter().any(|title| !title.is_empty()) {
            table.set_header(titles);
        }
        let widths = table.column_max_content_widths();
        let wrapped_at = terminal_width.filter(|available| self.leaves_prose(&widths, *available));
        for (column, shown) in self.columns.iter().zip(table.column_iter_mut()) {
            shown.set_padding((0, GAP));
            if column.kind == Kind::Right {
                shown.set_cell_alignment(CellAlignment::Right);
            }
            if column.kind != Kind::Prose {
                shown.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        if let Some(width) = wrapped_at {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.trim_fmt()
    }

    /// Whether the other columns of these widths leave enough space for those of prose.
    fn leaves_prose(&self, widths: &[u16], available: u16) -> bool {
        let columns = self.columns.iter().zip(widths);
        let needed = columns.map(|(column, width)| match column.kind {
            Kind::Prose => u32::from(MIN_PROSE.min(*width) + GAP),
            _ => u32::from(*width) + u32::from(GAP),
        });
        needed.sum::<u32>() <= u32::from(available)
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.render(TERMINAL_WIDTH.get().copied());
        if shown.is_empty() { Ok(()) } else { writeln!(f, "{shown}") }
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
    fn a_cell_cannot_control_the_terminal() {
        let row = ["\u{1b}[2J\u{9b}x\ny\u{202e}z".to_owned()];
        let shown = Table::new([left("")], [row]).to_string();
        assert_eq!(shown, "\u{fffd}[2J\u{fffd}x\u{fffd}y\u{fffd}z\n");
    }

    /// Letters that take two columns, and marks that take none.
    #[test]
    fn columns_are_aligned_by_the_width_on_the_terminal() {
        let rows = ["東京", "e\u{301}", "Jakarta"].map(|name| [name.to_owned(), "1".to_owned()]);
        let shown = Table::new([left("NAME"), right("N")], rows).to_string();
        assert_eq!(shown, "NAME     N\n東京     1\ne\u{301}        1\nJakarta  1\n");
    }

    #[test]
    fn prose_is_wrapped_on_a_terminal_only_and_numbers_never() {
        let note = "paid in cash at the counter in Bandung".to_owned();
        let table = Table::new(
            [left("TR_ID"), prose("NOTE"), right("AMOUNT")],
            [["1000000017".to_owned(), note.clone(), "52.300".to_owned()]],
        );
        let whole = format!(
            "TR_ID       NOTE                                    AMOUNT\n1000000017  {note}  52.300\n"
        );
        assert_eq!(table.to_string(), whole);
        assert_eq!(table.render(Some(100)) + "\n", whole);
        // Too narrow for a readable column.
        assert_eq!(table.render(Some(30)) + "\n", whole);
        assert_eq!(
            table.render(Some(46)),
            "TR_ID       NOTE                 AMOUNT\n\
             1000000017  paid in cash at the  52.300\n            counter in Bandung"
        );
    }

    #[test]
    fn a_table_without_rows_has_only_its_titles() {
        let none: [[String; 1]; 0] = [];
        assert_eq!(Table::new([left("NAME")], none.clone()).to_string(), "NAME\n");
        assert_eq!(Table::new([left("")], none).to_string(), "");
    }
}
