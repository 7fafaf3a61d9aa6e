//! Authentication: signature, then address, then whether the partner is suspended. In this order,
//! so that nobody learns anything about a partner without its key.

use std::net::IpAddr;
use std::sync::Arc;

use domain::{Partner, TrId};
use gateway::ReferenceData;
use iak_protocol::{Command, Known, Request, ResponseCode, diagnose, verify};
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::edge::admission::Throttled;
use crate::secrets::vault::Vault;

/// Why a request is refused.
pub(crate) enum Denied {
    /// It is answered with this code.
    With {
        code: ResponseCode,
        /// In the sandbox: how to correct it.
        hint: Option<String>,
    },
    /// The sender may retry later.
    Throttled(Throttled),
}

impl From<ResponseCode> for Denied {
    fn from(code: ResponseCode) -> Denied {
        Denied::With { code, hint: None }
    }
}

impl From<Throttled> for Denied {
    fn from(refused: Throttled) -> Denied {
        Denied::Throttled(refused)
    }
}

/// What a request says about its sender.
pub(crate) struct Claim<'a> {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// The username that it claims.
    pub(crate) username: &'a str,
    /// What may follow the username and the API key in the signed text.
    pub(crate) suffixes: &'a [&'a str],
    /// The signature as sent.
    pub(crate) sign: &'a str,
}

/// The partner that signed the request, if it may send from `address` and is within its rate limit.
pub(crate) async fn admit(
    app: &App,
    request: &Request<'_>,
    address: IpAddr,
) -> Result<Arc<Partner>, Denied> {
    let (username, sign) = (&*request.username, &*request.sign);
    let [sent, bare] = request.command.signed_suffixes();
    let suffixes = if sent == bare { &[sent][..] } else { &[sent, bare] };
    let claim = Claim { address, username, suffixes, sign };
    let directory = app.gateway.reference_data();
    let partner = match signer(app, &directory, &claim) {
        Err(Denied::With { code, .. })
            if app.config.sandbox.enabled && app.config.sandbox.hints =>
        {
            // In a box, so that a request with a good signature does not have its size.
            let hint = Box::pin(hint(app, request, directory.partner(username))).await;
            return Err(Denied::With { code, hint: Some(hint) });
        }
        signed => signed?,
    };
    check_access(partner, address)?;
    app.admission.count(partner.id)?;
    Ok(Arc::clone(partner))
}

/// The partner whose key fits the signature. An unknown partner costs the same work as a wrong
/// signature, and too many of either lock the sender out for a while. But nobody can lock a partner
/// out from an address on its own allow-list.
pub(crate) fn signer<'a>(
    app: &App,
    directory: &'a ReferenceData,
    claim: &Claim<'_>,
) -> Result<&'a Arc<Partner>, Denied> {
    let partner = directory.partner(claim.username);
    let is_listed = partner.is_some_and(|partner| partner.is_allow_listed(claim.address));
    if !is_listed {
        app.admission.may_sign(claim.address, claim.username)?;
    }
    let Compared { fit, .. } = compare(&app.vault, partner.map(Arc::as_ref), claim);
    match partner {
        Some(partner) if fit > 0 => Ok(partner),
        _ => {
            app.admission.wrong_signature(claim.address, claim.username);
            Err(ResponseCode::InvalidSignature.into())
        }
    }
}

/// With how many keys a signature was compared, and how many fit.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    keys: usize,
    fit: usize,
}

/// Compares the signature with every key of the partner, so that the time does not show which one
/// fits. For an unknown partner it compares with a dummy key, so that the time does not show that
/// the partner is unknown.
fn compare(vault: &Vault, partner: Option<&Partner>, claim: &Claim<'_>) -> Compared {
    let nobody = [vault.dummy_key()];
    let sealed = partner.map_or(&nobody[..], |partner| &partner.keys);
    let mut compared = Compared { keys: 0, fit: 0 };
    for sealed in sealed {
        match vault.open_cached(sealed) {
            Ok(key) => {
                let Claim { username, suffixes, sign, .. } = claim;
                let fits = |suffix: &&str| verify(username, key.expose_secret(), suffix, sign);
                compared.keys += 1;
                compared.fit += suffixes.iter().filter(|suffix| fits(suffix)).count();
            }
            Err(error) => tracing::error!(%error, "a partner's key is unusable"),
        }
    }
    compared
}

