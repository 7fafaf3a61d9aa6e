//! A request, as logs and metrics are told of it.

use iak_protocol::ResponseCode;

/// What the logs and the metrics learn of a request: nothing personal, nothing secret.
pub(crate) struct RequestRecord {
    /// The command, or `unknown`.
    pub(crate) command: &'static str,
    /// What was answered.
    pub(crate) code: ResponseCode,
    /// Who asked, once the signature was right.
    pub(crate) partner: Option<domain::PartnerId>,
    /// Which transaction it was about.
    pub(crate) tr_id: Option<i64>,
}

impl RequestRecord {
    pub(crate) fn nobody(command: &'static str, code: ResponseCode) -> RequestRecord {
        RequestRecord { command, code, partner: None, tr_id: None }
    }
}
