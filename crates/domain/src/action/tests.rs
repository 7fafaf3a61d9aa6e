//! Which action each command leaves, and that none contains a secret.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::books::samples::{NOON, PARTNER, bill, books, product};
use crate::command::{
    AddPartner, BeginPayment, ChangePartner, ChangePartnerRefusal, ManualOutcome, OpenInquiry,
    PartnerChange, PutProduct, RecordDeposit, ResolvePayment, ReverseDeposit, SendCallback,
};
use crate::partner::{PasswordHash, SealedKey};
use crate::payment::Call;
use crate::{BillerId, CallbackUrl, Exchange, FailureReason, Product, RefId, Rupiah, TrId};

fn run<C: OperatorCommand>(books: &mut Books, command: C) -> Result<C::Outcome, C::Refusal> {
    let actor = Actor::CommandLine("budi".into());
    books.run(&Attributed { command, actor, at: NOON })
}

fn actions(books: &Books) -> Vec<&Action> {
    let mut actions = Vec::new();
    for change in &books.journal {
        if let Change::Action(action) = change {
            actions.push(action);
        }
    }
    actions
}

/// Runs a command that leaves one action, and returns its parts.
fn action_of<C: OperatorCommand>(books: &mut Books, command: C) -> [String; 4] {
    let before = actions(books).len();
    assert!(run(books, command).is_ok());
    let all = actions(books);
    assert_eq!(all.len(), before + 1);
    let Action { actor, at, operation } = all[before];
    assert_eq!((actor, *at), (&Actor::CommandLine("budi".into()), NOON));
    let old = operation.before.as_deref().unwrap_or("none");
    [&operation.name, &*operation.subject, old, &operation.after].map(str::to_owned)
}

fn change(change: PartnerChange) -> ChangePartner {
    ChangePartner { partner: PARTNER, change }
}

#[test]
fn an_actor_is_read_back_from_its_kind_and_name() {
    let partner = Actor::Partner(Username::new("0812").unwrap());
    for (actor, shown) in [
        (Actor::CommandLine("root".into()), "root"),
        (Actor::CommandLine("uid 1000".into()), "uid 1000"),
        (partner, "partner 0812"),
        (Actor::System, "lunas"),
    ] {
        assert_eq!(Actor::named(actor.kind(), actor.name()), Some(actor.clone()));
        assert_eq!(actor.to_string(), shown);
    }
    for (kind, name) in [("operator", "root"), ("partner", "a b"), ("system", "root")] {
        assert_eq!(Actor::named(kind, name), None, "{kind} {name}");
    }
}

