//! Adds a biller on a network; changes its address, credentials and limits.

use std::sync::Arc;
use std::time::Duration;

use super::{Command, Decision};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
use crate::partner::SealedKey;
use crate::{BillerId, BillerSettings, Books, Change, Moment, RowSet, Username};

/// The number of the first biller on a network. The one before is the sandbox's.
const FIRST_BILLER: i64 = 2;

/// Adds a biller. Its number is the next free one, whatever `id` says.
#[derive(Clone)]
pub struct AddBiller(pub BillerSettings);

/// Why a biller is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddBillerRefusal {
    /// Another biller has this name.
    #[error("the name is taken")]
    NameTaken,
}

impl Command for AddBiller {
    type Outcome = Arc<BillerSettings>;
    type Refusal = AddBillerRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.directory = true;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<BillerSettings>>, AddBillerRefusal> {
        if books.billers.values().any(|biller| biller.name == self.0.name) {
            return Err(AddBillerRefusal::NameTaken);
        }
        let last = books.billers.keys().next_back();
        let id = BillerId(last.map_or(FIRST_BILLER, |last| last.0 + 1));
        let biller = Arc::new(BillerSettings { id, ..self.0.clone() });
        let changes = vec![Change::Biller(Arc::clone(&biller))];
        Ok(Decision::without_movement(biller, changes))
    }
}

impl OperatorCommand for AddBiller {
    fn operation(&self, _: &Books, _: &Decision<Arc<BillerSettings>>) -> Option<Operation> {
        let added = BillerChange::Set(BillerPatch::default()).fields_of(&self.0);
        Some(Operation::new("biller.add", &self.0.name, None, added))
    }
}

/// Changes one biller.
#[derive(Clone)]
pub struct ChangeBiller {
    pub biller: BillerId,
    pub change: BillerChange,
    /// When.
    pub now: Moment,
}

/// A change of a biller.
#[derive(Clone)]
pub enum BillerChange {
    /// Sets what is given.
    Set(BillerPatch),
    /// `true`: leave it out of new inquiries. `false`: ask it again.
    Pause(bool),
    /// Replaces lunas's key there.
    ApiKey(SealedKey),
    /// Sets or removes the secret of its webhooks.
    WebhookSecret(Option<SealedKey>),
}

/// New values of a biller; `None` leaves a value as it is.
#[derive(Clone, Default)]
pub struct BillerPatch {
    pub url: Option<Box<str>>,
    pub prepaid_url: Option<Box<str>>,
    pub username: Option<Username>,
    pub testing: Option<bool>,
    pub deadline: Option<Duration>,
    pub concurrency: Option<u16>,
}

/// Why a biller is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChangeBillerRefusal {
    /// There is no such biller.
    #[error("there is no such biller")]
    UnknownBiller,
}

impl Command for ChangeBiller {
    type Outcome = Arc<BillerSettings>;
    type Refusal = ChangeBillerRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.directory = true;
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<BillerSettings>>, ChangeBillerRefusal> {
        let biller = books.billers.get(&self.biller).ok_or(ChangeBillerRefusal::UnknownBiller)?;
        let changed = self.change.applied_to(biller);
        let account = |it: &BillerSettings| (it.url.clone(), it.username.clone(), it.testing);
        let is_same = account(biller) == account(&changed);
        let account_since = if is_same { biller.account_since } else { self.now };
        let biller = Arc::new(BillerSettings { account_since, ..changed });
        let changes = vec![Change::Biller(Arc::clone(&biller))];
        Ok(Decision::without_movement(biller, changes))
    }
}

impl OperatorCommand for ChangeBiller {
    fn operation(
        &self,
        books: &Books,
        decision: &Decision<Arc<BillerSettings>>,
    ) -> Option<Operation> {
        let (before, after) = (books.billers.get(&self.biller)?, &decision.outcome);
        let (before, fields_after) = match &self.change {
            // A key is only said to be another one.
            BillerChange::ApiKey(_) => (
                fields([("api_key", Value::text("the old one"))]),
                fields([("api_key", Value::text("a new one"))]),
            ),
            change => (change.fields_of(before), change.fields_of(after)),
        };
        Some(Operation::new(self.change.name(), &after.name, Some(before), fields_after))
    }
}

