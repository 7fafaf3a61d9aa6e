//! What the caller knows about a file.

use jiff::civil::Date;

/// What the caller knows about a file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account that the file must be of; anything but digits and leading zeros is ignored.
    pub account: Option<String>,
    /// Today in Asia/Jakarta: a row after it is refused.
    pub today: Date,
    /// The year of the last day of a file whose dates have no year and that does not say its period.
    /// It is never guessed from `today`.
    pub year: Option<i16>,
    /// How a file of this account is read whose layout is unknown.
    pub mapping: Option<ColumnMapping>,
}

impl Settings {
    /// Settings with nothing known but the day.
    pub const fn new(today: Date) -> Settings {
        Settings { account: None, today, year: None, mapping: None }
    }
}

/// How to read a layout that is not recognised, as an operator described it once.
///
/// It is used if the file has this header, and otherwise only if nothing else fits. Columns are
/// counted from zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMapping {
    pub delimiter: Delimiter,
    /// The cells of the header line; empty if the file has none.
    pub header: Vec<String>,
    pub date: usize,
    pub date_order: DateOrder,
    pub time: Option<usize>,
    /// Their texts are joined.
    pub texts: Vec<usize>,
    pub amounts: AmountColumns,
    pub balance: Option<usize>,
    /// Kept with the row, not used for its identity.
    pub reference: Option<usize>,
    /// The decimal separator of all amounts; `None` to find it out.
    pub decimal: Option<DecimalSeparator>,
}

/// Where the amounts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountColumns {
    /// One column: a debit has a minus or the mark `DB`.
    Single(usize),
    /// One column, and the mark `CR` or `DB` in another.
    Marked { amount: usize, mark: usize },
    /// A column each.
    Separate { debit: usize, credit: usize },
}

/// What separates the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

impl Delimiter {
    pub(crate) const ALL: [Delimiter; 4] =
        [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Bar];

    pub(crate) const fn as_char(self) -> char {
        match self {
            Delimiter::Comma => ',',
            Delimiter::Semicolon => ';',
            Delimiter::Tab => '\t',
            Delimiter::Bar => '|',
        }
    }
}

/// The order of the parts of a date such as `02/09/2026`. A date that begins with a year of four
/// digits is read as year, month, day in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// The character before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecimalSeparator {
    Dot,
    Comma,
}
