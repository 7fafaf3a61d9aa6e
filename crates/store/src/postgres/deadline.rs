//! The deadline of the server's answers.

use std::time::Duration;

use crate::StoreError;

/// How long the server may take to answer a query by key.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// The answer, or [`StoreError::Unreachable`] if the server takes too long.
pub(super) async fn with_deadline<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let silent = |_| StoreError::Unreachable("the server does not answer".to_owned());
    tokio::time::timeout(ANSWERED_WITHIN, answer).await.map_err(silent)?
}
