//! Callbacks: set the address, list, send again.

use domain::callback::{Callback, DeliveryState};
use domain::command::{ChangePartner, PartnerChange, SendCallback};
use domain::{CallbackUrl, TrId};
use store::CallbackFilter;

use super::named::Named;
use super::{Admin, Refused, response, validate_limit};

impl Admin {
    pub(super) async fn set_callback(
        &self,
        username: &str,
        url: Option<&str>,
    ) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?.id;
        let url = match url.map(str::trim) {
            None => None,
            Some(url) => {
                self.egress.check(url).map_err(Refused::because)?;
                Some(CallbackUrl::new(url).map_err(Refused::because)?)
            }
        };
        let change = PartnerChange::Callback(url);
        self.operate(ChangePartner { partner, change }).await?;
        self.show_partner(username).await
    }

    pub(super) async fn list_callbacks(
        &self,
        partner: Option<String>,
        state: Option<String>,
        limit: u32,
    ) -> Result<Vec<response::Callback>, Refused> {
        let known = |name: String| {
            DeliveryState::named(&name).ok_or_else(|| {
                Refused::because(format_args!(
                    "{name:?}: a callback is waiting, delivered or given-up"
                ))
            })
        };
        let filter = CallbackFilter {
            partner: self.id_of(partner.as_deref())?,
            state: state.map(known).transpose()?,
            limit: validate_limit(limit)?,
        };
        let callbacks = self.gateway.read(move |read| read.callbacks(&filter)).await?;
        let name = self.usernames();
        let view = |callback: &Callback| callback_view(callback, name(callback.partner));
        Ok(callbacks.iter().map(view).collect())
    }

    pub(super) async fn send_callback(
        &self,
        tr_id: i64,
    ) -> Result<Box<response::TransactionHistory>, Refused> {
        let partner = self.started_payment(tr_id).await?.inquiry.partner;
        let (tr_id, now) = (TrId(tr_id), self.gateway.now());
        self.operate(SendCallback { partner, tr_id, now }).await?;
        self.show_payment(tr_id.0).await
    }
}

/// A callback as an operator sees it.
pub(super) fn callback_view(callback: &Callback, partner: String) -> response::Callback {
    response::Callback {
        tr_id: callback.tr_id.0,
        partner,
        state: Named(callback.state),
        attempts: callback.attempts,
        answer: callback.answer.as_deref().map(str::to_owned),
        since: Named(callback.since),
        at: Named(callback.at),
    }
}

/// A callback address without the parts that may be secret.
pub(super) fn address_view(url: &CallbackUrl) -> response::CallbackAddress {
    let origin = url.origin();
    let has_more = url.as_str().trim_end_matches('/') != origin;
    response::CallbackAddress { origin, has_more }
}
