//! Which rows of a statement are stored already. Files of one account overlap freely, and the same row
//! can come in another layout with another text.
//!
//! Two rows are compared by the best that both have: the bank's own reference; else the balance after
//! the row; else day, time and text. Equal rows are counted, never only looked for, because two equal
//! fees on one day are normal: of three equal rows in a file, one stored row makes two new ones.

use std::collections::HashMap;

use jiff::civil::{Date, Time};

use crate::metadata::account_key;
use crate::statement::{Direction, Reference, ReferenceKind, Row, RowState, Statement};

/// What identifies a booked row. To be stored with the row, field by field.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RowKey {
    /// Digits without zeros at the start.
    pub account: String,
    pub date: Date,
    pub time: Option<Time>,
    pub direction: Direction,
    /// In cents.
    pub amount: i64,
    /// In cents.
    pub balance_after: Option<i64>,
    pub reference: Option<Reference>,
    pub normalised_text: String,
}

impl RowKey {
    /// The key of a row; `None` for a pending one, which may still change or disappear.
    pub fn of(account: &str, row: &Row) -> Option<RowKey> {
        let date = row.date.filter(|_| row.state != RowState::Pending)?;
        Some(RowKey {
            account: account_key(account),
            date,
            time: row.time,
            direction: row.direction,
            amount: row.amount,
            balance_after: row.balance_after,
            reference: row.reference.clone(),
            normalised_text: row.normalised_text.clone(),
        })
    }

    fn unique_reference(&self) -> Option<&Reference> {
        self.reference.as_ref().filter(|reference| reference.kind.is_unique())
    }

    fn basis(&self) -> Basis<'_> {
        (&self.account, self.date, self.direction, self.amount)
    }

    /// The time that a reference needs beside it to be unique.
    fn reference_time(&self) -> Option<Time> {
        let is_sequence =
            self.unique_reference().is_some_and(|r| r.kind == ReferenceKind::Sequence);
        self.time.filter(|_| is_sequence)
    }

    fn minute(&self) -> Option<(i8, i8)> {
        self.time.map(|time| (time.hour(), time.minute()))
    }

    fn class(&self) -> Class {
        Class {
            kind: self.unique_reference().map(|reference| reference.kind),
            has_balance: self.balance_after.is_some(),
            has_time: self.time.is_some(),
        }
    }
}

/// The rows of a statement, compared with those that are stored. Pending rows are in none of the lists.
#[derive(Debug, Default)]
pub struct Comparison<'a> {
    /// Rows that are not stored.
    pub new: Vec<&'a Row>,
    /// Rows that are stored.
    pub known: Vec<&'a Row>,
    /// Rows that may be stored: a stored row of the same day, direction and amount, which is no other
    /// row of this statement, differs in its text or its balance. A person has to decide.
    pub review: Vec<&'a Row>,
}

/// Compares a statement with the stored rows of its account, as many of each key as there are. Only the
/// days of the statement are needed.
///
/// `account` is the account's number as the books know it, since some files do not name it.
pub fn new_rows<'a>(stored: &[RowKey], account: &str, statement: &'a Statement) -> Comparison<'a> {
    let rows = statement.rows.iter().filter_map(|row| Some((row, RowKey::of(account, row)?)));
    let rows: Vec<(&Row, RowKey)> = rows.collect();
    let mut matcher = Matcher { stored, is_taken: vec![false; stored.len()] };
    let mut is_known = vec![false; rows.len()];
    for pass in [by_reference, by_balance] {
        let mut index = Index::default();
        matcher.each_free(|position, key| {
            if let Some(value) = pass(key) {
                index.entry(value).or_default().push(position);
            }
        });
        for ((_, key), is_known) in rows.iter().zip(&mut is_known) {
            if !*is_known
                && let Some(candidates) = pass(key).and_then(|value| index.get_mut(&value))
            {
                *is_known = matcher.take(candidates, |other| !is_other_by_reference(key, other));
            }
        }
    }
    matcher.match_texts(&rows, &mut is_known);
    let mut comparison = Comparison::default();
    let mut by_basis: HashMap<Basis<'_>, Vec<usize>> = HashMap::new();
    matcher.each_free(|position, key| by_basis.entry(key.basis()).or_default().push(position));
    for ((row, key), is_known) in rows.iter().zip(is_known) {
        let candidates = by_basis.get_mut(&key.basis());
        let fits = |other: &RowKey| !is_other_by_reference(key, other);
        if is_known {
            comparison.known.push(row);
        } else if candidates.is_some_and(|candidates| matcher.take(candidates, fits)) {
            comparison.review.push(row);
        } else {
            comparison.new.push(row);
        }
    }
    comparison
}

