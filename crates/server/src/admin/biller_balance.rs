//! lunas's balance at a biller, beside the books.

use biller::BalanceError;
use domain::{BalanceDifference, BillerId, Moment, Rupiah};
use gateway::{BalanceFailure, BillerBooks};

use super::named::Named;
use super::{Admin, Refused, biller_response};

impl Admin {
    /// Asks for the balance and keeps the answer. If there is none, the last one is shown.
    pub(super) async fn biller_balance(
        &self,
        name: &str,
    ) -> Result<biller_response::BillerBalance, Refused> {
        let id = self.settings_of(name)?.id;
        let asked = match self.gateway.ask_balance(id).await {
            Ok(asked) => asked,
            Err(BalanceFailure::Biller(error @ BalanceError::Unreachable { .. })) => {
                let books = self.gateway.books_of_biller(id).await.map_err(Refused::because)?;
                return self.last_balance(name, id, &books, &error);
            }
            Err(BalanceFailure::UnknownBiller) => return Err(super::billers::unknown_biller(name)),
            Err(error) => return Err(Refused::because(error)),
        };
        let told = asked.told;
        Ok(biller_response::BillerBalance {
            name: name.to_owned(),
            balance: told.balance.get(),
            balance_at: Named(told.at),
            failure: None,
            taken: told.taken.get(),
            in_process: asked.in_process,
            in_process_cost: told.in_process.get(),
            difference: asked.difference.map(|difference| view(&difference)),
        })
    }

    /// What the biller told last, in any answer.
    fn last_balance(
        &self,
        name: &str,
        id: BillerId,
        books: &BillerBooks,
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
            in_process_cost: books.in_process_cost.get(),
            difference: None,
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
