//! Power cuts and disk errors on the real store: `DataDir`, the committer, SQLite, the audit. Only the file system
//! below SQLite is replaced, by a disk in memory.
//!
//! # Layout
//!
//! - [`vfs`]: the file system that SQLite sees, over [`disk`], which records what happens to it, with
//!   [`content`], [`locks`], [`faults`] and the [`gate`] at which changes wait.
//! - [`life`]: the store works on such a disk, with commands from [`workload`].
//! - [`platter`]: the possible images after a power cut, and the assumptions about a disk.
//! - [`survey`]: cuts the power at every moment of a life; [`sweep`]: makes every operation fail.
//!   After either, [`recovery`] opens the images and compares them with the answers that callers got ([`told`]).
//!
//! `POWER_CUT_IMAGES` sets how many images are tried, `DISK_ERROR_LIVES` in how many lives every
//! operation fails, `POWER_CUT_SEED` where the seeds of both begin.
//!
//! # How SQLite syncs
//!
//! In WAL mode with `synchronous=FULL` the header of a new or restarted WAL is synced by itself, and
//! the directory with it when the file is new; a commit appends its pages to the WAL and syncs it
//! once, before `COMMIT` returns. A checkpoint syncs the WAL, writes the pages into the database and
//! syncs that; only then is the WAL begun anew. So no commit depends on a write into the database.
//! Until the first opening has switched to WAL, a journal file does the same for its one page.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod code;
#[path = "../contract/commands.rs"]
mod commands;
mod content;
mod disk;
mod faults;
mod gate;
mod life;
mod locks;
mod platter;
mod recovery;
mod survey;
mod sweep;
mod told;
mod vfs;
mod workload;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use disk::Image;
use life::{End, Plan, live};
use platter::Honesty;
use survey::{Survey, Survivor};
use sweep::Sweep;
use told::Told;
use vfs::Mount;

/// Successive lives on one disk, each on an image after a power cut of the one before. So power cuts during recovery
/// are tested, too.
const LIVES: u64 = 3;

/// How many disks are in use at the same time.
const CONCURRENT: usize = 2;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn seed() -> u64 {
    setting("POWER_CUT_SEED", 1)
}

#[test]
fn every_image_after_a_power_cut_has_all_answered_commands() {
    cut_the_power(setting("POWER_CUT_IMAGES", 50_000), false);
}

#[test]
fn the_same_holds_with_the_checkpoint_thread() {
    cut_the_power(setting("POWER_CUT_IMAGES", 50_000) / 5, true);
}

/// Cuts the power in the lives on many disks until there are so many images. The disks have nothing to do
/// with each other, so several are tried at the same time.
fn cut_the_power(images: u64, copies_beside: bool) {
    let (disks, survey) = (AtomicU64::new(0), Mutex::new(Survey::default()));
    let lives_on = |mount: &Mount, disk: u64| {
        let mut start = Survivor::default();
        for life in LIVES * disk..LIVES * (disk + 1) {
            if survey.lock().unwrap().images >= images {
                return;
            }
            let plan = Plan { seed: seed() + life, groups: 9, copies_beside };
            let life = live(mount, &start.image, &start.told, plan, None);
            assert_eq!(life.end, End::Closed, "{plan:?}");
            let mut cuts = Survey::default();
            let survivor = cuts.cut_everywhere(mount, &start, &life, plan, Honesty::Honest);
            survey.lock().unwrap().add(&cuts);
            start = survivor.unwrap_or_else(|what| panic!("{what}"));
        }
    };
    let work = || {
        let mount = Mount::fresh();
        while survey.lock().unwrap().images < images {
            let disk = disks.fetch_add(1, Ordering::Relaxed);
            let tried = catch_unwind(AssertUnwindSafe(|| lives_on(&mount, disk)));
            if let Err(failure) = tried {
                // One failure is enough: the others stop, too.
                survey.lock().unwrap().images = images;
                resume_unwind(failure);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..CONCURRENT {
            scope.spawn(work);
        }
    });
    eprintln!("{:?}", survey.into_inner().unwrap());
}

#[test]
fn with_any_disk_error_every_answered_command_is_there() {
    let mount = Mount::fresh();
    let mut sweep = Sweep::default();
    let mut start = Survivor::default();
    let lives = setting("DISK_ERROR_LIVES", 3);
    // On a busy machine the batches differ; then more lives are needed until every operation has failed.
    let mut life = 0;
    while life < lives || (life < lives + 9 && !sweep.unseen().is_empty()) {
        if life.is_multiple_of(LIVES) {
            start = Survivor::default();
        }
        let plan = Plan { seed: seed() + life, groups: 5, copies_beside: false };
        start = sweep.fail_everywhere(&mount, &start, plan);
        life += 1;
    }
    assert!(sweep.losses.is_empty(), "{:#?}", sweep.losses);
    assert!(sweep.unseen().is_empty(), "{:?}", sweep.unseen());
    eprintln!("{:?}, {} images", sweep.ends, sweep.images);
}

/// Proves that the tests above can fail: on such disks answers are lost, and that is detected.
#[test]
fn a_disk_that_breaks_its_promises_is_detected() {
    let mount = Mount::fresh();
    let plan = Plan { seed: seed(), groups: 12, copies_beside: false };
    let first = live(&mount, &Image::new(), &Told::default(), plan, None);
    let mut start = Survivor { image: first.left, told: Told::default() };
    first.facts.iter().flatten().for_each(|fact| start.told.add(fact));
    let second = live(&mount, &start.image, &start.told, plan, None);
    for honesty in [Honesty::IgnoresSyncs, Honesty::SpoilsSectors] {
        let found = Survey::default().cut_everywhere(&mount, &start, &second, plan, honesty);
        let what = found.err().unwrap_or_else(|| panic!("{honesty:?} is not seen"));
        assert!(what.contains("is not there"), "{honesty:?}: {what}");
    }
}

/// A failure can be run again by its seed.
#[test]
fn a_life_is_the_same_again() {
    let (mount, start) = (Mount::fresh(), Survivor::default());
    let again = || {
        let plan = Plan { seed: seed(), groups: 12, copies_beside: false };
        let life = live(&mount, &start.image, &start.told, plan, None);
        let facts = life.facts.iter().map(Option::is_some).collect::<Vec<_>>();
        (life.journal.operations, life.journal.events.len(), facts)
    };
    assert!(again() == again(), "the same seed leads to two lives");
}
