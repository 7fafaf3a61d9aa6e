//! A deposit is booked once, and reversed at most once.

use domain::TransferReference;
use domain::command::{RecordDepositRefusal, ReverseDeposit, ReverseDepositRefusal};
use store::BookedDeposit;

use super::batches::together;
use super::*;

pub(crate) fn add(partner: PartnerId, amount: i64, reference: &str) -> RecordDeposit {
    let reference = TransferReference::new(reference).ok();
    let amount = Rupiah::new(amount);
    RecordDeposit { partner, amount, note: "transfer".into(), reference, now: NOON }
}

pub(crate) fn reverse(partner: PartnerId, deposit: TrId) -> ReverseDeposit {
    ReverseDeposit { partner, deposit, reason: "booked twice".into(), now: NOON }
}

async fn found(database: &Database, tr_id: TrId) -> Option<BookedDeposit> {
    database.read(move |read| read.deposit(tr_id)).await.unwrap()
}

pub(super) async fn a_reference_is_booked_once_and_for_ever(bench: &impl Bench) {
    let database = bench.open(strict());
    let one = with_partner(&database, 0).await;
    let two = database.submit(partner("second")).await.unwrap().id;
    let asked = (0..30).map(|n| add(if n % 3 == 0 { two } else { one }, 100 + n, "FT 17"));
    let answers = together(&database, asked).await;
    let booked = |answer: &_| match answer {
        Ok((tr_id, _)) => Some(*tr_id),
        _ => None,
    };
    let booked: Vec<_> = answers.iter().filter_map(booked).collect();
    let taken = |answer: &&Result<_, _>| match answer {
        Err(CommandError::Refused(RecordDepositRefusal::ReferenceTaken(before))) => {
            booked.contains(before)
        }
        _ => false,
    };
    assert_eq!((booked.len(), answers.iter().filter(taken).count()), (2, 28), "{answers:?}");
    database.close();

    let database = bench.open(strict());
    let before = found(&database, booked[0]).await.unwrap();
    assert_eq!(before.deposit.reference, TransferReference::new("FT 17").ok());
    let owner = before.deposit.partner;
    database.submit(reverse(owner, booked[0])).await.unwrap();
    for reference in ["FT 17", "ft 17", "Ft 18", ""] {
        let again = decided(database.submit(add(owner, 5, reference)).await).map(drop);
        let expected = match reference {
            "FT 17" | "ft 17" => Err(RecordDepositRefusal::ReferenceTaken(booked[0])),
            _ => Ok(()),
        };
        assert_eq!(again, expected, "{reference:?}");
    }
    // It is stored as typed, and found in capitals, as banks print it.
    let again = decided(database.submit(add(owner, 5, "FT 18")).await).map(drop);
    let Err(RecordDepositRefusal::ReferenceTaken(typed)) = again else { panic!("{again:?}") };
    let typed = found(&database, typed).await.unwrap().deposit.reference;
    assert_eq!(typed, TransferReference::new("Ft 18").ok());
    let report = assert_clean(bench);
    assert_eq!((report.deposits, report.reversals), (4, 1));
    database.close();
}

pub(super) async fn a_deposit_is_reversed_once(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 1_000).await;
    let (kept, _) = database.submit(add(partner, 70, "kept")).await.unwrap();
    let (deposit, _) = database.submit(add(partner, 300, "FT 17")).await.unwrap();
    let answers = together(&database, (0..20).map(|_| reverse(partner, deposit))).await;
    let done = |answer: &_| match answer {
        Ok((reversal, available)) => Some((Clone::clone(reversal), *available)),
        _ => None,
    };
    let done: Vec<(domain::books::Reversal, Rupiah)> = answers.iter().filter_map(done).collect();
    let [(reversal, available)] = &done[..] else { panic!("not one: {answers:?}") };
    assert_eq!((reversal.amount, *available), (Rupiah::new(300), Rupiah::new(1_070)));
    let before = ReverseDepositRefusal::AlreadyReversed(reversal.tr_id);
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(CommandError::Refused(why)) if *why == before));
    assert_eq!(refused.count(), 19, "{answers:?}");
    database.close();

    // The number of the reversal is the newest one, and is not used again.
    let database = bench.open(strict());
    assert!(open_inquiry(&database, partner, "a").await > reversal.tr_id);
    let again = decided(database.submit(reverse(partner, deposit)).await);
    assert_eq!(again.map(drop), Err(before));
    let deposit = found(&database, deposit).await.unwrap();
    assert_eq!(deposit.reversal.as_ref(), Some(reversal));
    assert_eq!(found(&database, kept).await.unwrap().reversal, None);
    assert_eq!(found(&database, reversal.tr_id).await, None);
    for unknown in [TrId(1), reversal.tr_id] {
        let refused = decided(database.submit(reverse(partner, unknown)).await);
        assert_eq!(refused.map(drop), Err(ReverseDepositRefusal::UnknownDeposit));
    }
    let listed = database.read(move |read| read.deposits(Some(partner), 2)).await.unwrap();
    assert_eq!(listed, [deposit, found(&database, kept).await.unwrap()]);
    let report = assert_clean(bench);
    assert_eq!((report.deposits, report.reversals, report.postings), (3, 1, 8));
    database.close();
}

pub(super) async fn a_deposit_is_spent_or_reversed(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 0).await;
    for n in 0..10 {
        let (deposit, _) = database.submit(add(partner, PRICE, "")).await.unwrap();
        let tr_id = open_inquiry(&database, partner, &n.to_string()).await;
        let (reversed, begun) = tokio::join!(
            database.submit(reverse(partner, deposit)),
            database.submit(pay(partner, tr_id)),
        );
        let begun = matches!(begun, Ok(domain::command::Begin::Begun(_)));
        match decided(reversed).map(drop) {
            Ok(()) => assert!(!begun, "both"),
            Err(why) => {
                assert_eq!((begun, why), (true, ReverseDepositRefusal::NotFree(Rupiah::ZERO)))
            }
        }
        if begun {
            database.submit(settle(partner, tr_id, paid())).await.unwrap();
        }
    }
    assert_clean(bench);
    database.close();
}
