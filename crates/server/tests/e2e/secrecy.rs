//! Keys and personal data are in no log and in no metric, at every log level.

use crate::client::{CHECK, Partner, fresh_ref_id};
use crate::server::Home;

const KEY: &str = "kanari-key-7d1f9c";
const HP: &str = "08784419365511";
const UNKNOWN_HP: &str = "0878441037";
const IDENTITY: &str = "0212502110170100";

#[test]
fn no_key_and_no_customer_is_logged_or_counted() {
    for level in ["info", "trace"] {
        let home = Home::with(200_000_000, KEY);
        let config = [
            ("log.level", level),
            ("sandbox.made_up_bills", "true"),
            ("sandbox.latency", "1ms"),
            ("gateway.resolver_first_ask", "100ms"),
        ];
        let server = home.start(&config);
        let mut canaries = traffic(&home, &mut server.partner());
        traffic(&home, &mut server.partner().in_xml());
        let metrics = server.metrics();
        server.signal("TERM");
        server.ended();
        // Errors at the start are logged too.
        assert!(!home.sandbox_with_key("kanari-key-other").status().unwrap().success());

        let master_key = std::fs::read_to_string(home.data().join("master.key")).unwrap();
        canaries.push(master_key.trim().to_owned());
        canaries.extend([KEY, "kanari-key-other", HP, UNKNOWN_HP, IDENTITY].map(str::to_owned));
        let log = home.log();
        assert!(log.contains("answered"), "requests are logged");
        for canary in canaries {
            assert!(!canary.is_empty());
            for (name, text) in [("log", &log), ("metrics", &metrics)] {
                let place = text.lines().find(|line| line.contains(&canary));
                assert_eq!(place, None, "{canary} is in the {name}");
            }
        }
    }
}

/// Sends one request of each kind; returns the names and signatures in them.
fn traffic(home: &Home, partner: &mut Partner) -> Vec<String> {
    let mut canaries = vec![partner.sign("cs"), partner.sign("pl")];
    for (code, hp) in [
        ("PGAS", HP),
        ("BPJS", "8801234560001"),
        ("BPJS", "8801234560006"),
        ("BPJS", "8801234560007"),
        ("PGAS", UNKNOWN_HP),
        ("ESAMSAT.JABAR", "9658548523568701"),
    ] {
        let ref_id = fresh_ref_id();
        let inquired = partner.inquire(code, hp, &ref_id);
        canaries.push(inquired.text("tr_name").unwrap());
        let tr_id = inquired.tr_id();
        partner.pay(tr_id);
        partner.pay(tr_id);
        partner.status(&ref_id);
        partner.inquire(code, hp, &ref_id);
        let query = partner.receipt_query(tr_id);
        canaries.push(partner.sign(&tr_id.to_string()));
        canaries.push(partner.sign(&format!("{tr_id}receipt")));
        partner.get(&format!("/api/v1/download/{tr_id}?{query}"));
        partner.get(&format!("/api/v1/download/{tr_id}/1?{query}"));
        partner.get(&format!("/api/v1/download/{tr_id}/1?username={HP}&sign={KEY}"));
    }
    home.operate(&["payment", "list"]);
    // Malformed requests with secrets in them.
    for body in [
        format!(r#"{{"commands":"inq-pasca","username":"{HP}","hp":"{HP};","sign":"{KEY}"}}"#),
        format!(r#"{{"commands":"{HP}","username":"{HP}","sign":"{KEY}"}}"#),
        format!("<mp><hp>{HP}</hp><sign>{KEY}</mp>"),
        format!("{KEY}{HP}"),
    ] {
        partner.post(CHECK, &body);
    }
    partner.get(&format!("/{HP}/{KEY}"));
    canaries
}
