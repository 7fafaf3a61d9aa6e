//! Who did what: every request that changes the books leaves one action, and no secret is in it.

use domain::Family;
use domain::books::BalanceChangeKind;
use secrecy::ExposeSecret;

use super::*;
use crate::admin::biller_request::{BillerPatch, BillerRequest, NewBiller, RouteRequest};
use crate::admin::listed_product::{BillerProduct, ImportStep, ListedProduct};
use crate::admin::named::Named;
use crate::admin::request::{
    HowOften, Move, NewBalanceChange, Outcome, PartnerChange, ProductChange, WhichActions,
    WhichPayments,
};
use crate::admin::response::Action;

fn all() -> WhichActions {
    WhichActions {
        actor: None,
        subject: None,
        action: None,
        since: None,
        before: None,
        limit: 1000,
    }
}

impl Bench {
    pub(super) async fn log(&self, which: WhichActions) -> Vec<Action> {
        match self.ask(Request::ListActions(which)).await {
            Ok(Response::Actions(actions)) => actions,
            _ => panic!("another answer than actions"),
        }
    }
}

/// The action that a request must leave if it is carried out. A new request needs a line here.
fn action_of(request: &Request) -> Option<&'static str> {
    Some(match request {
        Request::AddPartner(_) => "partner.add",
        Request::SetPartner(PartnerChange { min_balance: Some(_), .. }) => "partner.min-balance",
        Request::SetPartner(_) => "partner.allow-list",
        Request::SuspendPartner { suspended: true, .. } => "partner.suspend",
        Request::SuspendPartner { suspended: false, .. } => "partner.resume",
        Request::RotateKey { .. } => "partner.add-key",
        Request::FinishRotation { .. } => "partner.drop-old-keys",
        Request::SetPassword { .. } => "partner.password",
        Request::SetCodes { .. } | Request::RemoveCodes { .. } => "partner.codes",
        Request::EndSessions { .. } => "partner.sign-out",
        Request::SetCallback { .. } => "partner.callback",
        Request::SendCallback { .. } => "callback.send",
        Request::AddDeposit(_) => "deposit.add",
        Request::ReverseDeposit { .. } => "deposit.reverse",
        Request::ChangeBalance(new) => match *new.kind {
            BalanceChangeKind::Withdrawal => "withdrawal.add",
            BalanceChangeKind::Adjustment => "adjustment.add",
        },
        Request::SetProduct(ProductChange { create: Some(_), .. }) => "product.add",
        Request::SetProduct(_) => "product.set",
        Request::Biller(request) => match request {
            BillerRequest::Add(_) => "biller.add",
            BillerRequest::Set(_) => "biller.set",
            BillerRequest::Pause { paused: true, .. } => "biller.pause",
            BillerRequest::Pause { paused: false, .. } => "biller.resume",
            BillerRequest::RotateKey { .. } => "biller.rotate-key",
            BillerRequest::SetWebhookSecret { .. } => "biller.webhook-secret",
            // Of the one product that this test imports.
            BillerRequest::Import { .. } => "route.add",
            BillerRequest::List
            | BillerRequest::Show { .. }
            | BillerRequest::Balance { .. }
            | BillerRequest::Products { .. } => return None,
        },
        Request::Route(request) => match request {
            RouteRequest::Add { .. } => "route.add",
            RouteRequest::Set { .. } => "route.set",
            RouteRequest::Remove { .. } => "route.remove",
            RouteRequest::List { .. } => return None,
        },
        Request::ResolvePayment { outcome: Outcome::Reconciled, .. } => "payment.reconcile",
        Request::ResolvePayment { .. } => "payment.resolve",
        // They only read, or the change is the biller's answer, or it is not in the books.
        Request::ListPartners
        | Request::ShowPartner { .. }
        | Request::ListCallbacks { .. }
        | Request::ListDeposits { .. }
        | Request::ListBalanceChanges { .. }
        | Request::ListProducts { .. }
        | Request::ListPayments(_)
        | Request::ListQueue { .. }
        | Request::ShowPayment { .. }
        | Request::AskPayment { .. }
        | Request::ListActions(_)
        | Request::ShowSandbox
        | Request::MoveClock(_)
        | Request::SwitchScenario { .. }
        | Request::EndScenarios
        | Request::ShowAccess { .. } => return None,
    })
}

fn listed(code: &str, fee: i64) -> ListedProduct {
    ListedProduct {
        code: code.to_owned(),
        name: format!("Product {code}"),
        kind: "pdam".to_owned(),
        category: "postpaid".to_owned(),
        fee,
        commission: 0,
        open: false,
        province: None,
        note: None,
        families: vec![Named(Family::Pdam)],
    }
}

