//! The commands of a batch, decided on loaded books.

use std::sync::Arc;
use std::time::Duration;

use domain::command::{BeginPayment, BillerOutcome, OpenInquiry, RecordDeposit, SettlePayment};
use domain::follow_up::FencingToken;
use domain::payment::Call;
use domain::{
    Bill, BillerId, Books, Exchange, Family, Moment, Partner, PartnerId, Product, ProductCode,
    RefId, Rupiah, TrId, Username,
};

use crate::measured::{TIMES, commands_counted};

const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);
const PARTNER: PartnerId = PartnerId(1);

pub(crate) fn open() {
    commands_counted(&mut funded(), &inquiries());
}

pub(crate) fn begin() {
    commands_counted(&mut inquired(), &payments());
}

pub(crate) fn settle() {
    let mut books = inquired();
    payments().iter().for_each(|begin| assert!(books.run(begin).is_ok()));
    let outcome = |tr_id| SettlePayment {
        partner: PARTNER,
        tr_id,
        token: FencingToken::PAYER,
        may_fail_over: false,
        verdict: BillerOutcome::Paid { receipt_no: "1487".into(), details: None },
        exchange: exchange(Call::Pay),
        answered_synchronously: true,
        asked_before: Vec::new(),
    };
    commands_counted(&mut books, &numbers().map(outcome).collect::<Vec<_>>());
}

fn inquired() -> Books {
    let mut books = funded();
    inquiries().iter().for_each(|inquiry| assert!(books.run(inquiry).is_ok()));
    books
}

fn funded() -> Books {
    let mut books = Books { next_tr_id: 1, next_partner: 2, ..Books::default() };
    let partner = partner();
    books.usernames.insert(partner.username.clone(), PARTNER);
    books.partners.insert(PARTNER, Arc::new(partner));
    let product = product();
    Arc::make_mut(&mut books.catalogue).insert(product.code.clone(), Arc::new(product));
    let deposit = RecordDeposit {
        partner: PARTNER,
        amount: Rupiah::new(9_000_000_000),
        note: "".into(),
        reference: None,
        now: NOON,
    };
    assert!(books.run(&deposit).is_ok());
    books
}

/// The deposit has the first number.
fn numbers() -> impl Iterator<Item = TrId> {
    (0..TIMES).map(|number| TrId(2 + number as i64))
}

fn payments() -> Vec<BeginPayment> {
    let begin =
        |tr_id| BeginPayment { partner: PARTNER, tr_id, now: NOON, test_numbers: Arc::default() };
    numbers().map(begin).collect()
}

#[expect(clippy::expect_used, reason = "what is written here is in order")]
fn inquiries() -> Vec<OpenInquiry> {
    let bill = Bill {
        customer_name: "JAMES".into(),
        period: "02".into(),
        nominal: Rupiah::new(50_000),
        sheets: 1,
        details: r#"{"kode_cabang":"0901","jumlah_peserta":"2"}"#.into(),
    };
    let inquiry = |number: usize| OpenInquiry {
        partner: PARTNER,
        ref_id: RefId::new(&format!("ref-{number:03}")).expect("it is in order"),
        code: product().code,
        customer_no: format!("88012345600{number:02}").into(),
        biller: BillerId(1),
        extra: None,
        passed_over: None,
        biller_code: None,
        reference: None,
        quote: bill.clone().into(),
        exchange: exchange(Call::Inquire),
        asked_before: Vec::new(),
    };
    (0..TIMES).map(inquiry).collect()
}

fn exchange(call: Call) -> Exchange {
    Exchange { took_micros: 1, ..Exchange::new(call, NOON, Duration::ZERO, "paid") }
}

#[expect(clippy::expect_used, reason = "what is written here is in order")]
fn product() -> Product {
    Product {
        code: ProductCode::new("BPJS").expect("it is in order"),
        name: "BPJS Kesehatan".into(),
        family: Family::BpjsKesehatan,
        fee: Rupiah::new(2_500),
        commission: Rupiah::new(200),
        active: true,
        hours: None,
        province: None,
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: vec![domain::Route::to(BillerId(1))],
    }
}

#[expect(clippy::expect_used, reason = "what is written here is in order")]
fn partner() -> Partner {
    Partner {
        id: PARTNER,
        username: Username::new("0812345678").expect("it is in order"),
        name: "Toko".into(),
        keys: Vec::new(),
        allow_list: Vec::new(),
        suspended: false,
        min_balance: Rupiah::ZERO,
        created_at: NOON,
        sign_in: domain::partner::SignIn::default(),
        callback: None,
    }
}
