//! What an answer means: done, refused, or not known. What is in doubt is never taken for a
//! failure, as the bill would then be paid again.

use std::process::ExitCode;

use iak_protocol::{
    BillAnswer, Class, Command, PriceListAnswer, Product, ResponseCode, decode_answer,
    decode_price_list,
};

use super::connection::{NoReply, Reply};

/// What a server told.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// About one bill, or a failure of any command.
    Bill(Box<BillAnswer<'a>>),
    /// What it sells.
    Products(Vec<Product<'a>>),
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
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

impl Verdict {
    /// 0 done, 1 refused, 3 anything that is no final answer, 4 paid before. A payment that was not sent
    /// has no final answer: it may have been sent before.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Verdict::Done => 0,
            Verdict::Refused => 1,
            Verdict::Pending | Verdict::Unknown(_) | Verdict::NotSent(_) => 3,
            Verdict::AlreadyPaid => 4,
        })
    }
}

impl From<&NoReply> for Verdict {
    fn from(no_reply: &NoReply) -> Verdict {
        match no_reply {
            NoReply::NotSent(why) => Verdict::NotSent(why.clone()),
            NoReply::Lost(why) => Verdict::Unknown(why.clone()),
        }
    }
}

/// Reads a reply to a command. What was told may be worth showing even where it decides nothing.
pub(super) fn judge<'r>(reply: &'r Reply, command: &Command<'_>) -> (Option<Told<'r>>, Verdict) {
    let told = match told(reply, command) {
        Ok(told) => told,
        Err(why) => {
            return (None, Verdict::Unknown(format!("{why}; HTTP status {}", reply.status)));
        }
    };
    let class = match &told {
        Told::Products(_) => Class::Success,
        Told::Bill(answer) => answer.response_code.class(),
    };
    let verdict = match (reply.status, class) {
        _ if is_of_another(&told, command) => {
            Verdict::Unknown("the answer is about another transaction".to_owned())
        }
        (200..=299, _) if is_of_a_paid_one(&told, command) => Verdict::AlreadyPaid,
        _ if repeats_a_payment(&told, command) => {
            Verdict::Unknown("the invoice is paid, by this payment or by another".to_owned())
        }
        (200..=299, Class::Success) => Verdict::Done,
        (200..=299 | 400 | 404, Class::Failed) => Verdict::Refused,
        (200..=299, Class::Pending) => Verdict::Pending,
        (status, _) => Verdict::Unknown(format!("the answer has the HTTP status {status}")),
    };
    (Some(told), verdict)
}

fn told<'r>(reply: &'r Reply, command: &Command<'_>) -> Result<Told<'r>, String> {
    let format = reply.format();
    let format = format.ok_or("the answer is neither JSON nor XML: check --url or LUNAS_URL")?;
    let unreadable = |error: iak_protocol::Unreadable| error.to_string();
    if !matches!(command, Command::PriceList { .. }) {
        let answer = decode_answer(&reply.body, format).map_err(unreadable)?;
        return Ok(Told::Bill(Box::new(answer)));
    }
    match decode_price_list(&reply.body, format).map_err(unreadable)? {
        PriceListAnswer::Products(products) => Ok(Told::Products(products)),
        // The failure's own fields, such as what is wrong with each of the request's.
        PriceListAnswer::Failure { .. } => decode_answer(&reply.body, format)
            .map(|answer| Told::Bill(Box::new(answer)))
            .map_err(unreadable),
    }
}

/// Whether a payment is answered 01, as a repeated one is whose first answer was lost. The reference
/// counts 01 as a failure, and it may be this very payment's success.
fn repeats_a_payment(told: &Told<'_>, command: &Command<'_>) -> bool {
    matches!((told, command), (Told::Bill(answer), Command::Payment { .. })
        if answer.response_code == ResponseCode::InvoicePaid)
}

/// Whether a payment is answered as the one of this very `tr_id` that was paid before: `status` 1 says
/// so, which a refusal has as 2.
fn is_of_a_paid_one(told: &Told<'_>, command: &Command<'_>) -> bool {
    matches!((told, command), (Told::Bill(answer), Command::Payment { tr_id, .. })
        if answer.response_code == ResponseCode::InvoicePaid
            && answer.status == Some(1)
            && answer.tr_id == Some(*tr_id))
}