fn new_biller(api_key: &str) -> NewBiller {
    NewBiller {
        name: "iak".to_owned(),
        kind: "iak".to_owned(),
        url: "https://testpostpaid.mobilepulsa.net".to_owned(),
        prepaid_url: None,
        username: "0812".to_owned(),
        api_key: Some(SecretString::from(api_key)),
        webhook_secret: None,
        testing: false,
        deadline_seconds: 20,
        concurrency: 64,
        allow_plain_http: false,
        is_checked: false,
    }
}

#[tokio::test]
async fn every_change_leaves_one_action_and_nothing_else_does() {
    let bench = Bench::funded(&[]).await;
    let pending = bench.pay("pending", PENDING).await;
    let deposit = bench.log(all()).await[0].subject.parse::<i64>().unwrap();
    let before = bench.log(all()).await.len();
    let username = || USERNAME.to_owned();
    let secret = |text: &str| Some(SecretString::from(text));
    let set = |allow, min_balance| {
        Request::SetPartner(PartnerChange { username: username(), allow, min_balance })
    };
    let product = |create: Option<&str>, active| {
        Request::SetProduct(ProductChange {
            code: "NEW".to_owned(),
            create: create.map(str::to_owned),
            name: create.map(|_| "New".to_owned()),
            active,
            ..ProductChange::default()
        })
    };
    let resolve = |outcome| Request::ResolvePayment {
        tr_id: pending,
        outcome,
        reason: "by phone".to_owned(),
    };
    let url = Some("https://a.example/geheim-path?token=geheim-query".to_owned());
    let limit = 10;
    let payments = WhichPayments { partner: None, states: Vec::new(), before: None, limit };
    let change = |kind, amount| {
        let (kind, username, reason) = (Named(kind), username(), "as agreed".to_owned());
        let new = NewBalanceChange { kind, username, amount, reason, reference: None };
        Request::ChangeBalance(new)
    };
    let biller = Request::Biller;
    let patch = BillerPatch {
        name: "iak".to_owned(),
        url: None,
        prepaid_url: None,
        username: None,
        testing: None,
        deadline_seconds: Some(10),
        concurrency: None,
        allow_plain_http: false,
        is_checked: true,
    };
    // Each with the subject of its action.
    let requests = [
        (
            Request::AddPartner(NewPartner {
                api_key: secret("geheim-key-0"),
                ..new_partner("other")
            }),
            "other",
        ),
        (Request::ListPartners, ""),
        (Request::ShowPartner { username: username() }, ""),
        (set(Some(vec!["127.0.0.0/8".to_owned()]), None), USERNAME),
        (set(None, Some(-5)), USERNAME),
        (Request::SuspendPartner { username: username(), suspended: true }, USERNAME),
        (Request::SuspendPartner { username: username(), suspended: false }, USERNAME),
        (Request::RotateKey { username: username(), api_key: secret("geheim-key-1") }, USERNAME),
        (Request::FinishRotation { username: username() }, USERNAME),
        (
            Request::SetPassword { username: username(), password: secret("geheim-password") },
            USERNAME,
        ),
        (Request::SetCodes { username: username() }, USERNAME),
        (Request::RemoveCodes { username: username() }, USERNAME),
        (Request::EndSessions { username: username() }, USERNAME),
        (Request::SetCallback { username: username(), url }, USERNAME),
        (Request::ListCallbacks { partner: None, state: None, limit }, ""),
        (Request::ListDeposits { partner: None, limit }, ""),
        (Request::ReverseDeposit { tr_id: deposit, reason: "twice".to_owned() }, "deposit"),
        (change(BalanceChangeKind::Withdrawal, 5), "next"),
        (change(BalanceChangeKind::Adjustment, -5), "next"),
        (
            Request::ListBalanceChanges {
                kind: Named(BalanceChangeKind::Withdrawal),
                partner: None,
                limit,
            },
            "",
        ),
        (Request::ListProducts { kind: None }, ""),
        (product(Some("pdam"), None), "NEW"),
        (product(None, Some(false)), "NEW"),
        (biller(BillerRequest::Add(Box::new(new_biller("geheim-biller-key")))), "iak"),
        (biller(BillerRequest::List), ""),
        (biller(BillerRequest::Show { name: "iak".to_owned() }), ""),
        (biller(BillerRequest::Set(Box::new(patch))), "iak"),
        (biller(BillerRequest::Pause { name: "iak".to_owned(), paused: true }), "iak"),
        (biller(BillerRequest::Pause { name: "iak".to_owned(), paused: false }), "iak"),
        (
            biller(BillerRequest::RotateKey {
                name: "iak".to_owned(),
                api_key: secret("geheim-biller-key-2"),
                is_checked: false,
            }),
            "iak",
        ),
        (
            biller(BillerRequest::SetWebhookSecret {
                name: "iak".to_owned(),
                secret: secret("geheim-webhook"),
            }),
            "iak",
        ),
        (
            Request::Route(RouteRequest::Add {
                product: "NEW".to_owned(),
                biller: "iak".to_owned(),
                code: Some("NEW.IAK".to_owned()),
                position: Some(1),
                hours: None,
            }),
            "NEW",
        ),
        (Request::Route(RouteRequest::List { product: None }), ""),
        (
            Request::Route(RouteRequest::Set {
                product: "NEW".to_owned(),
                biller: "iak".to_owned(),
                code: None,
                position: None,
                hours: None,
                active: Some(false),
            }),
            "NEW",
        ),
        (
            Request::Route(RouteRequest::Remove {
                product: "NEW".to_owned(),
                biller: "iak".to_owned(),
            }),
            "NEW",
        ),
        (
            biller(BillerRequest::Import {
                name: "iak".to_owned(),
                products: vec![listed("NEW", 1000)],
            }),
            "NEW",
        ),
        (Request::ListPayments(payments), ""),
        (Request::ListQueue { partner: None, limit }, ""),
        (Request::ShowPayment { tr_id: pending }, ""),
        (Request::AskPayment { tr_id: pending }, ""),
        (resolve(Outcome::Failed { code: "37".to_owned() }), "pending"),
        (Request::SendCallback { tr_id: pending }, "pending"),
        (Request::ListActions(all()), ""),
        (Request::ShowSandbox, ""),
        (Request::MoveClock(Move::Forward { seconds: 60 }), ""),
        (
            Request::SwitchScenario {
                name: "slow-answer".to_owned(),
                how_often: HowOften::Next(1),
            },
            "",
        ),
        (Request::EndScenarios, ""),
    ];
    let mut expected = Vec::new();
    let mut secrets = vec!["geheim".to_owned(), "a-key-of-its-own".to_owned()];
    for (request, subject) in requests {
        let subject = match subject {
            "deposit" => deposit.to_string(),
            "pending" => pending.to_string(),
            subject => subject.to_owned(),
        };
        expected.extend(action_of(&request).map(|name| (name.to_owned(), subject)));
        let name = request.name();
        match bench.ask(request).await {
            Ok(Response::BalanceChanged(changed)) => {
                let last = expected.last_mut().unwrap();
                last.1 = changed.change.tr_id.to_string();
            }
            Ok(Response::NewCodes(codes)) => {
                let url = codes.url.unwrap().expose_secret().to_owned();
                secrets.push(url.split("secret=").nth(1).unwrap()[..16].to_owned());
            }
            // The deposit is held for the payment that is pending.
            Err(refused) if name == "deposit reverse" => {
                assert!(refused.to_string().contains("is free"), "{refused}");
                expected.pop();
            }
            answer => drop(answer.map_err(|why| panic!("{name}: {why}"))),
        }
        let left: Vec<_> = bench.log(all()).await.into_iter().rev().skip(before).collect();
        let left: Vec<_> = left.into_iter().map(|it| (it.action, it.subject)).collect();
        assert_eq!(left, expected, "{name}");
    }
    let whole = bench.admin.gateway.read(|read| {
        read.actions(&store::ActionFilter { limit: 1000, ..store::ActionFilter::default() })
    });
    let whole = format!("{:?}", whole.await.unwrap());
    for secret in secrets {
        assert!(!whole.contains(&secret), "{secret} is in {whole}");
    }
    assert!(bench.audit().is_clean());
}

