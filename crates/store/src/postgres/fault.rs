//! What the server says when something goes wrong, put into the words of a store.
//!
//! A server's details quote the row that failed, and with it personal data: only its message and its
//! code are kept.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::WrongType;

use crate::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match error.as_db_error() {
            Some(said) => weigh(said),
            None if error.source().is_some_and(|cause| cause.is::<WrongType>()) => {
                StoreError::Postgres(in_words(&error))
            }
            None => {
                let words = in_words(&error);
                let remedy = match is_refused(&error) {
                    true => "; is it started, on this host and port?",
                    // The server asks for one, and the URL has none.
                    false if words.ends_with("password missing") => remedy("28P01"),
                    false => "",
                };
                StoreError::Unreachable(words + remedy)
            }
        }
    }
}

/// Whether nobody listens where the server should.
fn is_refused(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let kinds = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
    cause.is_some_and(|cause| kinds.contains(&cause.kind()))
}

/// Whether a repeat of the transaction can help, the row is at fault, or the server.
fn weigh(said: &DbError) -> StoreError {
    let words = format!("{} ({})", said.message(), said.code().code());
    let code = said.code();
    let again = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
        // Another node was faster; once its row is seen, the domain has its own answer.
        &SqlState::UNIQUE_VIOLATION,
    ];
    if again.contains(&code) {
        return StoreError::Conflict(words);
    }
    let row = [&SqlState::DIVISION_BY_ZERO, &SqlState::NUMERIC_VALUE_OUT_OF_RANGE];
    if row.contains(&code) || code.code().starts_with("23") {
        return StoreError::Constraint(words);
    }
    // Connections, authorisation, a missing database, a transaction that idled for too long or may
    // only read, resources, and a server that stops or starts.
    let server = ["08", "28", "3D", "25", "53", "57"];
    match server.iter().any(|class| code.code().starts_with(class)) {
        true => StoreError::Unreachable(words + remedy(code.code())),
        false => StoreError::Postgres(words),
    }
}

/// What an operator can do about a server that takes no connection.
fn remedy(code: &str) -> &'static str {
    match code {
        "28P01" | "28000" => "; check the user and the password in store.database, and pg_hba.conf",
        "3D000" => "; make it first: CREATE DATABASE, as docs/operations.md shows",
        "53300" => "; raise max_connections, or close what is not needed",
        _ => "",
    }
}

/// The error with its causes, none of which quotes a row.
pub(super) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        match error.downcast_ref::<DbError>() {
            Some(said) => words.push_str(said.message()),
            None => words.push_str(&error.to_string()),
        }
        cause = error.source();
    }
    words
}
