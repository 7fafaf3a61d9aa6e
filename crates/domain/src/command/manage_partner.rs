//! Takes a partner on, and changes its keys and standing.

use std::sync::Arc;

use super::{Command, Decision, Refusal};
use crate::partner::{PasswordHash, SealedKey, SignIn, Totp};
use crate::{
    Books, CallbackUrl, Change, Moment, Network, Partner, PartnerId, RowSet, Rupiah, Username,
};

/// A new partner, with an empty deposit.
#[derive(Clone)]
pub struct AddPartner {
    /// What it signs in with; nobody else may have it.
    pub username: Username,
    /// What people call it.
    pub name: Box<str>,
    /// Its first API key.
    pub key: SealedKey,
    /// From where it may call; from anywhere, if empty.
    pub allow_list: Vec<Network>,
    /// The limit of its deposit; at most zero, as a deposit starts empty.
    pub min_balance: Rupiah,
    /// When.
    pub now: Moment,
}

impl Command for AddPartner {
    type Outcome = Arc<Partner>;

    fn touches(&self, touched: &mut RowSet) {
        touched.usernames.push(self.username.clone());
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Partner>>, Refusal> {
        if books.usernames.contains_key(&self.username) {
            return Err(Refusal::UsernameTaken);
        }
        if self.min_balance > Rupiah::ZERO {
            return Err(Refusal::FloorAboveDeposit);
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
        Ok(Decision { outcome: Arc::clone(&partner), changes: vec![Change::Partner(partner)] })
    }
}

/// A change of one partner.
#[derive(Clone)]
pub struct ChangePartner {
    /// Which partner.
    pub partner: PartnerId,
    /// What changes.
    pub change: PartnerChange,
}

/// What can change about a partner.
#[derive(Clone)]
pub enum PartnerChange {
    /// A new key is in force beside the present one.
    AddKey(SealedKey),
    /// Only the newest key stays in force.
    DropOldKeys,
    /// Nothing is accepted from it any more, or everything is again.
    Suspend(bool),
    /// From where it may call.
    AllowList(Vec<Network>),
    /// The limit of its deposit.
    MinBalance(Rupiah),
    /// The password of its people; without one they sign in no more, and need no codes either.
    Password(Option<PasswordHash>),
    /// The secret that their codes follow from, if any are to be asked for.
    Totp(Option<SealedKey>),
    /// Somebody signs in with the code of this time step.
    TakeCode(i64),
    /// Whoever is signed in is so no longer.
    EndSessions,
    /// Where it is told how a payment ended, if anywhere.
    Callback(Option<CallbackUrl>),
}

impl Command for ChangePartner {
    type Outcome = Arc<Partner>;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
    }

    fn decide(&self, books: &Books) -> Result<Decision<Arc<Partner>>, Refusal> {
        let partner = books.partners.get(&self.partner).ok_or(Refusal::UnknownPartner)?;
        let mut partner = Partner::clone(partner);
        match &self.change {
            PartnerChange::AddKey(_) if partner.keys.len() >= 2 => return Err(Refusal::TwoKeys),
            PartnerChange::AddKey(key) => partner.keys.insert(0, key.clone()),
            PartnerChange::DropOldKeys => partner.keys.truncate(1),
            PartnerChange::Suspend(suspended) => partner.suspended = *suspended,
            PartnerChange::AllowList(networks) => partner.allow_list = networks.clone(),
            PartnerChange::MinBalance(min_balance)
                if *min_balance > books.available(self.partner) =>
            {
                return Err(Refusal::FloorAboveDeposit);
            }
            PartnerChange::MinBalance(min_balance) => partner.min_balance = *min_balance,
            PartnerChange::TakeCode(step) => match &mut partner.sign_in.totp {
                Some(totp) if totp.used < *step => totp.used = *step,
                _ => return Err(Refusal::CodeUsed),
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
        Ok(Decision { outcome: partner, changes })
    }
}
