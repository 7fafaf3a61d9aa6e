//! Adds a partner; changes its keys, access and settings.

use std::sync::Arc;

use super::{Command, Decision};
use crate::action::{Fields, Operation, OperatorCommand, Value, fields};
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
    #[error("the balance is below that minimum")]
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

impl OperatorCommand for AddPartner {
    fn operation(&self, _: &Books, _: &Decision<Arc<Partner>>) -> Option<Operation> {
        let added = fields([
            ("name", Value::text(&self.name)),
            ("allow_list", Value::texts(&self.allow_list)),
            ("min_balance", self.min_balance.into()),
        ]);
        Some(Operation::new("partner.add", &self.username, None, added))
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
    #[error("the balance is below that minimum")]
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

impl OperatorCommand for ChangePartner {
    /// A key, a password or a secret of codes is only counted, or named as present.
    fn operation(&self, books: &Books, decision: &Decision<Arc<Partner>>) -> Option<Operation> {
        let name = self.change.name()?;
        let (before, after) = (books.partners.get(&self.partner)?, &decision.outcome);
        let before = self.change.fields_of(before);
        Some(Operation::new(name, &after.username, Some(before), self.change.fields_of(after)))
    }
}

impl PartnerChange {
    /// Its name in the log of actions. The use of a one-time code belongs to signing in; nobody decides it.
    const fn name(&self) -> Option<&'static str> {
        Some(match self {
            PartnerChange::AddKey(_) => "partner.add-key",
            PartnerChange::DropOldKeys => "partner.drop-old-keys",
            PartnerChange::Suspend(true) => "partner.suspend",
            PartnerChange::Suspend(false) => "partner.resume",
            PartnerChange::AllowList(_) => "partner.allow-list",
            PartnerChange::MinBalance(_) => "partner.min-balance",
            PartnerChange::Password(_) => "partner.password",
            PartnerChange::Totp(_) => "partner.codes",
            PartnerChange::TakeCode(_) => return None,
            PartnerChange::EndSessions => "partner.sign-out",
            PartnerChange::Callback(_) => "partner.callback",
        })
    }

    /// The fields of a partner that it changes, without secrets.
    fn fields_of(&self, partner: &Partner) -> Fields {
        let sign_in = &partner.sign_in;
        let codes = ("codes", sign_in.totp.is_some().into());
        match self {
            PartnerChange::AddKey(_) | PartnerChange::DropOldKeys => {
                fields([("keys", i64::try_from(partner.keys.len()).unwrap_or(i64::MAX).into())])
            }
            PartnerChange::Suspend(_) => fields([("suspended", partner.suspended.into())]),
            PartnerChange::AllowList(_) => {
                fields([("allow_list", Value::texts(&partner.allow_list))])
            }
            PartnerChange::MinBalance(_) => fields([("min_balance", partner.min_balance.into())]),
            PartnerChange::Password(_) => {
                fields([("password", sign_in.password.is_some().into()), codes])
            }
            PartnerChange::Totp(_) | PartnerChange::TakeCode(_) => fields([codes]),
            PartnerChange::EndSessions => fields([("sessions_ended", sign_in.sessions.into())]),
            PartnerChange::Callback(_) => {
                let origin = partner.callback.as_ref().map(CallbackUrl::origin);
                fields([("callback", Value::optional_text(origin.as_ref()))])
            }
        }
    }
}
