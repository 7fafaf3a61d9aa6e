//! The content of a disk after a power cut: all data up to the last sync of each file, and pieces of later writes.
//!
//! Assumptions about a disk and its file system, the same as SQLite's on Unix:
//!
//! - After a successful sync the file's bytes and length are durable. After a failed sync its data may be lost,
//!   whatever a later sync returns.
//! - A new or deleted name may be lost until its directory is synced.
//! - Any unsynced write may be lost, in any order. A write may be torn between sectors of 512 bytes and within a
//!   sector.
//! - Torn or lost parts contain the old bytes, zeros or garbage; the file may have grown nevertheless. Bytes next to
//!   a write do not change, even in the same sector (SQLite's "powersafe overwrite", its default on Unix). A commit
//!   shares its first sector in the WAL with the commit before it, so a disk that breaks this promise can damage an
//!   answered commit.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::content::Content;
use crate::disk::{Bytes, Event, FileId, Image, Name};
use seeded_rng::SeededRng;

const SECTOR: usize = 512;

/// A disk at one moment of a journal: its durable content and its pending changes.
pub(crate) struct Platter {
    honesty: Honesty,
    names: BTreeMap<Name, FileId>,
    files: BTreeMap<FileId, File>,
    pending: Vec<(usize, Pending)>,
    events: usize,
}

/// Which promises a disk keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Honesty {
    /// All.
    Honest,
    /// It reports a sync that it has not done.
    IgnoresSyncs,
    /// A torn write may damage the rest of its sectors.
    SpoilsSectors,
}

#[derive(Clone, Default)]
struct File {
    durable: Content,
    syncs: usize,
}

enum Pending {
    Create(Name, FileId),
    Delete(Name),
    Write(FileId, usize, Arc<[u8]>),
    Truncate(FileId, usize),
}

/// What happens to one pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fate {
    Lost,
    Kept,
    /// Written in pieces, chosen by that seed.
    Torn(u64),
}

/// How an image of a moment is made.
#[derive(Clone, Copy, Debug)]
enum Manner {
    AllLost,
    AllKept,
    /// All but the newest, which is torn.
    NewestTorn,
    /// Only the newest.
    NewestAlone,
    /// One is missing.
    OneLost,
    /// Some files are up to date, others are not.
    ByFile,
    /// Each one independently.
    Mixed,
}

const MANNERS: [Manner; 7] = [
    Manner::AllLost,
    Manner::AllKept,
    Manner::NewestTorn,
    Manner::NewestAlone,
    Manner::OneLost,
    Manner::ByFile,
    Manner::Mixed,
];

/// Numbers of images for [`Platter::cut`]: without unsynced data, with all of it, and the first random one.
pub(crate) const ALL_LOST: usize = 0;
pub(crate) const ALL_KEPT: usize = 1;
pub(crate) const MIXED: usize = 6;

impl Pending {
    /// The file that it changes; none if it changes the directory.
    fn file(&self) -> Option<FileId> {
        match self {
            Pending::Write(file, ..) | Pending::Truncate(file, _) => Some(*file),
            Pending::Create(..) | Pending::Delete(_) => None,
        }
    }
}

impl Fate {
    fn torn(rng: &mut SeededRng) -> Fate {
        Fate::Torn(rng.below(1024))
    }
}

impl Platter {
    /// A disk on which `image` is durable.
    pub(crate) fn holding(image: &Image, honesty: Honesty) -> Platter {
        let file = |content: &Content| File { durable: content.clone(), syncs: 0 };
        Platter {
            honesty,
            names: image.keys().cloned().zip(0..).collect(),
            files: (0..).zip(image.values().map(file)).collect(),
            pending: Vec::new(),
            events: 0,
        }
    }

