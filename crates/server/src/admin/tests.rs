//! Every request against a real database, with the sandbox as biller.

mod actions;
mod balance_changes;
mod deposits;
mod partners;
mod payments;
mod products;
mod socket;

use domain::{Actor, ProductCode, RefId, TrId};
use secrecy::SecretString;

use super::request::{NewDeposit, NewPartner};
use super::response::Partner;
use super::{Admin, Refused, Request, Response};
use crate::config::{Config, Flag, Sources};
use crate::run::books::OpenMode;
use crate::run::open::{self, Components};

pub(super) const USERNAME: &str = "081234567890";
/// A documented customer number whose payment stays pending, and one that is paid at once.
pub(super) const PENDING: &str = "8801234560007";
pub(super) const PAID: &str = "8801234560001";
pub(super) const DEPOSIT: i64 = 1_000_000;

/// A gateway on its own database.
pub(crate) struct Bench {
    pub(crate) config: Config,
    pub(super) admin: Admin,
    /// Removes the data directory.
    _data: tempfile::TempDir,
}

/// Waits until the store in `data` has stopped; it stops on its own thread.
pub(crate) fn at_rest(data: &std::path::Path) -> store::sqlite::DataDir {
    loop {
        match store::sqlite::DataDir::own(data) {
            Ok(owned) => return owned,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    }
}

/// Creates the books of this configuration.
pub(crate) fn make_books(config: &Config) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let components =
        runtime.block_on(open::open_components(config, OpenMode::ToServeOrMake)).unwrap();
    components.fresh.unwrap().keep();
}

/// The configuration of a sandbox in `data`.
pub(super) fn config(data: &std::path::Path, flags: &[(&str, &str)]) -> Config {
    let data = data.to_str().unwrap();
    let flag = |&(key, value): &(&str, &str)| Flag {
        name: "--flag".to_owned(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let always = [("store.data", data), ("sandbox.enabled", "true")];
    let flags = flags.iter().chain(&always).map(flag).collect();
    let sources = Sources { flags, ..Sources::default() };
    Config::load(&sources).unwrap().config
}

impl Bench {
    /// A bench with the sandbox's products and no partner.
    pub(super) async fn empty(flags: &[(&str, &str)]) -> Bench {
        let data = tempfile::tempdir().unwrap();
        let config = config(data.path(), flags);
        let opened = Box::pin(open::open_components(&config, OpenMode::ToServeOrMake)).await;
        let components = opened.unwrap();
        let admin = Admin::of(&components, &config);
        let Components { data: owned, fresh, .. } = components;
        fresh.unwrap().keep();
        drop(owned);
        Bench { config, admin, _data: data }
    }

    /// A bench with one partner and its deposit.
    pub(crate) async fn funded(flags: &[(&str, &str)]) -> Bench {
        let bench = Bench::empty(flags).await;
        bench.ask(Request::AddPartner(new_partner(USERNAME))).await.unwrap();
        let username = USERNAME.to_owned();
        let deposit =
            NewDeposit { username, amount: DEPOSIT, note: "first".to_owned(), reference: None };
        bench.ask(Request::AddDeposit(deposit)).await.unwrap();
        bench
    }

    pub(super) async fn ask(&self, request: Request) -> Result<Response, Refused> {
        self.admin.execute(Actor::CommandLine("budi".into()), request).await
    }

    /// Sends a request that must be refused, and returns the reason.
    pub(super) async fn refusal(&self, request: Request) -> String {
        match self.ask(request).await {
            Err(refused) => refused.to_string(),
            Ok(_) => panic!("the request was carried out"),
        }
    }

    pub(super) async fn partner(&self) -> Partner {
        let username = USERNAME.to_owned();
        match self.ask(Request::ShowPartner { username }).await.unwrap() {
            Response::Partner(partner) => partner,
            _ => panic!("another answer than a partner"),
        }
    }

    /// Records an inquiry for the customer `hp`.
    pub(super) async fn inquire(&self, ref_id: &str, hp: &str) -> TrId {
        let gateway = &self.admin.gateway;
        let request = gateway::Request {
            partner: gateway.reference_data().partner(USERNAME).unwrap().id,
            ref_id: RefId::new(ref_id).unwrap(),
            code: ProductCode::new("BPJS").unwrap(),
            customer_no: hp.into(),
            month: Some(2),
            year: None,
            identity: None,
            amount: None,
        };
        gateway.inquire(request).await.unwrap().inquiry.tr_id
    }

    /// Inquires and pays the bill of the customer `hp`.
    pub(super) async fn pay(&self, ref_id: &str, hp: &str) -> i64 {
        let tr_id = self.inquire(ref_id, hp).await;
        let partner = self.admin.gateway.reference_data().partner(USERNAME).unwrap().id;
        self.admin.gateway.pay(partner, tr_id).await.unwrap();
        tr_id.0
    }

    /// Audits the database.
    pub(super) fn audit(&self) -> store::audit::Report {
        let mut reader = store::sqlite::reader(&self.config.store.data).unwrap();
        store::audit::audit(&mut reader).unwrap()
    }
}

pub(super) fn new_partner(username: &str) -> NewPartner {
    NewPartner {
        username: username.to_owned(),
        name: None,
        api_key: Some(SecretString::from("a-key-of-its-own")),
        allow: Vec::new(),
        min_balance: 0,
    }
}

#[test]
fn a_stored_text_is_one_line_of_limited_length() {
    assert_eq!(super::validate_line("a note", " Toko Jaya ", 9).unwrap(), "Toko Jaya");
    for bad in ["", "  ", "two\nlines", "\u{1b}[2J", "ten digits"] {
        let refused = super::validate_line("a note", bad, 9).unwrap_err();
        assert_eq!(refused.to_string(), "a note is one line of 1 to 9 characters", "{bad:?}");
    }
}

#[test]
fn a_list_is_bounded() {
    assert!(super::validate_limit(1).is_ok() && super::validate_limit(1000).is_ok());
    assert!(super::validate_limit(0).is_err() && super::validate_limit(1001).is_err());
}
