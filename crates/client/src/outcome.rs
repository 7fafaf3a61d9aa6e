//! What an answer means: done, refused, or not known. What is in doubt is never taken for a
//! failure, as the bill would then be paid again.

use iak_protocol::{
    BillAnswer, Class, Command, Format, PriceListAnswer, Product, ResponseCode, decode_answer,
    decode_price_list,
};

use outbound::{CallError, Reply};

/// What a server told.
#[derive(Debug)]
pub enum Answer<'a> {
    /// About one bill, or a failure of any command.
    Bill(Box<BillAnswer<'a>>),
    /// What it sells.
    Products(Vec<Product<'a>>),
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A success was told.
    Done,
    /// A failure was told.
    Refused,
    /// A payment was asked for that had been made before; nothing is paid now.
    AlreadyPaid,
    /// It is in process.
    Pending,
    /// The server may have done it or not.
    Unknown(String),
    /// The server never got it.
    NotSent(String),
}

impl From<&CallError> for Outcome {
    fn from(error: &CallError) -> Outcome {
        match error {
            CallError::NotSent(why) => Outcome::NotSent(why.clone()),
            CallError::MaybeSent(why) => Outcome::Unknown(why.clone()),
        }
    }
}

/// Reads a reply to a command. What was told may be worth showing even where it decides nothing.
pub fn interpret<'r>(reply: &'r Reply, command: &Command<'_>) -> (Option<Answer<'r>>, Outcome) {
    let told = match told(reply, command) {
        Ok(told) => told,
        Err(why) => {
            return (None, Outcome::Unknown(format!("{why}; HTTP status {}", reply.status)));
        }
    };
    let class = match &told {
        Answer::Products(_) => Class::Success,
        Answer::Bill(answer) => answer.response_code.class(),
    };
    let outcome = match (reply.status, class) {
        _ if is_of_another(&told, command) => {
            Outcome::Unknown("the answer is about another transaction".to_owned())
        }
        (200..=299, _) if is_of_a_paid_one(&told, command) => Outcome::AlreadyPaid,
        _ if repeats_a_payment(&told, command) => {
            Outcome::Unknown("the invoice is paid, by this payment or by another".to_owned())
        }
        (200..=299, Class::Success) => Outcome::Done,
        (200..=299 | 400 | 404, Class::Failed) => Outcome::Refused,
        (200..=299, Class::Pending) => Outcome::Pending,
        (status, _) => Outcome::Unknown(format!("the answer has the HTTP status {status}")),
    };
    (Some(told), outcome)
}

/// What the body of a reply is in, which need not be what was asked in; none if it is neither.
pub fn format_of(reply: &Reply) -> Option<Format> {
    Format::detect(reply.content_type.as_deref(), &reply.body)
}

fn told<'r>(reply: &'r Reply, command: &Command<'_>) -> Result<Answer<'r>, String> {
    let format = format_of(reply);
    let format = format.ok_or("the answer is neither JSON nor XML: check --url or LUNAS_URL")?;
    let unreadable = |error: iak_protocol::Unreadable| error.to_string();
    if !matches!(command, Command::PriceList { .. }) {
        let answer = decode_answer(&reply.body, format).map_err(unreadable)?;
        return Ok(Answer::Bill(Box::new(answer)));
    }
    match decode_price_list(&reply.body, format).map_err(unreadable)? {
        PriceListAnswer::Products(products) => Ok(Answer::Products(products)),
        // The failure's own fields, such as what is wrong with each of the request's.
        PriceListAnswer::Failure { .. } => decode_answer(&reply.body, format)
            .map(|answer| Answer::Bill(Box::new(answer)))
            .map_err(unreadable),
    }
}

/// Whether a payment is answered 01, as a repeated one is whose first answer was lost. The reference
/// counts 01 as a failure, and it may be this very payment's success.
fn repeats_a_payment(told: &Answer<'_>, command: &Command<'_>) -> bool {
    matches!((told, command), (Answer::Bill(answer), Command::Payment { .. })
        if answer.response_code == ResponseCode::InvoicePaid)
}

/// Whether a payment is answered as the one of this very `tr_id` that was paid before: `status` 1 says
/// so, which a refusal has as 2.
fn is_of_a_paid_one(told: &Answer<'_>, command: &Command<'_>) -> bool {
    matches!((told, command), (Answer::Bill(answer), Command::Payment { tr_id, .. })
        if answer.response_code == ResponseCode::InvoicePaid
            && answer.status == Some(1)
            && answer.tr_id == Some(*tr_id))
}

