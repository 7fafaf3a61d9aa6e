//! Structured logs on standard error. Each event is logged once, where it is handled, with a
//! message and fields. No line contains keys, signatures or personal data.

mod buffered;

use std::io::Stderr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tracing_subscriber::fmt;

use super::request_record::RequestRecord;
use crate::config::{Log, LogFormat};
use buffered::{FlushGuard, Lines};

/// Starts logging with this configuration; dropping the guard ends it.
pub(crate) fn start(config: &Log) -> std::io::Result<FlushGuard<Stderr>> {
    let (writer, last) = Lines::to(std::io::stderr())?;
    let lines = fmt().with_max_level(config.level).with_writer(writer).with_target(false);
    match config.format {
        LogFormat::Text => lines.with_ansi(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(last)
}

/// Logs a request.
pub(crate) fn request(seen: &RequestRecord, status: StatusCode, took: Duration) {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    tracing::info!(
        request = NUMBER.fetch_add(1, Ordering::Relaxed),
        command = seen.command,
        code = seen.code.as_str(),
        status = status.as_u16(),
        partner = seen.partner.map(|partner| partner.0),
        tr_id = seen.tr_id,
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}
