//! A proxy between a production server and Digiflazz, which breaks one answer at a time. Whatever happens: the books are
//! clean, each payment is sent at most once, and none is taken for failed that may be paid.

use crate::client::fresh_ref_id;
use crate::upstream_faults::proxy::{DIGIFLAZZ, Fault, Proxy};

use super::{PRODUCTS, Shop, inquire, numbers_of};

const PRODUCT: &str = "PLNPOSTPAID";

struct Bench {
    shop: Shop,
    proxy: Proxy,
}

impl Bench {
    fn new() -> Bench {
        let mut proxy = None;
        let shop = Shop::open_at(&[], &PRODUCTS[..1], |digiflazz| {
            let port = digiflazz.url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
            let before = proxy.insert(Proxy::of(DIGIFLAZZ, port));
            (format!("http://127.0.0.1:{}/v1", before.port), vec!["--deadline", "1s"])
        });
        Bench { shop, proxy: proxy.unwrap() }
    }

    /// Asks for the bill of this number without a fault. An answer closes a circuit's row of failures.
    fn inquired(&self, hp: &str) -> i64 {
        inquire(&mut self.shop.partner(), PRODUCT, hp, &fresh_ref_id()).tr_id()
    }

    /// Ends a payment that is open, so that its bill can be paid again.
    fn end(&self, tr_id: i64) {
        if self.shop.front.state(tr_id) == "pending" {
            let end = ["payment", "resolve", &tr_id.to_string(), "--failed", "--reason", "a test"];
            self.shop.operate(&end);
        }
    }

    fn finish(self) {
        self.proxy.assert_sent_once();
        self.shop.front.home.audit();
    }
}

#[test]
fn a_broken_answer_to_an_inquiry_leaves_nothing() {
    let bench = Bench::new();
    let hp = numbers_of("pln").paid[0].0;
    for fault in Fault::ALL {
        bench.inquired(hp);
        let count = || bench.shop.front.home.audit()["inquiries"].as_i64().unwrap();
        let before = count();
        bench.proxy.arm("inq-pasca", fault);
        let mut partner = bench.shop.partner();
        let ref_id = fresh_ref_id();
        let told = inquire(&mut partner, PRODUCT, hp, &ref_id);
        let taken = fault.leaves_a_true_answer();
        assert_eq!((told.status, told.rc() == "00"), (200, taken), "{fault:?}: {}", told.rc());
        if !taken {
            assert_eq!((&*told.rc(), count()), ("103", before), "{fault:?}");
            assert_eq!(inquire(&mut partner, PRODUCT, hp, &ref_id).rc(), "00", "{fault:?}");
        }
    }
    bench.finish();
}

#[test]
fn a_broken_answer_to_a_payment_is_pending_until_a_status_query_decides() {
    let bench = Bench::new();
    for fault in Fault::ALL {
        let tr_id = bench.inquired(numbers_of("pln").paid[0].0);
        bench.proxy.arm("pay-pasca", fault);
        let told = bench.shop.partner().pay(tr_id);
        let expected = if fault.leaves_a_true_answer() { "00" } else { "39" };
        assert_eq!((told.status, &*told.rc()), (200, expected), "{fault:?}");
        // What Digiflazz took is paid. What never reached it stays pending: it could still arrive.
        let expected = if fault.reaches_the_biller() { "paid" } else { "pending" };
        assert_eq!(bench.shop.front.ask(tr_id), expected, "{fault:?}");
        // A second request of the partner does not send it again.
        assert!(["01", "39"].contains(&&*bench.shop.partner().pay(tr_id).rc()), "{fault:?}");
        bench.end(tr_id);
    }
    bench.finish();
}

#[test]
fn a_broken_answer_to_a_status_query_says_nothing_about_the_payment() {
    let bench = Bench::new();
    for fault in Fault::ALL {
        let tr_id = bench.inquired(numbers_of("pln").pending_then_paid[0].0);
        assert_eq!(bench.shop.partner().pay(tr_id).rc(), "39", "{fault:?}");
        // It is pending at the first query.
        assert_eq!(bench.shop.front.ask(tr_id), "pending", "{fault:?}");
        bench.proxy.arm("status-pasca", fault);
        let expected = if fault.leaves_a_true_answer() { "paid" } else { "pending" };
        assert_eq!(bench.shop.front.ask(tr_id), expected, "{fault:?}");
        assert_eq!(bench.shop.front.ask(tr_id), "paid", "{fault:?}: the next answer is whole");
    }
    bench.finish();
}
