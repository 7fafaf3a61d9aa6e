//! The counted functions: callgrind knows their names. Each runs a step a hundred times.

use std::hint::black_box;

use domain::{Books, Command};
use iak_protocol::{BillAnswer, Format, decode_answer, decode_request, encode_answer, verify};

/// How often a step runs, so that the overhead around it does not matter.
pub(crate) const TIMES: usize = 100;

macro_rules! published {
    ($page:literal) => {
        include_bytes!(concat!("../../iak-protocol/tests/data/examples/bpjs-kesehatan/", $page))
    };
}

pub(crate) fn read_an_inquiry() {
    request_counted(published!("inquiry-request.json"), Format::Json);
}

pub(crate) fn read_a_payment() {
    request_counted(published!("payment-request.json"), Format::Json);
}

pub(crate) fn read_a_payment_in_xml() {
    request_counted(published!("payment-request.xml"), Format::Xml);
}

pub(crate) fn write_an_answer() {
    write(Format::Json);
}

pub(crate) fn write_an_answer_in_xml() {
    write(Format::Xml);
}

pub(crate) fn verify_a_signature() {
    signature_counted("0000000000000000000000000000000f");
}

fn write(format: Format) {
    let page = published!("payment-response.json");
    let answer = decode_answer(page, Format::Json);
    #[expect(clippy::expect_used, reason = "the published page is right")]
    answer_counted(&answer.expect("the page is an answer"), format);
}

#[inline(never)]
fn request_counted(body: &[u8], format: Format) {
    for _ in 0..TIMES {
        assert!(decode_request(black_box(body), format).is_ok());
    }
}

#[inline(never)]
fn signature_counted(given: &str) {
    for _ in 0..TIMES {
        assert!(!verify("0812345678", "8205cbfcbb52ab9e", "9732787", black_box(given)));
    }
}

#[inline(never)]
fn answer_counted(answer: &BillAnswer<'_>, format: Format) {
    for _ in 0..TIMES {
        let mut out = Vec::with_capacity(1024);
        encode_answer(black_box(answer), format, &mut out);
        black_box(out);
    }
}

/// Decides commands on the loaded books of a batch.
#[inline(never)]
pub(crate) fn commands_counted<C: Command>(books: &mut Books, commands: &[C]) {
    for command in commands {
        assert!(books.run(black_box(command)).is_ok());
    }
}