    /// Applies one event of the journal.
    pub(crate) fn follow(&mut self, event: &Event) {
        self.events += 1;
        let pending = match event {
            Event::Created(name, file) => Pending::Create(Arc::clone(name), *file),
            Event::Deleted(name) => Pending::Delete(Arc::clone(name)),
            Event::Wrote(file, offset, Bytes(bytes)) => {
                Pending::Write(*file, *offset, Arc::clone(bytes))
            }
            Event::Truncated(file, len) => Pending::Truncate(*file, *len),
            Event::Synced(file) => return self.sync(Some(*file)),
            Event::NamesSynced => return self.sync(None),
            Event::SyncFailed(file) => {
                // The worst case: the file system treats the pages as clean and never writes them.
                self.pending.retain(|(_, pending)| pending.file() != Some(*file));
                return;
            }
            Event::HandedIn(_) | Event::Answered(_) => return,
        };
        self.pending.push((self.events, pending));
    }

    /// Makes the pending changes of one file, or of the directory, durable.
    fn sync(&mut self, file: Option<FileId>) {
        if self.honesty == Honesty::IgnoresSyncs {
            return;
        }
        let here = |pending: &mut (usize, Pending)| pending.1.file() == file;
        for (_, pending) in self.pending.extract_if(.., here) {
            match pending {
                Pending::Create(name, file) => drop(self.names.insert(name, file)),
                Pending::Delete(name) => drop(self.names.remove(&name)),
                Pending::Write(file, offset, bytes) => {
                    self.files.entry(file).or_default().durable.write(offset, &bytes);
                }
                Pending::Truncate(file, len) => {
                    self.files.entry(file).or_default().durable.resize(len);
                }
            }
        }
        if let Some(file) = file {
            self.files.entry(file).or_default().syncs += 1;
        }
    }

    /// Whether there are pending changes.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.pending.is_empty()
    }

    /// One of the images that a power cut at this moment can leave, and a number that tells it from
    /// others. The first few are the extreme ones.
    pub(crate) fn cut(&self, number: usize, rng: &mut SeededRng) -> (Image, u64) {
        let manner = MANNERS.get(number).copied().unwrap_or(Manner::Mixed);
        let fates = self.fates(manner, rng);
        let mut recipe = DefaultHasher::new();
        let mut names = self.names.clone();
        let mut files = self.files.clone();
        for (file, stored) in &files {
            (file, stored.syncs).hash(&mut recipe);
        }
        let kept = self.pending.iter().zip(fates).filter(|(_, fate)| *fate != Fate::Lost);
        for ((number, pending), fate) in kept {
            (number, fate).hash(&mut recipe);
            match pending {
                Pending::Create(name, file) => drop(names.insert(Arc::clone(name), *file)),
                Pending::Delete(name) => drop(names.remove(name)),
                Pending::Write(file, offset, bytes) => {
                    let content = &mut files.entry(*file).or_default().durable;
                    match fate {
                        Fate::Torn(seed) => self.tear(content, *offset, bytes, seed),
                        Fate::Kept | Fate::Lost => content.write(*offset, bytes),
                    }
                }
                Pending::Truncate(file, len) => {
                    files.entry(*file).or_default().durable.resize(*len);
                }
            }
        }
        let mut durable = |file| files.remove(&file).unwrap_or_default().durable;
        let image = names.into_iter().map(|(name, file)| (name, durable(file))).collect();
        (image, recipe.finish())
    }

    fn fates(&self, manner: Manner, rng: &mut SeededRng) -> Vec<Fate> {
        let last = self.pending.len().saturating_sub(1);
        let chosen = rng.below(self.pending.len().max(1) as u64) as usize;
        // Few lost, half, or most.
        let odds = 1 + 3 * rng.below(3);
        let files = rng.below(1 << 16);
        let one = |(place, (_, pending)): (usize, &(usize, Pending))| {
            let kept = match manner {
                Manner::AllLost => false,
                Manner::AllKept => true,
                Manner::NewestTorn if place == last => return Fate::torn(rng),
                Manner::NewestTorn => true,
                Manner::NewestAlone => place == last,
                Manner::OneLost => place != chosen,
                Manner::ByFile => files >> pending.file().map_or(0, |file| file % 15 + 1) & 1 == 1,
                Manner::Mixed if rng.below(4) == 0 => return Fate::torn(rng),
                Manner::Mixed => rng.below(8) >= odds,
            };
            if kept { Fate::Kept } else { Fate::Lost }
        };
        self.pending.iter().enumerate().map(one).collect()
    }

    /// Writes pieces of `bytes`, and garbage or nothing instead of the others.
    fn tear(&self, content: &mut Content, offset: usize, bytes: &[u8], seed: u64) {
        let mut rng = SeededRng::new(seed);
        // The sectors up to one, from one on, or any.
        let sectors = bytes.len().div_ceil(SECTOR) as u64;
        let (shape, border) = (rng.below(3), rng.below(sectors + 1));
        let (garbage, grown) = (rng.below(2) == 0, rng.below(2) == 0);
        let end = offset + bytes.len();
        if grown && content.len() < end {
            content.resize(end);
        }
        let mut from = offset;
        while from < end {
            let to = end.min((from / SECTOR + 1) * SECTOR);
            let sector = ((from - offset) / SECTOR) as u64;
            let whole = match shape {
                0 => sector < border,
                1 => sector >= border,
                _ => rng.below(2) == 0,
            };
            let cut = match whole {
                true => to,
                false if sector == border => from + rng.below((to - from) as u64) as usize,
                false => from,
            };
            content.write(from, &bytes[from - offset..cut - offset]);
            if garbage && cut < to {
                let spoilt: Vec<u8> = (cut..to).map(|_| rng.below(256) as u8).collect();
                content.write(cut, &spoilt);
            }
            if cut < to && self.honesty == Honesty::SpoilsSectors {
                let first = from / SECTOR * SECTOR;
                let spoilt: Vec<u8> = (first..from).map(|_| rng.below(256) as u8).collect();
                content.write(first, &spoilt);
            }
            from = to;
        }
    }
}

