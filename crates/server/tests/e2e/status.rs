//! Check status: the four published pages.

use iak_protocol::Format;

use crate::client::{Partner, Reply, fresh_ref_id};
use crate::documented::{Page, extension};
use crate::server::Home;

const THREE_BILLS: &str = "6391601202";
const STAYS_PENDING: &str = "6391601207";

#[test]
fn a_status_check_answers_as_published_in_every_state() {
    let home = Home::new();
    let server = home.start(&[]);
    for format in [Format::Json, Format::Xml] {
        let mut partner = server.partner().speaking(format);
        let (tr_id, ref_id) = inquired(&mut partner, THREE_BILLS);
        assert_is_page(&mut partner, &ref_id, "not-received", format);
        assert_eq!(partner.pay(tr_id).rc(), "00");
        assert_is_page(&mut partner, &ref_id, "success", format);

        let (tr_id, ref_id) = inquired(&mut partner, STAYS_PENDING);
        assert_eq!(partner.pay(tr_id).rc(), "39");
        assert_is_page(&mut partner, &ref_id, "in-process", format);
        let tr_id = tr_id.to_string();
        home.operate(&["payment", "resolve", &tr_id, "--failed", "--reason", "refused by phone"]);
        assert_is_page(&mut partner, &ref_id, "failed", format);
    }
}

fn inquired(partner: &mut Partner, hp: &str) -> (i64, String) {
    let ref_id = fresh_ref_id();
    let reply: Reply = partner.inquire("TELKOMPSTN", hp, &ref_id);
    (reply.tr_id(), ref_id)
}

fn assert_is_page(partner: &mut Partner, ref_id: &str, state: &str, format: Format) {
    let extension = extension(format);
    let mut request = Page::read(&format!("check-status/request.{extension}"));
    request.set("ref_id", ref_id);
    let answered = request.send(partner, "cs");
    let difference = Page::read(&format!("check-status/{state}.{extension}")).difference(&answered);
    assert!(difference.is_empty(), "- published, + answered\n{difference}");
    assert_eq!(answered.text("ref_id").as_deref(), Some(ref_id));
}
