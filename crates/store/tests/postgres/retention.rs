//! One node pays inquiries while another one deletes them.

use domain::command::{Begin, BeginPaymentRefusal, MIN_RETENTION, PurgeUnpaidInquiries};
use domain::{PartnerId, TrId};
use store::Database;

use crate::Place;
use crate::contract::*;

const EACH: u64 = 60;

/// Deletes these inquiries on a node, a few at a time. Returns how many were deleted.
async fn drop_all(node: Database, partner: PartnerId, numbers: Vec<TrId>) -> u64 {
    let mut dropped = 0;
    for few in numbers.chunks(3) {
        let (inquiries, now) = (few.to_vec(), NOON.after(2 * MIN_RETENTION));
        let drop = PurgeUnpaidInquiries { partner, inquiries, kept: MIN_RETENTION, now };
        dropped += node.submit(drop).await.unwrap();
    }
    dropped
}

/// Pays these inquiries on a node. Returns how many payments began.
async fn pay_all(node: Database, partner: PartnerId, numbers: Vec<TrId>) -> u64 {
    let mut begun = 0;
    for tr_id in numbers {
        match decided(node.submit(pay(partner, tr_id)).await) {
            Ok(Begin::Begun(_)) => begun += 1,
            Err(BeginPaymentRefusal::UnknownTransaction) => {}
            other => panic!("{other:?}"),
        }
    }
    begun
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_delete_only_unpaid_inquiries() {
    let place = Place::fresh();
    let nodes = [(); 3].map(|()| place.open(strict()));
    let owner = with_partner(&nodes[0], 100 * PRICE).await;
    let mut numbers = Vec::new();
    for n in 0..EACH {
        numbers.push(open_inquiry(&nodes[0], owner, &n.to_string()).await);
    }
    let [payer, first, second] = nodes.clone();
    let backwards: Vec<TrId> = numbers.iter().rev().copied().collect();
    let paying = tokio::spawn(pay_all(payer, owner, backwards));
    let dropping = [first, second].map(|node| tokio::spawn(drop_all(node, owner, numbers.clone())));
    let begun = paying.await.unwrap();
    let mut dropped = 0;
    for node in dropping {
        dropped += node.await.unwrap();
    }
    assert_eq!(begun + dropped, EACH, "each is paid or dropped, and once");
    let report = assert_clean(&place);
    assert_eq!((report.payments, report.inquiries), (begun, begun));
    for node in nodes {
        node.close();
    }
}
