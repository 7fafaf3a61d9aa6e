//! Rows for the tests of this crate.

use super::*;
use crate::{Bill, BillerId, Family, Moment, Price, ProductCode, Route, SoldProduct};

pub(crate) const PARTNER: PartnerId = PartnerId(1);
/// Noon in Jakarta.
pub(crate) const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);

pub(crate) fn product() -> Product {
    Product {
        code: ProductCode::new("BPJS").unwrap(),
        name: "BPJS Kesehatan".into(),
        family: Family::BpjsKesehatan,
        fee: Rupiah::new(2500),
        fee_of_biller: false,
        commission: Rupiah::new(200),
        active: true,
        hours: None,
        province: None,
        below_cost: false,
        failover_payments: false,
        routes: vec![Route::to(BillerId(1))],
    }
}

pub(crate) fn bill() -> Bill {
    Bill {
        customer_name: "VERGIE".into(),
        period: "02".into(),
        nominal: Rupiah::new(50_000),
        sheets: 1,
        details: "{}".into(),
    }
}

pub(crate) fn inquiry() -> Inquiry {
    let product = product();
    Inquiry {
        tr_id: TrId(1),
        partner: PARTNER,
        ref_id: RefId::new("r1").unwrap(),
        code: product.code.clone(),
        customer_no: "8801234560001".into(),
        price: Price::of(&product, &bill().into()).unwrap(),
        bill: bill(),
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        biller_reference: None,
        stated_cost: None,
        at: NOON,
        sold: SoldProduct { name: product.name, family: product.family },
    }
}

pub(crate) fn partner() -> Partner {
    Partner {
        id: PARTNER,
        username: Username::new("081234567890").unwrap(),
        name: "Toko".into(),
        keys: Vec::new(),
        allow_list: Vec::new(),
        suspended: false,
        min_balance: Rupiah::ZERO,
        created_at: NOON,
        sign_in: crate::partner::SignIn::default(),
        callback: None,
    }
}

/// Books with one product and one partner with this balance.
pub(crate) fn books(deposit: i64) -> Books {
    let mut books = Books { next_tr_id: 1, next_partner: 2, ..Books::default() };
    Arc::make_mut(&mut books.catalogue).insert(product().code, Arc::new(product()));
    books.partners.insert(PARTNER, Arc::new(partner()));
    books.usernames.insert(partner().username, PARTNER);
    books.balances.insert(Account::Available(PARTNER), Rupiah::new(deposit));
    books.balances.insert(Account::Bank, Rupiah::new(-deposit));
    books
}
