//! Partners, their keys and their deposits.

use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::admin::named::Named;
use crate::admin::request::PartnerChange;
use crate::admin::response::NewKey;

async fn add(bench: &Bench, new: NewPartner) -> NewKey {
    match bench.ask(Request::AddPartner(new)).await.unwrap() {
        Response::NewKey(key) => key,
        _ => panic!("another answer than a key"),
    }
}

/// The active API keys, newest first.
fn keys(bench: &Bench) -> Vec<String> {
    let directory = bench.admin.gateway.reference_data();
    let sealed = &directory.partner(USERNAME).unwrap().keys;
    let open = |key| bench.admin.vault.open(key).unwrap().expose_secret().to_owned();
    sealed.iter().map(open).collect()
}

fn username() -> String {
    USERNAME.to_owned()
}

#[tokio::test]
async fn a_key_is_made_up_and_shown_once_or_brought_along_and_never_shown() {
    let bench = Bench::empty(&[]).await;
    let made_up = add(&bench, NewPartner { api_key: None, ..new_partner(USERNAME) }).await;
    let shown = made_up.api_key.unwrap();
    assert_eq!(keys(&bench), [shown.expose_secret()]);
    assert_eq!(made_up.partner, bench.partner().await);

    let brought = add(&bench, new_partner("other")).await;
    assert!(brought.api_key.is_none());
    assert!(!serde_json::to_string(&brought).unwrap().contains("a-key-of-its-own"));
    match bench.ask(Request::ListPartners).await.unwrap() {
        Response::Partners(partners) => {
            let names: Vec<_> = partners.iter().map(|partner| &*partner.username).collect();
            assert_eq!(names, [USERNAME, "other"]);
        }
        _ => panic!("another answer than partners"),
    }
}

#[tokio::test]
async fn an_invalid_partner_is_not_added() {
    let bench = Bench::empty(&[]).await;
    bench.ask(Request::AddPartner(new_partner("taken"))).await.unwrap();
    let new = || new_partner(USERNAME);
    let key = |text: &str| NewPartner { api_key: Some(SecretString::from(text)), ..new() };
    for (bad, why) in [
        (new_partner("taken"), "the username is taken"),
        (new_partner("a b"), "is not a username"),
        (NewPartner { name: Some("\u{7}".to_owned()), ..new() }, "a partner's name is one line"),
        (NewPartner { allow: vec!["example.com".to_owned()], ..new() }, "expected an address"),
        (NewPartner { min_balance: 1, ..new() }, "the balance is below that minimum"),
        (
            NewPartner { min_balance: i64::MIN, ..new() },
            "a minimum balance is whole rupiah from -1000000000000 to",
        ),
        (key("short"), "an API key is 8 to 128"),
        (key("with a blank"), "an API key is 8 to 128"),
    ] {
        let refusal = bench.refusal(Request::AddPartner(bad)).await;
        assert!(refusal.contains(why), "{refusal}");
        assert!(!refusal.contains("with a blank"), "{refusal}");
    }
    assert!(
        bench.refusal(Request::ShowPartner { username: username() }).await.contains("no partner")
    );
}

#[tokio::test]
async fn limit_and_allow_list_change_together_or_not_at_all() {
    let bench = Bench::funded(&[]).await;
    let allowed = || vec![Named("203.0.113.0/24".parse().unwrap())];
    let change = |allow: &str, min_balance| {
        let allow = Some(vec![allow.to_owned()]);
        Request::SetPartner(PartnerChange { username: username(), allow, min_balance })
    };
    bench.ask(change("203.0.113.0/24", Some(-500))).await.unwrap();
    let partner = bench.partner().await;
    assert_eq!((partner.min_balance, partner.allow), (-500, allowed()));

    let refusal = bench.refusal(change("203.0.113.7", Some(DEPOSIT + 1))).await;
    assert!(refusal.contains("below that minimum"), "{refusal}");
    bench.refusal(change("nowhere", Some(0))).await;
    let refusal = bench.refusal(change("203.0.113.7", Some(-1_000_000_000_001))).await;
    assert!(refusal.contains("a minimum balance is whole rupiah from"), "{refusal}");
    let partner = bench.partner().await;
    assert_eq!((partner.min_balance, partner.allow), (-500, allowed()));

    let anywhere =
        PartnerChange { username: username(), allow: Some(Vec::new()), min_balance: None };
    bench.ask(Request::SetPartner(anywhere)).await.unwrap();
    assert!(bench.partner().await.allow.is_empty());
}

