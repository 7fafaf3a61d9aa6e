//! How the people of a partner sign in to the portal: password and one-time codes.

use domain::command::PartnerChange;
use secrecy::SecretString;

use super::{Admin, Refused, response};
use crate::secrets::{password, totp};

impl Admin {
    /// Without a password nobody can sign in.
    pub(super) async fn set_password(
        &self,
        username: &str,
        password: Option<SecretString>,
    ) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?;
        let hash = match password {
            Some(password) => {
                let hashed = tokio::task::spawn_blocking(move || password::hash(&password)).await;
                Some(hashed.map_err(Refused::because)?.map_err(Refused::because)?)
            }
            None => None,
        };
        let partner = self.change(&partner, PartnerChange::Password(hash)).await?;
        self.with_deposit(&partner).await
    }

    pub(super) async fn set_codes(&self, username: &str) -> Result<response::NewCodes, Refused> {
        let partner = self.partner(username)?;
        if partner.sign_in.password.is_none() {
            let why = format_args!(
                "{username} has no password, and codes are used in addition to one; set it first with \
                 `lunas partner password {username}`"
            );
            return Err(Refused::because(why));
        }
        let secret = totp::new_secret();
        let sealed = self.vault.seal(&secret);
        let partner = self.change(&partner, PartnerChange::Totp(Some(sealed))).await?;
        let url = Some(totp::url(username, &secret));
        Ok(response::NewCodes { partner: self.with_deposit(&partner).await?, url })
    }

    pub(super) async fn remove_codes(&self, username: &str) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?;
        let partner = self.change(&partner, PartnerChange::Totp(None)).await?;
        self.with_deposit(&partner).await
    }

    pub(super) async fn end_sessions(&self, username: &str) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?;
        let partner = self.change(&partner, PartnerChange::EndSessions).await?;
        self.with_deposit(&partner).await
    }
}
