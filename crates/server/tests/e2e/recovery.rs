//! The server is killed with thousands of open payments: the next one answers at once and completes
//! them all.

use std::time::Instant;

use crate::load::{CONFIG, PAYS, Story, judge, leave_in_process};
use crate::server::Home;

/// Open payments when the server is killed.
const IN_PROCESS: usize = 10_000;

#[test]
fn a_restarted_server_answers_and_resolves_ten_thousand_open_payments() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut stories = leave_in_process(&server, IN_PROCESS);
    assert_eq!((stories.len(), home.journal().len()), (IN_PROCESS, IN_PROCESS));
    server.signal("KILL");
    server.ended();

    let begun = Instant::now();
    let server = home.start(&CONFIG);
    let mut partner = server.partner();
    let first = partner.status(&stories[0].ref_id);
    assert!(["39", "00"].contains(&&*first.rc()), "{first:?}");
    let told = begun.elapsed();
    stories.push(Story::whole(&mut partner, PAYS));
    println!("{told:?} to the first right answer, {:?} to the first payment", begun.elapsed());
    assert_eq!(judge(&home, &server, &stories), IN_PROCESS + 1);
}
