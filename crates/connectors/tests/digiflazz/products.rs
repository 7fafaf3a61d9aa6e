//! Every product's test numbers, from the inquiry to the final result.

use biller::{BillerReport, InquiryError, PayError, Receipt, Reply, Status};
use connectors::digiflazz::webhook::{self, Report};
use domain::{FailureReason, Rupiah};
use serde_json::{Value, json};

use crate::numbers::{IDENTITY, NUMBERS, TestOutcome};
use crate::server::{KEY, Server, success};
use crate::setup::{NOW, connector, order, question};

#[tokio::test]
async fn every_test_number_has_its_documented_result() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let mut number = 0;
    for row in NUMBERS {
        for (customer_no, outcome) in row.all() {
            number += 1;
            let reference = format!("lunas{number}");
            let name = format!("{} {customer_no}", row.product);
            let question = question(row.product, row.family, customer_no, &reference);
            let reply = biller.inquire(&question).await;
            hides_secrets(&reply, &name);
            let quote = match (outcome, reply.answer) {
                (TestOutcome::NoBill, answer) => {
                    let refused = InquiryError::Refused(FailureReason::InquiryFailed);
                    assert_eq!(answer, Err(refused), "{name}");
                    continue;
                }
                (_, answer) => answer.expect(&name),
            };
            let sheets = match outcome {
                TestOutcome::Paid { sheets } | TestOutcome::PendingThenPaid { sheets } => sheets,
                _ => 1,
            };
            let rupiah = |amount: u32| Rupiah::new(i64::from(amount));
            assert_eq!(quote.bill.nominal, rupiah(8500 * sheets), "{name}");
            assert_eq!(quote.admin, Some(rupiah(2500 * sheets)), "{name}");
            assert_eq!(quote.cost, Some(rupiah(11_000 * sheets - 1000)), "{name}");
            assert_eq!(quote.bill.sheets, sheets, "{name}");
            assert_eq!(reply.balance, Some(Rupiah::new(100_000)), "{name}");

            let order = order(&question, quote);
            let paid = biller.pay(&order).await;
            hides_secrets(&paid, &name);
            let first = biller.status(&order, NOW).await.answer;
            let second = biller.status(&order, NOW).await.answer;
            let failed = FailureReason::PaymentFailed;
            let is_receipt = |receipt: &Receipt| &*receipt.receipt_no == "S1234554321N";
            match outcome {
                TestOutcome::Paid { .. } => {
                    assert!(paid.answer.as_ref().is_ok_and(is_receipt), "{name}");
                    assert_eq!(first, Status::Paid(paid.answer.unwrap()), "{name}");
                }
                TestOutcome::Fails => {
                    assert_eq!(paid.answer, Err(PayError::Refused(failed)), "{name}");
                    assert_eq!(second, Status::Failed(failed), "{name}");
                }
                TestOutcome::PendingThenPaid { .. } => {
                    assert_eq!(paid.answer, Err(PayError::InProcess), "{name}");
                    assert_eq!(first, Status::Pending, "{name}");
                    assert!(matches!(&second, Status::Paid(it) if is_receipt(it)), "{name}");
                    // The webhook that follows says the same.
                    let sent = server.requests().pop().unwrap().1;
                    let body = json!({"data": success(&sent, sheets, true)}).to_string();
                    let Ok(Report::Payment(report)) = webhook::read(body.as_bytes()) else {
                        panic!("{name}")
                    };
                    assert_eq!(report.reference(), reference);
                    assert_eq!(report.difference(&order), None, "{name}");
                    assert_eq!(report.conclude(&order).answer, second, "{name}");
                }
                TestOutcome::PendingThenFailed => {
                    assert_eq!(paid.answer, Err(PayError::InProcess), "{name}");
                    assert_eq!(first, Status::Pending, "{name}");
                    assert_eq!(second, Status::Failed(failed), "{name}");
                }
                TestOutcome::NoBill => unreachable!(),
            }
            for (command, times) in [("inq-pasca", 1), ("pay-pasca", 1), ("status-pasca", 2)] {
                assert_eq!(server.count(command, &reference), times, "{name} {command}");
            }
        }
    }
    for (path, body) in server.requests() {
        assert_eq!(path, "/v1/transaction");
        assert!(body["commands"].is_string() && body.get("command").is_none(), "{body}");
    }
}

fn hides_secrets<T>(reply: &Reply<T>, name: &str) {
    let evidence = reply.evidence.as_ref().expect(name);
    assert!(!evidence.sent.contains(KEY) && !evidence.received.contains(KEY), "{name}");
    let sent: Value = serde_json::from_str(&evidence.sent).unwrap();
    assert_eq!(sent["sign"], "***", "{name}");
    assert_eq!(evidence.http_status, Some(200), "{name}");
}

#[tokio::test]
async fn an_inquiry_says_what_its_product_needs() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    for (index, (product, number)) in [
        ("cimahi", "329801092375999991"),
        ("emoney", "082100000001"),
        ("samsat", "9658548523568701"),
    ]
    .into_iter()
    .enumerate()
    {
        let row = NUMBERS.iter().find(|row| row.product == product).unwrap();
        let question = question(product, row.family, number, &format!("extra{index}"));
        let quote = biller.inquire(&question).await.answer.unwrap();
        biller.pay(&order(&question, quote)).await.answer.unwrap();
    }
    let sent: Vec<Value> = server.requests().into_iter().map(|(_, body)| body).collect();
    let [tax, paid_tax, money, paid_money, vehicle, paid_vehicle] = &*sent else { panic!() };
    assert_eq!((&tax["year"], tax.get("amount")), (&json!(2019), None));
    assert_eq!((&money["amount"], money.get("year")), (&json!(100_000), None));
    assert_eq!(vehicle["customer_no"], format!("9658548523568701,{IDENTITY}"));
    assert_eq!(paid_vehicle["customer_no"], vehicle["customer_no"]);
    for paid in [paid_tax, paid_money, paid_vehicle] {
        assert!(paid.get("year").is_none() && paid.get("amount").is_none(), "{paid}");
    }
}

#[tokio::test]
async fn a_reference_cannot_be_used_for_a_second_inquiry() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let row = &NUMBERS[0];
    let question = question(row.product, row.family, row.paid[0].0, "once");
    biller.inquire(&question).await.answer.unwrap();
    let again = biller.inquire(&question).await;
    let refused = InquiryError::Refused(FailureReason::BillerUnavailable);
    assert_eq!(again.answer, Err(refused));
    assert_eq!(again.said.as_deref(), Some("49: reference used before"));
}

#[tokio::test]
async fn a_bill_of_several_months_cannot_be_asked_for() {
    let server = Server::start().await;
    let biller = connector(&server.url);
    let row = NUMBERS.iter().find(|row| row.product == "bpjs").unwrap();
    let mut question = question(row.product, row.family, row.paid[0].0, "months");
    question.month = Some(2);
    let reply = biller.inquire(&question).await;
    let refused = InquiryError::Refused(FailureReason::ProductUnavailable);
    assert_eq!((reply.answer, reply.evidence), (Err(refused), None));
    assert!(server.requests().is_empty());
}
