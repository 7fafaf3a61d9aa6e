//! A production server imports the price list of a biller: another server's sandbox.

use iak_protocol::Format;
use serde_json::Value;

use crate::client::fresh_ref_id;
use crate::front::Front;
use crate::password_prompt::Prompt;
use crate::server::{API_KEY, Home};

/// The products of the sandbox.
const LISTED: usize = 23;

const IMPORT: [&str; 5] = ["biller", "products", "iak", "--import", "--yes"];

/// All that an import could change, and who changed what.
fn sold(front: &Front) -> (Value, Value, Value) {
    let home = &front.home;
    let (mut products, mut routes) =
        (home.operate(&["product", "list"]), home.operate(&["route", "list"]));
    // Whether a biller is asked at this moment is not in the books.
    let forget = |route: &mut Value| drop(route.as_object_mut().unwrap().remove("closed_because"));
    routes.as_array_mut().unwrap().iter_mut().for_each(forget);
    for product in products.as_array_mut().unwrap() {
        product["routes"].as_array_mut().unwrap().iter_mut().for_each(forget);
    }
    (products, routes, home.operate(&["log", "--limit", "1000"]))
}

/// The listed products whose import does this step.
fn steps(answer: &Value, step: &str) -> Vec<String> {
    let products = answer["products"].as_array().unwrap().iter();
    let with_step = products.filter(|product| product["import"]["step"] == step);
    with_step.map(|product| product["code"].as_str().unwrap().to_owned()).collect()
}

/// How many actions of this name the log has.
fn actions(front: &Front, name: &str) -> usize {
    let log = front.home.operate(&["log", "--action", name, "--limit", "1000"]);
    log.as_array().unwrap().len()
}

#[test]
fn an_import_adds_what_is_missing_and_changes_nothing_that_exists() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &["PDAMKOTA.MEDAN"]);
    let home = &front.home;
    home.operate(&["route", "remove", "PDAMKOTA.MEDAN", "iak"]);
    home.operate(&["product", "set", "PDAMKOTA.MEDAN", "--fee", "9999"]);
    let before = sold(&front);

    // The list alone, and an import that nobody agreed to, only show.
    let listed = home.operate(&["biller", "products", "iak"]);
    assert_eq!(
        (listed["imported"].as_bool(), steps(&listed, "add-product").len()),
        (Some(false), 22)
    );
    assert_eq!(steps(&listed, "add-route"), ["PDAMKOTA.MEDAN"]);
    let water = listed["products"].as_array().unwrap();
    let water = water.iter().find(|it| it["code"] == "PDAMKOTA.SURABAYA").unwrap();
    assert_eq!((&water["fee"], &water["commission"]), (&2000.into(), &700.into()));
    assert_eq!((&water["type"], &water["province"]), (&"pdam".into(), &"Jawa Timur".into()));
    assert_eq!((&water["open"], &water["products"]), (&true.into(), &Value::Array(Vec::new())));
    let of_type = home.operate(&["biller", "products", "iak", "--type", "pdam"]);
    assert_eq!(of_type["products"].as_array().unwrap().len(), 4);
    for more in [&[][..], &["--json"]] {
        let shown = home.command(&[&IMPORT[..4], more].concat());
        let said = String::from_utf8(shown.stderr).unwrap();
        assert!(shown.status.success() && said.contains("nothing was changed"), "{said}");
        assert!(said.contains("--yes"), "{said}");
        let plan = String::from_utf8(shown.stdout).unwrap();
        assert!(plan.contains("PDAMKOTA.SURABAYA") && plan.contains("BPJS"), "{plan}");
    }
    assert_eq!(sold(&front), before);

    let done = home.operate(&IMPORT);
    assert_eq!(done["imported"], true);
    assert_eq!(steps(&done, "add-product").len(), 22);
    assert_eq!(steps(&done, "add-route"), ["PDAMKOTA.MEDAN"]);
    for product in done["products"].as_array().unwrap() {
        let here = &product["products"];
        assert_eq!(
            (&here[0]["code"], &here[0]["position"]),
            (&product["code"], &1.into()),
            "{product}"
        );
    }
    // One of the products and of the routes was there before.
    assert_eq!(
        (actions(&front, "product.add"), actions(&front, "route.add")),
        (LISTED, LISTED + 1)
    );
    let (products, routes, _) = sold(&front);
    assert_eq!(routes.as_array().unwrap().len(), LISTED);
    for product in products.as_array().unwrap() {
        let is_own = product["code"] == "PDAMKOTA.MEDAN";
        assert_eq!(product["fee_of_biller"], !is_own, "{product}");
        assert_eq!(
            (product["fee"] == 9999, &product["active"]),
            (is_own, &true.into()),
            "{product}"
        );
    }

    // Bills of three families can be asked for, and paid.
    let mut partner = front.partner(Format::Json);
    let bill = partner.inquired("BPJS", "8801234560001");
    assert_eq!(bill.rupiah("admin"), 2500);
    assert_eq!(partner.pay(bill.tr_id()).rc(), "00");
    for (code, hp) in [("PDAMKOTA.SURABAYA", "10202001"), ("PGAS", "0110014601")] {
        let answer = partner.inquire(code, hp, &fresh_ref_id());
        assert_eq!(
            answer.rc(),
            "00",
            "{code}: {}",
            answer.document().text("message").unwrap_or_default()
        );
    }
    home.audit();

    // The same again changes nothing, also where the operator has switched something off.
    home.operate(&["product", "set", "TVBIG", "--off"]);
    home.operate(&["product", "set", "BPJS", "--fee", "3000", "--name", "BPJS of ours"]);
    home.operate(&["route", "set", "CBN", "iak", "--off"]);
    let before = sold(&front);
    let again = home.operate(&IMPORT);
    assert_eq!(steps(&again, "nothing").len(), LISTED);
    assert_eq!(sold(&front), before);
    let shown = home.command(&IMPORT);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("nothing to import"), "{shown}");
    let listed = home.command(&["biller", "products", "iak"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("TVBIG (1, off)") && listed.contains("CBN (1, off)"), "{listed}");
    assert!(listed.contains("PGAS (1, on)"), "{listed}");
}

