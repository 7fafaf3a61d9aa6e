//! Prints to standard output without panics: if the reader has gone away (such as `head`) or the
//! disk is full, the work still completes.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};
use std::sync::OnceLock;

use crate::Outcome;

/// Why standard output could not be written, unless the reader closed it.
static FAILURE: OnceLock<String> = OnceLock::new();

/// Prints a line, as `println!` does.
#[macro_export]
macro_rules! say {
    ($($message:tt)*) => { $crate::print::line(format_args!($($message)*)) };
}

/// Prints a line; [`say!`] calls it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that takes it")]
pub fn line(message: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    record_failure(out.write_fmt(message).and_then(|()| out.write_all(b"\n")), &FAILURE);
}

/// The error to report at the end, if a line could not be printed.
pub fn outcome() -> Outcome {
    FAILURE.get().map_or(Ok(()), |why| Err(format!("the standard output cannot be written: {why}")))
}

fn record_failure(written: Result<()>, failure: &OnceLock<String>) {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            failure.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_goes_away_is_no_failure_and_a_full_disk_is() {
        let failure = OnceLock::new();
        record_failure(Ok(()), &failure);
        record_failure(Err(ErrorKind::BrokenPipe.into()), &failure);
        assert_eq!(failure.get(), None);
        record_failure(Err(ErrorKind::StorageFull.into()), &failure);
        record_failure(Err(ErrorKind::PermissionDenied.into()), &failure);
        assert_eq!(failure.get(), Some(&std::io::Error::from(ErrorKind::StorageFull).to_string()));
    }
}
