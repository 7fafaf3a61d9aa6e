//! What a file says once all of it is understood.

use std::fmt;

use jiff::civil::{Date, Time};

use crate::layout::Layout;

/// The statement of one account, read from one file.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    /// The layout that was recognised from the content.
    pub layout: Layout,
    /// The account number, digits only; `None` if the file does not name it.
    pub account: Option<String>,
    pub currency: Currency,
    /// The first and the last day that the file says it covers.
    pub period: Option<Period>,
    /// The balance before the first row, in cents.
    pub opening_balance: Option<i64>,
    /// The balance after the last row, in cents.
    pub closing_balance: Option<i64>,
    pub order: Order,
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// What the reader of the statement should know although nothing is wrong.
    pub notes: Vec<Note>,
}

impl Statement {
    /// A statement in rupiah before its first row, oldest first.
    pub(crate) const fn empty(layout: Layout) -> Statement {
        Statement {
            layout,
            account: None,
            currency: Currency::Rupiah,
            period: None,
            opening_balance: None,
            closing_balance: None,
            order: Order::OldestFirst,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// One booking, or one that the bank expects.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file, counted from one; in an XML file the line where the entry begins.
    pub line: usize,
    /// Day of booking in Asia/Jakarta; `None` only for a pending row.
    pub date: Option<Date>,
    pub time: Option<Time>,
    pub direction: Direction,
    /// In cents, above zero.
    pub amount: i64,
    /// The account's balance after this row in cents, if the file has it.
    pub balance_after: Option<i64>,
    /// The description as it was sent, with its spaces.
    pub text: String,
    /// The description to compare with: see [`normalise`](crate::normalise).
    pub normalised_text: String,
    pub reference: Option<Reference>,
    pub state: RowState,
    /// Whether balances before and after this row in the file agree with its amount.
    pub confirmed_by_balance: bool,
    /// The line or lines of the file, without the line end.
    pub raw: String,
}

impl Row {
    /// The amount in cents, negative for a debit.
    pub const fn signed_amount(&self) -> i64 {
        match self.direction {
            Direction::Credit => self.amount,
            Direction::Debit => -self.amount,
        }
    }
}

/// Which way the money went, from the account holder's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Into the account.
    Credit,
    /// Out of the account.
    Debit,
}

/// How final a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowState {
    Booked,
    /// Recorded but not settled (`PEND`, `PDNG`): it may disappear, and must never be credited.
    Pending,
    /// Booked, and takes an earlier row back (`RC`, `RD`, `RvslInd`). The direction is the row's own.
    Reversal,
}

/// An identification that the bank printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub value: String,
}

/// Where a reference comes from. References of different kinds cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// BRI's `SEQ`, unique together with date and time.
    Sequence,
    /// BNI's journal number, shared by the two sides of one journal entry.
    Journal,
    /// BSI's `FT Number` or `TrxId`.
    Transfer,
    /// The id of a transfer between banks, found in the text: date, BIC and 14 more characters.
    Interbank,
    /// What follows `//` in field 61 of an MT940.
    Mt940,
    /// `AcctSvcrRef` of a camt.053.
    Camt,
    /// A column that need not be unique, such as Mandiri's `Reference No.`.
    Other,
}

impl ReferenceKind {
    /// Whether two rows of one account, day, direction and amount with the same reference are the
    /// same row.
    pub const fn is_unique(self) -> bool {
        !matches!(self, ReferenceKind::Other)
    }
}

/// The currency of the amounts, which is always the rupiah.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// The file says so.
    Rupiah,
    /// The file names no currency.
    AssumedRupiah,
}

/// A range of days; both belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

/// Which rows come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// Something that the reader of a statement should know. `Display` is for an operator who reads English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// A row without a movement was left out: neither debit nor credit, or the repetition of a balance.
    #[error("line {line}: left out, because no money moved")]
    ZeroRow { line: usize },
    /// A line among or after the rows that is neither a row nor a known total was left out.
    #[error("line {line}: left out, because it is neither a row nor a known total")]
    LineIgnored { line: usize },
    /// The text begins with a word for corrections (`KOREKSI`, `RETUR` …).
    #[error(
        "line {line}: the text begins with a word for corrections; check it before you book it"
    )]
    CorrectionWord { line: usize },
    /// The bank's reference was damaged by a spreadsheet program and was left out.
    #[error(
        "line {line}: a spreadsheet program has damaged the bank's reference, so it is left out"
    )]
    ReferenceDamaged { line: usize },
    /// One entry that stands for several transactions.
    #[error("line {line}: one entry stands for {transactions} transactions")]
    Batch { line: usize, transactions: usize },
    /// The entry is for information only and was left out.
    #[error("line {line}: left out, because it is for information only")]
    InformationOnly { line: usize },
    /// No balance or total in the file confirms any amount.
    #[error("no balance or total in the file confirms the amounts")]
    AmountsUnconfirmed,
    /// The layout usually ends with totals, and this file has none: it may be cut off.
    #[error("this layout usually ends with totals, and the file has none: it may be cut off")]
    TotalsMissing,
    /// The last row has no line end, and no balance or total confirms it: it may be cut off.
    #[error(
        "line {line}: the last row has no line end, and nothing confirms it: the file may be cut off"
    )]
    LineEndMissing { line: usize },
    /// The file does not name the account.
    #[error("the file does not name the account")]
    AccountNotStated,
    /// There are no rows.
    #[error("the file has no rows")]
    NoRows,
}

/// The descriptions and numbers of people must not get into logs.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("line", &self.line)
            .field("date", &self.date)
            .field("direction", &self.direction)
            .field("amount", &self.amount)
            .field("balance_after", &self.balance_after)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("layout", &self.layout)
            .field("period", &self.period)
            .field("opening_balance", &self.opening_balance)
            .field("closing_balance", &self.closing_balance)
            .field("order", &self.order)
            .field("rows", &self.rows)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference").field("kind", &self.kind).finish_non_exhaustive()
    }
}
