//! Checks of every image: the real store opens it, the audit is clean, it contains all answered commands and
//! nothing that was not submitted.

use store::sqlite::{DataDir, reader};
use store::{StoreError, audit};

use crate::disk::{Disk, Image};
use crate::told::{Fact, Told};
use crate::vfs::Mount;

/// What an image must contain of a life.
#[derive(Clone, Copy)]
pub(crate) struct Due<'l> {
    /// The start of the life, and all answered commands.
    pub(crate) answered: &'l Told,
    /// The submitted commands after that without an answer: the image contains the first few or none.
    pub(crate) under_way: &'l [Option<Fact>],
}

/// Opens `image` like a start after a power cut. Returns its content, or what is wrong. Exchanges with billers are
/// compared only `in_full`.
pub(crate) fn recover(
    mount: &Mount,
    image: &Image,
    due: Due<'_>,
    in_full: bool,
) -> Result<Told, String> {
    mount.insert(Disk::holding(image));
    let opened = open_and_read(mount, in_full);
    let found = opened.map_err(|error| format!("it is not readable: {error}"))??;
    let mut expected = due.answered.clone();
    if expected.is_all_of(&found) {
        return Ok(expected);
    }
    for fact in due.under_way.iter().flatten() {
        expected.add(fact);
        if expected.is_all_of(&found) {
            return Ok(expected);
        }
    }
    let (missing, strange) = (due.answered.missing_in(&found), found.missing_in(&expected));
    Err(format!("of what was answered {missing:?} is not there; {strange:?} was never asked"))
}

fn open_and_read(mount: &Mount, in_full: bool) -> Result<Result<Told, String>, StoreError> {
    let store = DataDir::own(mount.path())?.open()?;
    let mut reader = reader(mount.path())?;
    let report = audit::audit(&mut reader)?;
    if !report.is_clean() {
        return Ok(Err(format!("the audit finds {:?}", report.faults)));
    }
    let told = Told::read(&mut reader, in_full)?;
    drop((reader, store));
    Ok(Ok(told))
}
