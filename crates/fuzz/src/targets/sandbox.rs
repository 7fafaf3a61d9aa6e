//! The sandbox biller: for any customer there is either no bill or a bill that the ledger accepts.
//! The input is lines: product, customer number, month, year, identity number and amount.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use biller::{Biller, InquiryRequest};
use domain::{Price, Product};
use iak_protocol::Desc;
use sandbox::{Sandbox, Settings, catalogue};

/// It has no delay, so it answers at once.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let settings = Settings { made_up: true, ..Settings::default() };
    Sandbox::new(settings, |_| Box::pin(std::future::ready(())))
});
static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(catalogue);

/// Six lines.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(6, '\n');
    let which = lines.next().unwrap_or_default().bytes().map(usize::from).sum::<usize>();
    let product = &PRODUCTS[which % PRODUCTS.len()];
    let mut line = || lines.next().filter(|line| !line.is_empty());
    let question = InquiryRequest {
        code: product.code.clone(),
        biller_code: product.code.clone(),
        reference: None,
        family: product.family,
        customer_no: line().unwrap_or_default().into(),
        month: line().and_then(|month| month.parse().ok()),
        year: line().and_then(|year| year.parse().ok()),
        identity: line().map(Into::into),
        amount: line().and_then(|amount| amount.parse().ok()),
    };
    if !is_customer(&question.customer_no) || !question.identity.as_deref().is_none_or(is_customer)
    {
        return;
    }
    let answer = pin!(SANDBOX.inquire(&question));
    let Poll::Ready(answer) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the sandbox makes nobody wait");
    };
    let Ok(quote) = answer.answer else { return };
    let bill = &quote.bill;
    assert!(Desc::new(&bill.details).is_ok(), "{}", bill.details);
    assert!(!bill.customer_name.is_empty());
    if let Ok(price) = Price::of(product, &quote) {
        let paid = price.selling_price.plus(price.commission);
        assert_eq!(paid, bill.nominal.plus(price.admin), "the price adds up");
    }
}

/// The checks of a request before a biller is called.
fn is_customer(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -_.:/".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}