/// What two equal rows always have in common: account, day, direction and amount.
type Basis<'a> = (&'a str, Date, Direction, i64);

/// What a row has to be compared by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Class {
    kind: Option<ReferenceKind>,
    has_balance: bool,
    has_time: bool,
}

/// What one pass compares.
#[derive(PartialEq, Eq, Hash)]
enum Value<'a> {
    Reference(Basis<'a>, &'a Reference, Option<Time>),
    Balance(Basis<'a>, i64),
}

type Index<'a> = HashMap<Value<'a>, Vec<usize>>;

fn by_reference(key: &RowKey) -> Option<Value<'_>> {
    let reference = key.unique_reference()?;
    Some(Value::Reference(key.basis(), reference, key.reference_time()))
}

fn by_balance(key: &RowKey) -> Option<Value<'_>> {
    Some(Value::Balance(key.basis(), key.balance_after?))
}

/// Whether references of one kind say that two rows are different ones.
fn is_other_by_reference(a: &RowKey, b: &RowKey) -> bool {
    match (a.unique_reference(), b.unique_reference()) {
        (Some(reference), Some(other)) if reference.kind == other.kind => {
            reference != other || a.reference_time() != b.reference_time()
        }
        _ => false,
    }
}

/// Stored rows, each of which can be the same as one row of the statement only.
struct Matcher<'a> {
    stored: &'a [RowKey],
    is_taken: Vec<bool>,
}

impl<'a> Matcher<'a> {
    fn each_free(&self, mut visit: impl FnMut(usize, &'a RowKey)) {
        let free = self.stored.iter().zip(&self.is_taken).enumerate();
        free.filter(|(_, (_, taken))| !**taken)
            .for_each(|(position, (key, _))| visit(position, key));
    }

    /// Takes one candidate that is free and fits, and removes it from the list.
    fn take(&mut self, candidates: &mut Vec<usize>, fits: impl Fn(&RowKey) -> bool) -> bool {
        while candidates.last().is_some_and(|position| self.is_taken[*position]) {
            candidates.pop();
        }
        let is_free = |position: &usize| !self.is_taken[*position] && fits(&self.stored[*position]);
        let Some(index) = candidates.iter().rposition(is_free) else { return false };
        self.is_taken[candidates.swap_remove(index)] = true;
        true
    }

    /// Matches by day, text and time what cannot be compared by anything better.
    fn match_texts(&mut self, rows: &[(&Row, RowKey)], is_known: &mut [bool]) {
        type Text<'a> = (Class, Basis<'a>, &'a str, Option<(i8, i8)>);
        let mut by_text: HashMap<Text<'_>, Vec<usize>> = HashMap::new();
        let mut classes: Vec<Class> = Vec::new();
        self.each_free(|position, key| {
            let class = key.class();
            if !classes.contains(&class) {
                classes.push(class);
            }
            // A row without a time is looked up without one.
            let times = [key.minute(), None];
            for minute in &times[..1 + usize::from(class.has_time)] {
                let text = (class, key.basis(), key.normalised_text.as_str(), *minute);
                by_text.entry(text).or_default().push(position);
            }
        });
        for ((_, key), is_known) in rows.iter().zip(is_known) {
            let class = key.class();
            let comparable = classes.iter().filter(|other| {
                let by_reference = class.kind.is_some() && class.kind == other.kind;
                !(by_reference || class.has_balance && other.has_balance)
            });
            for other in comparable {
                let minute = key.minute().filter(|_| other.has_time);
                let text = (*other, key.basis(), key.normalised_text.as_str(), minute);
                if !*is_known && let Some(candidates) = by_text.get_mut(&text) {
                    *is_known = self.take(candidates, |_| true);
                }
            }
        }
    }
}

/// The texts and numbers of people must not get into logs.
impl std::fmt::Debug for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowKey")
            .field("date", &self.date)
            .field("direction", &self.direction)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}