/// Whether a payment or its status is answered with somebody else's.
fn is_of_another(told: &Told<'_>, command: &Command<'_>) -> bool {
    match (told, command) {
        (Told::Bill(answer), Command::Payment { tr_id, .. }) => {
            answer.tr_id.is_some_and(|answered| answered != *tr_id)
        }
        (Told::Bill(answer), Command::Status { ref_id }) => {
            answer.ref_id.as_ref().is_some_and(|answered| answered != ref_id)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, body: &str, command: &Command<'_>) -> Verdict {
        let reply = Reply { status, content_type: None, body: body.into() };
        judge(&reply, command).1
    }

    fn answer(fields: &str) -> String {
        format!(r#"{{"data":{{{fields}}},"meta":[]}}"#)
    }

    #[test]
    fn the_class_of_the_code_decides_where_the_status_allows_it() {
        let pay = Command::payment(7);
        let with = |status, code: &str| {
            verdict(status, &answer(&format!(r#""response_code":"{code}""#)), &pay)
        };
        for (code, expected) in [
            ("00", Verdict::Done),
            ("37", Verdict::Refused),
            ("100", Verdict::Refused),
            ("39", Verdict::Pending),
            ("05", Verdict::Pending),
            ("201", Verdict::Pending),
        ] {
            assert_eq!(with(200, code), expected, "{code}");
        }
        assert_eq!(with(400, "107"), Verdict::Refused);
        assert_eq!(with(404, "117"), Verdict::Refused);
        for status in [301, 401, 403, 413, 429, 500, 502, 503] {
            for code in ["00", "37", "39"] {
                assert!(matches!(with(status, code), Verdict::Unknown(_)), "{status} {code}");
            }
        }
        assert!(matches!(with(400, "00"), Verdict::Unknown(_)));
        assert!(matches!(with(404, "39"), Verdict::Unknown(_)));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_whatever_the_status() {
        let pay = Command::payment(7);
        let html = "<html><body>Not found</body></html>";
        for body in [html, "", "OK", "{}", r#"{"data":{}}"#, r#"{"data":{"response_code":"777"}}"#]
        {
            for status in [200, 400, 404, 500] {
                let verdict = verdict(status, body, &pay);
                assert!(matches!(verdict, Verdict::Unknown(_)), "{status} {body}");
            }
        }
    }

    #[test]
    fn an_answer_about_another_transaction_decides_nothing() {
        let other = answer(r#""tr_id":8,"ref_id":"b","response_code":"00""#);
        assert!(matches!(verdict(200, &other, &Command::payment(7)), Verdict::Unknown(_)));
        assert_eq!(verdict(200, &other, &Command::payment(8)), Verdict::Done);
        let status = |ref_id| Command::Status { ref_id };
        assert!(matches!(verdict(200, &other, &status("a".into())), Verdict::Unknown(_)));
        assert_eq!(verdict(200, &other, &status("b".into())), Verdict::Done);
    }

    #[test]
    fn a_repeated_payment_is_no_failure() {
        let paid = answer(r#""tr_id":7,"ref_id":"a","response_code":"01""#);
        assert!(matches!(verdict(200, &paid, &Command::payment(7)), Verdict::Unknown(_)));
        let paid_before = answer(r#""tr_id":7,"ref_id":"a","response_code":"01","status":1"#);
        assert_eq!(verdict(200, &paid_before, &Command::payment(7)), Verdict::AlreadyPaid);
        // Neither a refusal, nor another transaction, nor none, nor an error says that this one is paid.
        for (status, fields) in [
            (200, r#""tr_id":7,"response_code":"01","status":2"#),
            (200, r#""tr_id":8,"response_code":"01","status":1"#),
            (200, r#""response_code":"01","status":1"#),
            (500, r#""tr_id":7,"response_code":"01","status":1"#),
        ] {
            let verdict = verdict(status, &answer(fields), &Command::payment(7));
            assert!(matches!(verdict, Verdict::Unknown(_)), "{status} {fields}: {verdict:?}");
        }
        let status = Command::Status { ref_id: "a".into() };
        assert_eq!(verdict(200, &paid, &status), Verdict::Refused);
    }

    #[test]
    fn no_final_answer_has_an_exit_code_of_its_own() {
        let code = |verdict: Verdict| format!("{:?}", verdict.exit_code());
        let of = |number: u8| format!("{:?}", ExitCode::from(number));
        assert_eq!(code(Verdict::Done), of(0));
        assert_eq!(code(Verdict::Refused), of(1));
        assert_eq!(code(Verdict::Pending), of(3));
        assert_eq!(code(Verdict::AlreadyPaid), of(4));
        assert_eq!(code(Verdict::from(&NoReply::Lost(String::new()))), of(3));
        assert_eq!(code(Verdict::from(&NoReply::NotSent(String::new()))), of(3));
    }
}
