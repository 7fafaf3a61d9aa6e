//! A call without an answer that can be read.

use biller::{PayError, Reply};
use domain::Evidence;
use outbound::CallError;

/// Why there is no answer that can be read.
pub(crate) struct NoAnswer {
    /// Whether the biller may have got the request.
    pub(crate) maybe_sent: bool,
    pub(crate) why: Box<str>,
}

impl NoAnswer {
    /// The biller answered, but not as it is documented.
    pub(crate) fn unreadable(why: impl Into<Box<str>>) -> NoAnswer {
        NoAnswer { maybe_sent: true, why: why.into() }
    }

    /// The biller answered with an HTTP status that it does not document.
    pub(crate) fn http_status(status: u16) -> NoAnswer {
        NoAnswer::unreadable(format!("the biller answered with the HTTP status {status}"))
    }
}

impl From<CallError> for NoAnswer {
    fn from(error: CallError) -> NoAnswer {
        let maybe_sent = matches!(error, CallError::MaybeSent(_));
        NoAnswer { maybe_sent, why: error.to_string().into() }
    }
}

/// What it means after a payment request.
impl From<NoAnswer> for PayError {
    fn from(NoAnswer { maybe_sent, why }: NoAnswer) -> PayError {
        match maybe_sent {
            true => PayError::MaybeSent { why },
            false => PayError::NotSent { why },
        }
    }
}

/// A reply without a code of the biller.
pub(crate) fn without_code<T>(answer: T, evidence: Option<Evidence>) -> Reply<T> {
    Reply { answer, evidence, said: None, balance: None }
}