#[test]
fn only_synced_data_is_certain_after_a_power_cut() {
    let mut platter = Platter::holding(&Image::new(), Honesty::Honest);
    let cut = |platter: &Platter, number| {
        let (image, _) = platter.cut(number, &mut SeededRng::new(number as u64));
        image.get("a").map(|content| {
            let mut bytes = vec![0; content.len()];
            content.read(0, &mut bytes);
            bytes
        })
    };
    let write = |offset, bytes: Vec<u8>| Event::Wrote(0, offset, Bytes(bytes.into()));
    platter.follow(&Event::Created("a".into(), 0));
    platter.follow(&write(0, vec![1; 2 * SECTOR]));
    platter.follow(&Event::Synced(0));
    assert_eq!(cut(&platter, 0), None, "the name was not synced");
    platter.follow(&Event::NamesSynced);
    assert_eq!(cut(&platter, 0), Some(vec![1; 2 * SECTOR]));
    assert!(platter.is_at_rest());

    platter.follow(&write(10, vec![2; SECTOR]));
    let mut seen = [false; 3];
    for number in 0..300 {
        let bytes = cut(&platter, number).unwrap();
        let (before, written, after) =
            (&bytes[..10], &bytes[10..SECTOR + 10], &bytes[SECTOR + 10..]);
        assert!(before.iter().chain(after).all(|byte| *byte == 1), "beside the write");
        let new = written.iter().filter(|byte| **byte == 2).count();
        seen[usize::from(new > 0) + usize::from(new == SECTOR)] = true;
    }
    assert_eq!(seen, [true; 3], "lost, torn, kept");

    platter.follow(&Event::SyncFailed(0));
    platter.follow(&Event::Synced(0));
    assert_eq!(cut(&platter, 0), Some(vec![1; 2 * SECTOR]), "a later sync repairs nothing");
    platter.follow(&Event::Deleted("a".into()));
    assert_eq!(cut(&platter, 0).map(|bytes| bytes.len()), Some(2 * SECTOR));
    assert_eq!(cut(&platter, 1), None);
}
