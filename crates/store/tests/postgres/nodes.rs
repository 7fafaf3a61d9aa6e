//! Several nodes on one database.

use std::time::Duration;

use domain::command::{
    AddBiller, Begin, BeginPaymentRefusal, ChangePartner, OpenInquiry, PartnerChange,
    RecordDepositRefusal, ReverseDepositRefusal,
};
use domain::partner::SealedKey;
use domain::{
    BillerId, BillerKind, BillerName, BillerSettings, Command, Moment, PartnerId, RowSet, Rupiah,
    TrId, Username,
};
use store::{Database, Store, SubmitError};

use crate::Place;
use crate::contract::{
    Bench, PRICE, assert_clean, decided, deposits, inquiry, open_inquiry, paid, partner, pay,
    settle, sign_in, strict, undecided, with_partner,
};
use seeded_rng::SeededRng;

/// Two nodes, and one partner with this balance.
async fn two_nodes(place: &Place, deposit: i64) -> ([Database; 2], PartnerId) {
    let nodes = [place.open(strict()), place.open(strict())];
    let partner = with_partner(&nodes[0], deposit).await;
    (nodes, partner)
}

/// Lets every node begin payments of these numbers at the same time. Returns how many began.
async fn race(nodes: &[Database; 2], partner: PartnerId, numbers: &[TrId]) -> usize {
    let tasks =
        nodes.iter().flat_map(|node| numbers.iter().map(move |tr_id| (node.clone(), *tr_id)));
    let tasks: Vec<_> = tasks
        .map(|(node, tr_id)| tokio::spawn(async move { node.submit(pay(partner, tr_id)).await }))
        .collect();
    let mut begun = 0;
    for task in tasks {
        begun += usize::from(matches!(task.await.unwrap().unwrap(), Begin::Begun(_)));
    }
    begun
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_begins_once_over_all_nodes() {
    let place = Place::fresh();
    let (nodes, partner) = two_nodes(&place, 100 * PRICE).await;
    let mut numbers = Vec::new();
    for n in 0..30 {
        numbers.push(open_inquiry(&nodes[n % 2], partner, &n.to_string()).await);
    }
    assert_eq!(race(&nodes, partner, &numbers).await, 30);
    assert_eq!(assert_clean(&place).open, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_is_not_overdrawn_by_two_nodes() {
    let place = Place::fresh();
    let (nodes, partner) = two_nodes(&place, 7 * PRICE + 1).await;
    let mut numbers = Vec::new();
    for n in 0..20 {
        numbers.push(open_inquiry(&nodes[n % 2], partner, &n.to_string()).await);
    }
    assert_eq!(race(&nodes, partner, &numbers).await, 7);
    assert_eq!(assert_clean(&place).open, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_payment_of_a_bill_is_in_process_on_all_nodes() {
    let place = Place::fresh();
    let (nodes, first) = two_nodes(&place, 1000 * PRICE).await;
    let second = nodes[1].submit(partner("0899")).await.unwrap().id;
    let amount = Rupiah::new(1000 * PRICE);
    let (note, now) = ("".into(), crate::contract::NOON);
    let deposit =
        domain::command::RecordDeposit { partner: second, amount, note, reference: None, now };
    nodes[1].submit(deposit).await.unwrap();
    // The same bills for two partners, each on another node: they share no lock.
    for bill in 0..40 {
        let mut asked = Vec::new();
        for (node, partner) in nodes.iter().zip([first, second]) {
            let customer_no = format!("bill-{bill}").into();
            let inquiry = OpenInquiry { customer_no, ..inquiry(partner, &bill.to_string()) };
            let tr_id = node.submit(inquiry).await.unwrap().inquiry.tr_id;
            asked.push((node.clone(), pay(partner, tr_id)));
        }
        let paying = asked
            .into_iter()
            .map(|(node, pay)| tokio::spawn(async move { node.submit(pay).await.unwrap() }));
        let mut answers = Vec::new();
        for answer in paying.collect::<Vec<_>>() {
            answers.push(answer.await.unwrap());
        }
        let begun = answers.iter().filter(|answer| matches!(answer, Begin::Begun(_))).count();
        let in_process = |answer: &&Begin| {
            matches!(answer, Begin::Refused(BeginPaymentRefusal::BillInProcess, _))
        };
        assert_eq!((begun, answers.iter().filter(in_process).count()), (1, 1), "{answers:?}");
    }
    assert_eq!(assert_clean(&place).open, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ref_id_and_a_username_are_unique_over_all_nodes() {
    let place = Place::fresh();
    let (nodes, partner_id) = two_nodes(&place, 0).await;
    for n in 0..20 {
        let [one, other] = &nodes;
        let (ref_id, name) = (n.to_string(), format!("08{n}"));
        let opened = tokio::join!(
            one.submit(inquiry(partner_id, &ref_id)),
            other.submit(inquiry(partner_id, &ref_id)),
        );
        let opened = [decided(opened.0).is_ok(), decided(opened.1).is_ok()];
        assert!(opened[0] != opened[1], "{opened:?}");
        let added = tokio::join!(one.submit(partner(&name)), other.submit(partner(&name)));
        let added = [decided(added.0).is_ok(), decided(added.1).is_ok()];
        assert!(added[0] != added[1], "{added:?}");
    }
    assert_eq!(assert_clean(&place).inquiries, 20);
}

/// Each is decided on what the last change by any node left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_by_two_nodes_at_once_none_is_lost() {
    let place = Place::fresh();
    let (nodes, _) = two_nodes(&place, 0).await;
    let [one, other] = &nodes;
    let add = |name: String| AddBiller(biller(&name));
    let mut names = Vec::new();
    for n in 0..20 {
        let pair = [format!("a{n}"), format!("b{n}")];
        let [first, second] = pair.clone().map(add);
        let added = tokio::join!(one.submit(first), other.submit(second));
        assert!(added.0.is_ok() && added.1.is_ok());
        names.extend(pair);
    }
    let kept = one.read(|read| read.billers()).await.unwrap();
    let mut kept: Vec<String> = kept.values().map(|it| it.name.to_string()).collect();
    kept.sort();
    names.sort();
    assert_eq!(kept, names);
}

fn biller(name: &str) -> BillerSettings {
    let now = Moment::default();
    BillerSettings {
        id: BillerId(0),
        name: BillerName::new(name).unwrap(),
        kind: BillerKind::Iak,
        url: "https://biller.example".into(),
        prepaid_url: None,
        account_since: now,
        username: Username::new("0812").unwrap(),
        api_key: SealedKey(Box::new([1])),
        webhook_secret: None,
        testing: false,
        deadline: Duration::from_secs(20),
        concurrency: 64,
        paused: false,
        created_at: now,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_is_booked_and_reversed_once_over_all_nodes() {
    let place = Place::fresh();
    let (nodes, partner_id) = two_nodes(&place, 0).await;
    for n in 0..20 {
        let [one, other] = &nodes;
        let reference = format!("FT {n}");
        let add = |amount| deposits::add(partner_id, amount, &reference);
        let booked = tokio::join!(one.submit(add(500)), other.submit(add(501)));
        let (deposit, refused) = match (decided(booked.0), decided(booked.1)) {
            (Ok((deposit, _)), Err(why)) | (Err(why), Ok((deposit, _))) => (deposit, why),
            both => panic!("not one: {both:?}"),
        };
        assert_eq!(refused, RecordDepositRefusal::ReferenceTaken(deposit));
        let reverse = || deposits::reverse(partner_id, deposit);
        let reversed = tokio::join!(one.submit(reverse()), other.submit(reverse()));
        let (reversal, refused) = match (decided(reversed.0), decided(reversed.1)) {
            (Ok((reversal, _)), Err(why)) | (Err(why), Ok((reversal, _))) => (reversal, why),
            both => panic!("not one: {both:?}"),
        };
        assert_eq!(refused, ReverseDepositRefusal::AlreadyReversed(reversal.tr_id));
    }
    let report = assert_clean(&place);
    assert_eq!((report.deposits, report.reversals), (20, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_suspended_at_one_node_cannot_pay_at_any_node() {
    let place = Place::fresh();
    let ([one, other], partner) = two_nodes(&place, 10 * PRICE).await;
    let before = open_inquiry(&other, partner, "before").await;
    let tr_id = open_inquiry(&other, partner, "a").await;
    assert!(matches!(other.submit(pay(partner, before)).await, Ok(Begin::Begun(_))));
    let version = other.directory_version().await.unwrap();
    let change = PartnerChange::Suspend(true);
    one.submit(ChangePartner { partner, change }).await.unwrap();
    assert_ne!(other.directory_version().await.unwrap(), version);
    let refused = other.submit(pay(partner, tr_id)).await.unwrap();
    assert!(matches!(refused, Begin::Refused(BeginPaymentRefusal::Suspended, _)), "{refused:?}");
}

/// Many callers on two nodes that lose their connections again and again. Answered commands are there once, and
/// temporarily refused ones are not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_lose_and_duplicate_nothing() {
    let place = Place::fresh();
    let (nodes, partner) = two_nodes(&place, 10_000 * PRICE).await;
    let callers: Vec<_> = (0..16)
        .map(|caller| {
            let node = nodes[caller % 2].clone();
            tokio::spawn(async move {
                let mut done = Vec::new();
                for n in 0..40 {
                    let ref_id = format!("{caller}-{n}");
                    match node.submit(inquiry(partner, &ref_id)).await {
                        Ok(opened) => {
                            let tr_id = opened.inquiry.tr_id;
                            done.push((tr_id, pay_and_settle(&node, partner, tr_id).await));
                        }
                        refused => assert_eq!(undecided(refused), SubmitError::NotCarriedOut),
                    }
                }
                done
            })
        })
        .collect();
    let mut rng = SeededRng::new(7);
    while callers.iter().any(|caller| !caller.is_finished()) {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE application_name = 'lunas' AND datname = current_database()";
        place.tamper(end);
        tokio::time::sleep(std::time::Duration::from_millis(5 + rng.below(60))).await;
    }
    let mut answered = Vec::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    assert_clean(&place);
    assert!(answered.iter().any(|(_, end)| *end == End::Settled));
    for (tr_id, end) in answered {
        let found = nodes[0].read(move |read| read.transaction(tr_id)).await.unwrap();
        let state = found.map(|found| found.state().name());
        let expected = match end {
            End::Inquired => "inquired",
            End::Settled => "paid",
        };
        assert_eq!(state, Some(expected), "{tr_id}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Inquired,
    Settled,
}

/// Pays and settles. Returns the last answered step.
pub(crate) async fn pay_and_settle(node: &Database, partner: PartnerId, tr_id: TrId) -> End {
    match node.submit(pay(partner, tr_id)).await {
        Ok(begun) => assert!(matches!(begun, Begin::Begun(_)), "{begun:?}"),
        refused => {
            assert_eq!(undecided(refused), SubmitError::NotCarriedOut);
            return End::Inquired;
        }
    }
    // The biller's answer waits in the queue until the database is back.
    node.submit(settle(partner, tr_id, paid())).await.unwrap();
    End::Settled
}

/// A payment that ends frees its bill for another one, even in the same statement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_can_be_begun_in_the_batch_that_ends_its_payment() {
    let place = Place::fresh();
    let ([node, _], partner) = two_nodes(&place, 10 * PRICE).await;
    let mut numbers = Vec::new();
    for ref_id in ["a", "b"] {
        let inquiry = OpenInquiry { customer_no: "the same".into(), ..inquiry(partner, ref_id) };
        numbers.push(node.submit(inquiry).await.unwrap().inquiry.tr_id);
    }
    assert!(matches!(node.submit(pay(partner, numbers[0])).await, Ok(Begin::Begun(_))));
    let mut store = place.server().store().unwrap();
    let batch = move || {
        let (end, begin) = (settle(partner, numbers[0], paid()), pay(partner, numbers[1]));
        let mut touched = RowSet::default();
        end.touches(&mut touched);
        begin.touches(&mut touched);
        touched.sort_and_dedup();
        let mut books = store.load(&touched).unwrap();
        books.run(&end).unwrap();
        assert!(matches!(books.run(&begin), Ok(Begin::Begun(_))));
        store.commit(&books).unwrap();
    };
    std::thread::spawn(batch).join().unwrap();
    let report = assert_clean(&place);
    assert_eq!((report.payments, report.open), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_code_is_accepted_once_over_all_nodes() {
    let place = Place::fresh();
    let (nodes, partner) = two_nodes(&place, 0).await;
    sign_in::change(&nodes[0], partner, sign_in::totp(b"secret")).await.unwrap();
    for step in 1..20 {
        let take =
            |node: usize| sign_in::change(&nodes[node], partner, PartnerChange::TakeCode(step));
        let (here, there) = tokio::join!(take(0), take(1));
        assert_eq!(usize::from(here.is_ok()) + usize::from(there.is_ok()), 1, "{step}");
    }
    for node in nodes {
        node.close();
    }
}
