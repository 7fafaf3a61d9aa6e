//! What is said beside an answer: what it means for the bill, and what to do.

use client::{Answer, Outcome};
use iak_protocol::{Command, ResponseCode};

/// What to do where the answer is not final, or does not say what a reader may take it for.
pub(super) fn advice(
    outcome: &Outcome,
    command: &Command<'_>,
    answer: Option<&Answer<'_>>,
) -> Option<String> {
    let state = match outcome {
        Outcome::Done => return None,
        Outcome::Refused => return unknown_ref_id(command, answer),
        Outcome::AlreadyPaid => {
            return Some("lunas: This bill was already paid; nothing was paid now.".to_owned());
        }
        Outcome::Pending => "It is in process.".to_owned(),
        Outcome::Unknown(why) => format!("The outcome is unknown: {why}."),
        Outcome::NotSent(why) => format!("Nothing was sent: {why}."),
    };
    if !matches!(command, Command::Payment { .. } | Command::Status { .. }) {
        return Some(format!("lunas: {state}"));
    }
    let ref_id = match (command, answer) {
        (Command::Status { ref_id }, _) => ref_id,
        (Command::Payment { tr_id, .. }, Some(Answer::Bill(answer)))
            if answer.tr_id == Some(*tr_id) =>
        {
            answer.ref_id.as_deref().filter(|ref_id| is_plain(ref_id)).unwrap_or("REF_ID")
        }
        _ => "REF_ID",
    };
    Some(format!(
        "lunas: {state} Ask with `lunas status {ref_id}`; never pay the bill under a new ref_id."
    ))
}

/// Where the status of an unknown ref_id was asked for: what `status` takes.
fn unknown_ref_id(command: &Command<'_>, answer: Option<&Answer<'_>>) -> Option<String> {
    match (command, answer) {
        (Command::Status { ref_id }, Some(Answer::Bill(answer)))
            if answer.response_code == ResponseCode::InquiryNotFound =>
        {
            Some(format!(
                "lunas: There is no transaction with the ref_id {ref_id}. `lunas status` takes the ref_id \
                 that `lunas inquire` and `lunas pay` showed, not the tr_id."
            ))
        }
        _ => None,
    }
}

/// Whether a server's ref_id may stand in a command line that somebody will copy.
fn is_plain(ref_id: &str) -> bool {
    ref_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}
