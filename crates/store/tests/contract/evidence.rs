//! What was sent to billers and what came back.

use domain::command::{MIN_RETENTION, OpenInquiry, PurgeUnpaidInquiries, SettlePayment};
use domain::{Evidence, Exchange};

use super::*;

fn evidence(sent: &str, http_status: Option<u16>) -> Option<Evidence> {
    Some(Evidence { sent: sent.into(), http_status, received: "{\"data\":{}}".into() })
}

/// An inquiry over a network.
fn over_network(partner: PartnerId, ref_id: &str) -> OpenInquiry {
    let open = inquiry(partner, ref_id);
    let evidence = evidence(&format!("inquire {ref_id}"), Some(200));
    OpenInquiry { exchange: Exchange { evidence, ..open.exchange }, ..open }
}

/// Books with one payment whose inquiry and payment went over a network.
pub(crate) async fn paid_over_network(database: &Database, partner: PartnerId) -> TrId {
    let open = over_network(partner, "network");
    let tr_id = database.submit(open).await.unwrap().inquiry.tr_id;
    database.submit(pay(partner, tr_id)).await.unwrap();
    let settle = settle(partner, tr_id, paid());
    let exchange = Exchange { evidence: evidence("pay", None), ..settle.exchange };
    database.submit(SettlePayment { exchange, ..settle }).await.unwrap();
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
        read.inquiry_evidence(&mut |tr_id, evidence| all.push((tr_id, evidence)))?;
        all.sort_by_key(|(tr_id, _)| *tr_id);
        Ok((read.story(tr_id)?.unwrap(), read.story(plain)?.unwrap(), all))
    };
    let (story, without, all) = database.read(stories).await.unwrap();
    let asked = Exchange {
        evidence: evidence("inquire network", Some(200)),
        ..inquiry(partner, "x").exchange
    };
    assert_eq!(story.inquiry_exchange, asked);
    assert_eq!(story.exchanges.len(), 1);
    assert_eq!(story.exchanges[0].evidence, evidence("pay", None));
    assert_eq!(without.inquiry_exchange.evidence, None);
    let kept = (tr_id, evidence("inquire network", Some(200)).unwrap());
    assert_eq!(all, [kept.clone(), (unpaid, evidence("inquire unpaid", Some(200)).unwrap())]);

    let now = NOON.after(3 * MIN_RETENTION);
    let inquiries = vec![tr_id, unpaid];
    let purge = PurgeUnpaidInquiries { partner, inquiries, kept: MIN_RETENTION, now };
    database.submit(purge).await.unwrap();
    let (_, _, all) = database.read(stories).await.unwrap();
    assert_eq!(all, [kept], "it holds personal data");
    database.close();
    assert_clean(bench);
}