#[test]
fn a_change_of_a_partner_tells_what_was_there_before_and_after() {
    let mut books = books(1_000);
    let key = || SealedKey((*b"sealed-secret").into());
    let url = |url| CallbackUrl::new(url).ok();
    for (command, name, before, after) in [
        (PartnerChange::AddKey(key()), "add-key", r#"{"keys":0}"#, r#"{"keys":1}"#),
        (PartnerChange::AddKey(key()), "add-key", r#"{"keys":1}"#, r#"{"keys":2}"#),
        (PartnerChange::DropOldKeys, "drop-old-keys", r#"{"keys":2}"#, r#"{"keys":1}"#),
        (
            PartnerChange::Suspend(true),
            "suspend",
            r#"{"suspended":false}"#,
            r#"{"suspended":true}"#,
        ),
        (
            PartnerChange::Suspend(false),
            "resume",
            r#"{"suspended":true}"#,
            r#"{"suspended":false}"#,
        ),
        (
            PartnerChange::AllowList(vec!["10.0.0.0/8".parse().unwrap()]),
            "allow-list",
            r#"{"allow_list":[]}"#,
            r#"{"allow_list":["10.0.0.0/8"]}"#,
        ),
        (
            PartnerChange::MinBalance(Rupiah::new(-5)),
            "min-balance",
            r#"{"min_balance":0}"#,
            r#"{"min_balance":-5}"#,
        ),
        (
            PartnerChange::Password(Some(PasswordHash("$argon2id$secret".into()))),
            "password",
            r#"{"password":false,"codes":false}"#,
            r#"{"password":true,"codes":false}"#,
        ),
        (PartnerChange::Totp(Some(key())), "codes", r#"{"codes":false}"#, r#"{"codes":true}"#),
        (
            PartnerChange::EndSessions,
            "sign-out",
            r#"{"sessions_ended":2}"#,
            r#"{"sessions_ended":3}"#,
        ),
        (
            PartnerChange::Password(None),
            "password",
            r#"{"password":true,"codes":true}"#,
            r#"{"password":false,"codes":false}"#,
        ),
        (
            PartnerChange::Callback(url("https://a.example/secret?token=secret")),
            "callback",
            r#"{"callback":null}"#,
            r#"{"callback":"https://a.example"}"#,
        ),
        (
            PartnerChange::Callback(None),
            "callback",
            r#"{"callback":"https://a.example"}"#,
            r#"{"callback":null}"#,
        ),
    ] {
        let name = format!("partner.{name}");
        assert_eq!(action_of(&mut books, change(command)), [&name, "081234567890", before, after]);
    }
    let told = format!("{:?}", actions(&books));
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn the_use_of_a_one_time_code_is_no_action() {
    let mut books = books(0);
    run(&mut books, change(PartnerChange::Totp(Some(SealedKey([1].into()))))).unwrap();
    run(&mut books, change(PartnerChange::TakeCode(5))).unwrap();
    assert_eq!(actions(&books).len(), 1);
}

#[test]
fn what_is_added_has_nothing_before() {
    let mut books = books(0);
    let username = Username::new("0899").unwrap();
    let add = AddPartner {
        username,
        name: "Toko \"Jaya\"".into(),
        key: SealedKey([1].into()),
        allow_list: Vec::new(),
        min_balance: Rupiah::ZERO,
        now: NOON,
    };
    let after = r#"{"name":"Toko \"Jaya\"","allow_list":[],"min_balance":0}"#;
    assert_eq!(action_of(&mut books, add), ["partner.add", "0899", "none", after]);
    let new = Product { code: crate::ProductCode::new("NEW").unwrap(), ..product() };
    let after = concat!(
        r#"{"name":"BPJS Kesehatan","family":"bpjs-kesehatan","fee":2500,"fee_of_biller":false,"#,
        r#""commission":200,"active":true,"hours":null,"province":null,"below_cost":false,"#,
        r#""failover_payments":false}"#
    );
    assert_eq!(
        action_of(&mut books, PutProduct(new.clone())),
        ["product.add", "NEW", "none", after]
    );
    let off = PutProduct(Product { active: false, ..new });
    let changed = after.replace("\"active\":true", "\"active\":false");
    assert_eq!(action_of(&mut books, off), ["product.set", "NEW", after, &changed]);
}

#[test]
fn a_deposit_and_its_reversal_are_told_with_their_balances() {
    let mut books = books(70);
    let (amount, note, reference) = (Rupiah::new(300), "cash".into(), None);
    let add = RecordDeposit { partner: PARTNER, amount, note, reference, now: NOON };
    let (before, after) = (
        r#"{"available":70}"#,
        concat!(
            r#"{"available":370,"partner":"081234567890","amount":300,"reference":null,"#,
            r#""note":"cash"}"#
        ),
    );
    assert_eq!(action_of(&mut books, add), ["deposit.add", "1", before, after]);
    let reverse =
        ReverseDeposit { partner: PARTNER, deposit: TrId(1), reason: "twice".into(), now: NOON };
    let (before, after) = (
        r#"{"available":370}"#,
        concat!(
            r#"{"available":70,"partner":"081234567890","amount":300,"reversal":2,"#,
            r#""reason":"twice"}"#
        ),
    );
    assert_eq!(action_of(&mut books, reverse), ["deposit.reverse", "1", before, after]);
}

#[test]
fn a_payment_that_is_resolved_by_hand_is_told_with_its_states() {
    let mut books = books(1_000_000);
    let inquiry = OpenInquiry {
        partner: PARTNER,
        ref_id: RefId::new("a").unwrap(),
        code: product().code,
        customer_no: "8801234560001".into(),
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        quote: bill().into(),
        exchange: Exchange::new(Call::Inquire, NOON, Duration::ZERO, "success"),
        asked_before: Vec::new(),
    };
    books.run(&inquiry).unwrap();
    let tr_id = TrId(1);
    books
        .run(&BeginPayment { partner: PARTNER, tr_id, now: NOON, test_numbers: Arc::default() })
        .unwrap();
    assert!(actions(&books).is_empty(), "what a partner's program asks for is no action");
    let later = NOON.after(Duration::from_secs(3600));
    let resolve = |word, now| ResolvePayment {
        partner: PARTNER,
        tr_id,
        word,
        answer: "by phone".into(),
        now,
    };
    // The payer may still be at the biller: nothing changes.
    run(&mut books, resolve(ManualOutcome::Failed(FailureReason::PaymentFailed), NOON)).unwrap();
    assert!(actions(&books).is_empty());
    let before = concat!(
        r#"{"state":"paying","receipt_no":"","failure_reason":null,"#,
        r#""review_reason":null}"#
    );
    let after = concat!(
        r#"{"state":"failed","receipt_no":"","failure_reason":"payment-failed","#,
        r#""review_reason":null,"because":"by phone"}"#
    );
    let failed = resolve(ManualOutcome::Failed(FailureReason::PaymentFailed), later);
    assert_eq!(action_of(&mut books, failed.clone()), ["payment.resolve", "1", before, after]);
    run(&mut books, failed).unwrap();
    assert_eq!(actions(&books).len(), 1, "it had ended already");
    let url = CallbackUrl::new("https://a.example").ok();
    run(&mut books, change(PartnerChange::Callback(url))).unwrap();
    let send = SendCallback { partner: PARTNER, tr_id, now: NOON };
    let after = r#"{"state":"waiting","attempts":0}"#;
    assert_eq!(action_of(&mut books, send), ["callback.send", "1", "none", after]);
}

#[test]
fn a_refused_command_leaves_no_action() {
    let mut books = books(5);
    let too_high = change(PartnerChange::MinBalance(Rupiah::new(6)));
    assert_eq!(run(&mut books, too_high).map(drop), Err(ChangePartnerRefusal::BalanceBelowMinimum));
    let nobody = ChangePartner { partner: crate::PartnerId(9), change: PartnerChange::DropOldKeys };
    assert_eq!(run(&mut books, nobody).map(drop), Err(ChangePartnerRefusal::UnknownPartner));
    assert!(books.journal.is_empty());
}
