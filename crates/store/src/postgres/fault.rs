//! Converts errors of the server.
//!
//! The details of an error quote the failed row, and so personal data. Only message and code are kept.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::WrongType;

use crate::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match error.as_db_error() {
            Some(said) => classify(said),
            None if error.source().is_some_and(|cause| cause.is::<WrongType>()) => {
                StoreError::Postgres(in_words(&error))
            }
            None => {
                let words = in_words(&error);
                let remedy = match is_refused(&error) {
                    true => "; is it started, on this host and port?",
                    // The server requires a password, and the URL has none.
                    false if words.ends_with("password missing") => remedy("28P01"),
                    false => "",
                };
                StoreError::Unreachable(words + remedy)
            }
        }
    }
}

/// Whether the connection was refused.
fn is_refused(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let kinds = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
    cause.is_some_and(|cause| kinds.contains(&cause.kind()))
}

/// Classifies an error: retry the transaction, refuse the row, or the server fails.
fn classify(said: &DbError) -> StoreError {
    let words = format!("{} ({})", said.message(), said.code().code());
    let code = said.code();
    let again = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
        // Another node wrote the row first. On the retry the domain sees that row and refuses.
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

/// What an operator can do if the server refuses the connection.
fn remedy(code: &str) -> &'static str {
    match code {
        "28P01" | "28000" => "; check the user and the password in store.database, and pg_hba.conf",
        "3D000" => "; make it first: CREATE DATABASE, as docs/operations.md shows",
        "53300" => "; raise max_connections, or close what is not needed",
        _ => "",
    }
}

/// The error with its causes, without data of rows.
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
