//! What every store must do. A database plugs in by a [`Bench`] and one test that calls
//! [`every_promise`].

mod batches;
mod reads;
mod watches;
mod workload;

use std::sync::Arc;
use std::time::Duration;

use domain::books::TopUp;
use domain::command::{
    AddPartner, AddTopUp, BeginPayment, OpenInquiry, PutProduct, SettlePayment, Verdict,
};
use domain::partner::SealedKey;
use domain::payment::Call;
use domain::{
    Bill, BillerId, Exchange, Family, Moment, PartnerId, Product, ProductCode, RefId, Rupiah,
    Token, TrId, Username,
};
use store::{Database, Hooks, Read};

/// A place where a database of one kind lives.
pub(crate) trait Bench {
    /// Opens it, new or as it was left.
    fn open(&self, hooks: Hooks) -> Database;

    /// A reader beside the server, as the audit has it.
    fn reader(&self) -> Box<dyn Read>;
}

/// Runs the whole contract, each promise on a fresh place.
pub(crate) async fn every_promise<B: Bench>(fresh: impl Fn() -> B) {
    reads::what_was_committed_is_read_back_after_a_restart(&fresh()).await;
    reads::lists_are_filtered_and_newest_first(&fresh()).await;
    reads::open_payments_are_those_without_an_outcome(&fresh()).await;
    batches::one_ref_id_in_one_batch_wins_once(&fresh()).await;
    batches::one_transaction_paid_at_once_is_begun_once(&fresh()).await;
    batches::a_deposit_is_never_overdrawn_by_a_race(&fresh()).await;
    batches::a_command_that_breaks_a_constraint_fails_alone(&fresh()).await;
    batches::numbers_go_on_after_a_restart(&fresh()).await;
    batches::a_backup_is_a_whole_database(&fresh()).await;
    watches::a_watch_outlives_a_restart(&fresh()).await;
    watches::one_of_many_claims_is_granted(&fresh()).await;
    watches::one_payment_of_a_bill_is_in_process(&fresh()).await;
    watches::the_queue_begins_with_the_longest_in_it(&fresh()).await;
    workload::any_workload_ends_in_a_clean_audit(&fresh).await;
}

pub(crate) const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);
pub(crate) const PRICE: i64 = 52_300;

/// Hooks that let no error pass.
pub(crate) fn strict() -> Hooks {
    Hooks {
        committed: Box::new(|_| {}),
        fatal: Box::new(|error| panic!("the committer stopped: {error}")),
    }
}

pub(crate) fn product() -> Product {
    Product {
        code: ProductCode::new("BPJS").unwrap(),
        name: "BPJS Kesehatan".into(),
        family: Family::BpjsKesehatan,
        fee: Rupiah::new(2500),
        commission: Rupiah::new(200),
        active: true,
        hours: domain::Hours::parse("01:00-23:00"),
        province: Some("Jawa Barat".into()),
        biller: BillerId(1),
    }
}

pub(crate) fn partner(username: &str) -> AddPartner {
    AddPartner {
        username: Username::new(username).unwrap(),
        name: "Toko".into(),
        key: SealedKey(vec![1, 2, 3].into()),
        allow_list: vec!["203.0.113.0/24".parse().unwrap(), "::1".parse().unwrap()],
        floor: Rupiah::ZERO,
        now: NOON,
    }
}

pub(crate) fn exchange(call: Call, answer: &str) -> Exchange {
    Exchange::new(call, NOON, Duration::from_micros(1500), answer)
}

pub(crate) fn inquiry(partner: PartnerId, ref_id: &str) -> OpenInquiry {
    OpenInquiry {
        partner,
        ref_id: RefId::new(ref_id).unwrap(),
        code: product().code,
        hp: format!("8801-{ref_id}").into(),
        bill: Bill {
            tr_name: "VERGIE".into(),
            period: "02".into(),
            nominal: Rupiah::new(50_000),
            sheets: 1,
            desc: r#"{"kode_cabang":"0901"}"#.into(),
        },
        exchange: exchange(Call::Inquire, "success"),
    }
}

pub(crate) fn pay(partner: PartnerId, tr_id: TrId) -> BeginPayment {
    BeginPayment { partner, tr_id, now: NOON, trial: Arc::default() }
}

pub(crate) fn settle(partner: PartnerId, tr_id: TrId, verdict: Verdict) -> SettlePayment {
    let answer = format!("{verdict:?}");
    let exchange = exchange(Call::Pay, &answer);
    SettlePayment { partner, tr_id, token: Token::PAYER, verdict, exchange }
}

pub(crate) fn paid() -> Verdict {
    Verdict::Paid { noref: "148732328035714773".into(), desc: Some("[]".into()) }
}

/// A database with one product and one partner that has `deposit`.
pub(crate) async fn with_partner(database: &Database, deposit: i64) -> PartnerId {
    database.submit(PutProduct(product())).await.unwrap().unwrap();
    let partner = database.submit(partner("081234567890")).await.unwrap().unwrap().id;
    if deposit > 0 {
        let amount = Rupiah::new(deposit);
        let top_up = AddTopUp { partner, amount, note: "transfer".into(), now: NOON };
        database.submit(top_up).await.unwrap().unwrap();
    }
    partner
}

pub(crate) async fn open_inquiry(database: &Database, partner: PartnerId, ref_id: &str) -> TrId {
    database.submit(inquiry(partner, ref_id)).await.unwrap().unwrap().inquiry.tr_id
}

/// Audits beside the server and asserts that nothing is wrong.
pub(crate) fn assert_clean(bench: &impl Bench) -> store::audit::Report {
    let report = store::audit::audit(bench.reader().as_mut()).unwrap();
    assert!(report.is_clean(), "{:?}", report.faults);
    report
}

pub(crate) fn amounts(top_ups: &[TopUp]) -> Vec<i64> {
    top_ups.iter().map(|top_up| top_up.amount.get()).collect()
}
