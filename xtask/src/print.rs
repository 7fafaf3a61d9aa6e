//! The one way to standard output: a reader that goes away, such as `head`, and a full disk are no
//! reason to panic, and what was begun is finished all the same.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};
use std::sync::OnceLock;

/// Why standard output took no more, if it is not that its reader has seen enough.
static FAILED: OnceLock<String> = OnceLock::new();

/// Prints a line, as `println!` does.
macro_rules! say {
    ($($told:tt)*) => { $crate::print::line(format_args!($($told)*)) };
}

/// Prints a line.
#[expect(clippy::disallowed_methods, reason = "this is the one place that takes it")]
pub(crate) fn line(told: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    judge(out.write_fmt(told).and_then(|()| out.write_all(b"\n")), &FAILED);
}

/// What is to be said at the end, if something that was told could not be printed.
pub(crate) fn outcome() -> crate::Outcome {
    FAILED.get().map_or(Ok(()), |why| Err(format!("the standard output cannot be written: {why}")))
}

fn judge(written: Result<()>, failed: &OnceLock<String>) {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            failed.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_goes_away_is_no_failure_and_a_full_disk_is() {
        let failed = OnceLock::new();
        judge(Ok(()), &failed);
        judge(Err(ErrorKind::BrokenPipe.into()), &failed);
        assert_eq!(failed.get(), None);
        judge(Err(ErrorKind::StorageFull.into()), &failed);
        judge(Err(ErrorKind::PermissionDenied.into()), &failed);
        assert_eq!(failed.get(), Some(&std::io::Error::from(ErrorKind::StorageFull).to_string()));
    }
}
