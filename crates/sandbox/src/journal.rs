//! What the sandbox must remember when a test kills the process that it runs in: a real biller runs
//! elsewhere and does not forget.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::TrId;

/// The received orders. They are kept only in a binary with fail points, and only if
/// `BILLER_JOURNAL` names a file for them. Several processes may share the file.
pub(super) struct Journal(Option<Orders>);

struct Orders {
    path: PathBuf,
    /// One line with the `tr_id` for each order, written at once.
    file: File,
    received: Mutex<HashSet<TrId>>,
}

impl Journal {
    pub(super) fn open() -> Journal {
        Journal(
            fail_points::setting("BILLER_JOURNAL").map(|path| Orders::open(PathBuf::from(path))),
        )
    }

    /// Records an order before it is handled.
    pub(super) fn receive(&self, tr_id: TrId) {
        if let Some(orders) = &self.0 {
            let mut received = orders.received();
            let line = format!("{tr_id}\n");
            (&orders.file).write_all(line.as_bytes()).expect("the journal takes a line");
            received.insert(tr_id);
        }
    }

    /// Whether an order was received. Without a journal the answer is always yes.
    pub(super) fn has(&self, tr_id: TrId) -> bool {
        self.0.as_ref().is_none_or(|orders| orders.have(tr_id))
    }
}

impl Orders {
    fn open(path: PathBuf) -> Orders {
        let received = Mutex::new(written(&path));
        let file = File::options().create(true).append(true).open(&path);
        Orders { path, file: file.expect("the journal can be written"), received }
    }

    /// Another process may have added it since the file was read.
    fn have(&self, tr_id: TrId) -> bool {
        let mut received = self.received();
        if !received.contains(&tr_id) {
            *received = written(&self.path);
        }
        received.contains(&tr_id)
    }

    fn received(&self) -> MutexGuard<'_, HashSet<TrId>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(path: &Path) -> HashSet<TrId> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text,
    };
    let text = text.expect("the journal can be read");
    text.lines().map(|line| TrId(line.parse().expect("a line is a tr_id"))).collect()
}
