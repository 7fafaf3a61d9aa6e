//! Partners: add, show, change, suspend; their API keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::command::{AddPartner, ChangePartner, PartnerChange};
use domain::partner::SealedKey;
use domain::{Account, Network, Partner, PartnerId, Rupiah, Username, bounds};
use secrecy::{ExposeSecret, SecretString};

use super::callbacks::address_view;
use super::named::Named;
use super::{Admin, Refused, amount, request, response, validate_line};
use crate::secrets::vault::Vault;

type Balances = BTreeMap<Account, Rupiah>;

impl Admin {
    pub(super) async fn add_partner(
        &self,
        new: request::NewPartner,
    ) -> Result<response::NewKey, Refused> {
        let username = Username::new(&new.username);
        let username = username.map_err(|malformed| {
            Refused::because(format_args!("{:?} is not a username: {malformed}", new.username))
        })?;
        let name = new.name.as_deref().unwrap_or(username.as_str());
        let (key, api_key) = self.sealed(new.api_key)?;
        let add = AddPartner {
            name: validate_line("a partner's name", name, 100)?.into(),
            username,
            key,
            allow_list: networks(&new.allow)?,
            min_balance: amount("a minimum balance", new.min_balance, bounds::MIN_BALANCE)?,
            now: self.gateway.now(),
        };
        let partner = self.operate(add).await?;
        Ok(response::NewKey { partner: self.with_deposit(&partner).await?, api_key })
    }

    pub(super) async fn list_partners(&self) -> Result<Vec<response::Partner>, Refused> {
        let balances = self.balances().await?;
        let directory = self.gateway.reference_data();
        Ok(directory.partners().into_iter().map(|partner| view(partner, &balances)).collect())
    }

    pub(super) async fn show_partner(&self, username: &str) -> Result<response::Partner, Refused> {
        self.with_deposit(&*self.partner(username)?).await
    }

    /// The minimum balance is changed first: it may be refused, and then nothing has changed.
    pub(super) async fn set_partner(
        &self,
        change: request::PartnerChange,
    ) -> Result<response::Partner, Refused> {
        let mut partner = self.partner(&change.username)?;
        let allow_list = change.allow.as_deref().map(networks).transpose()?;
        if let Some(min_balance) = change.min_balance {
            let lowest = amount("a minimum balance", min_balance, bounds::MIN_BALANCE)?;
            partner = self.change(&partner, PartnerChange::MinBalance(lowest)).await?;
        }
        if let Some(allow_list) = allow_list {
            partner = self.change(&partner, PartnerChange::AllowList(allow_list)).await?;
        }
        self.with_deposit(&partner).await
    }

    pub(super) async fn suspend_partner(
        &self,
        username: &str,
        suspended: bool,
    ) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?;
        let partner = self.change(&partner, PartnerChange::Suspend(suspended)).await?;
        self.with_deposit(&partner).await
    }

    pub(super) async fn rotate_key(
        &self,
        username: &str,
        api_key: Option<SecretString>,
    ) -> Result<response::NewKey, Refused> {
        let partner = self.partner(username)?;
        let (key, api_key) = self.sealed(api_key)?;
        let partner = self.change(&partner, PartnerChange::AddKey(key)).await?;
        Ok(response::NewKey { partner: self.with_deposit(&partner).await?, api_key })
    }

    pub(super) async fn finish_rotation(
        &self,
        username: &str,
    ) -> Result<response::Partner, Refused> {
        let partner = self.partner(username)?;
        if partner.keys.len() < 2 {
            let why =
                format_args!("{username} has only one API key, so there is no old one to remove");
            return Err(Refused::because(why));
        }
        let partner = self.change(&partner, PartnerChange::DropOldKeys).await?;
        self.with_deposit(&partner).await
    }

    /// The id of the partner that a list is restricted to, if any.
    pub(super) fn id_of(&self, username: Option<&str>) -> Result<Option<PartnerId>, Refused> {
        username.map(|username| Ok(self.partner(username)?.id)).transpose()
    }

    /// A function from partner id to username.
    pub(super) fn usernames(&self) -> impl Fn(PartnerId) -> String + use<> {
        let directory = self.gateway.reference_data();
        let name = |partner: &Arc<Partner>| (partner.id, partner.username.to_string());
        let names: BTreeMap<_, _> = directory.partners().into_iter().map(name).collect();
        move |id| names.get(&id).cloned().unwrap_or_else(|| format!("partner {id}"))
    }

    pub(super) async fn change(
        &self,
        partner: &Partner,
        change: PartnerChange,
    ) -> Result<Arc<Partner>, Refused> {
        Ok(self.operate(ChangePartner { partner: partner.id, change }).await?)
    }

    /// Encrypts the given key, or a new one; a new one is also returned to be shown.
    fn sealed(
        &self,
        given: Option<SecretString>,
    ) -> Result<(SealedKey, Option<SecretString>), Refused> {
        let Some(key) = given else {
            let key = Vault::new_secret();
            return Ok((self.vault.seal(&key), Some(key)));
        };
        let text = key.expose_secret();
        if (8..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok((self.vault.seal(&key), None));
        }
        Err(Refused::because("an API key is 8 to 128 visible ASCII characters without blanks"))
    }

    pub(super) async fn with_deposit(
        &self,
        partner: &Partner,
    ) -> Result<response::Partner, Refused> {
        Ok(view(partner, &self.balances().await?))
    }

    async fn balances(&self) -> Result<Balances, Refused> {
        Ok(self.gateway.read(|read| read.balances()).await?.into_iter().collect())
    }
}

fn networks(texts: &[String]) -> Result<Vec<Network>, Refused> {
    let network = |text: &String| {
        text.parse().map_err(|error| Refused::because(format_args!("{text:?}: {error}")))
    };
    texts.iter().map(network).collect()
}

fn view(partner: &Partner, balances: &Balances) -> response::Partner {
    let balance = |account| balances.get(&account).copied().unwrap_or_default().get();
    response::Partner {
        username: partner.username.to_string(),
        name: partner.name.to_string(),
        suspended: partner.suspended,
        available: balance(Account::Available(partner.id)),
        held: balance(Account::Held(partner.id)),
        min_balance: partner.min_balance.get(),
        allow: partner.allow_list.iter().copied().map(Named).collect(),
        keys: partner.keys.len(),
        password: partner.sign_in.password.is_some(),
        codes: partner.sign_in.totp.is_some(),
        callback: partner.callback.as_ref().map(address_view),
        since: Named(partner.created_at),
    }
}
