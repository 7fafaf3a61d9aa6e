//! Reads return what was committed.

use domain::command::OpenInquiry;
use domain::{
    Account, BillerId, FailureReason, Family, MovementKind, Product, RefId, Reference, Rupiah,
    SoldProduct, State,
};
use store::Filter;

use super::*;

pub(super) async fn what_was_committed_is_read_back_after_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 100_000).await;
    let tr_id = open_inquiry(&database, partner_id, "a/1").await;
    database.submit(pay(partner_id, tr_id)).await.unwrap();
    database.submit(settle(partner_id, tr_id, BillerOutcome::Unknown)).await.unwrap();
    let settled = database.submit(settle(partner_id, tr_id, paid())).await.unwrap();
    database.close();

    let database = bench.open(strict());
    let read = database
        .read(move |read| {
            let ref_id = RefId::new("a/1").unwrap();
            assert_eq!(read.find(partner_id, &ref_id)?, Some(tr_id));
            assert_eq!(read.find(PartnerId(99), &ref_id)?, None);
            assert_eq!(read.transaction(TrId(1))?, None);
            Ok((read.story(tr_id)?.unwrap(), read.catalogue()?, read.partners()?))
        })
        .await
        .unwrap();
    let (story, catalogue, partners) = read;
    assert_eq!(story.transaction, settled.transaction);
    assert_eq!(story.transaction.available, Rupiah::new(100_000 - PRICE));
    assert_eq!(story.inquiry_exchanges[0].took_micros, 1500);
    let kinds: Vec<_> = story.postings.iter().map(|posting| posting.kind).collect();
    assert_eq!(kinds[..2], [MovementKind::Hold; 2]);
    assert_eq!(kinds[2..], [MovementKind::Post; 5]);
    let booked = |account| {
        let posting = story.postings.iter().find(|posting| posting.account == account);
        posting.map(|posting| posting.amount.get())
    };
    assert_eq!(booked(Account::Biller(BillerId(1))), Some(COST));
    assert_eq!(booked(Account::Margin), Some(50_000 - COST));
    assert_eq!(story.transaction.inquiry.biller_reference.as_deref(), Some("Q-a/1"));
    assert_eq!(story.exchanges.len(), 2);
    assert_eq!(*catalogue[&product().code], product());
    assert_eq!(partners.len(), 1);
    assert_eq!(partners[0].allow_list, partner("x").allow_list);
    assert!(partners[0].keys == [partner("x").key]);
    let report = assert_clean(bench);
    assert_eq!((report.payments, report.deposits, report.postings), (1, 1, 9));
    database.close();
}

pub(super) async fn an_inquiry_keeps_the_product_that_was_sold(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let before = open_inquiry(&database, partner_id, "before").await;
    let other = Product {
        name: "PDAM Kota".into(),
        family: Family::Pdam,
        fee: Rupiah::new(9_999),
        commission: Rupiah::ZERO,
        ..product()
    };
    database.submit(PutProduct(other.clone())).await.unwrap();
    let after = open_inquiry(&database, partner_id, "after").await;
    database.submit(pay(partner_id, before)).await.unwrap();
    database.submit(settle(partner_id, before, paid())).await.unwrap();
    database.close();

    let database = bench.open(strict());
    for (tr_id, product) in [(before, product()), (after, other)] {
        let inquiry = database.transaction(tr_id).await.unwrap().unwrap().inquiry;
        let sold = SoldProduct { name: product.name, family: product.family };
        assert_eq!((&inquiry.sold, inquiry.price.admin), (&sold, product.fee));
        let listed = database.read(move |read| read.transactions(partner_id, None, 10));
        let listed = listed.await.unwrap().transactions;
        assert!(listed.iter().any(|listed| listed.inquiry == inquiry), "{tr_id}");
    }
    assert_clean(bench);
    database.close();
}

pub(super) async fn lists_are_filtered_and_newest_first(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let mut numbers = Vec::new();
    for (ref_id, verdict) in [
        ("a", paid()),
        ("b", BillerOutcome::Failed(FailureReason::PaymentFailed)),
        ("c", BillerOutcome::Unknown),
    ] {
        let tr_id = open_inquiry(&database, partner_id, ref_id).await;
        database.submit(pay(partner_id, tr_id)).await.unwrap();
        database.submit(settle(partner_id, tr_id, verdict)).await.unwrap();
        numbers.push(tr_id);
    }
    let amount = Rupiah::new(7);
    let deposit =
        RecordDeposit { partner: partner_id, amount, note: "".into(), reference: None, now: NOON };
    database.submit(deposit).await.unwrap();

    let list = async |filter: Filter| {
        let found = database.read(move |read| read.payments(&filter)).await.unwrap();
        found.iter().map(|transaction| transaction.inquiry.tr_id).collect::<Vec<_>>()
    };
    let all = Filter { partner: None, states: vec![], before: None, limit: 10 };
    assert_eq!(list(all.clone()).await, [numbers[2], numbers[1], numbers[0]]);
    assert_eq!(list(Filter { limit: 1, ..all.clone() }).await, [numbers[2]]);
    let older = Filter { before: Some(numbers[1]), ..all.clone() };
    assert_eq!(list(older).await, [numbers[0]]);
    let ended = Filter { states: vec![State::Paid, State::Failed], ..all.clone() };
    assert_eq!(list(ended).await, [numbers[1], numbers[0]]);
    assert_eq!(list(Filter { partner: Some(PartnerId(9)), ..all }).await, []);

    let (mine, others, balances) = database
        .read(move |read| {
            let mine = read.deposits(Some(partner_id), 10)?;
            Ok((mine, read.deposits(Some(PartnerId(9)), 10)?, read.balances()?))
        })
        .await
        .unwrap();
    assert_eq!(amounts(&mine), [7, 1_000_000]);
    assert_eq!(amounts(&others), []);
    let available = Rupiah::new(1_000_007 - 2 * PRICE);
    assert!(balances.contains(&(Account::Available(partner_id), available)));
    assert_clean(bench);
    database.close();
}

