//! A production server that pays at billers over the network, with a partner.

use std::fs;

use iak_protocol::Format;
use serde_json::Value;
use store::Read;

use crate::client::Partner;
use crate::server::{API_KEY, Home, Server, USERNAME, wait_for};

const PRODUCTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/data/products.csv");

/// The partner's deposit.
const DEPOSIT: i64 = 500_000_000;

/// The server with its books. It has no biller and no product yet.
pub(crate) struct Front {
    pub(crate) home: Home,
    pub(crate) server: Server,
}

impl Front {
    /// A server with this configuration.
    pub(crate) fn start(config: &[(&str, &str)]) -> Front {
        Front::start_in(Home::new(), config)
    }

    /// The same in this home.
    pub(crate) fn start_in(home: Home, config: &[(&str, &str)]) -> Front {
        home.init();
        let server = home.started(home.production(config));
        let front = Front { home, server };
        let key = front.secret_file("partner-key", API_KEY);
        front.home.operate(&["partner", "add", "--username", USERNAME, "--api-key-file", &key]);
        let amount = DEPOSIT.to_string();
        front.home.operate(&["deposit", "add", USERNAME, &amount, "--no-reference"]);
        front
    }

    /// A server that sells these products of the sandbox behind it, each at the sandbox's own fee and commission.
    pub(crate) fn before(back: &Server, codes: &[&str]) -> Front {
        Front::before_port(back.port, codes, &[])
    }

    /// The same with the biller at a port, and more options for it.
    pub(crate) fn before_port(port: u16, codes: &[&str], options: &[&str]) -> Front {
        let front = Front::start(&[]);
        front.pay_at(port, codes, options);
        front
    }

    /// Sells these products of a sandbox at a port, and pays there.
    pub(crate) fn pay_at(&self, port: u16, codes: &[&str], options: &[&str]) {
        self.add_iak("iak", port, options);
        for code in codes {
            self.sell(code);
            self.home.operate(&["route", "add", code, "iak"]);
        }
    }

    /// Adds a sandbox at a port as a biller.
    pub(crate) fn add_iak(&self, name: &str, port: u16, options: &[&str]) {
        let key = self.secret_file("biller-key", API_KEY);
        let url = format!("http://127.0.0.1:{port}");
        let add = ["biller", "add", name, "--kind", "iak", "--url", &url, "--username", USERNAME];
        self.home.operate(&[&add[..], &["--api-key-file", &key], options].concat());
    }

    /// Adds a sandbox at a port as the next biller of a product, and says whether payments go on there.
    pub(crate) fn add_next(&self, code: &str, port: u16, options: &[&str], failover: &str) {
        self.add_iak("second", port, options);
        self.home.operate(&["route", "add", code, "second"]);
        self.home.operate(&["product", "set", code, "--failover-payments", failover]);
    }

    /// The history of a payment, as the operator sees it.
    pub(crate) fn story(&self, tr_id: i64) -> Value {
        self.home.operate(&["payment", "show", &tr_id.to_string()])
    }

    /// The state of a payment.
    pub(crate) fn state(&self, tr_id: i64) -> String {
        self.story(tr_id)["payment"]["state"].as_str().unwrap().to_owned()
    }

    /// Asks the biller for the status of a payment. Returns its state after that.
    pub(crate) fn ask(&self, tr_id: i64) -> String {
        // A query of the resolver may hold the claim for a moment.
        wait_for("the status query", || {
            let done = self.home.command(&["payment", "ask", &tr_id.to_string()]);
            done.status.success().then_some(())
        });
        self.state(tr_id)
    }

    /// The path of a file with this secret.
    pub(crate) fn secret_file(&self, name: &str, secret: &str) -> String {
        let file = self.home.file(name);
        fs::write(&file, secret).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// Sells a product of the sandbox at its fee and commission there.
    pub(crate) fn sell(&self, code: &str) {
        let products = fs::read_to_string(PRODUCTS).unwrap();
        let row = products.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let row = row.into_iter().find(|row| row[0] == code).unwrap();
        let set = ["product", "set", code, "--create", "--name", row[1], "--family", row[2]];
        let price = ["--fee", row[3], "--commission", row[4], "--at-a-loss"];
        self.home.operate(&[&set[..], &price].concat());
    }

    pub(crate) fn partner(&self, format: Format) -> Partner {
        self.server.partner().speaking(format)
    }

    /// What the books say that the first biller took.
    pub(crate) fn taken(&self) -> i64 {
        let balances = store::sqlite::reader(&self.home.data()).unwrap().balances().unwrap();
        let biller = balances.iter().find(|(of, _)| of.to_string() == "biller/2");
        biller.map_or(0, |(_, taken)| taken.get())
    }
}
