//! lunas's balance at a biller, beside the books: asked for by an operator, and on a schedule.

use std::time::Duration;

use biller::BalanceError;
use domain::command::RecordBillerBalance;
use domain::money::Overflow;
use domain::{Account, BalanceDifference, BillerBalance, BillerId, Rupiah};
use store::{CommandError, StoreError};
use tokio::task::JoinSet;

use crate::{Alert, BackgroundTask, Gateway, Health};

/// What the books say about a biller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillerBooks {
    /// What it took for all paid bills.
    pub taken: Rupiah,
    /// The payments there whose outcome is unknown.
    pub in_process: usize,
    /// What it takes for these, if they are paid.
    pub in_process_cost: Rupiah,
    /// What it told last, in an answer that was asked for.
    pub last: Option<BillerBalance>,
}

/// A biller's answer about lunas's balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldBalance {
    /// The answer, as it is kept in the books.
    pub told: BillerBalance,
    /// The difference to the answer before, if there is one.
    pub difference: Option<BalanceDifference>,
    /// The payments there whose outcome is unknown.
    pub in_process: usize,
}

/// Why there is no balance.
#[derive(Debug, thiserror::Error)]
pub enum BalanceFailure {
    /// There is no such biller.
    #[error("there is no such biller")]
    UnknownBiller,
    /// The biller did not tell it.
    #[error(transparent)]
    Biller(#[from] BalanceError),
    /// The books cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An amount is too large.
    #[error(transparent)]
    Amount(#[from] Overflow),
}

/// The background task that asks all billers for lunas's balance.
pub struct BalanceSchedule {
    gateway: Gateway,
    every: Duration,
}

impl Gateway {
    /// The task that asks all billers for lunas's balance this often.
    pub fn balance_schedule(&self, every: Duration) -> BalanceSchedule {
        BalanceSchedule { gateway: self.clone(), every }
    }

    /// Asks a biller for lunas's balance and keeps the answer. A difference that the books do not explain raises an
    /// alert.
    ///
    /// # Errors
    /// If the biller does not tell it, or the books fail.
    pub async fn ask_balance(&self, id: BillerId) -> Result<ToldBalance, BalanceFailure> {
        let before = self.books_of_biller(id).await?;
        let answer = self.balance_at(id).await.ok_or(BalanceFailure::UnknownBiller)?;
        let at = self.now();
        let after = self.books_of_biller(id).await?;
        // The biller has taken at least what was booked before the question, and at most what is booked or in
        // process after the answer.
        let most = after.taken.plus(after.in_process_cost)?;
        let in_process = most.minus(before.taken)?.max(Rupiah::ZERO);
        let taken = before.taken;
        let told = BillerBalance { biller: id, at, balance: answer?, taken, in_process };
        let difference = before.last.map(|last| told.since(&last)).transpose()?;
        if self.is_corrupt() {
            return Err(StoreError::ReadOnly.into());
        }
        match self.shared.database.submit(RecordBillerBalance(told)).await {
            Ok(()) => {}
            Err(CommandError::Refused(never)) => match never {},
            Err(CommandError::Store(error)) => return Err(error.into()),
        }
        if let Some(difference) = &difference {
            self.note_difference(id, difference);
        }
        Ok(ToldBalance { told, difference, in_process: after.in_process })
    }

    fn note_difference(&self, id: BillerId, difference: &BalanceDifference) {
        let unexplained = match difference.is_explained() {
            true => Rupiah::ZERO,
            false => difference.unexplained,
        };
        self.shared.circuits.note_difference(id, unexplained);
        if unexplained != Rupiah::ZERO {
            let biller: Box<str> = self.billers().name(id).unwrap_or("unknown").into();
            tracing::error!(%biller, %unexplained, "the books do not explain lunas's balance at a biller");
            self.shared.observer.alert(Alert::BillerBalanceDifference { biller, unexplained });
        }
    }

    /// What the books say about a biller.
    ///
    /// # Errors
    /// If the books cannot be read.
    pub async fn books_of_biller(&self, id: BillerId) -> Result<BillerBooks, BalanceFailure> {
        // The open payments first: one that ends meanwhile is counted in the account.
        let (open, balances, last) = self
            .read(move |read| {
                let mut open = Vec::new();
                for payment in read.open_payments()?.iter().filter(|open| open.biller == id) {
                    open.extend(read.transaction(payment.tr_id)?);
                }
                Ok((open, read.balances()?, read.last_biller_balance(id)?))
            })
            .await?;
        let account = Account::Biller(id);
        let taken = balances.iter().find(|(of, _)| *of == account).map(|(_, taken)| *taken);
        let in_process = open.iter().filter(|open| !open.state().is_final());
        let costs: Vec<Rupiah> = in_process.map(|open| open.inquiry_at_biller().cost()).collect();
        let in_process_cost = costs.iter().try_fold(Rupiah::ZERO, |sum, cost| sum.plus(*cost))?;
        Ok(BillerBooks {
            taken: taken.unwrap_or_default(),
            in_process: costs.len(),
            in_process_cost,
            last,
        })
    }
}

impl BackgroundTask for BalanceSchedule {
    const NAME: &'static str = "balances";
    type Error = StoreError;

    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        loop {
            tokio::time::sleep(self.every).await;
            let billers = self.gateway.billers();
            let asked = billers
                .ids()
                .filter(|id| billers.settings(*id).is_some_and(|settings| !settings.paused));
            // At the same time, so that one that hangs does not delay the others.
            let mut answers = JoinSet::new();
            for id in asked {
                let gateway = self.gateway.clone();
                answers.spawn(async move { gateway.ask_balance(id).await.map(drop) });
            }
            for answer in answers.join_all().await {
                match answer {
                    Err(BalanceFailure::Store(error)) => health.round(Err(error))?,
                    Err(BalanceFailure::Amount(error)) => {
                        tracing::error!(%error, "a balance at a biller cannot be compared with the books");
                    }
                    // Some accounts are not told their balance.
                    Err(BalanceFailure::Biller(_) | BalanceFailure::UnknownBiller) | Ok(()) => {}
                }
            }
            health.round(Ok::<(), StoreError>(()))?;
        }
    }
}
