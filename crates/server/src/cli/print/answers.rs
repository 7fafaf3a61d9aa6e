//! Answers to an operator as text.

use domain::Network;
use secrecy::ExposeSecret;

use super::{OutputFormat, Render, Table, left, pairs, prose, right};
use crate::admin::Response;
use crate::admin::named::Named;
use crate::admin::response::{
    Access, Biller, Callback, CallbackAddress, FeeWarning, NewCodes, NewKey, Partner, Product,
};

/// Prints a response.
pub(super) fn show(response: &Response, format: OutputFormat) -> anyhow::Result<()> {
    match response {
        Response::Partners(partners) => format.show(partners),
        Response::Partner(partner) => format.show(partner),
        Response::NewKey(key) => format.show(key),
        Response::NewCodes(codes) => format.show(codes),
        Response::Callbacks(callbacks) => format.show(callbacks),
        Response::Deposits(deposits) => format.show(deposits),
        Response::Deposited(deposited) | Response::Reversed(deposited) => format.show(deposited),
        Response::BalanceChanges(changes) => format.show(changes),
        Response::BalanceChanged(changed) => format.show(changed),
        Response::Products(products) => format.show(products),
        Response::Product(product) => format.show(product),
        Response::Billers(billers) => format.show(billers),
        Response::Biller(biller) => format.show(biller),
        Response::BillerBalance(balance) => format.show(balance),
        Response::BillerProducts(products) => format.show(products),
        // `lunas biller products --import` reads it itself.
        Response::ImportedProducts(_) => Ok(()),
        Response::Routes(routes) => format.show(routes),
        Response::Payments(payments) => format.show(payments),
        Response::Queue(queue) => format.show(queue),
        Response::TransactionHistory(story) => format.show(&**story),
        Response::Actions(actions) => format.show(actions),
        Response::Sandbox(sandbox) => format.show(sandbox),
        Response::Access(access) => format.show(access),
    }
}

/// `52300` is `52.300`, as amounts are written in Indonesia.
pub(in crate::cli) fn rupiah(amount: i64) -> String {
    domain::Rupiah::new(amount).dotted()
}

impl Biller {
    /// After the label "biller": its name or, if that is unknown here, its number.
    pub(super) fn labelled(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("number {}", self.number))
    }

    /// Within a sentence.
    pub(super) fn in_a_sentence(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("biller {}", self.number))
    }
}

impl CallbackAddress {
    fn shown(&self) -> String {
        format!("{}{}", self.origin, if self.has_more { "/…" } else { "" })
    }
}

fn joined(networks: &[Named<Network>]) -> String {
    networks.iter().map(|network| network.to_string()).collect::<Vec<_>>().join(", ")
}

impl Partner {
    fn state(&self) -> &'static str {
        if self.suspended { "suspended" } else { "active" }
    }
}

