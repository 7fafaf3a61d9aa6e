//! The hours of a product or a route, as an operator writes them.

use domain::Hours;
use serde::{Deserialize, Serialize};

use super::Refused;

/// When a product can be paid, or a biller asked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OpeningHours {
    /// At any time of day.
    Always,
    /// From the first minute to the last, in Asia/Jakarta: `01:00-23:00`.
    Between(String),
}

impl OpeningHours {
    /// The hours; none is at any time.
    ///
    /// # Errors
    /// With the expected form.
    pub(super) fn checked(self) -> Result<Option<Hours>, Refused> {
        let OpeningHours::Between(text) = self else { return Ok(None) };
        let hours = Hours::parse(&text).ok_or_else(|| {
            Refused::because(format_args!(
                "{text:?} is not a time range: expected one such as 01:00-23:00"
            ))
        })?;
        Ok(Some(hours))
    }
}
