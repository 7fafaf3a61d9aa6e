//! The writing connection of a node. It fails where the plan says.

use std::sync::Arc;

use domain::{Account, BillKey, Books, PartnerId, RowSet, TrId};
use store::{Store, StoreError};

use super::{Disk, FIRST_TR_ID};
use crate::event::Event;
use crate::plan::Fault;
use crate::world::World;
use seeded_rng::SeededRng;

/// The writing connection of one node.
pub(crate) struct Writer {
    world: Arc<World>,
    disk: Disk,
    rng: SeededRng,
}

impl Writer {
    pub(crate) fn new(world: &Arc<World>, disk: &Disk, rng: SeededRng) -> Writer {
        if world.plan.nodes == 1 {
            disk.release_claims();
        }
        Writer { world: Arc::clone(world), disk: disk.clone(), rng }
    }

    /// The process may die here: the committer gets an error that ends it.
    fn may_die(&mut self, at: Fault) -> Result<(), StoreError> {
        match self.world.should_inject(at, &mut self.rng) {
            true => Err(StoreError::Damaged(format!("{at:?}"))),
            false => Ok(()),
        }
    }
}

impl Store for Writer {
    fn load(&mut self, touched: &RowSet) -> Result<Books, StoreError> {
        self.may_die(Fault::CrashBeforeLoad)?;
        let rows = self.disk.rows();
        let last_partner = rows.partners.last_key_value().map_or(0, |(last, _)| last.0);
        let mut books = Books {
            catalogue: Arc::clone(&rows.catalogue),
            billers: Arc::clone(&rows.billers),
            next_tr_id: rows.next_tr_id.max(FIRST_TR_ID),
            next_partner: last_partner + 1,
            ..Books::default()
        };
        // Accounts without a partner sort first.
        books.balances.extend(rows.balances.range(..Account::Available(PartnerId(0))));
        for id in &touched.partners {
            let Some(partner) = rows.partners.get(id) else { continue };
            books.partners.insert(*id, Arc::clone(partner));
            for account in [Account::Available(*id), Account::Held(*id)] {
                let balance = rows.balances.get(&account).copied().unwrap_or_default();
                books.balances.insert(account, balance);
            }
        }
        for username in &touched.usernames {
            let holder = rows.partners.values().find(|partner| partner.username == *username);
            books.usernames.extend(holder.map(|partner| (username.clone(), partner.id)));
        }
        for key in &touched.refs {
            books.refs.extend(rows.references.get(key).map(|tr_id| (key.clone(), *tr_id)));
        }
        for (_, tr_id) in &touched.callbacks {
            books.callbacks.extend(rows.callbacks.get(tr_id).map(|it| (*tr_id, it.clone())));
        }
        for key in &touched.deposit_references {
            let taken = rows.deposit_references.get(key);
            books.deposit_references.extend(taken.map(|tr_id| (key.clone(), *tr_id)));
        }
        for key in &touched.withdrawal_references {
            let taken = rows.withdrawal_references.get(key);
            books.withdrawal_references.extend(taken.map(|tr_id| (key.clone(), *tr_id)));
        }
        for (_, tr_id) in &touched.deposits {
            books
                .deposits
                .extend(rows.deposits.get(tr_id).map(|deposit| (*tr_id, deposit.clone())));
            books.reversals.extend(rows.reversals.get(tr_id).map(|it| (*tr_id, it.tr_id)));
        }
        for (_, tr_id) in &touched.transactions {
            let Some((inquiry, _)) = rows.inquiries.get(tr_id) else { continue };
            books.inquiries.insert(*tr_id, Arc::clone(inquiry));
            books
                .follow_ups
                .extend(rows.follow_ups.get(tr_id).map(|follow_up| (*tr_id, *follow_up)));
            if let Some(payment) = rows.payments.get(tr_id) {
                books.payments.insert(*tr_id, payment.clone());
                continue;
            }
            let first = (BillKey(Arc::clone(inquiry)), TrId(i64::MIN));
            let of_bill = rows.bills.range(&first..).next().filter(|(bill, _)| *bill == first.0);
            books.in_process.extend(of_bill.cloned());
        }
        Ok(books)
    }

    fn commit(&mut self, books: &Books) -> Result<(), StoreError> {
        self.may_die(Fault::CrashBeforeWrite)?;
        let allowed = self.disk.rows().check(books);
        if let Err(tr_id) = allowed {
            let (changes, tr_id) = (books.journal.len() as u64, tr_id.map(|tr_id| tr_id.0));
            self.world.record(Event::BatchRefused { changes, tr_id });
            return Err(StoreError::Constraint(format!("{tr_id:?}")));
        }
        self.may_die(Fault::CrashBeforeCommit)?;
        let written = self.disk.rows().write(books);
        written.into_iter().for_each(|row| self.world.record(row));
        self.world.record(Event::Committed);
        self.may_die(Fault::CrashAfterCommit)
    }

    fn release(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