impl BillerChange {
    const fn name(&self) -> &'static str {
        match self {
            BillerChange::Set(_) => "biller.set",
            BillerChange::Pause(true) => "biller.pause",
            BillerChange::Pause(false) => "biller.resume",
            BillerChange::ApiKey(_) => "biller.rotate-key",
            BillerChange::WebhookSecret(_) => "biller.webhook-secret",
        }
    }

    /// The biller after the change.
    pub fn applied_to(&self, biller: &BillerSettings) -> BillerSettings {
        let mut biller = biller.clone();
        match self {
            BillerChange::Set(patch) => {
                let patch = patch.clone();
                biller.url = patch.url.unwrap_or(biller.url);
                biller.prepaid_url = patch.prepaid_url.or(biller.prepaid_url);
                biller.username = patch.username.unwrap_or(biller.username);
                biller.testing = patch.testing.unwrap_or(biller.testing);
                biller.deadline = patch.deadline.unwrap_or(biller.deadline);
                biller.concurrency = patch.concurrency.unwrap_or(biller.concurrency);
            }
            BillerChange::Pause(paused) => biller.paused = *paused,
            BillerChange::ApiKey(key) => biller.api_key = key.clone(),
            BillerChange::WebhookSecret(secret) => biller.webhook_secret = secret.clone(),
        }
        biller
    }

    /// The fields of a biller that it changes, without secrets.
    fn fields_of(&self, biller: &BillerSettings) -> Fields {
        match self {
            BillerChange::Set(_) => fields([
                ("kind", Value::text(biller.kind.name())),
                ("url", Value::text(&biller.url)),
                ("prepaid_url", Value::optional_text(biller.prepaid_url.as_deref())),
                ("username", Value::text(biller.username.as_str())),
                ("testing", biller.testing.into()),
                (
                    "deadline_seconds",
                    i64::try_from(biller.deadline.as_secs()).unwrap_or(i64::MAX).into(),
                ),
                ("concurrency", i64::from(biller.concurrency).into()),
            ]),
            BillerChange::Pause(_) => fields([("paused", biller.paused.into())]),
            BillerChange::ApiKey(_) | BillerChange::WebhookSecret(_) => {
                fields([("webhook_secret", biller.webhook_secret.is_some().into())])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::samples::{self, NOON};
    use crate::{BillerKind, BillerName};

    fn settings(name: &str) -> BillerSettings {
        BillerSettings {
            id: BillerId(0),
            name: BillerName::new(name).unwrap(),
            kind: BillerKind::Iak,
            url: "https://testpostpaid.mobilepulsa.net".into(),
            prepaid_url: None,
            account_since: NOON,
            username: Username::new("0812").unwrap(),
            api_key: SealedKey(Box::new([1])),
            webhook_secret: None,
            testing: false,
            deadline: Duration::from_secs(20),
            concurrency: 64,
            paused: false,
            created_at: NOON,
        }
    }

    #[test]
    fn a_biller_gets_the_next_number_and_a_name_is_used_once() {
        let mut books = samples::books(0);
        let first = books.run(&AddBiller(settings("iak"))).unwrap();
        let second = books.run(&AddBiller(settings("iak-2"))).unwrap();
        assert_eq!((first.id, second.id), (BillerId(2), BillerId(3)));
        let again = books.run(&AddBiller(settings("iak"))).unwrap_err();
        assert_eq!(again, AddBillerRefusal::NameTaken);
        assert_eq!(books.billers.len(), 2);
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let mut books = samples::books(0);
        let added = books.run(&AddBiller(settings("iak"))).unwrap();
        let patch = BillerPatch { concurrency: Some(8), ..BillerPatch::default() };
        let later = NOON.after(Duration::from_secs(60));
        let change = |change| ChangeBiller { biller: added.id, change, now: later };
        let changed = books.run(&change(BillerChange::Set(patch))).unwrap();
        assert_eq!(*changed, BillerSettings { concurrency: 8, ..(*added).clone() });
        let paused = books.run(&change(BillerChange::Pause(true))).unwrap();
        assert!(paused.paused && paused.concurrency == 8);
        let url = Some("https://mobilepulsa.net".into());
        let moved = BillerChange::Set(BillerPatch { url, ..BillerPatch::default() });
        let moved = books.run(&change(moved)).unwrap();
        assert_eq!((changed.account_since, moved.account_since), (NOON, later));
        let change = BillerChange::Pause(true);
        let missing = ChangeBiller { biller: BillerId(9), change, now: later };
        assert_eq!(books.run(&missing).unwrap_err(), ChangeBillerRefusal::UnknownBiller);
    }

    #[test]
    fn the_log_has_no_key() {
        let mut books = samples::books(0);
        let added = books.run(&AddBiller(settings("iak"))).unwrap();
        for (change, expected) in [
            (BillerChange::ApiKey(SealedKey(Box::new([7, 7, 7]))), "a new one"),
            (BillerChange::WebhookSecret(Some(SealedKey(Box::new([7, 7, 7])))), "true"),
        ] {
            let command = ChangeBiller { biller: added.id, change, now: NOON };
            let decision = command.decide(&books).unwrap();
            let operation = command.operation(&books, &decision).unwrap();
            assert!(operation.after.contains(expected) && !operation.after.contains('7'));
            assert_ne!(
                operation.before.as_deref(),
                Some(&*operation.after),
                "what changed is told"
            );
        }
    }
}
