//! What must be true of every image: the real store opens it, the audit finds nothing, and there is
//! all that was answered, and nothing that was not asked.

use store::sqlite::{DataDir, reader};
use store::{StoreError, audit};

use crate::disk::{Disk, Image};
use crate::told::{Fact, Told};
use crate::vfs::Mount;

/// What of a life an image must hold.
#[derive(Clone, Copy)]
pub(crate) struct Due<'l> {
    /// What the life began with, and all that was answered since.
    pub(crate) answered: &'l Told,
    /// What was asked after that and not answered: the image holds the first few or none.
    pub(crate) under_way: &'l [Option<Fact>],
}

/// Opens `image` as a start after a power cut does, and says what it holds, or what is wrong. What
/// billers were asked is compared only `in_full`.
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