#[test]
fn a_product_that_the_biller_has_closed_is_added_switched_off() {
    let back = Home::new();
    let back_server = back.start(&[]);
    back.operate(&["product", "set", "PGAS", "--off"]);
    let front = Front::before(&back_server, &[]);
    let gas = ["biller", "products", "iak", "--type", "gas", "--import", "--yes"];
    let done = front.home.operate(&gas);
    assert_eq!(steps(&done, "add-product"), ["PGAS"]);
    let products = front.home.operate(&["product", "list"]);
    assert_eq!((products.as_array().unwrap().len(), &products[0]["active"]), (1, &false.into()));
    // It is the operator who switches it on: not the next import.
    back.operate(&["product", "set", "PGAS", "--on"]);
    let before = sold(&front);
    assert_eq!(steps(&front.home.operate(&gas), "nothing"), ["PGAS"]);
    assert_eq!(sold(&front), before);
}

#[test]
fn without_a_whole_list_nothing_is_imported() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &["BPJS"]);
    let home = &front.home;
    let wrong = front.secret_file("biller-key", "not-the-key");
    home.operate(&["biller", "rotate-key", "iak", "--api-key-file", &wrong, "--no-check"]);
    let before = sold(&front);
    let refused = home.refused(&IMPORT);
    assert!(refused.contains("refused to give its price list"), "{refused}");
    assert!(!refused.contains("not-the-key") && !refused.contains(API_KEY), "{refused}");
    // Only a person can mend that, so bills are not asked for there either.
    let circuit = || home.operate(&["biller", "show", "iak"])["circuit"].clone();
    assert_eq!(circuit(), "open");
    assert_eq!(sold(&front), before);

    let right = front.secret_file("biller-key", API_KEY);
    home.operate(&["biller", "rotate-key", "iak", "--api-key-file", &right]);
    // A type that the biller does not have lists nothing, and nothing is switched off for that.
    let before = sold(&front);
    let none =
        home.operate(&["biller", "products", "iak", "--type", "kereta", "--import", "--yes"]);
    assert_eq!(
        (none["products"].as_array().unwrap().len(), none["imported"].as_bool()),
        (0, Some(false))
    );
    drop(back_server);
    for _ in 0..6 {
        let refused = home.refused(&IMPORT);
        assert!(refused.contains("no whole price list"), "{refused}");
    }
    // A long list may fail where a bill does not.
    assert_eq!(circuit(), "closed");
    assert!(home.refused(&["biller", "products", "nobody"]).contains("there is no biller"));
    assert_eq!(sold(&front), before);
}

#[test]
fn an_import_at_a_terminal_asks_first() {
    let back = Home::new();
    let back_server = back.start(&[]);
    let front = Front::before(&back_server, &[]);
    let before = sold(&front);
    let import = ["biller", "products", "iak", "--type", "pdam", "--import"];
    for (answer, is_agreed) in [("n\r", false), ("\r", false), ("yess\r", false), ("y\r", true)] {
        let mut prompt = Prompt::start(&front.home, &import);
        prompt.shows("Import these 4 products? [y/N] ");
        prompt.types(answer);
        let (status, shown, _) = prompt.ends();
        assert!(status.success() && shown.contains("PDAMKOTA.MEDAN"), "{shown}");
        assert_eq!(shown.contains("nothing was changed"), !is_agreed, "{answer:?}: {shown}");
        assert_eq!(sold(&front) == before, !is_agreed, "{answer:?}");
    }
    assert_eq!(front.home.operate(&["product", "list"]).as_array().unwrap().len(), 4);
}

#[test]
fn a_long_import_takes_several_requests_and_says_how_far_it_is() {
    let back = Home::new();
    let back_server = back.start(&[]);
    for number in 0..60 {
        let code = format!("PDAM.{number}");
        let create = ["product", "set", &code, "--create", "--name", &code, "--family", "pdam"];
        back.operate(&[&create[..], &["--fee", "2500"]].concat());
    }
    let front = Front::before(&back_server, &[]);
    let water = [&IMPORT[..], &["--type", "pdam"]].concat();
    let done = front.home.command(&water);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    assert_eq!(said, "imported 50 of 64\nimported 64 of 64\n");
    let shown = String::from_utf8(done.stdout).unwrap();
    assert!(shown.contains("imported: 64 new products"), "{shown}");
    assert_eq!((actions(&front, "product.add"), actions(&front, "route.add")), (64, 64));
    assert_eq!(steps(&front.home.operate(&water), "nothing").len(), 64);
}
