//! Retention: inquiries that nobody paid are dropped once they are old, and their `ref_id`s are free
//! again. What was begun to be paid stays, and so does the ledger.
//!
//! It works beside the payments and takes little from them: a few rows a commit, and for each stretch of
//! work nine times as long a rest. A drop is decided by the same committer as payments are, so that a
//! payment comes before it or finds nothing. Several nodes may walk the same inquiries: one of them
//! drops each.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::command::{MIN_RETENTION, PurgeUnpaidInquiries};
use domain::moment::micros;
use store::{ScanCursor, StoreError};
use tokio::time::Instant;

use crate::{BackgroundTask, Gateway, Health};

/// Inquiries that are looked at in one go, of each partner where they lie apart.
const WINDOW: u32 = 128;

/// Inquiries that go with one command.
const A_FEW: usize = 32;

/// How often it is looked whether anything has become old.
const EVERY: Duration = Duration::from_secs(60);

/// For each stretch of work it rests so many times as long.
const REST: u32 = 9;

/// Drops what is kept no longer.
pub struct Retention {
    gateway: Gateway,
    kept: Duration,
    walked: ScanCursor,
}

impl Retention {
    /// Keeps inquiries that nobody paid as long as `kept`, and at least [`MIN_RETENTION`].
    pub fn new(gateway: Gateway, kept: Duration) -> Retention {
        Retention { gateway, kept: kept.max(MIN_RETENTION), walked: ScanCursor::default() }
    }

    /// Goes on to the next inquiries, and says whether there were any that are old enough.
    ///
    /// # Errors
    /// When the database cannot be read or written. The step is done once more by the next call.
    pub async fn step(&mut self) -> Result<bool, StoreError> {
        if self.gateway.is_corrupt() {
            return Ok(false);
        }
        let now = self.gateway.now();
        let before = now.after_micros(-micros(self.kept));
        let mut walked = self.walked.clone();
        let (unpaid, walked) = self
            .gateway
            .read(move |read| {
                let unpaid = read.unpaid(&mut walked, before, WINDOW)?;
                Ok((unpaid, walked))
            })
            .await?;
        let mut of_partners = BTreeMap::new();
        for (partner, tr_id) in unpaid {
            of_partners.entry(partner).or_insert_with(Vec::new).push(tr_id);
        }
        for (partner, inquiries) in of_partners {
            for few in inquiries.chunks(A_FEW) {
                let (inquiries, kept) = (few.to_vec(), self.kept);
                let drop = PurgeUnpaidInquiries { partner, inquiries, kept, now };
                if let Ok(dropped) = self.gateway.shared.database.submit(drop).await? {
                    self.gateway.shared.observer.dropped(dropped);
                }
            }
        }
        let went_on = walked != self.walked;
        self.walked = walked;
        Ok(went_on)
    }
}

impl BackgroundTask for Retention {
    const NAME: &'static str = "retention";
    type Error = StoreError;

    /// Dropping the future leaves the books as they are.
    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        loop {
            let begun = Instant::now();
            let rest = match health.round(self.step().await)? {
                true => begun.elapsed() * REST,
                false => EVERY,
            };
            tokio::time::sleep(rest).await;
        }
    }
}
