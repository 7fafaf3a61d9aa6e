//! What a power cut leaves on a disk: everything up to the last sync of each file, and of what
//! came after it some, in pieces.
//!
//! What is assumed of a disk and its file system, as SQLite does on Unix:
//!
//! - A sync that returned without error keeps the file's bytes and length. After one that failed,
//!   nothing is known of what it was to keep, whatever a later sync says.
//! - A new or deleted name may be lost until its directory is synced.
//! - Of unsynced writes any may be lost, whatever their order. One write may be torn at each sector
//!   of 512 bytes and within a sector.
//! - What is torn or lost may be the old bytes, zeros or garbage, and the file may have grown for it
//!   all the same. Bytes beside a write stay as they were, even in a sector that it shares with
//!   them: SQLite's "powersafe overwrite", which it takes for granted on Unix. A commit shares its
//!   first sector in the WAL with the commit before it, so a disk that breaks this promise can
//!   spoil what was answered.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::content::Content;
use crate::disk::{Bytes, Event, FileId, Image, Name};
use seeded_rng::SeededRng;

const SECTOR: usize = 512;

/// A disk at one moment of a journal: what is durable, and what is on its way.
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
    /// It says that it has synced, and has not.
    IgnoresSyncs,
    /// A torn write may spoil the rest of its sectors.
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

/// What becomes of one pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fate {
    Lost,
    Kept,
    /// In pieces, chosen by that seed.
    Torn(u64),
}

/// Which images are made of one moment.
#[derive(Clone, Copy, Debug)]
enum Manner {
    AllLost,
    AllKept,
    /// All but the newest, which is torn.
    NewestTorn,
    /// The newest alone, although it came last.
    NewestAlone,
    /// One is missing.
    OneLost,
    /// Some files are up to date, others are not.
    ByFile,
    /// Each for itself.
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

/// The numbers of some images of a moment, as [`Platter::cut`] counts them: nothing that was not
/// synced is there, all of it is, or anything from here on.
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

    /// Follows the journal by one event.
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
                // The worst: the file system takes the pages for clean and never writes them.
                self.pending.retain(|(_, pending)| pending.file() != Some(*file));
                return;
            }
            Event::HandedIn(_) | Event::Answered(_) => return,
        };
        self.pending.push((self.events, pending));
    }

    /// Makes durable what is pending of one file, or of the directory.
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

    /// Whether anything is on its way.
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

    /// Writes pieces of `bytes`, and garbage or nothing in the place of the others.
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