/// Whether a partner with a valid signature may send from `address` now.
pub(crate) fn check_access(partner: &Partner, address: IpAddr) -> Result<(), ResponseCode> {
    if !partner.allows_address(address) {
        return Err(ResponseCode::InvalidIpAddress);
    }
    if partner.suspended {
        return Err(ResponseCode::AccountSuspended);
    }
    Ok(())
}

/// What the server would have signed, and which known mistake fits. It never contains a key.
async fn hint(app: &App, request: &Request<'_>, partner: Option<&Arc<Partner>>) -> String {
    let Some(partner) = partner else {
        return "No partner has this username; `lunas partner list` shows those there are.".into();
    };
    let opened = |partner: &Partner| -> Vec<SecretString> {
        partner.keys.iter().filter_map(|sealed| app.vault.open(sealed).ok()).collect()
    };
    let own = opened(partner);
    let directory = app.gateway.reference_data();
    let others: Vec<SecretString> = directory
        .partners()
        .into_iter()
        .filter(|other| other.id != partner.id)
        .flat_map(|other| opened(other))
        .collect();
    let ref_id = inquired_ref_id(app, request, partner).await;
    let exposed = |keys: &[SecretString]| -> Vec<String> {
        keys.iter().map(|key| key.expose_secret().to_owned()).collect()
    };
    let (own, others) = (exposed(&own), exposed(&others));
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let known = Known { api_keys: &own, other_keys: &others, ref_id: ref_id.as_deref() };
    let diagnosis = diagnose(request, &known);
    let formula = diagnosis.canonical;
    match diagnosis.mistake {
        Some(mistake) => format!("sign is the md5 of {formula}. {mistake}"),
        None => format!(
            "sign is the md5 of {formula}, in hex. None of the known mistakes fits; \
             `lunas sign --help` shows how to compare."
        ),
    }
}

/// The `ref_id` of the inquiry that a payment is for: clients sometimes sign this by mistake.
async fn inquired_ref_id(app: &App, request: &Request<'_>, partner: &Partner) -> Option<String> {
    let Command::Payment { tr_id, .. } = request.command else { return None };
    let found = app.gateway.transaction(TrId(tr_id)).await.ok()??;
    let own = found.inquiry.partner == partner.id;
    own.then(|| found.inquiry.ref_id.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use domain::{Moment, PartnerId, Rupiah, Username};
    use iak_protocol::sign;

    use super::*;

    /// The time is proportional to the work, and the work is one comparison for each key.
    #[test]
    fn a_stranger_takes_the_work_of_a_partner_and_every_key_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::make(&dir.path().join("master.key")).unwrap();
        let partner = |keys: &[&str]| Partner {
            id: PartnerId(1),
            username: Username::new("081234567890").unwrap(),
            name: "a partner".into(),
            keys: keys.iter().map(|key| vault.seal(&SecretString::from(*key))).collect(),
            allow_list: Vec::new(),
            suspended: false,
            min_balance: Rupiah::ZERO,
            created_at: Moment::from_micros(0),
            sign_in: domain::partner::SignIn::default(),
            callback: None,
        };
        let sign = sign("081234567890", "old-key", "cs").to_string();
        let address = IpAddr::from([127, 0, 0, 1]);
        let claim = Claim { address, username: "081234567890", suffixes: &["cs"], sign: &sign };
        let compared = |partner: Option<&Partner>| {
            let Compared { keys, fit } = compare(&vault, partner, &claim);
            (keys, fit)
        };
        assert_eq!(compared(None), (1, 0));
        assert_eq!(compared(Some(&partner(&["new-key"]))), (1, 0));
        assert_eq!(compared(Some(&partner(&["old-key", "new-key"]))), (2, 1));
        assert_eq!(compared(Some(&partner(&["new-key", "old-key"]))), (2, 1));
    }
}
