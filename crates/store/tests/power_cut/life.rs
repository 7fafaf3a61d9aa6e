//! One run of a store on a recording disk (a "life"): it is opened, works, and is closed or fails.
//!
//! Callers submit a group of commands whenever the committer is about to begin a transaction. So the next batch
//! collects during a commit, as under load, and every batch is reproducible by the seed.

use std::pin::pin;
use std::sync::Arc;

use domain::command::Ping;
use rusqlite::{Connection, OpenFlags};
use store::sqlite::{DataDir, Sizes, SqliteReader, SqliteStore, database, reader};
use store::{Committer, Hooks, Limits, Read, StoreError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::disk::{Disk, Event, Image, Journal};
use crate::faults::Fault;
use crate::gate::Gate;
use crate::told::{Fact, Told};
use crate::vfs::Mount;
use crate::workload::choose;
use seeded_rng::SeededRng;

/// The plan of a life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Number of groups of commands.
    pub(crate) groups: u32,
    /// Whether the checkpoint thread runs. Then a life is not reproducible.
    pub(crate) copies_beside: bool,
}

/// The record of a life.
pub(crate) struct Life {
    pub(crate) journal: Journal,
    /// The changes of each command, in the order in which they were submitted.
    pub(crate) facts: Vec<Option<Fact>>,
    pub(crate) end: End,
    /// The files that the next process finds if the power stays on.
    pub(crate) left: Image,
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// The store refused to open.
    NotOpened,
    /// The committer called its fatal hook.
    Stopped,
    Closed,
}

/// Runs a life on a disk with `image`, which contains `told`.
pub(crate) fn live(
    mount: &Mount,
    image: &Image,
    told: &Told,
    plan: Plan,
    fault: Option<Fault>,
) -> Life {
    let disk = mount.insert(Disk::holding(image).recording(fault));
    let mut rng = SeededRng::new(plan.seed);
    // A commit of few commands writes about four pages, so these are checkpoints after every commit up
    // to every sixth; and some segments in a life.
    let checkpoint_pages = 4 + rng.below(20) as u32;
    let segment = 3 + rng.below(10) as usize;
    let sizes =
        Sizes { checkpoint_pages, segment, reserve: 4096, copies_beside: plan.copies_beside };
    let opened = DataDir::own(mount.path()).and_then(|data| data.open_with(sizes));
    let (facts, end) = match opened {
        Err(_) => (Vec::new(), End::NotOpened),
        Ok(store) => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(work(mount, store, &disk, told.clone(), rng, plan.groups))
        }
    };
    Life { journal: disk.finish(), facts, end, left: disk.image() }
}

async fn work(
    mount: &Mount,
    store: SqliteStore,
    disk: &Arc<Disk>,
    told: Told,
    rng: SeededRng,
    groups: u32,
) -> (Vec<Option<Fact>>, End) {
    let (stop, mut stopped) = unbounded_channel();
    let hooks =
        Hooks { committed: Box::new(|_| {}), fatal: Box::new(move |error| drop(stop.send(error))) };
    let mut beside = Beside { near: store.reader().ok(), far: None, holding: None };
    let (gate, mut held) = Gate::conducted_here();
    disk.set_gate(Some(gate));
    let (committer, thread) = Committer::start(store, Limits { batch: 64, queue: 64 }, hooks);
    let (answer, answers) = unbounded_channel();
    let mut callers = Callers {
        disk: Arc::clone(disk),
        committer,
        told,
        rng,
        facts: Vec::new(),
        lost: 0,
        answered: 0,
        answer,
        answers,
    };
    callers.hand_in(1);
    let mut groups = groups - 1;
    while callers.answered + callers.lost < callers.facts.len() {
        tokio::select! {
            biased;
            Some(waiting) = held.recv() => {
                callers.listen().await;
                if waiting.begins && groups > 0 {
                    groups -= 1;
                    let size = 1 + callers.rng.below(8);
                    callers.hand_in(size);
                    callers.listen().await;
                    beside.read(mount, &callers.told, &mut callers.rng);
                }
            }
            Some((number, answer)) = callers.answers.recv() => callers.hear(number, answer),
        }
    }
    // The writer works on after its last answers, and readers that close meanwhile would make the life
    // irreproducible. A command without effect is answered after that work.
    let committer = callers.committer.clone();
    let mut tidied = pin!(async move { committer.submit(Ping).await });
    loop {
        tokio::select! {
            biased;
            Some(waiting) = held.recv() => drop(waiting),
            _ = &mut tidied => break,
        }
    }
    let Callers { committer, facts, mut rng, .. } = callers;
    // Who leaves last copies the WAL into the database and deletes it, unless it only reads.
    disk.closing();
    let _stays = (rng.below(3) == 0).then_some(beside);
    drop((committer, held));
    disk.set_gate(None);
    thread.join().unwrap();
    let end = if stopped.try_recv().is_ok() { End::Stopped } else { End::Closed };
    (facts, end)
}

type Answer = Result<Option<Fact>, StoreError>;

/// All callers of a committer.
struct Callers {
    disk: Arc<Disk>,
    committer: Committer,
    told: Told,
    rng: SeededRng,
    facts: Vec<Option<Fact>>,
    answered: usize,
    lost: usize,
    answer: UnboundedSender<(usize, Answer)>,
    answers: UnboundedReceiver<(usize, Answer)>,
}

impl Callers {
    /// Submits that many commands before the first of them can be processed.
    fn hand_in(&mut self, count: u64) {
        for _ in 0..count {
            let number = self.facts.len();
            self.facts.push(None);
            let ask = choose(&self.told, &mut self.rng);
            let (committer, answer) = (self.committer.clone(), self.answer.clone());
            tokio::spawn(async move { answer.send((number, ask.submit(committer).await)) });
        }
        self.disk.note(Event::HandedIn(self.facts.len()));
    }

    /// Lets all tasks run until none can go on.
    async fn listen(&mut self) {
        for _ in 0..32 {
            tokio::task::yield_now().await;
            while let Ok((number, answer)) = self.answers.try_recv() {
                self.hear(number, answer);
            }
        }
    }

    fn hear(&mut self, number: usize, answer: Answer) {
        let Ok(fact) = answer else {
            self.lost += 1;
            return;
        };
        self.answered += 1;
        self.disk.note(Event::Answered(number));
        if let Some(fact) = &fact {
            self.told.add(fact);
        }
        self.facts[number] = fact;
    }
}

/// Readers during the writes. Their own errors are ignored.
struct Beside {
    /// In the same process.
    near: Option<SqliteReader>,
    /// As in another process.
    far: Option<SqliteReader>,
    /// Keeps its snapshot, so that checkpoints cannot be complete.
    holding: Option<Connection>,
}

impl Beside {
    fn read(&mut self, mount: &Mount, told: &Told, rng: &mut SeededRng) {
        match rng.below(12) {
            0 => self.far = reader(mount.path()).ok(),
            1 => self.far = None,
            2 => self.holding = hold(mount).ok(),
            3 | 4 => self.holding = None,
            _ => {}
        }
        let Some((tr_id, inquiry)) = told.inquiries.iter().next_back() else { return };
        for reader in [&mut self.near, &mut self.far].into_iter().flatten() {
            if let Ok(found) = reader.find(inquiry.partner, &inquiry.ref_id) {
                assert_eq!(found, Some(*tr_id), "what was answered is read");
            }
        }
    }
}

fn hold(mount: &Mount) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database(mount.path()), flags)?;
    connection.execute_batch("BEGIN; SELECT balance FROM account")?;
    Ok(connection)
}