/// Whether a payment or its status is answered with somebody else's.
fn is_of_another(told: &Answer<'_>, command: &Command<'_>) -> bool {
    match (told, command) {
        (Answer::Bill(answer), Command::Payment { tr_id, .. }) => {
            answer.tr_id.is_some_and(|answered| answered != *tr_id)
        }
        (Answer::Bill(answer), Command::Status { ref_id }) => {
            answer.ref_id.as_ref().is_some_and(|answered| answered != ref_id)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, body: &str, command: &Command<'_>) -> Outcome {
        let reply = Reply { status, content_type: None, body: body.into() };
        interpret(&reply, command).1
    }

    fn answer(fields: &str) -> String {
        format!(r#"{{"data":{{{fields}}},"meta":[]}}"#)
    }

    #[test]
    fn the_class_of_the_code_decides_where_the_status_allows_it() {
        let pay = Command::payment(7);
        let with = |status, code: &str| {
            outcome(status, &answer(&format!(r#""response_code":"{code}""#)), &pay)
        };
        for (code, expected) in [
            ("00", Outcome::Done),
            ("37", Outcome::Refused),
            ("100", Outcome::Refused),
            ("39", Outcome::Pending),
            ("05", Outcome::Pending),
            ("201", Outcome::Pending),
        ] {
            assert_eq!(with(200, code), expected, "{code}");
        }
        assert_eq!(with(400, "107"), Outcome::Refused);
        assert_eq!(with(404, "117"), Outcome::Refused);
        for status in [301, 401, 403, 413, 429, 500, 502, 503] {
            for code in ["00", "37", "39"] {
                assert!(matches!(with(status, code), Outcome::Unknown(_)), "{status} {code}");
            }
        }
        assert!(matches!(with(400, "00"), Outcome::Unknown(_)));
        assert!(matches!(with(404, "39"), Outcome::Unknown(_)));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_whatever_the_status() {
        let pay = Command::payment(7);
        let html = "<html><body>Not found</body></html>";
        for body in [html, "", "OK", "{}", r#"{"data":{}}"#, r#"{"data":{"response_code":"777"}}"#]
        {
            for status in [200, 400, 404, 500] {
                let outcome = outcome(status, body, &pay);
                assert!(matches!(outcome, Outcome::Unknown(_)), "{status} {body}");
            }
        }
    }

    #[test]
    fn an_answer_about_another_transaction_decides_nothing() {
        let other = answer(r#""tr_id":8,"ref_id":"b","response_code":"00""#);
        assert!(matches!(outcome(200, &other, &Command::payment(7)), Outcome::Unknown(_)));
        assert_eq!(outcome(200, &other, &Command::payment(8)), Outcome::Done);
        let status = |ref_id| Command::Status { ref_id };
        assert!(matches!(outcome(200, &other, &status("a".into())), Outcome::Unknown(_)));
        assert_eq!(outcome(200, &other, &status("b".into())), Outcome::Done);
    }

    #[test]
    fn a_repeated_payment_is_no_failure() {
        let paid = answer(r#""tr_id":7,"ref_id":"a","response_code":"01""#);
        assert!(matches!(outcome(200, &paid, &Command::payment(7)), Outcome::Unknown(_)));
        let paid_before = answer(r#""tr_id":7,"ref_id":"a","response_code":"01","status":1"#);
        assert_eq!(outcome(200, &paid_before, &Command::payment(7)), Outcome::AlreadyPaid);
        // Neither a refusal, nor another transaction, nor none, nor an error says that this one is paid.
        for (status, fields) in [
            (200, r#""tr_id":7,"response_code":"01","status":2"#),
            (200, r#""tr_id":8,"response_code":"01","status":1"#),
            (200, r#""response_code":"01","status":1"#),
            (500, r#""tr_id":7,"response_code":"01","status":1"#),
        ] {
            let outcome = outcome(status, &answer(fields), &Command::payment(7));
            assert!(matches!(outcome, Outcome::Unknown(_)), "{status} {fields}: {outcome:?}");
        }
        let status = Command::Status { ref_id: "a".into() };
        assert_eq!(outcome(200, &paid, &status), Outcome::Refused);
    }
}
