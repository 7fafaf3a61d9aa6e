//! Rounds of background tasks that a test makes fail.

use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::setting;

/// What happens in the first rounds of a task.
#[derive(Debug)]
struct Failure {
    task: Box<str>,
    panics: bool,
    /// In how many more rounds.
    left: AtomicU32,
}

static FAILURE: LazyLock<Option<Failure>> = LazyLock::new(|| {
    let text = setting("FAIL_TASK")?.into_string().unwrap_or_default();
    let failure = Failure::parse(&text);
    assert!(failure.is_some(), "FAIL_TASK={text}: it is TASK:panic:ROUNDS or TASK:error:ROUNDS");
    failure
});

pub(super) fn round(task: &str) -> io::Result<()> {
    match &*FAILURE {
        Some(failure) if *failure.task == *task => failure.round(),
        _ => Ok(()),
    }
}

impl Failure {
    fn parse(text: &str) -> Option<Failure> {
        let mut parts = text.split(':');
        let (task, how, rounds) = (parts.next()?, parts.next()?, parts.next()?);
        let panics = match how {
            "panic" => true,
            "error" => false,
            _ => return None,
        };
        let left = rounds.parse().ok()?;
        Some(Failure { task: task.into(), panics, left: AtomicU32::new(left) })
    }

    fn round(&self) -> io::Result<()> {
        let one_less = |left: u32| left.checked_sub(1);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_err() {
            return Ok(());
        }
        assert!(!self.panics, "the {} panics, as a test has asked", self.task);
        Err(io::Error::other("a test has asked for it"))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_task_fails_in_so_many_rounds() {
        let failure = Failure::parse("resolver:error:2").unwrap();
        assert_eq!(&*failure.task, "resolver");
        let rounds: Vec<_> = (0..4).map(|_| failure.round().is_ok()).collect();
        assert_eq!(rounds, [false, false, true, true]);

        let failure = Failure::parse("resolver:panic:1").unwrap();
        assert!(catch_unwind(|| failure.round()).is_err());
        assert!(failure.round().is_ok());

        for bad in ["", "resolver", "resolver:panic", "resolver:dies:1", "resolver:panic:x"] {
            assert!(Failure::parse(bad).is_none(), "{bad:?}");
        }
    }
}