impl Render for Vec<Partner> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no partners yet; `lunas partner add` adds one".to_owned();
        }
        let columns = [
            left("USERNAME"),
            left("NAME"),
            left("STATE"),
            right("AVAILABLE"),
            right("HELD"),
            right("MIN BALANCE"),
            right("KEYS"),
        ];
        let row = |partner: &Partner| {
            [
                partner.username.clone(),
                partner.name.clone(),
                partner.state().to_owned(),
                rupiah(partner.available),
                rupiah(partner.held),
                rupiah(partner.min_balance),
                partner.keys.to_string(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Render for Partner {
    fn text(&self) -> String {
        let allow = if self.allow.is_empty() { "any".to_owned() } else { joined(&self.allow) };
        pairs([
            ("username", Some(self.username.clone())),
            ("name", Some(self.name.clone())),
            ("state", Some(self.state().to_owned())),
            ("available", Some(rupiah(self.available))),
            ("held", Some(rupiah(self.held))),
            ("min balance", Some(rupiah(self.min_balance))),
            ("allowed from", Some(allow)),
            ("API keys", Some(self.keys.to_string())),
            ("signs in", Some(self.signs_in().to_owned())),
            (
                "callback",
                Some(self.callback.as_ref().map_or("none".to_owned(), CallbackAddress::shown)),
            ),
            ("since", Some(self.since.to_string())),
        ])
    }
}

impl Partner {
    /// How the partner's people sign in to the portal.
    const fn signs_in(&self) -> &'static str {
        match (self.password, self.codes) {
            (false, _) => "no",
            (true, false) => "by password",
            (true, true) => "by password and code",
        }
    }
}

impl Render for NewCodes {
    fn text(&self) -> String {
        let url = self.url.as_ref().map_or("", |url| url.expose_secret());
        format!(
            "{}\nCodes  {url}\nIt is not shown again: enter it in the authenticator app now.\n",
            self.partner.text()
        )
    }
}

impl Render for NewKey {
    fn text(&self) -> String {
        let mut text = self.partner.text();
        if let Some(key) = &self.api_key {
            text += &format!(
                "\nAPI key  {}\nIt is not shown again: give it to the partner now.\n",
                key.expose_secret()
            );
        }
        if self.partner.keys > 1 {
            text += &format!(
                "\nThe old key stays valid until `lunas partner rotate-key {} --finish`.\n",
                self.partner.username
            );
        }
        text
    }
}

impl Render for Vec<Callback> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no callbacks; `lunas partner callback` sets the address of a partner"
                .to_owned();
        }
        let columns = [
            left("SINCE"),
            right("TR_ID"),
            left("PARTNER"),
            left("STATE"),
            right("ATTEMPTS"),
            left("NEXT OR LAST"),
            prose("ANSWER"),
        ];
        let row = |callback: &Callback| {
            [
                callback.since.to_string(),
                callback.tr_id.to_string(),
                callback.partner.clone(),
                callback.state.name().to_owned(),
                callback.attempts.to_string(),
                callback.at.to_string(),
                callback.answer.clone().unwrap_or_default(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Product {
    fn state(&self) -> &'static str {
        if self.active { "on" } else { "off" }
    }

    fn opening(&self) -> String {
        self.hours.as_ref().map_or_else(|| "always".to_owned(), |hours| hours.to_string())
    }

    fn note(&self) -> Option<String> {
        Some(match self.warning? {
            FeeWarning::NoFee => "fee and commission are 0: nothing is earned".to_owned(),
            FeeWarning::NoNetFee => "fee and commission are equal: nothing is earned".to_owned(),
            FeeWarning::Loss => {
                let loss = rupiah(self.net_fee.saturating_neg());
                format!("the commission is above the fee: each sheet of a bill loses Rp {loss}")
            }
        })
    }
}

impl Render for Vec<Product> {
    fn text(&self) -> String {
        if self.is_empty() {
            return "no products; `lunas product set CODE --create` adds one".to_owned();
        }
        let columns = [
            left("CODE"),
            left("NAME"),
            left("TYPE"),
            left("STATE"),
            right("FEE"),
            right("COMMISSION"),
            right("NET FEE"),
            left("HOURS"),
        ];
        let row = |product: &Product| {
            [
                product.code.clone(),
                product.name.clone(),
                product.kind.clone(),
                product.state().to_owned(),
                rupiah(product.fee),
                rupiah(product.commission),
                rupiah(product.net_fee),
                product.opening(),
            ]
        };
        Table::new(columns, self.iter().map(row)).to_string()
    }
}

impl Product {
    fn fee_text(&self) -> String {
        match self.fee_of_biller {
            true => format!("the biller's own, or {} if it states none", rupiah(self.fee)),
            false => rupiah(self.fee),
        }
    }

    fn billers_text(&self) -> String {
        let names: Vec<_> = self.routes.iter().map(|route| route.biller.labelled()).collect();
        match names.is_empty() {
            true => "none; `lunas route add` adds one".to_owned(),
            false => names.join(", "),
        }
    }
}

impl Render for Product {
    fn text(&self) -> String {
        pairs([
            ("code", Some(self.code.clone())),
            ("name", Some(self.name.clone())),
            ("type", Some(self.kind.clone())),
            ("family", Some(self.family.name().to_owned())),
            ("province", self.province.clone()),
            ("state", Some(self.state().to_owned())),
            ("fee per bill sheet", Some(self.fee_text())),
            ("commission per bill sheet", Some(rupiah(self.commission))),
            ("net fee per bill sheet", Some(rupiah(self.net_fee))),
            ("note", self.note()),
            ("hours", Some(self.opening())),
            ("below cost", self.below_cost.then(|| "allowed".to_owned())),
            ("failover of payments", self.failover_payments.then(|| "on".to_owned())),
            ("billers", Some(self.billers_text())),
        ])
    }
}

impl Render for Access {
    fn text(&self) -> String {
        let key = self.api_key.as_ref().map(|key| key.expose_secret().to_owned());
        let (url, username) = (self.url.clone(), self.username.clone());
        pairs([("address", Some(url)), ("username", Some(username)), ("API key", key)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_biller_without_a_name_is_its_number() {
        let biller = |name: Option<&str>| Biller { number: 1, name: name.map(str::to_owned) };
        let (known, other) = (biller(Some("sandbox")), biller(None));
        assert_eq!((known.labelled(), known.in_a_sentence()), ("sandbox".into(), "sandbox".into()));
        assert_eq!(
            (other.labelled(), other.in_a_sentence()),
            ("number 1".into(), "biller 1".into())
        );
    }

    #[test]
    fn a_callback_address_says_whether_it_has_more_parts() {
        let shown =
            |has_more| CallbackAddress { origin: "https://a.example".into(), has_more }.shown();
        assert_eq!(
            (shown(false), shown(true)),
            ("https://a.example".into(), "https://a.example/…".into())
        );
    }

    #[test]
    fn a_product_that_earns_nothing_says_why() {
        let product = |warning, net_fee| Product {
            code: "BPJS".to_owned(),
            name: "BPJS".to_owned(),
            kind: "bpjs".to_owned(),
            family: Named(domain::Family::BpjsKesehatan),
            fee: 0,
            commission: 0,
            net_fee,
            warning,
            active: true,
            hours: None,
            province: None,
            fee_of_biller: false,
            below_cost: false,
            failover_payments: false,
            routes: Vec::new(),
        };
        for (warning, net_fee, note) in [
            (FeeWarning::NoFee, 0, "fee and commission are 0: nothing is earned"),
            (FeeWarning::NoNetFee, 0, "fee and commission are equal: nothing is earned"),
            (FeeWarning::Loss, -9_999, "each sheet of a bill loses Rp 9.999"),
        ] {
            let shown = product(Some(warning), net_fee).text();
            assert!(shown.contains("note") && shown.contains(note), "{shown}");
        }
        assert!(!product(None, 5).text().contains("note"));
    }
}
