//! Each response code, produced as its page describes.

use iak_protocol::{Command, Inquiry, ResponseCode};

use crate::client::{CHECK, Connection, Partner, Reply, fresh_ref_id, inquiry};
use crate::server::{Home, USERNAME};

const PAYS: &str = "8801234560001";
/// Not a documented number: those may be paid twice at the same time.
const PENDS: &str = "8801234551039";

/// A way to get a code, as its page describes it.
#[derive(Debug)]
struct Way {
    kind: String,
    /// A number, a scenario's name or a command.
    typed: String,
    /// For a documented number.
    product: String,
}

/// All texts between `open` and `close`.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap())
}

fn ways(port: u16, code: ResponseCode) -> Vec<Way> {
    let mut connection = Connection::open(port).unwrap();
    let page = format!("/docs/codes/{code}");
    let page = connection.send("GET", &page, &["Accept-Language: en"], b"").unwrap();
    let page = String::from_utf8(page.body).unwrap();
    let codes =
        |row: &str| between(row, "<code>", "</code>").map(str::to_owned).collect::<Vec<_>>();
    let own = between(&page, "data-way=\"", "</div>").map(|way| Way {
        kind: way.split('"').next().unwrap().to_owned(),
        typed: codes(way).into_iter().next().unwrap_or_default(),
        product: "BPJS".to_owned(),
    });
    let documented = between(&page, "<tr><th scope=\"row\">", "</tr>").map(|row| {
        let [product, typed] = codes(row).try_into().unwrap();
        let kind = if row.contains("payment") { "payment" } else { "inquiry" };
        Way { kind: kind.to_owned(), typed, product }
    });
    own.chain(documented).collect()
}

/// Follows the description and returns the answer, which must have the code.
fn done(home: &Home, partner: &mut Partner, code: ResponseCode, way: &Way) -> Reply {
    let typed = &*way.typed;
    match &*way.kind {
        "number" | "inquiry" => partner.inquire(&way.product, typed, &fresh_ref_id()),
        "payment" => {
            let tr_id = partner.inquired(&way.product, typed).tr_id();
            partner.pay(tr_id)
        }
        "mistake" => mistaken(partner, code),
        "scenario" => switched(home, partner, typed),
        "operator" => {
            let command = typed.strip_prefix("lunas ").unwrap().replace("USERNAME", USERNAME);
            home.operate(&command.split(' ').collect::<Vec<_>>());
            partner.inquire("BPJS", PAYS, &fresh_ref_id())
        }
        other => panic!("{other} is no way"),
    }
}

fn mistaken(partner: &mut Partner, code: ResponseCode) -> Reply {
    let tr_id = |partner: &mut Partner, hp| partner.inquired("BPJS", hp).tr_id();
    match code.as_str() {
        "01" => {
            let tr_id = tr_id(partner, PAYS);
            assert_eq!(partner.pay(tr_id).rc(), "00");
            partner.pay(tr_id)
        }
        "02" => {
            let tr_id = tr_id(partner, PAYS);
            let query = partner.receipt_query(tr_id);
            partner.get(&format!("/api/v1/download/{tr_id}?{query}"))
        }
        "03" => partner.inquire("BPJS", PAYS, "a b"),
        "06" => partner.status("never-sent"),
        "11" => {
            assert_eq!(partner.inquire("BPJS", PAYS, "twice").rc(), "00");
            partner.inquire("BPJS", PAYS, "twice")
        }
        "20" => partner.inquire("NOPE", PAYS, &fresh_ref_id()),
        "33" => {
            let (first, second) = (tr_id(partner, PENDS), tr_id(partner, PENDS));
            assert_eq!(partner.pay(first).rc(), "39");
            partner.pay(second)
        }
        "42" => {
            assert_eq!(partner.inquire("BPJS", PAYS, "unpaid").rc(), "00");
            partner.status("unpaid")
        }
        "93" => {
            let ref_id = fresh_ref_id();
            let Command::Inquiry(of) = inquiry("SHOPEEPAY", "082100000001", &ref_id) else {
                unreachable!("it is an inquiry")
            };
            partner.ask(Command::Inquiry(Inquiry { amount: Some("0".into()), ..of }))
        }
        "100" => {
            let body = partner.signed(Command::Status { ref_id: "r".into() });
            let sign = partner.sign("cs");
            let other = if sign.starts_with('0') { "1" } else { "0" };
            let wrong =
                String::from_utf8(body).unwrap().replace(&sign, &format!("{other}{}", &sign[1..]));
            partner.post(CHECK, &wrong)
        }
        "101" => partner.post(CHECK, r#"{"commands":"topup","username":"1","sign":"1"}"#),
        "107" => {
            let body =
                r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"BPJS","ref_id":"r"}"#;
            partner.post(CHECK, body)
        }
        "117" => partner.post("/api/v1/bill/chek", "{}"),
        other => panic!("nobody knows the mistake that {other} is answered to"),
    }
}

fn switched(home: &Home, partner: &mut Partner, name: &str) -> Reply {
    let (code, hp) =
        if name == "cut-off" { ("PLNPOSTPAID", "530000000001") } else { ("BPJS", PAYS) };
    if name == "cut-off" {
        home.operate(&["sandbox", "clock", "to", "23:30"]);
    }
    let tr_id = partner.inquired(code, hp).tr_id();
    match name {
        "clock" => home.operate(&["sandbox", "clock", "forward", "1d"]),
        name => home.operate(&["sandbox", "scenario", "on", name]),
    };
    partner.pay(tr_id)
}

#[test]
fn every_response_code_is_produced_as_its_page_describes() {
    let shared = Home::new();
    let server = shared.start(&[]);
    for &code in ResponseCode::ALL {
        let ways = ways(server.port, code);
        assert!(!ways.is_empty(), "{code}: its page says no way");
        // One documented number represents all of them; another test has the others.
        let documented = ways.iter().position(|way| ["inquiry", "payment"].contains(&&*way.kind));
        let checked = ways.iter().take(documented.map_or(ways.len(), |first| first + 1));
        for way in checked {
            let reply = match &*way.kind {
                // Scenarios stay on, and other ways must work without them.
                "scenario" | "operator" => {
                    let home = Home::new();
                    let server = home.start(&[]);
                    let reply = done(&home, &mut server.partner(), code, way);
                    drop(server);
                    home.audit();
                    reply
                }
                _ => done(&shared, &mut server.partner(), code, way),
            };
            assert_eq!(reply.rc(), code.as_str(), "{code}: {way:?}");
            // Only an answer that a scenario caused names the scenario.
            let named = reply.header("x-lunas-scenario").unwrap_or_default();
            match &*way.kind {
                "scenario" => {
                    let is_named = named.split(',').any(|name| name == way.typed);
                    assert!(is_named, "{code}: {way:?}: {named}");
                }
                _ => assert_eq!(named, "", "{code}: {way:?}"),
            }
        }
    }
    drop(server);
    shared.audit();
}
