//! The log of actions.

use domain::action::Operation;
use domain::command::{ChangePartner, Decision, PartnerChange, RecordDepositRefusal};
use domain::{Actor, Attributed, Books, OperatorCommand};
use store::SubmitError::Lost;
use store::{ActionFilter, ActionRecord};

use super::batches::{Rogue, together};
use super::*;

/// The name of who acts in these tests.
pub(crate) const ACTOR: &str = "budi";

/// A command of a user of the command line.
pub(crate) fn by_hand<C: OperatorCommand>(command: C) -> Attributed<C> {
    Attributed { command, actor: Actor::CommandLine(ACTOR.into()), at: NOON }
}

pub(crate) fn suspend(partner: PartnerId, suspended: bool) -> ChangePartner {
    ChangePartner { partner, change: PartnerChange::Suspend(suspended) }
}

/// The whole log, newest first.
pub(crate) async fn log(database: &Database) -> Vec<ActionRecord> {
    found(database, ActionFilter { limit: 100, ..ActionFilter::default() }).await
}

async fn found(database: &Database, filter: ActionFilter) -> Vec<ActionRecord> {
    database.read(move |read| read.actions(&filter)).await.unwrap()
}

pub(super) async fn the_log_is_read_back_after_a_restart_by_every_filter(bench: &impl Bench) {
    let database = bench.open(strict());
    let one = with_partner(&database, 1_000).await;
    assert!(log(&database).await.is_empty(), "these commands had no actor");
    database.submit(by_hand(PutProduct(product()))).await.unwrap();
    database.submit(by_hand(suspend(one, true))).await.unwrap();
    let later = NOON.after_micros(5);
    let actor = Actor::Partner(domain::Username::new("081234567890").unwrap());
    let url = PartnerChange::Callback(domain::CallbackUrl::new("https://a.example").ok());
    let command = ChangePartner { partner: one, change: url };
    database.submit(Attributed { command, actor, at: later }).await.unwrap();
    let (command, actor) = (deposits::add(one, 70, "FT 17"), Actor::System);
    database.submit(Attributed { command, actor, at: later }).await.unwrap();
    let refused = decided(database.submit(by_hand(deposits::add(one, 70, "FT 17"))).await);
    assert!(matches!(refused, Err(RecordDepositRefusal::ReferenceTaken(_))));
    let written = log(&database).await;
    database.close();

    let database = bench.open(strict());
    let read = log(&database).await;
    assert_eq!(read, written);
    let names: Vec<&str> = read.iter().map(|it| &*it.action.operation.name).collect();
    assert_eq!(names, ["deposit.add", "partner.callback", "partner.suspend", "product.set"]);
    assert!(read.is_sorted_by(|newer, older| newer.id > older.id));
    let suspended = &read[2].action;
    assert_eq!((&suspended.actor, suspended.at), (&Actor::CommandLine(ACTOR.into()), NOON));
    let Operation { subject, before, after, .. } = &suspended.operation;
    assert_eq!(&**subject, "081234567890");
    assert_eq!(before.as_deref(), Some("{\"suspended\":false}"));
    assert_eq!(&**after, "{\"suspended\":true}");

    let any = || ActionFilter { limit: 100, ..ActionFilter::default() };
    let text = |text: &str| Some(text.into());
    for (filter, expected) in [
        (ActionFilter { actor: text(ACTOR), ..any() }, &read[2..]),
        (ActionFilter { actor: text("lunas"), ..any() }, &read[..1]),
        (ActionFilter { actor: text("081234567890"), ..any() }, &read[1..2]),
        (ActionFilter { subject: text("081234567890"), ..any() }, &read[1..3]),
        (ActionFilter { name: text("partner.suspend"), ..any() }, &read[2..3]),
        (ActionFilter { name: text("partner"), ..any() }, &[]),
        (ActionFilter { since: Some(later), ..any() }, &read[..2]),
        (ActionFilter { before: Some(read[1].id), ..any() }, &read[2..]),
        (ActionFilter { limit: 1, ..any() }, &read[..1]),
        (ActionFilter { before: Some(read[0].id), limit: 1, ..any() }, &read[1..2]),
    ] {
        assert_eq!(found(&database, filter.clone()).await, expected, "{filter:?}");
    }
    database.close();
}

impl OperatorCommand for Rogue {
    fn operation(&self, _: &Books, _: &Decision<()>) -> Option<Operation> {
        let name = "deposit.add".into();
        Some(Operation { name, subject: "rogue".into(), before: None, after: "{}".into() })
    }
}

pub(super) async fn a_change_and_its_action_are_written_together_or_not_at_all(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 0).await;
    let (taken, _) = database.submit(by_hand(deposits::add(partner, 3, ""))).await.unwrap();
    let rogue = {
        let database = database.clone();
        tokio::spawn(async move { database.submit(by_hand(Rogue(partner, taken))).await })
    };
    let others = together(&database, (0..20).map(|_| by_hand(suspend(partner, true)))).await;
    assert_eq!(undecided(rogue.await.unwrap()), Lost);
    assert!(others.iter().all(Result::is_ok));
    let read = log(&database).await;
    assert_eq!(read.len(), 21, "one for each change: {read:?}");
    assert!(read.iter().all(|it| &*it.action.operation.subject != "rogue"), "{read:?}");
    assert_eq!(assert_clean(bench).deposits, 1);
    database.close();
}
