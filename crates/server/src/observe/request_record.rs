//! What logs and metrics record about a request.

use iak_protocol::ResponseCode;

/// The record of a request. It contains nothing personal and nothing secret.
pub(crate) struct RequestRecord {
    /// The command, or `unknown`.
    pub(crate) command: &'static str,
    /// The response code.
    pub(crate) code: ResponseCode,
    /// The partner, if the signature was valid.
    pub(crate) partner: Option<domain::PartnerId>,
    /// The transaction, if known.
    pub(crate) tr_id: Option<i64>,
}

impl RequestRecord {
    pub(crate) fn nobody(command: &'static str, code: ResponseCode) -> RequestRecord {
        RequestRecord { command, code, partner: None, tr_id: None }
    }
}
