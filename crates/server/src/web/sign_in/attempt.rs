//! One attempt to sign in.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::command::{ChangePartner, ChangePartnerRefusal, PartnerChange};
use domain::{Actor, Partner};
use secrecy::{ExposeSecret, SecretString};
use store::CommandError;

use super::App;
use crate::secrets::{password, totp};

/// The username, password and code that were typed.
pub(crate) struct Attempt {
    pub(crate) address: IpAddr,
    pub(crate) username: String,
    pub(crate) password: SecretString,
    /// Empty if none was typed.
    pub(crate) code: SecretString,
}

/// Why a sign-in is refused.
#[derive(Debug)]
pub(crate) enum Denied {
    /// One of the typed values is wrong.
    Wrong,
    /// Too many wrong attempts; retry after this time.
    TooMany(Duration),
    /// Too many other sign-ins are running.
    Busy,
    /// Everything is correct, but the partner is suspended.
    Suspended,
    /// The books cannot be written.
    Unavailable,
}

impl Denied {
    /// The label in metrics.
    const fn name(&self) -> &'static str {
        match self {
            Denied::Wrong => "wrong",
            Denied::TooMany(_) => "locked",
            Denied::Busy => "busy",
            Denied::Suspended => "suspended",
            Denied::Unavailable => "unavailable",
        }
    }
}

impl Attempt {
    /// Completes the attempt even if the client disconnects, so that disconnecting does not save an
    /// attempt.
    pub(crate) async fn make(self, app: &Arc<App>) -> Result<Arc<Partner>, Denied> {
        let app = Arc::clone(app);
        let made = tokio::spawn(async move {
            let decided = self.decide(&app).await;
            let outcome = decided.as_ref().map_or_else(Denied::name, |_| "entered");
            app.metrics.tried_to_sign_in(outcome);
            decided
        });
        let made = made.await;
        made.unwrap_or(Err(Denied::Unavailable))
    }

    async fn decide(self, app: &App) -> Result<Arc<Partner>, Denied> {
        let Attempt { address, username, password, code } = self;
        let _turn = app.signing_in.turn().await.map_err(|_| Denied::Busy)?;
        let found = app.gateway.reference_data().partner(&username).map(Arc::clone);
        let is_listed = found.as_ref().is_some_and(|partner| partner.is_allow_listed(address));
        if let Some(wait) = app.admission.password_wait(address, &username, is_listed) {
            return Err(Denied::TooMany(wait));
        }
        // For an unknown username a dummy password is compared, so that the time does not show that
        // it is unknown.
        let hash = found.as_ref().and_then(|partner| partner.sign_in.password.clone());
        let fits = password::compare(password, hash).await;
        let checked = match found.filter(|_| fits) {
            Some(partner) => check_code(app, partner, &code).await,
            None => Err(Denied::Wrong),
        };
        // The typed name may be a password, so it is not logged.
        match &checked {
            Ok(partner) => tracing::info!(partner = %partner.id, "somebody signed in"),
            Err(Denied::Wrong) => {
                app.admission.wrong_password(address, &username);
                tracing::warn!("somebody did not sign in: what was typed is wrong");
            }
            Err(other) => tracing::warn!(why = ?other, "somebody did not sign in"),
        }
        checked
    }
}

/// Checks the one-time code, if required, and records it so that it cannot be used again.
async fn check_code(
    app: &App,
    partner: Arc<Partner>,
    code: &SecretString,
) -> Result<Arc<Partner>, Denied> {
    let step = match &partner.sign_in.totp {
        None => None,
        Some(totp) => {
            let secret = app.vault.open(&totp.secret).map_err(|error| {
                tracing::error!(%error, "a partner's secret of codes is unusable");
                Denied::Wrong
            })?;
            let step = totp::step_of(&secret, code.expose_secret(), app.gateway.now(), totp.used);
            Some(step.ok_or(Denied::Wrong)?)
        }
    };
    if partner.suspended {
        return Err(Denied::Suspended);
    }
    let Some(step) = step else { return Ok(partner) };
    let actor = Actor::Partner(partner.username.clone());
    let change = PartnerChange::TakeCode(step);
    match app.gateway.operate_as(actor, ChangePartner { partner: partner.id, change }).await {
        // The session belongs to the generation whose password was compared.
        Ok(_) => Ok(partner),
        Err(CommandError::Refused(ChangePartnerRefusal::CodeUsed)) => Err(Denied::Wrong),
        Err(error) => {
            tracing::error!(%error, "a code could not be taken");
            Err(Denied::Unavailable)
        }
    }
}
