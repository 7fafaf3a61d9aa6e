//! What was sent to billers and what came back.

use domain::command::{MIN_RETENTION, OpenInquiry, PurgeUnpaidInquiries, SettlePayment};
use domain::{BillerId, Evidence, Exchange};

use super::*;

fn evidence(sent: &str, http_status: Option<u16>) -> Option<Evidence> {
    Some(Evidence { sent: sent.into(), http_status, received: "{\"data\":{}}".into() })
}

/// An inquiry over a network, at a second biller after a first one did not give the bill.
fn over_network(partner: PartnerId, ref_id: &str) -> OpenInquiry {
    let open = inquiry(partner, ref_id);
    let evidence = evidence(&format!("inquire {ref_id}"), Some(200));
    let before = Exchange { answer: "no bill".into(), ..passed_over(&open.exchange) };
    OpenInquiry {
        exchange: Exchange { evidence, ..open.exchange },
        asked_before: vec![before],
        ..open
    }
}

/// A call to a biller that did not lead to an attempt.
fn passed_over(like: &Exchange) -> Exchange {
    let evidence = evidence("inquire elsewhere", None);
    Exchange { biller: Some(BillerId(77)), evidence, ..like.clone() }
}

/// Books with one payment whose inquiry and payment went over a network.
pub(crate) async fn paid_over_network(database: &Database, partner: PartnerId) -> TrId {
    let open = over_network(partner, "network");
    let tr_id = database.submit(open).await.unwrap().inquiry.tr_id;
    database.submit(pay(partner, tr_id)).await.unwrap();
    let settle = settle(partner, tr_id, paid());
    let exchange = Exchange { evidence: evidence("pay", None), ..settle.exchange };
    let asked_before = vec![passed_over(&exchange), passed_over(&exchange)];
    database.submit(SettlePayment { exchange, asked_before, ..settle }).await.unwrap();
    tr_id
}

pub(super) async fn evidence_is_kept_as_long_as_its_transaction(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 1_000_000).await;
    let tr_id = paid_over_network(&database, partner).await;
    let open = over_network(partner, "unpaid");
    let unpaid = database.submit(open).await.unwrap().inquiry.tr_id;
    let plain = open_inquiry(&database, partner, "plain").await;
    database.close();

    let database = bench.open(strict());
    let stories = move |read: &mut dyn Read| {
        let mut all = Vec::new();
        read.inquiry_exchanges(&mut |tr_id, exchange| all.push((tr_id, exchange)))?;
        // A stable sort: those of one inquiry stay in their order.
        all.sort_by_key(|(tr_id, _)| *tr_id);
        Ok((read.story(tr_id)?.unwrap(), read.story(plain)?.unwrap(), all))
    };
    let (story, without, all) = database.read(stories).await.unwrap();
    let calls = |tr_id, OpenInquiry { exchange, asked_before, .. }: OpenInquiry| {
        [asked_before, vec![exchange]].concat().into_iter().map(move |call| (tr_id, call))
    };
    let kept: Vec<_> = calls(tr_id, over_network(partner, "network")).collect();
    let told: Vec<_> = story.inquiry_exchanges.into_iter().map(|call| (tr_id, call)).collect();
    assert_eq!(told, kept);
    let [before, _, last] = &*story.exchanges else { panic!("{:?}", story.exchanges) };
    assert_eq!((before, &last.evidence), (&passed_over(before), &evidence("pay", None)));
    assert_eq!((before.biller, last.biller), (Some(BillerId(77)), None));
    assert_eq!(without.inquiry_exchanges, [inquiry(partner, "x").exchange]);
    let both: Vec<_> =
        kept.iter().cloned().chain(calls(unpaid, over_network(partner, "unpaid"))).collect();
    assert_eq!(all, both);

    let now = NOON.after(3 * MIN_RETENTION);
    let inquiries = vec![tr_id, unpaid];
    let purge = PurgeUnpaidInquiries { partner, inquiries, kept: MIN_RETENTION, now };
    database.submit(purge).await.unwrap();
    let (_, _, all) = database.read(stories).await.unwrap();
    assert_eq!(all, kept, "it holds personal data");
    database.close();
    assert_clean(bench);
}
