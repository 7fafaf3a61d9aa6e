//! Retention: deletes old inquiries that were never paid; their `ref_id`s can then be used again.
//! Payments and the ledger are kept.
//!
//! It runs beside the payments and takes little capacity: a few rows per commit, and a rest nine
//! times as long as the work. The same committer decides a deletion and a payment, so a payment
//! either comes first or finds no inquiry. Several nodes may scan the same inquiries; only one
//! deletes each.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::command::{MIN_RETENTION, PurgeUnpaidInquiries};
use domain::moment::micros;
use store::{ScanCursor, StoreError};
use tokio::time::Instant;

use crate::{BackgroundTask, Gateway, Health};

/// Inquiries that are read in one step (of each partner, if the store keeps them apart).
const WINDOW: u32 = 128;

/// Inquiries that one command deletes.
const A_FEW: usize = 32;

/// How often it checks whether an inquiry has become old enough.
const EVERY: Duration = Duration::from_secs(60);

/// The rest after a step is this many times as long as the step.
const REST: u32 = 9;

/// The background task that deletes old unpaid inquiries.
pub struct Retention {
    gateway: Gateway,
    retention: Duration,
    cursor: ScanCursor,
}

impl Retention {
    /// Deletes unpaid inquiries that are older than `retention`, which is at least [`MIN_RETENTION`].
    pub fn new(gateway: Gateway, retention: Duration) -> Retention {
        Retention {
            gateway,
            retention: retention.max(MIN_RETENTION),
            cursor: ScanCursor::default(),
        }
    }

    /// Processes the next inquiries. Returns whether any was old enough.
    ///
    /// # Errors
    /// If the database cannot be read or written. The next call repeats the step.
    pub async fn step(&mut self) -> Result<bool, StoreError> {
        if self.gateway.is_corrupt() {
            return Ok(false);
        }
        let now = self.gateway.now();
        let before = now.after_micros(-micros(self.retention));
        let mut cursor = self.cursor.clone();
        let (unpaid, cursor) = self
            .gateway
            .read(move |read| {
                let unpaid = read.unpaid(&mut cursor, before, WINDOW)?;
                Ok((unpaid, cursor))
            })
            .await?;
        let mut of_partners = BTreeMap::new();
        for (partner, tr_id) in unpaid {
            of_partners.entry(partner).or_insert_with(Vec::new).push(tr_id);
        }
        for (partner, inquiries) in of_partners {
            for few in inquiries.chunks(A_FEW) {
                let (inquiries, kept) = (few.to_vec(), self.retention);
                let drop = PurgeUnpaidInquiries { partner, inquiries, kept, now };
                let dropped = self.gateway.shared.database.submit(drop).await?;
                self.gateway.shared.observer.dropped(dropped);
            }
        }
        let has_moved = cursor != self.cursor;
        self.cursor = cursor;
        Ok(has_moved)
    }
}

impl BackgroundTask for Retention {
    const NAME: &'static str = "retention";
    type Error = StoreError;

    /// When this future is dropped, the books stay consistent.
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
