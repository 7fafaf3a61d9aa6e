//! `lunas log`: who changed what, by the built binary.

use std::process::Command;

use serde_json::Value;

use crate::report::{HERE, get, post, token};
use crate::server::{Home, USERNAME};

/// The name of the user that runs these tests.
fn own_name() -> String {
    let told = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

/// The newest entries about the partner, oldest first: the actor, the action, and what it was before and after.
fn of_partner(home: &Home) -> Vec<[Value; 4]> {
    let listed = home.operate(&["log", "--subject", USERNAME]);
    let part =
        |it: &Value| [&it["actor"], &it["action"], &it["before"], &it["after"]].map(Value::clone);
    listed.as_array().unwrap().iter().rev().map(part).collect()
}

#[test]
fn the_log_tells_who_changed_what_with_a_server_and_without_one() {
    let home = Home::new();
    let server = home.start(&[]);
    home.operate(&["partner", "suspend", USERNAME]);
    home.refused(&["partner", "suspend", "nobody"]);
    drop(server);
    home.operate(&["partner", "resume", USERNAME]);
    let user = serde_json::json!({ "kind": "command-line", "name": own_name() });
    let suspended = |on: bool| serde_json::json!({ "suspended": on });
    let told = of_partner(&home);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0][0], serde_json::json!({ "kind": "system", "name": "lunas" }));
    assert_eq!((&told[0][1], &told[0][2]), (&"partner.add".into(), &Value::Null));
    assert_eq!(
        told[1],
        [user.clone(), "partner.suspend".into(), suspended(false), suspended(true)]
    );
    assert_eq!(told[2], [user, "partner.resume".into(), suspended(true), suspended(false)]);

    let server = home.start(&[]);
    let shown = home.command(&["log", "--actor", &own_name(), "--limit", "1"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines[0].contains("ACTOR") && lines[0].ends_with("WHAT CHANGED"), "{shown}");
    assert!(lines[1].ends_with("suspended: true → false"), "{shown}");
    let newest = home.operate(&["log", "--limit", "1"])[0]["id"].to_string();
    let older = home.operate(&["log", "--before", &newest, "--limit", "1"]);
    assert_eq!(older[0]["action"], "partner.suspend");
    assert!(home.refused(&["log", "--since", "today"]).contains("is not a day"));
    drop(server);
}

#[test]
fn what_a_partner_changes_in_the_portal_is_its_own_action() {
    let home = Home::new();
    let server = home.start(&[]);
    let page = "/report/callbacks";
    let token = token(&get(&server, page));
    let url = "https%3A%2F%2Fexample.com%2Fgeheim%3Ftoken%3Dgeheim";
    assert_eq!(post(&server, page, &[HERE], &format!("token={token}&url={url}")).status, 303);
    let told = of_partner(&home);
    let own = serde_json::json!({ "kind": "partner", "name": USERNAME });
    let after = serde_json::json!({ "callback": "https://example.com" });
    let before = serde_json::json!({ "callback": null });
    assert_eq!(told[1..], [[own, "partner.callback".into(), before, after]]);
    let paid = server.partner().inquired("BPJS", "8801234560001").tr_id();
    assert_eq!(server.partner().pay(paid).rc(), "00");
    assert_eq!(of_partner(&home).len(), 2, "inquiries and payments are no actions");
    assert!(!home.operate(&["log", "--limit", "1000"]).to_string().contains("geheim"));
}
