//! The form to sign in, and who is shown as signed in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod markup;

use markup::{PAYLOADS, between, skeleton};
use portal::sign_in::{self, Form, Refused};
use portal::{Account, Lang, PageContext, answer};

fn ask(path: &str, lang: Lang) -> PageContext<'_> {
    PageContext { path, accept_language: lang.tag(), ..PageContext::default() }
}

fn form(lang: Lang, username: &str, refused: Option<Refused>) -> portal::Answer {
    let form = Form { username, token: "0f0f", by_address: false, refused };
    sign_in::form(&ask(sign_in::PATH, lang), &form)
}

#[test]
fn every_refusal_is_shown_with_a_form_that_keeps_the_username() {
    let until = "2026-11-23 12:15:10".to_owned();
    for (refused, status) in [
        (Refused::Wrong, 422),
        (Refused::TooMany { until, minutes: 3 }, 429),
        (Refused::Busy, 503),
        (Refused::Suspended, 403),
        (Refused::NotKept, 403),
        (Refused::Unavailable, 503),
    ] {
        let mut told = Vec::new();
        for lang in Lang::ALL {
            let page = form(lang, "0812", Some(refused.clone()));
            assert_eq!((page.status, page.cache), (status, "no-store"), "{refused:?}");
            assert!(page.body.contains("value=\"0812\"") && page.body.contains("value=\"0f0f\""));
            let text =
                between(&page.body, "role=\"alert\" id=\"refused\">", "</p>").next().unwrap();
            assert_eq!(text.contains("12:15:10"), status == 429, "{text}");
            told.push(text.to_owned());
        }
        assert_ne!(told[0], told[1], "in both languages");
    }
    let plain = form(Lang::En, "", None);
    assert!(plain.status == 200 && !plain.body.contains("role=\"alert\""));
}

#[test]
fn the_form_and_its_refusals_are_as_reviewed() {
    let until = "2026-11-23 12:15:10".to_owned();
    for (name, refused) in [
        ("plain", None),
        ("wrong", Some(Refused::Wrong)),
        ("too-many", Some(Refused::TooMany { until, minutes: 3 })),
        ("suspended", Some(Refused::Suspended)),
    ] {
        for lang in Lang::ALL {
            let page = form(lang, "0812", refused.clone());
            let main = between(&page.body, "<main", "</main>").next().unwrap();
            let (_, content) = main.split_once('>').unwrap();
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}-{}", lang.tag()), content);
            });
        }
    }
}

#[test]
fn no_name_is_markup() {
    for payload in PAYLOADS {
        let hostile = form(Lang::En, payload, Some(Refused::Wrong));
        let plain = form(Lang::En, "plain", Some(Refused::Wrong));
        assert_eq!(skeleton(&hostile.body), skeleton(&plain.body), "{payload}");
        let with = |username| {
            let account = Account::Partner { username, token: "0f0f" };
            answer(&PageContext { account, ..ask("/", Lang::En) }).unwrap().body.into_owned()
        };
        assert_eq!(skeleton(&with(payload)), skeleton(&with("plain")), "{payload}");
    }
}

#[test]
fn the_frame_names_the_signed_in_partner_and_offers_sign_in_only_to_others() {
    let page = |account| answer(&PageContext { account, ..ask("/", Lang::En) }).unwrap();
    let nobody = page(Account::NoSignIn).body;
    assert!(!nobody.contains("/sign-in") && !nobody.contains("/sign-out"));
    let stranger = page(Account::Stranger).body;
    assert!(stranger.contains("href=\"/sign-in\"") && !stranger.contains("/report\""));
    let partner = page(Account::Partner { username: "0812", token: "0f0f" });
    assert_eq!(partner.cache, "no-store");
    assert!(partner.body.contains("action=\"/sign-out\"") && partner.body.contains(">0812<"));
    assert!(partner.body.contains("href=\"/report\"") && !partner.body.contains("/sign-in"));
}

#[test]
fn without_tls_there_is_no_password_field() {
    for lang in Lang::ALL {
        let page = sign_in::insecure(&ask(sign_in::PATH, lang));
        assert_eq!(page.status, 403);
        assert!(!page.body.contains("type=\"password\"") && page.body.contains("https://"));
    }
}
