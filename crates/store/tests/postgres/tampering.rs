//! Each tampering breaks one rule, and the audit or the database itself says which.

use domain::command::RecordBillerBalance;

use crate::contract::{
    Bench, actions, assert_clean, biller_balances, open_inquiry, pay, settle, strict, with_partner,
};
use crate::{CLUSTER, Place, contract};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_finds_each_tampering() {
    let cases = [
        ("UPDATE partner_balance SET available = available + 1", "each balance"),
        ("UPDATE partner_balance SET fee = fee + 1", "each balance"),
        ("UPDATE biller_account SET balance = balance + 1", "each balance"),
        (
            "ALTER TABLE movement DROP CONSTRAINT movement_sums_to_zero; \
             UPDATE movement SET fee = fee + 1 WHERE kind = 'post'",
            "sum to zero",
        ),
        (
            "UPDATE movement SET fee = fee + 1, margin = margin - 1 WHERE kind = 'post'",
            "the price of its inquiry",
        ),
        ("UPDATE inquiry SET cost = cost + 1", "the price of its inquiry"),
        ("UPDATE inquiry SET biller = 2", "at the biller that answered"),
        (
            "DROP VIEW posting; \
             CREATE VIEW posting AS SELECT 'fee' AS account, fee AS amount FROM movement",
            "own check",
        ),
        ("DELETE FROM movement WHERE kind = 'post'", "a paid one a post"),
        ("UPDATE payment SET state = 'failed', reason = 'payment-failed'", "a paid one a post"),
        ("UPDATE payment SET state = 'failed', reason = '37'", "reason \"37\""),
        ("UPDATE inquiry SET nominal = nominal + 1", "the price of its inquiry"),
        ("DELETE FROM inquiry", "its own partner"),
        ("UPDATE inquiry SET family = 99", "family 99"),
        ("DELETE FROM deposit", "belongs to a payment"),
        ("UPDATE movement SET tr_id = 1 WHERE kind = 'hold'", "belongs to a payment"),
        ("UPDATE partner SET min_balance = 1000000", "below its limit"),
        ("DELETE FROM biller_account", "each balance"),
        (
            "INSERT INTO follow_up SELECT partner, tr_id, 1, 0, 0 FROM payment",
            "any other follow_up",
        ),
        (
            "INSERT INTO follow_up VALUES (1, 5, 1, 0, 0, 'contradiction', 0)",
            "a contradiction stands",
        ),
        ("INSERT INTO callback VALUES (1, 5, 0, 'waiting', 0, 0)", "that has ended"),
        ("INSERT INTO open_payment SELECT partner, tr_id FROM payment", "own check"),
        (
            "INSERT INTO attempt (partner, tr_id, number, biller, begun_at, after) \
             SELECT partner, tr_id, 2, 2, 0, 'biller-unavailable' FROM payment",
            "counted without a gap",
        ),
        ("UPDATE reversal SET amount = amount + 1", "takes one deposit"),
        ("UPDATE reversal SET deposit = 1", "takes one deposit"),
        ("UPDATE reversal SET partner = 9", "takes one deposit"),
        ("DELETE FROM reversal", "a deposit, a reversal, a withdrawal"),
        ("DELETE FROM movement WHERE kind = 'reversal'", "a paid one a post"),
        ("DELETE FROM balance_change", "a withdrawal or an adjustment"),
        ("UPDATE balance_change SET amount = amount - 1", "the price of its inquiry"),
        ("DELETE FROM movement WHERE kind = 'withdrawal'", "a paid one a post"),
        (
            "DROP INDEX deposit_reference; \
             UPDATE deposit SET reference = 'ft 17' WHERE reference IS NULL",
            "of one deposit of its partner",
        ),
    ];
    for (sql, rule) in cases {
        let place = Place::fresh();
        let database = place.open(strict());
        let partner = with_partner(&database, 100_000).await;
        let tr_id = open_inquiry(&database, partner, "a").await;
        database.submit(pay(partner, tr_id)).await.unwrap();
        database.submit(settle(partner, tr_id, contract::paid())).await.unwrap();
        let booked = contract::deposits::add(partner, 300, "FT 17");
        let (twice, _) = database.submit(booked).await.unwrap();
        let taken_back = contract::deposits::reverse(partner, twice);
        database.submit(taken_back).await.unwrap();
        let withdrawal = contract::balance_changes::withdraw(partner, 5, "FT 18");
        database.submit(withdrawal).await.unwrap();
        database.close();
        assert_clean(&place);
        place.tamper(sql);
        let mut reader = place.reader();
        let audit = || store::audit::audit(reader.as_mut());
        let audited = std::thread::scope(|scope| scope.spawn(audit).join().unwrap());
        let told: Vec<_> = match audited {
            Ok(report) => report.faults.iter().map(|fault| fault.rule.to_owned()).collect(),
            Err(damage) => vec![damage.to_string()],
        };
        assert!(told.iter().any(|told| told.contains(rule)), "{sql}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_refuses_an_overdraft_and_a_second_debit() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 100_000).await;
    let tr_id = open_inquiry(&database, partner, "a").await;
    database.submit(pay(partner, tr_id)).await.unwrap();
    let booked = contract::deposits::add(partner, 300, "FT 17");
    let (twice, _) = database.submit(booked).await.unwrap();
    database.submit(contract::deposits::reverse(partner, twice)).await.unwrap();
    for sql in [
        "UPDATE partner_balance SET available = -1",
        "UPDATE partner_balance SET held = -1",
        "UPDATE movement SET fee = fee + 1",
        "UPDATE movement SET biller = 1 WHERE kind = 'hold'",
        "INSERT INTO payment SELECT * FROM payment",
        "INSERT INTO movement SELECT * FROM movement WHERE kind = 'hold'",
        "INSERT INTO inquiry SELECT partner, tr_id + 1, ref_id, code, customer_no, customer_name, period, nominal, \
         sheets, admin, commission, details, at, took, family, product, biller FROM inquiry",
        "INSERT INTO deposit SELECT partner, tr_id + 90, amount, note, at, lower(reference) FROM deposit \
         WHERE reference IS NOT NULL",
        "INSERT INTO reversal SELECT partner, tr_id + 90, deposit, amount, reason, at FROM reversal",
    ] {
        let refused = std::panic::catch_unwind(|| CLUSTER.sql(place.name(), sql));
        assert!(refused.is_err(), "{sql}");
    }
    assert_clean(&place);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_deletes_the_log_of_actions() {
    let place = Place::fresh();
    let database = place.open(strict());
    let partner = with_partner(&database, 0).await;
    database.submit(actions::by_hand(actions::suspend(partner, true))).await.unwrap();
    let written = actions::log(&database).await;
    assert_eq!(written.len(), 1);
    for sql in [
        "UPDATE action SET actor = 'other'",
        "DELETE FROM action",
        "TRUNCATE action",
        "INSERT INTO action OVERRIDING SYSTEM VALUE SELECT * FROM action \
         ON CONFLICT (id) DO UPDATE SET actor = 'other'",
    ] {
        let refused = std::panic::catch_unwind(|| CLUSTER.sql(place.name(), sql)).unwrap_err();
        let why = refused.downcast_ref::<String>().unwrap();
        assert!(why.contains("append-only"), "{sql}: {why}");
    }
    assert_eq!(actions::log(&database).await, written);
    database.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_deletes_what_a_biller_told() {
    let place = Place::fresh();
    let database = place.open(strict());
    let told = biller_balances::told(2, 70);
    database.submit(RecordBillerBalance(told)).await.unwrap();
    for sql in [
        "UPDATE biller_balance SET balance = 0",
        "DELETE FROM biller_balance",
        "TRUNCATE biller_balance",
        "INSERT INTO biller_balance OVERRIDING SYSTEM VALUE SELECT * FROM biller_balance \
         ON CONFLICT (id) DO UPDATE SET balance = 0",
    ] {
        let refused = std::panic::catch_unwind(|| CLUSTER.sql(place.name(), sql)).unwrap_err();
        let why = refused.downcast_ref::<String>().unwrap();
        assert!(why.contains("append-only"), "{sql}: {why}");
    }
    assert_eq!(biller_balances::all(&database).await[0].told, told);
    database.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_deletes_an_attempt() {
    let place = Place::fresh();
    let database = place.open(strict());
    contract::attempts::gone_on(&database).await;
    for sql in ["UPDATE attempt SET cost = 1", "DELETE FROM attempt", "TRUNCATE attempt"] {
        let refused = std::panic::catch_unwind(|| CLUSTER.sql(place.name(), sql)).unwrap_err();
        let why = refused.downcast_ref::<String>().unwrap();
        assert!(why.contains("append-only"), "{sql}: {why}");
    }
    database.close();
}
