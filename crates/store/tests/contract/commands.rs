//! The commands that tests submit.

use std::sync::Arc;
use std::time::Duration;

use domain::command::{AddPartner, BeginPayment, BillerOutcome, OpenInquiry, SettlePayment};
use domain::partner::SealedKey;
use domain::payment::Call;
use domain::{
    Bill, BillerId, Exchange, Family, FencingToken, Moment, PartnerId, Product, ProductCode, Quote,
    RefId, Rupiah, TrId, Username,
};

pub(crate) const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);
pub(crate) const PRICE: i64 = 52_300;
/// What the biller takes for it.
pub(crate) const COST: i64 = 49_300;

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
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: vec![domain::Route::to(BillerId(1))],
    }
}

pub(crate) fn partner(username: &str) -> AddPartner {
    AddPartner {
        username: Username::new(username).unwrap(),
        name: "Toko".into(),
        key: SealedKey(vec![1, 2, 3].into()),
        allow_list: vec!["203.0.113.0/24".parse().unwrap(), "::1".parse().unwrap()],
        min_balance: Rupiah::ZERO,
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
        customer_no: format!("8801-{ref_id}").into(),
        biller: BillerId(1),
        extra: Some(domain::ExtraField::Month(2)),
        passed_over: Some("other: the biller is paused".into()),
        biller_code: None,
        reference: None,
        quote: Quote {
            bill: Bill {
                customer_name: "VERGIE".into(),
                period: "02".into(),
                nominal: Rupiah::new(50_000),
                sheets: 1,
                details: r#"{"kode_cabang":"0901"}"#.into(),
            },
            biller_reference: Some(format!("Q-{ref_id}").into()),
            cost: Some(Rupiah::new(COST)),
            admin: None,
        },
        exchange: exchange(Call::Inquire, "success"),
        asked_before: Vec::new(),
    }
}

pub(crate) fn pay(partner: PartnerId, tr_id: TrId) -> BeginPayment {
    BeginPayment { partner, tr_id, now: NOON, test_numbers: Arc::default() }
}

pub(crate) fn settle(partner: PartnerId, tr_id: TrId, verdict: BillerOutcome) -> SettlePayment {
    let answer = format!("{verdict:?}");
    let exchange = exchange(Call::Pay, &answer);
    SettlePayment {
        may_fail_over: false,
        partner,
        tr_id,
        token: FencingToken::PAYER,
        verdict,
        exchange,
        answered_synchronously: true,
        asked_before: Vec::new(),
    }
}

pub(crate) fn paid() -> BillerOutcome {
    BillerOutcome::Paid { receipt_no: "148732328035714773".into(), details: Some("[]".into()) }
}
