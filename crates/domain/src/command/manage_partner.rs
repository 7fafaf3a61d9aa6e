//! Adds a partner; changes its keys, access and settings.

use std::sync::Arc;

use super::{Command, Decision};
use crate::partner::{PasswordHash, SealedKey, SignIn, Totp};
use crate::{
    Books, CallbackUrl, Change, Moment, Network, Partner, PartnerId, RowSet, Rupiah, Username,
};

/// Adds a partner, with a balance of zero.
#[derive(Clone)]
pub struct AddPartner {
    /// Its user name, unique among all partners.
    pub username: Username,
    /// Its display name.
    pub name: Box<str>,
    /// Its first API key.
    pub key: SealedKey,
    /// Addresses that it may call from; any address if empty.
    pub allow_list: Vec<Network>,
    /// At most zero, as the balance starts at zero.
    pub min_balance: Rupiah,
    /// When.
    pub now: Moment,
}

/// Why a partner is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddPartnerRefusal {
    /// Another partner has this username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The balance, which is zero, is below the minimum balance.
    #[error("the balance is below that limit")]
    BalanceBelowMinimum,
}

impl Command for AddPartner {
    type Outcome = Arc<Partner>;
    type Refusal = AddPartnerRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.usernames.push(self.username.clone());
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Partner>>, AddPartnerRefusal> {
        if books.usernames.contains_key(&self.username) {
            return Err(AddPartnerRefusal::UsernameTaken);
        }
        if self.min_balance > Rupiah::ZERO {
            return Err(AddPartnerRefusal::BalanceBelowMinimum);
        }
        let partner = Arc::new(Partner {
            id: PartnerId(books.next_partner),
            username: self.username.clone(),
            name: self.name.clone(),
            keys: vec![self.key.clone()],
            allow_list: self.allow_list.clone(),
            suspended: false,
            min_balance: self.min_balance,
            created_at: self.now,
            sign_in: SignIn::default(),
            callback: None,
        });
        let changes = vec![Change::Partner(Arc::clone(&partner))];
        Ok(Decision::without_movement(partner, changes))
    }
}

/// Changes one partner.
#[derive(Clone)]
pub struct ChangePartner {
    pub partner: PartnerId,
    pub change: PartnerChange,
}

/// A change of a partner.
#[derive(Clone)]
pub enum PartnerChange {
    /// Adds a new key; the present one stays valid.
    AddKey(SealedKey),
    /// Removes all keys but the newest.
    DropOldKeys,
    /// `true`: refuse all its requests. `false`: accept them again.
    Suspend(bool),
    /// Sets the addresses that it may call from.
    AllowList(Vec<Network>),
    /// Sets its minimum balance.
    MinBalance(Rupiah),
    /// Sets or removes the portal password. Without one nobody can sign in, and one-time codes are removed too.
    Password(Option<PasswordHash>),
    /// Sets the secret of one-time codes, or stops requiring them.
    Totp(Option<SealedKey>),
    /// Uses up the one-time code of this time step.
    TakeCode(i64),
    /// Ends all its portal sessions.
    EndSessions,
    /// Sets or removes its callback address.
    Callback(Option<CallbackUrl>),
}

/// Why a partner is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChangePartnerRefusal {
    /// There is no such partner.
    #[error("there is no such partner")]
    UnknownPartner,
    /// The partner already has two keys.
    #[error("two keys are active already; drop the old one first")]
    TwoKeys,
    /// The balance is below the requested minimum balance.
    #[error("the balance is below that limit")]
    BalanceBelowMinimum,
    /// The one-time code was used before, or codes are no longer required.
    #[error("the code was used before")]
    CodeUsed,
}

impl Command for ChangePartner {
    type Outcome = Arc<Partner>;
    type Refusal = ChangePartnerRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Partner>>, ChangePartnerRefusal> {
        let partner =
            books.partners.get(&self.partner).ok_or(ChangePartnerRefusal::UnknownPartner)?;
        let mut partner = Partner::clone(partner);
        match &self.change {
            PartnerChange::AddKey(_) if partner.keys.len() >= 2 => {
                return Err(ChangePartnerRefusal::TwoKeys);
            }
            PartnerChange::AddKey(key) => partner.keys.insert(0, key.clone()),
            PartnerChange::DropOldKeys => partner.keys.truncate(1),
            PartnerChange::Suspend(suspended) => partner.suspended = *suspended,
            PartnerChange::AllowList(networks) => partner.allow_list = networks.clone(),
            PartnerChange::MinBalance(min_balance)
                if *min_balance > books.available(self.partner) =>
            {
                return Err(ChangePartnerRefusal::BalanceBelowMinimum);
            }
            PartnerChange::MinBalance(min_balance) => partner.min_balance = *min_balance,
            PartnerChange::TakeCode(step) => match &mut partner.sign_in.totp {
                Some(totp) if totp.used < *step => totp.used = *step,
                _ => return Err(ChangePartnerRefusal::CodeUsed),
            },
            PartnerChange::Password(password) => {
                let totp = partner.sign_in.totp.take().filter(|_| password.is_some());
                partner.sign_in.totp = totp;
                partner.sign_in.password = password.clone();
                partner.sign_in.end_sessions();
            }
            PartnerChange::Totp(secret) => {
                let unused = |secret| Totp { secret, used: 0 };
                partner.sign_in.totp = secret.clone().map(unused);
                partner.sign_in.end_sessions();
            }
            PartnerChange::EndSessions => partner.sign_in.end_sessions(),
            PartnerChange::Callback(url) => partner.callback = url.clone(),
        }
        let partner = Arc::new(partner);
        let changes = vec![Change::Partner(Arc::clone(&partner))];
        Ok(Decision::without_movement(partner, changes))
    }
}
