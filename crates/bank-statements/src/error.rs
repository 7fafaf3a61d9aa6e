//! Why a file is refused. Every variant keeps its parts as fields, so that they can be shown in
//! another language; `Display` is for an operator who reads English.

use std::fmt::{self, Write as _};

use jiff::civil::Date;

use crate::amount::AmountFault;
use crate::date::DateFault;
use crate::limits;
use crate::statement::Direction;

/// Characters of a cell that a message shows.
const SHOWN_CHARS: usize = 60;

/// Why a file is refused. Nothing of a refused file may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("the file is empty")]
    Empty,
    #[error("the file has {bytes} bytes; at most {} are read", limits::MAX_FILE)]
    FileTooLarge { bytes: usize },
    #[error("the file has more than {} rows", limits::MAX_ROWS)]
    TooManyRows,
    #[error("line {line}: a cell is longer than {} bytes", limits::MAX_CELL)]
    CellTooLong { line: usize },
    #[error("line {line}: more than {} columns", limits::MAX_COLUMNS)]
    TooManyColumns { line: usize },
    #[error("the file is {kind}; {}", kind.advice())]
    Unsupported { kind: FileKind },
    #[error("the file is not text, or it is damaged")]
    NotText,
    #[error("line {line}: a quotation mark is opened here and not closed; the file may be cut off")]
    OpenQuote { line: usize },
    #[error("line {line}: text follows a closing quotation mark")]
    TextAfterQuote { line: usize },
    #[error(
        "no line among the first {} names the columns of an account statement; describe the columns \
         of this file once, or export it in another format",
        limits::MAX_PREAMBLE
    )]
    UnknownLayout,
    #[error(
        "line {line}: {found} columns where the header has {expected}; the file may be cut off"
    )]
    ColumnCount { line: usize, found: usize, expected: usize },
    #[error("line {line}, column {column}: `{found}`: {fault}")]
    BadAmount { line: usize, column: String, found: Cell, fault: AmountFault },
    #[error(
        "line {line}, column {column}: `{found}` can be read in two ways, and nothing in the file \
         decides which; state the decimal separator"
    )]
    AmbiguousAmount { line: usize, column: String, found: Cell },
    #[error(
        "line {line}, column {column}: `{found}` has another decimal separator than line {other_line}"
    )]
    MixedSeparators { line: usize, column: String, found: Cell, other_line: usize },
    #[error("line {line}: debit and credit both have an amount")]
    BothSides { line: usize },
    #[error("line {line}: nothing says whether this is a credit or a debit")]
    NoDirection { line: usize },
    #[error("line {line}, column {column}: `{found}`: {fault}")]
    BadDate { line: usize, column: String, found: Cell, fault: DateFault },
    #[error(
        "line {line}: the date `{found}` has no year, and the file states no period; state the year"
    )]
    YearUnknown { line: usize, found: Cell },
    #[error("line {line}: {date} is outside of the period of the file, {from} to {to}")]
    OutsidePeriod { line: usize, date: Date, from: Date, to: Date },
    #[error("line {line}: {date} is in the future; today is {today}")]
    InFuture { line: usize, date: Date, today: Date },
    #[error("line {line}: the currency is `{found}`; only rupiah are read")]
    NotRupiah { line: usize, found: Cell },
    #[error("the file is of the account {found}, not of {expected}")]
    AccountMismatch { found: Cell, expected: Cell },
    #[error(
        "line {line}: the account is {found}, and {first} before; import one account at a time"
    )]
    SeveralAccounts { line: usize, first: Cell, found: Cell },
    #[error(
        "line {line}: a spreadsheet program has damaged the account number `{found}`; import the file \
         as the bank sent it"
    )]
    AccountDamaged { line: usize, found: Cell },
    #[error("line {line}: there are amounts but no date")]
    RowWithoutDate { line: usize },
    #[error("line {line}: {field} has `{found}` where {expected} is expected")]
    BadField { line: usize, field: &'static str, found: Cell, expected: &'static str },
    #[error("line {line}: {field} is missing; the file may be cut off")]
    MissingField { line: usize, field: &'static str },
    #[error("line {line}: the XML is damaged or cut off")]
    BadXml { line: usize },
    #[error("the workbook is damaged or cut off, or protected by a password: {part}")]
    BadWorkbook { part: String },
    #[error(
        "unpacked, the workbook has more than {} bytes; export it as CSV instead",
        limits::MAX_UNPACKED
    )]
    WorkbookTooLarge,
    #[error(
        "line {line}: the balance is {}, but {} follows from the rows before; a row is missing or \
         changed", rupiah(*found), rupiah(*expected)
    )]
    BalanceBreak { line: usize, expected: i64, found: i64 },
    #[error(
        "the closing balance is {}, but the rows give {}; a row is missing or changed",
        rupiah(*found), rupiah(*expected)
    )]
    ClosingBalance { expected: i64, found: i64 },
    #[error(
        "line {line}: the file states {} of {}, but its rows sum up to {}; a row is missing or changed",
        rupiah(*stated), sums(*direction), rupiah(*computed)
    )]
    TotalMismatch { line: usize, direction: Direction, stated: i64, computed: i64 },
    #[error("line {line}: the file states {stated} {}, but has {counted}", sums(*direction))]
    CountMismatch { line: usize, direction: Direction, stated: usize, counted: usize },
}

/// Files that are recognised and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FileKind {
    #[error("a PDF document")]
    Pdf,
    #[error("a binary Excel workbook (.xls)")]
    Xls,
    #[error("a ZIP archive that is no Excel workbook")]
    Zip,
    #[error("an Excel workbook with the calendar of old Macintosh programs")]
    Calendar1904,
    #[error("an MT942 report of the current day, whose rows are not final")]
    Mt942,
    #[error("a camt.052 report of the current day, whose entries are not final")]
    Camt052,
    #[error("a camt.054 notification, which has no balances")]
    Camt054,
}

impl FileKind {
    /// What the operator can do instead.
    pub const fn advice(self) -> &'static str {
        match self {
            FileKind::Pdf => "download the statement as CSV instead",
            FileKind::Xls | FileKind::Calendar1904 => "export it as CSV instead",
            FileKind::Zip => "unpack it, and import the statement in it",
            FileKind::Mt942 => "download the MT940 statement instead",
            FileKind::Camt052 | FileKind::Camt054 => "download the camt.053 statement instead",
        }
    }
}

/// The content of a cell. It may hold the name or the number of a person, so an operator sees it by
/// `Display` and no log sees it by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Cell(pub String);

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        self.0.chars().take(SHOWN_CHARS).map(plain).try_for_each(|c| f.write_char(c))?;
        if self.0.chars().nth(SHOWN_CHARS).is_some() { f.write_str("…") } else { Ok(()) }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell(text.to_owned())
    }
}

fn rupiah(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("Rp {sign}{}.{:02}", cents / 100, cents % 100)
}

const fn sums(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "credits",
        Direction::Debit => "debits",
    }
}