#[tokio::test]
async fn a_rotation_has_two_keys_in_force_until_it_is_finished() {
    let bench = Bench::funded(&[]).await;
    let rotate = || Request::RotateKey { username: username(), api_key: None };
    let finish = || Request::FinishRotation { username: username() };
    assert!(bench.refusal(finish()).await.contains("only one API key"));

    let Response::NewKey(new) = bench.ask(rotate()).await.unwrap() else {
        panic!("another answer than a key");
    };
    let new_key = new.api_key.unwrap().expose_secret().to_owned();
    assert_eq!(keys(&bench), [&*new_key, "a-key-of-its-own"]);
    assert_eq!(new.partner.keys, 2);
    assert!(bench.refusal(rotate()).await.contains("two keys are active already"));

    bench.ask(finish()).await.unwrap();
    assert_eq!(keys(&bench), [new_key]);
}

#[tokio::test]
async fn a_partner_is_suspended_and_resumed() {
    let bench = Bench::funded(&[]).await;
    for suspended in [true, false] {
        let request = Request::SuspendPartner { username: username(), suspended };
        bench.ask(request).await.unwrap();
        assert_eq!(bench.partner().await.suspended, suspended);
    }
    let nobody = Request::SuspendPartner { username: "nobody".to_owned(), suspended: true };
    let told = bench.refusal(nobody).await;
    assert_eq!(told, "there is no partner \"nobody\"; `lunas partner list` shows who is there");
}

#[tokio::test]
async fn deposits_add_up_and_are_listed_newest_first() {
    let bench = Bench::funded(&[]).await;
    bench.ask(Request::AddPartner(new_partner("other"))).await.unwrap();
    let add = |username: &str, amount, note: &str| {
        let (username, note) = (username.to_owned(), note.to_owned());
        Request::AddDeposit(NewDeposit { username, amount, note, reference: None })
    };
    let Response::Deposited(added) = bench.ask(add(USERNAME, 500, "")).await.unwrap() else {
        panic!("another answer than a deposit");
    };
    assert_eq!(added.available, DEPOSIT + 500);
    bench.ask(add("other", 7, "")).await.unwrap();
    for (bad, why) in [
        (add(USERNAME, 0, ""), "a deposit is whole rupiah from 1 to 1000000000000; got 0"),
        (add(USERNAME, -5, ""), "a deposit is whole rupiah from 1 to"),
        (add("nobody", 5, ""), "no partner"),
        (add(USERNAME, 5, &"x".repeat(201)), "a note is one line"),
        (add(USERNAME, 1_000_000_000_001, ""), "a deposit is whole rupiah from 1 to"),
        (add(USERNAME, i64::MAX, ""), "a deposit is whole rupiah from 1 to"),
    ] {
        let refusal = bench.refusal(bad).await;
        assert!(refusal.contains(why), "{refusal}");
    }
    assert_eq!(bench.partner().await.available, DEPOSIT + 500);

    let list = |partner: Option<&str>, limit| {
        let partner = partner.map(str::to_owned);
        bench.ask(Request::ListDeposits { partner, limit })
    };
    for (partner, limit, amounts) in [
        (None, 10, vec![7, 500, DEPOSIT]),
        (None, 2, vec![7, 500]),
        (Some(USERNAME), 10, vec![500, DEPOSIT]),
    ] {
        let Response::Deposits(deposits) = list(partner, limit).await.unwrap() else {
            panic!("another answer than deposits");
        };
        assert_eq!(deposits.iter().map(|deposit| deposit.amount).collect::<Vec<_>>(), amounts);
    }
    assert!(list(None, 0).await.is_err());
    assert!(list(Some("nobody"), 1).await.is_err());
    assert!(bench.audit().is_clean());
}
