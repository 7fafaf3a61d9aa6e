//! Ten times the capacity: excess requests are refused at once, and started ones complete.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use iak_protocol::Command;

use crate::attack_server::{AttackServer, fire, memory, serves_the_honest};
use crate::client::{CHECK, Partner, Reply, fresh_ref_id, inquiry};
use crate::server::{DEPOSIT, Home, wait_for};

/// The limit of requests in work; with the biller's latency this is the capacity.
const PLACES: usize = 16;

const CONFIG: [(&str, &str); 4] = [
    ("limits.requests_in_flight", "16"),
    ("sandbox.latency", "20ms"),
    ("sandbox.pending_ends", "success"),
    ("sandbox.pending_after", "1s"),
];

/// How long a refused partner waits: less than it is told. Ten times as many partners as permits
/// then send ten times the capacity.
const PAUSE: Duration = Duration::from_millis(20);

/// The length of each phase, set with `LUNAS_OVERLOAD_SECONDS`.
fn phase() -> Duration {
    let seconds = std::env::var("LUNAS_OVERLOAD_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// The results of all partners.
#[derive(Default)]
struct Outcome {
    /// The `ref_id` and selling price of each payment answered 00.
    paid: BTreeMap<String, i64>,
    /// The `ref_id`s of payments that were sent and are not known to be paid.
    open: Vec<String>,
    shed: usize,
}

/// This many partners inquire and pay for a while, each on its own connection.
fn work(attack: &AttackServer, partners: usize) -> Outcome {
    let (stop, outcome) = (AtomicBool::new(false), Mutex::new(Outcome::default()));
    thread::scope(|scope| {
        for worker in 0..partners {
            let (stop, outcome) = (&stop, &outcome);
            scope.spawn(move || {
                let mut partner = attack.server.partner();
                while !stop.load(Ordering::Relaxed) {
                    // Every tenth partner disconnects during its payment.
                    pay_one(attack, &mut partner, outcome, worker % 10 == 9).unwrap();
                }
            });
        }
        thread::sleep(phase());
        stop.store(true, Ordering::Relaxed);
    });
    outcome.into_inner().unwrap()
}

fn pay_one(
    attack: &AttackServer,
    partner: &mut Partner,
    outcome: &Mutex<Outcome>,
    hangs_up: bool,
) -> io::Result<()> {
    let ref_id = fresh_ref_id();
    let inquired = partner.try_ask(inquiry("BPJS", "8801234560001", &ref_id))?;
    if is_shed(&inquired) {
        outcome.lock().unwrap().shed += 1;
        thread::sleep(PAUSE);
        return Ok(());
    }
    assert_eq!(inquired.rc(), "00");
    if hangs_up {
        let body = partner.signed(Command::payment(inquired.tr_id()));
        let length = body.len();
        let head = format!("POST {CHECK} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
        partner.connection.write(&[head.as_bytes(), &body].concat())?;
        *partner = attack.server.partner();
        outcome.lock().unwrap().open.push(ref_id);
        return Ok(());
    }
    let paid = partner.try_ask(Command::payment(inquired.tr_id()))?;
    let mut outcome = outcome.lock().unwrap();
    if is_shed(&paid) {
        outcome.shed += 1;
        outcome.open.push(ref_id);
        drop(outcome);
        thread::sleep(PAUSE);
    } else {
        assert_eq!(paid.rc(), "00");
        outcome.paid.insert(ref_id, paid.rupiah("selling_price"));
    }
    Ok(())
}

/// 503 with RC 33 and Retry-After.
fn is_shed(reply: &Reply) -> bool {
    let shed = reply.status == 503;
    assert!(!shed || (reply.rc() == "33" && reply.header("retry-after") == Some("1")));
    shed
}

#[test]
fn what_is_too_much_is_shed_and_what_was_begun_is_finished() {
    // An hour of payments costs more than the usual balance.
    let attack = AttackServer::start_in(Home::with_deposit(1_000 * DEPOSIT), &CONFIG);
    let at_first = attack.home.deposit().0;
    let peak = work(&attack, PLACES);
    let before = memory(&attack.server);
    let overload = work(&attack, 10 * PLACES);
    let grown = memory(&attack.server).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more while it is overloaded");
    assert!(overload.shed > 0 && !overload.paid.is_empty());

    // Operators are served during the overload, and everybody is served after it.
    let begun = Instant::now();
    serves_the_honest(&attack.server);
    println!(
        "peak {} payments, overload {} ({} %), shed {}, {grown} KiB more, normal after {} ms",
        peak.paid.len(),
        overload.paid.len(),
        100 * overload.paid.len() / peak.paid.len().max(1),
        overload.shed,
        begun.elapsed().as_millis(),
    );
    let mut partner = attack.server.partner();
    let mut debited = 0;
    for outcome in [&peak, &overload] {
        for (ref_id, price) in &outcome.paid {
            assert_eq!(partner.status(ref_id).rc(), "00", "{ref_id} was answered 00");
            debited += price;
        }
        for ref_id in &outcome.open {
            let end = wait_for("the end of a payment", || {
                let told = partner.status(ref_id);
                (told.rc() != "39").then_some(told)
            });
            match &*end.rc() {
                "00" => debited += end.rupiah("selling_price"),
                code => assert_eq!(code, "42", "{ref_id}"),
            }
        }
    }
    // The requests served in between were two payments.
    let price = 52_300;
    assert_eq!(attack.home.deposit(), (at_first - debited - 2 * price, 0), "of {DEPOSIT}");
    attack.finish();
}

#[test]
fn an_operator_and_the_resolver_come_through_when_nobody_else_does() {
    let attack = AttackServer::start(&[
        ("limits.requests_in_flight", "1"),
        ("sandbox.pending_ends", "success"),
        ("sandbox.pending_after", "0s"),
        ("gateway.resolver_first_ask", "2s"),
    ]);
    let mut partner = attack.server.partner();
    let inquired = partner.inquire("BPJS", "8801234560007", "pending");
    assert_eq!(partner.pay(inquired.tr_id()).rc(), "39");
    // A body that does not arrive uses the only permit, again and again.
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let head = format!("POST {} HTTP/1.1\r\nContent-Length: 9\r\n\r\n", CHECK);
            while !stop.load(Ordering::Relaxed) {
                fire(attack.server.port, head.as_bytes());
            }
        });
        wait_for("the resolver", || {
            let story = attack.home.operate(&["payment", "show", &inquired.tr_id().to_string()]);
            (story["payment"]["state"] == "paid").then_some(())
        });
        stop.store(true, Ordering::Relaxed);
    });
    wait_for("the place to be free", || {
        (attack.server.partner().status("pending").rc() == "00").then_some(())
    });
    attack.finish();
}
