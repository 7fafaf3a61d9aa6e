//! Network faults during a payment or its answer: paying again gives the same answer, and there is
//! one debit.

use std::thread;

use iak_protocol::Command;

use crate::attack_server::AttackServer;
use crate::client::{CHECK, Connection};
use crate::proxy::{Fault, spoil};
use crate::server::{DEPOSIT, wait_for};

const PRICE: i64 = 52_300;

/// Every fault; those at some byte, at many positions.
fn faults() -> Vec<Fault> {
    let whole = [
        Fault::RequestDribbled,
        Fault::RequestDoubled,
        Fault::RequestSentTwice,
        Fault::RequestHalfClosed,
        Fault::AnswerReset,
        Fault::AnswerDribbled,
        Fault::AnswerDoubled,
        Fault::AnswerGarbled,
        Fault::AnswerNotAwaited,
    ];
    let requests =
        (0..300).step_by(23).flat_map(|at| [Fault::RequestCut(at), Fault::RequestReset(at)]);
    let answers = (0..900).step_by(31).map(Fault::AnswerCut);
    whole.into_iter().cycle().take(4 * whole.len()).chain(requests).chain(answers).collect()
}

#[test]
fn whatever_happens_to_an_answer_paying_again_tells_the_same_story() {
    let attack = AttackServer::start(&[("sandbox.latency", "20ms")]);
    let deposit = attack.home.deposit().0;
    let faults = faults();
    for some in faults.chunks(16) {
        thread::scope(|scope| {
            for fault in some {
                scope.spawn(|| pay_through(&attack, *fault));
            }
        });
    }
    let paid = i64::try_from(faults.len()).unwrap();
    assert_eq!(attack.home.deposit(), (deposit - paid * PRICE, 0), "of {DEPOSIT}");
    let asked = attack.server.counted("lunas_biller_calls_total", r#"call="pay""#);
    assert_eq!(
        asked as i64,
        (DEPOSIT - deposit) / PRICE + paid,
        "the biller is asked once for each"
    );
    attack.finish();
}

fn pay_through(attack: &AttackServer, fault: Fault) {
    let mut partner = attack.server.partner();
    let tr_id = partner.inquired("BPJS", "8801234560001").tr_id();
    let body = partner.signed(Command::payment(tr_id));
    let length = body.len();
    let head = format!("POST {CHECK} HTTP/1.1\r\nHost: lunas\r\nContent-Length: {length}\r\n\r\n");
    let request = [head.as_bytes(), &body].concat();
    let mut connection = Connection::open(spoil(fault, request.len(), attack.server.port)).unwrap();
    let told = connection.write(&request).and_then(|()| connection.reply());

    let paid = wait_for("the end of a payment", || {
        let told = partner.pay(tr_id);
        (told.rc() != "39").then_some(told)
    });
    assert!(["00", "01"].contains(&&*paid.rc()), "{fault:?}: {}", paid.rc());
    let again = partner.pay(tr_id);
    assert_eq!((&*again.rc(), again.text("noref")), ("01", paid.text("noref")), "{fault:?}");
    if let Ok(told) = told.as_ref()
        && (told.status, told.body.is_empty()) == (200, false)
        && ["00", "01"].contains(&&*told.rc())
    {
        assert_eq!(told.text("noref"), paid.text("noref"), "{fault:?}");
        assert_eq!(told.text("balance"), paid.text("balance"), "{fault:?}");
    }
}
