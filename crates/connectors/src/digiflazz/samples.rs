//! A payment and answers for the tests of this module.

use std::sync::Arc;

use biller::PaymentRequest;
use domain::{
    Bill, BillerId, Family, Inquiry, Moment, PartnerId, Price, ProductCode, RefId, Reference,
    Rupiah, SoldProduct, TrId,
};
use serde_json::{Value, json};

use super::answer::Answer;

/// A payment of 8,500 and a fee of 2,500 under the reference `lunas1`.
pub(super) fn order() -> PaymentRequest {
    let inquiry = Inquiry {
        tr_id: TrId(1),
        partner: PartnerId(1),
        ref_id: RefId::new("r1").unwrap(),
        code: ProductCode::new("PLNPOSTPAID").unwrap(),
        customer_no: "530000000001".into(),
        bill: Bill {
            customer_name: "Nama Pelanggan Pertama".into(),
            period: "201901".into(),
            nominal: Rupiah::new(8500),
            sheets: 1,
            details: "[]".into(),
        },
        price: Price {
            admin: Rupiah::new(2500),
            commission: Rupiah::ZERO,
            price: Rupiah::new(11_000),
            selling_price: Rupiah::new(11_000),
        },
        biller: BillerId(2),
        extra: None,
        passed_over: None,
        biller_code: Some(ProductCode::new("pln").unwrap()),
        reference: Some(Reference::new("lunas1").unwrap()),
        biller_reference: None,
        stated_cost: Some(Rupiah::new(10_000)),
        at: Moment::from_micros(0),
        sold: SoldProduct { name: "PLN".into(), family: Family::PlnPostpaid },
    };
    PaymentRequest {
        inquiry: Arc::new(inquiry),
        family: Family::PlnPostpaid,
        begun_at: Moment::from_micros(0),
    }
}

/// The member `data` of a successful answer to that payment.
pub(super) fn paid() -> Value {
    json!({
        "ref_id": "lunas1",
        "customer_no": "530000000001",
        "customer_name": "Nama Pelanggan Pertama",
        "buyer_sku_code": "pln",
        "admin": 2500,
        "message": "Transaksi Sukses",
        "status": "Sukses",
        "rc": "00",
        "periode": "201901",
        "sn": "S1234554321N",
        "buyer_last_saldo": 90_000,
        "price": 10_000,
        "selling_price": 11_000,
        "desc": {"tarif": "R1", "daya": 1300, "lembar_tagihan": 1, "detail": [{
            "periode": "201901", "nilai_tagihan": "8000", "admin": "2500", "denda": "500",
            "meter_awal": "00080000", "meter_akhir": "00090000",
        }]},
    })
}

/// The same with some members changed. `null` takes one away.
pub(super) fn changed(changes: Value) -> Value {
    let mut data = paid();
    for (name, value) in changes.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

/// A failed or pending answer has no more than this.
pub(super) fn unpaid(rc: &str, status: &str) -> Value {
    json!({
        "ref_id": "lunas1",
        "customer_no": "530000000001",
        "buyer_sku_code": "pln",
        "message": "",
        "status": status,
        "rc": rc,
    })
}

/// An answer with that `data`.
pub(super) fn answer(data: &Value) -> Answer {
    Answer::read(json!({ "data": data }).to_string().as_bytes()).ok().unwrap()
}