#[tokio::test]
async fn an_import_leaves_the_actions_of_the_commands() {
    let bench = Bench::funded(&[]).await;
    let biller = Request::Biller;
    bench.ask(biller(BillerRequest::Add(Box::new(new_biller("geheim-biller-key"))))).await.unwrap();
    let before = bench.log(all()).await.len();
    let import = async |products: Vec<ListedProduct>| -> Vec<BillerProduct> {
        let import = BillerRequest::Import { name: "iak".to_owned(), products };
        match bench.ask(Request::Biller(import)).await.unwrap() {
            Response::ImportedProducts(products) => products,
            _ => panic!("another answer than products"),
        }
    };
    let wrong = ListedProduct { families: Vec::new(), ..listed("C", 0) };
    let done = import(vec![listed("A", 1000), wrong, listed("B", 2000), listed("BPJS", 0)]).await;
    let added = |product: &BillerProduct| matches!(product.import, ImportStep::AddProduct { .. });
    let skipped = |product: &BillerProduct| matches!(product.import, ImportStep::Skip { .. });
    assert!(added(&done[0]) && skipped(&done[1]) && added(&done[2]), "{done:?}");
    // lunas's product of this code has another family.
    assert!(skipped(&done[3]), "{done:?}");
    let left = |log: Vec<Action>| {
        let names = log.into_iter().rev().skip(before).map(|it| (it.action, it.subject));
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let expected =
        [("product.add", "A"), ("product.add", "B"), ("route.add", "A"), ("route.add", "B")];
    let expected = expected.map(|(name, subject)| (name.to_owned(), subject.to_owned()));
    assert_eq!(left(bench.log(all()).await), expected);
    // The same list again changes nothing, also with other prices and another state.
    let again = ListedProduct { open: true, ..listed("A", 9999) };
    assert_eq!(import(vec![again, listed("B", 1)]).await[0].import, ImportStep::Nothing);
    assert_eq!(left(bench.log(all()).await), expected);
    let catalogue = &bench.admin.gateway.reference_data().catalogue;
    let a = catalogue.values().find(|product| product.code.as_str() == "A").unwrap();
    assert_eq!((a.fee.get(), a.active, a.fee_of_biller, a.routes.len()), (1000, false, true, 1));
    let many = vec![listed("A", 0); 51];
    let many = BillerRequest::Import { name: "iak".to_owned(), products: many };
    assert!(bench.refusal(Request::Biller(many)).await.contains("at most 50"));
    let unknown = BillerRequest::Import { name: "nobody".to_owned(), products: Vec::new() };
    assert!(bench.refusal(Request::Biller(unknown)).await.contains("there is no biller"));
}

#[tokio::test]
async fn a_refused_request_leaves_no_action() {
    let bench = Bench::funded(&[]).await;
    let before = bench.log(all()).await;
    let username = || USERNAME.to_owned();
    for request in [
        Request::AddPartner(new_partner(USERNAME)),
        Request::SetPartner(PartnerChange {
            username: username(),
            allow: None,
            min_balance: Some(DEPOSIT + 1),
        }),
        Request::SuspendPartner { username: "nobody".to_owned(), suspended: true },
        Request::FinishRotation { username: username() },
        Request::ReverseDeposit { tr_id: 1, reason: "twice".to_owned() },
        Request::SetProduct(ProductChange { code: "NONE".to_owned(), ..ProductChange::default() }),
    ] {
        bench.refusal(request).await;
    }
    assert_eq!(bench.log(all()).await, before);
}

#[tokio::test]
async fn the_log_is_filtered_and_typed() {
    let bench = Bench::funded(&[]).await;
    bench
        .ask(Request::SuspendPartner { username: USERNAME.to_owned(), suspended: true })
        .await
        .unwrap();
    let actor = Some("budi".to_owned());
    let log = bench.log(WhichActions { actor, ..all() }).await;
    let names: Vec<&str> = log.iter().map(|it| &*it.action).collect();
    assert_eq!(names, ["partner.suspend", "deposit.add", "partner.add"]);
    assert_eq!(log[0].actor.0, Actor::CommandLine("budi".into()));
    let json = serde_json::to_value(&log[0]).unwrap();
    assert_eq!(json["actor"], serde_json::json!({ "kind": "command-line", "name": "budi" }));
    assert_eq!(log[0].before.as_ref().unwrap()["suspended"], false);
    assert_eq!(log[0].after["suspended"], true);
    assert_eq!(log[1].before.as_ref().unwrap()["available"], 0);
    assert_eq!(
        (&log[1].after["available"], &log[1].after["note"]),
        (&DEPOSIT.into(), &"first".into())
    );
    assert_eq!(log[2].before, None);
    // The products of the sandbox were added by lunas itself.
    let of_lunas = bench.log(WhichActions { actor: Some("lunas".to_owned()), ..all() }).await;
    assert!(of_lunas.len() > 10 && of_lunas.iter().all(|it| it.action == "product.add"));
    let suspended = Some("partner.suspend".to_owned());
    assert_eq!(bench.log(WhichActions { action: suspended, ..all() }).await, log[..1]);
    let subject = Some(USERNAME.to_owned());
    assert_eq!(bench.log(WhichActions { subject, ..all() }).await.len(), 2);
    let page = WhichActions { before: Some(log[0].id), limit: 1, ..all() };
    assert_eq!(bench.log(page).await, log[1..2]);
    let today = log[0].at.readable()[..10].to_owned();
    assert_eq!(
        bench.log(WhichActions { since: Some(today), ..all() }).await.len(),
        3 + of_lunas.len()
    );
    let later = Some("9999-01-01".to_owned());
    assert!(bench.log(WhichActions { since: later, ..all() }).await.is_empty());
    let wrong = WhichActions { since: Some("yesterday".to_owned()), ..all() };
    let why = bench.refusal(Request::ListActions(wrong)).await;
    assert_eq!(why, "\"yesterday\" is not a day: expected one such as 2026-11-28");
    let unknown = WhichActions { action: Some("partner.suspended".to_owned()), ..all() };
    let why = bench.refusal(Request::ListActions(unknown)).await;
    assert!(why.starts_with("there is no action \"partner.suspended\""), "{why}");
}
