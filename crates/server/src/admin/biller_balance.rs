//! lunas's balance at a biller, beside the books.

use biller::BalanceError;
use domain::command::RecordBillerBalance;
use domain::{Account, BalanceDifference, BillerBalance, BillerId, Moment, Rupiah, State};

use super::named::Named;
use super::{Admin, Refused, biller_response};

/// What the books say about a biller.
struct BooksOf {
    /// What it took for all paid bills.
    taken: Rupiah,
    /// The payments there whose outcome is unknown.
    in_process: usize,
    /// What it takes for these, if they are paid.
    cost: Rupiah,
    /// What it told last.
    last: Option<BillerBalance>,
}

impl Admin {
    /// Asks for the balance and keeps the answer. If there is none, the last one is shown.
    pub(super) async fn biller_balance(
        &self,
        name: &str,
    ) -> Result<biller_response::BillerBalance, Refused> {
        let id = self.settings_of(name)?.id;
        let before = self.books_of(id).await?;
        let told = self.gateway.balance_at(id).await;
        let told = told.ok_or_else(|| super::billers::unknown_biller(name))?;
        let at = self.gateway.now();
        let after = self.books_of(id).await?;
        let balance = match told {
            Ok(balance) => balance,
            Err(error @ BalanceError::Unreachable { .. }) => {
                return self.last_balance(name, id, &after, &error);
            }
            Err(error) => return Err(Refused::because(error)),
        };
        // The biller has taken at least what was booked before the question, and at most what is booked or in
        // process after the answer.
        let upper = after.taken.plus(after.cost).and_then(|most| most.minus(before.taken));
        let in_process = upper.map_err(Refused::because)?.max(Rupiah::ZERO);
        let told = BillerBalance { biller: id, at, balance, taken: before.taken, in_process };
        let difference = before.last.map(|last| told.since(&last)).transpose();
        let difference = difference.map_err(Refused::because)?;
        self.gateway.operate(RecordBillerBalance(told)).await?;
        Ok(biller_response::BillerBalance {
            name: name.to_owned(),
            balance: balance.get(),
            balance_at: Named(at),
            failure: None,
            taken: told.taken.get(),
            in_process: after.in_process,
            in_process_cost: in_process.get(),
            difference: difference.map(|difference| view(&difference)),
        })
    }

    /// What the biller told last, in any answer.
    fn last_balance(
        &self,
        name: &str,
        id: BillerId,
        books: &BooksOf,
        error: &BalanceError,
    ) -> Result<biller_response::BillerBalance, Refused> {
        let kept = books.last.map(|last| (last.balance, last.at));
        let heard = self.gateway.biller_health(id).balance;
        let latest = kept.into_iter().chain(heard).max_by_key(|(_, at): &(Rupiah, Moment)| *at);
        let (balance, at) = latest.ok_or_else(|| Refused::because(error))?;
        Ok(biller_response::BillerBalance {
            name: name.to_owned(),
            balance: balance.get(),
            balance_at: Named(at),
            failure: Some(error.to_string()),
            taken: books.taken.get(),
            in_process: books.in_process,
            in_process_cost: books.cost.get(),
            difference: None,
        })
    }

    async fn books_of(&self, id: BillerId) -> Result<BooksOf, Refused> {
        // The open payments first: one that ends meanwhile is counted in the account.
        let (open, balances, last) = self
            .gateway
            .read(move |read| {
                let mut open = Vec::new();
                for payment in read.open_payments()? {
                    open.extend(read.transaction(payment.tr_id)?);
                }
                Ok((open, read.balances()?, read.last_biller_balance(id)?))
            })
            .await?;
        let account = Account::Biller(id);
        let taken = balances.iter().find(|(of, _)| *of == account).map(|(_, taken)| *taken);
        let here = open.iter().filter(|open| {
            let state = open.state();
            let payment = open.payment.as_ref();
            (state == State::Paying || state == State::Pending)
                && payment.is_some_and(|payment| payment.biller == id)
        });
        let costs: Vec<Rupiah> = here.map(|open| open.inquiry.cost()).collect();
        let cost = costs.iter().try_fold(Rupiah::ZERO, |sum, cost| sum.plus(*cost));
        Ok(BooksOf {
            taken: taken.unwrap_or_default(),
            in_process: costs.len(),
            cost: cost.map_err(Refused::because)?,
            last,
        })
    }
}

fn view(difference: &BalanceDifference) -> biller_response::BalanceDifference {
    let (least, most) = difference.may_be_in_process;
    biller_response::BalanceDifference {
        since: Named(difference.since),
        decrease: difference.decrease.get(),
        taken: difference.taken.get(),
        unexplained: difference.unexplained.get(),
        in_process_least: least.get(),
        in_process_most: most.get(),
        is_explained: difference.is_explained(),
    }
}