pub(super) async fn open_payments_are_those_without_an_outcome(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let mut expected = Vec::new();
    for (n, verdict) in [None, Some(BillerOutcome::Unknown), Some(paid())].into_iter().enumerate() {
        let tr_id = open_inquiry(&database, partner_id, &n.to_string()).await;
        database.submit(pay(partner_id, tr_id)).await.unwrap();
        let open = !matches!(verdict, Some(BillerOutcome::Paid { .. }));
        if let Some(verdict) = verdict {
            database.submit(settle(partner_id, tr_id, verdict)).await.unwrap();
        }
        if open {
            expected.push(tr_id);
        }
    }
    let found = database.read(|read| read.open_payments()).await.unwrap();
    assert_eq!(found.iter().map(|open| open.tr_id).collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|open| open.partner == partner_id && open.begun_at == NOON));
    database.close();
}

pub(super) async fn a_partners_transactions_come_window_by_window(bench: &impl Bench) {
    let database = bench.open(strict());
    let one = with_partner(&database, 1_000_000).await;
    let two = database.submit(partner("second")).await.unwrap().id;
    let mut numbers = Vec::new();
    for ref_id in ["a", "b", "c", "d", "e"] {
        numbers.push(open_inquiry(&database, one, ref_id).await);
        open_inquiry(&database, two, ref_id).await;
    }
    database.submit(pay(one, numbers[1])).await.unwrap();
    for window in [1, 2, 3, 100] {
        let (mut found, mut before) = (Vec::new(), None);
        for _ in 0..20 {
            let next = database.read(move |read| read.transactions(one, before, window));
            let next = next.await.unwrap();
            assert!(next.transactions.len() <= window as usize);
            let place = |it: &domain::Transaction| (it.inquiry.tr_id, it.state());
            found.extend(next.transactions.iter().map(place));
            before = next.end;
            if before.is_none() {
                break;
            }
        }
        let state = |at: usize| if at == 1 { State::Paying } else { State::Inquired };
        let all: Vec<_> = (0..5).rev().map(|at| (numbers[at], state(at))).collect();
        assert_eq!((found, before), (all, None), "windows of {window}");
    }
    let nobodys = database.read(|read| read.transactions(PartnerId(99), None, 10)).await.unwrap();
    assert_eq!(nobodys.transactions, []);
    database.close();
}

pub(super) async fn a_reference_at_a_biller_finds_one_inquiry(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 0).await;
    let other_partner = database.submit(partner("0899")).await.unwrap().id;
    let reference = |text: &str| Reference::new(text).ok();
    let open = |partner, ref_id: &str, biller, text: &str| {
        let command = OpenInquiry {
            biller: BillerId(biller),
            reference: reference(text),
            ..inquiry(partner, ref_id)
        };
        database.submit(command)
    };
    let first = open(partner_id, "a", 1, "x1").await.unwrap().inquiry.tr_id;
    let elsewhere = open(partner_id, "b", 2, "x1").await.unwrap().inquiry.tr_id;
    let other_case = open(partner_id, "c", 1, "X1").await.unwrap().inquiry.tr_id;
    for ref_id in ["d", "e"] {
        open_inquiry(&database, partner_id, ref_id).await;
    }
    // Two inquiries with one reference would be one at the biller.
    for (partner, ref_id) in [(partner_id, "f"), (other_partner, "g")] {
        assert_eq!(undecided(open(partner, ref_id, 1, "x1").await), SubmitError::Lost);
    }
    let found = database.read(move |read| {
        let mut find =
            |biller, text: &str| read.at_biller(BillerId(biller), &reference(text).unwrap());
        Ok([find(1, "x1")?, find(2, "x1")?, find(1, "X1")?, find(2, "X1")?, find(3, "x1")?])
    });
    let expected = [Some(first), Some(elsewhere), Some(other_case), None, None];
    assert_eq!(found.await.unwrap(), expected);
    assert_eq!(assert_clean(bench).inquiries, 5);
    database.close();
}
