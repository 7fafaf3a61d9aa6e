//! Billers and routes as text.

use super::answers::rupiah;
use super::{Render, Table, left, pairs, right};
use crate::admin::biller_response::{BalanceDifference, BillerBalance, BillerDetails, Route};

impl BillerDetails {
    fn state(&self) -> String {
        match (self.paused, self.testing) {
            (true, _) => "paused".to_owned(),
            (false, true) => "testing".to_owned(),
            (false, false) => "on".to_owned(),
        }
    }

    fn balance_text(&self) -> String {
        self.balance.map_or("unknown".to_owned(), rupiah)
    }

    fn answered_text(&self) -> String {
        match (self.answered_percent, self.mean_millis) {
            (Some(percent), Some(millis)) => {
                format!("{percent} % of {} calls, {millis} ms on average", self.calls)
            }
            _ => "no calls".to_owned(),
        }
    }
}

impl Render for Vec<BillerDetails> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no billers yet; `lunas biller add` adds one".to_owned();
        }
        let columns = [
            left("NAME"),
            left("KIND"),
            left("STATE"),
            left("CIRCUIT"),
            right("BALANCE"),
            right("PRODUCTS"),
            left("ANSWERED IN THE LAST HOUR"),
        ];
        let row = |biller: &BillerDetails| {
            [
                biller.name.clone(),
                biller.kind.name().to_owned(),
                biller.state(),
                biller.circuit.name().to_owned(),
                biller.balance_text(),
                biller.products.to_string(),
                biller.answered_text(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Render for BillerDetails {
    fn text(&self) -> String {
        let balance = match &self.balance_at {
            Some(at) => format!("{}, told at {}", self.balance_text(), **at),
            None => "unknown; `lunas biller balance` asks".to_owned(),
        };
        let routes = match self.products {
            0 => "none; `lunas route add` adds one".to_owned(),
            products => products.to_string(),
        };
        let webhook = if self.webhook { "accepted, with the secret" } else { "not accepted" };
        pairs([
            ("name", Some(self.name.clone())),
            ("kind", Some(self.kind.name().to_owned())),
            ("state", Some(self.state())),
            ("address", Some(self.url.clone())),
            ("address of the balance", self.prepaid_url.clone()),
            ("username there", Some(self.username.clone())),
            ("deadline", Some(format!("{} s", self.deadline_seconds))),
            ("calls at a time", Some(self.concurrency.to_string())),
            ("webhooks", Some(webhook.to_owned())),
            ("circuit", Some(self.circuit.name().to_owned())),
            ("because", self.circuit_reason.clone()),
            ("balance there", Some(balance)),
            ("answered in the last hour", Some(self.answered_text())),
            ("products with a route", Some(routes)),
            ("since", Some(self.since.to_string())),
        ])
    }
}

impl Render for BillerBalance {
    fn text(&self) -> String {
        let in_process = format!("{} payments, {}", self.in_process, rupiah(self.in_process_cost));
        let difference = self.difference.as_ref();
        let changed = |it: &BalanceDifference| match it.decrease {
            decrease @ 0.. => format!("down by {}", rupiah(decrease)),
            increase => format!("up by {}", rupiah(increase.saturating_neg())),
        };
        let is_asked = self.failure.is_none();
        let first = || "not known: it is the first answer that is kept".to_owned();
        pairs([
            ("biller", Some(self.name.clone())),
            ("balance there", Some(rupiah(self.balance))),
            ("told at", Some(self.balance_at.to_string())),
            ("not told now", self.failure.clone()),
            ("taken by the books", Some(rupiah(self.taken))),
            ("in process", Some(in_process)),
            ("answer before", difference.map(|it| it.since.to_string())),
            ("balance since then", difference.map(changed)),
            ("taken since then", difference.map(|it| rupiah(it.taken))),
            (
                "unexplained",
                difference.map(BalanceDifference::meaning).or_else(|| is_asked.then(first)),
            ),
        ])
    }
}

impl BalanceDifference {
    /// What is unexplained, and what it may be.
    fn meaning(&self) -> String {
        let amount = rupiah(self.unexplained);
        match self.unexplained {
            0 => amount,
            _ if self.is_explained => format!("{amount}; the payments in process may be all of it"),
            1.. => format!(
                "{amount}; the biller took it, but the books have no payment for it: ask the biller for \
                 its list of payments"
            ),
            _ => format!(
                "{amount}; a top-up, or a payment of the books that the biller did not take or gave back"
            ),
        }
    }
}

impl Render for Vec<Route> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no routes: nobody is asked for it; `lunas route add` adds one".to_owned();
        }
        let columns = [
            left("PRODUCT"),
            right("POSITION"),
            left("BILLER"),
            left("CODE THERE"),
            left("STATE"),
            left("HOURS"),
        ];
        let row = |route: &Route| {
            [
                route.product.clone(),
                route.position.to_string(),
                route.biller.labelled(),
                route.code.clone(),
                route.closed_because.clone().unwrap_or_else(|| "asked".to_owned()),
                route.hours.map_or("always".to_owned(), |hours| hours.to_string()),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_it_may_be() {
        let at = crate::admin::named::Named(domain::Moment::default());
        for (unexplained, is_explained, expected) in [
            (0, true, "0"),
            (500, true, "500; the payments in process may be all of it"),
            (5_000, false, "5.000; the biller took it, but the books have no payment for it"),
            (-5_000, false, "-5.000; a top-up, or a payment of the books"),
        ] {
            let difference = BalanceDifference {
                since: at,
                decrease: unexplained,
                taken: 0,
                unexplained,
                in_process_least: 0,
                in_process_most: 0,
                is_explained,
            };
            let meaning = difference.meaning();
            assert!(meaning.starts_with(expected), "{meaning}");
        }
    }
}
