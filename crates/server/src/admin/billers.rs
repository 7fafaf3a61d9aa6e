//! Billers on a network: add, change, check.

use std::ops::RangeInclusive;
use std::time::Duration;

use biller::CheckError;
use connectors::check_address;
use domain::command::{AddBiller, BillerChange, ChangeBiller};
use domain::partner::SealedKey;
use domain::{BillerId, BillerKind, BillerName, BillerSettings, Username};
use secrecy::{ExposeSecret, SecretString};
use store::CommandError;

use super::biller_request::{BillerPatch, BillerRequest, NewBiller};
use super::biller_response::BillerDetails;
use super::named::Named;
use super::response::Response;
use super::{Admin, Refused};

/// The bounds of a call's deadline, in seconds. Clients wait 30 s, and a call must end while the payment belongs to
/// the process that began it.
const DEADLINE: RangeInclusive<u16> = 1..=25;

/// The bounds of how many calls run at a time.
const CONCURRENCY: RangeInclusive<u16> = 1..=20_000;

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 200;

/// The longest time of the call that checks a biller.
const CHECK_DEADLINE: Duration = Duration::from_secs(15);

impl Admin {
    pub(super) async fn respond_about_billers(
        &self,
        request: BillerRequest,
    ) -> Result<Response, Refused> {
        Ok(match request {
            BillerRequest::Add(new) => Response::Biller(self.add_biller(*new).await?),
            BillerRequest::List => Response::Billers(self.list_billers()),
            BillerRequest::Show { name } => Response::Biller(self.show_biller(&name)?),
            BillerRequest::Set(patch) => Response::Biller(self.set_biller(*patch).await?),
            BillerRequest::Pause { name, paused } => {
                Response::Biller(self.change_biller(&name, BillerChange::Pause(paused)).await?)
            }
            BillerRequest::RotateKey { name, api_key, is_checked } => {
                Response::Biller(self.rotate_biller_key(&name, api_key, is_checked).await?)
            }
            BillerRequest::SetWebhookSecret { name, secret } => {
                let sealed = secret.map(|secret| self.seal_given("the secret", &secret));
                let change = BillerChange::WebhookSecret(sealed.transpose()?);
                Response::Biller(self.change_biller(&name, change).await?)
            }
            BillerRequest::Balance { name } => {
                Response::BillerBalance(self.biller_balance(&name).await?)
            }
            BillerRequest::Products { name, kind } => {
                Response::BillerProducts(self.list_biller_products(&name, kind).await?)
            }
            BillerRequest::Import { name, products } => {
                Response::ImportedProducts(self.import_biller_products(&name, products).await?)
            }
        })
    }

    async fn add_biller(&self, new: NewBiller) -> Result<BillerDetails, Refused> {
        let name = BillerName::new(&new.name).map_err(Refused::because)?;
        let kinds = BillerKind::ALL.map(BillerKind::name).join(", ");
        let kind = BillerKind::named(&new.kind).ok_or_else(|| {
            Refused::because(format_args!("there is no kind {:?}; the kinds are {kinds}", new.kind))
        })?;
        let key = new.api_key.ok_or_else(|| Refused::because("an API key is needed"))?;
        let webhook_secret = new.webhook_secret.as_ref();
        let webhook_secret = webhook_secret.map(|secret| self.seal_given("the secret", secret));
        let prepaid_url = new.prepaid_url.as_deref();
        let prepaid_url = prepaid_url.map(|url| address(url, new.allow_plain_http)).transpose()?;
        if new.testing {
            check_testing(kind)?;
        }
        let settings = BillerSettings {
            id: BillerId(0),
            name,
            kind,
            url: address(&new.url, new.allow_plain_http)?,
            prepaid_url,
            username: username(&new.username)?,
            api_key: self.seal_given("the API key", &key)?,
            webhook_secret: webhook_secret.transpose()?,
            testing: new.testing,
            deadline: deadline(new.deadline_seconds)?,
            concurrency: concurrency(new.concurrency)?,
            paused: false,
            created_at: self.gateway.now(),
            account_since: self.gateway.now(),
        };
        if self.gateway.billers().named(settings.name.as_str()).is_some() {
            return Err(name_taken(&settings.name));
        }
        if new.is_checked {
            self.check_settings(&settings).await?;
        }
        let name = settings.name.clone();
        let added = self.operate(AddBiller(settings)).await.map_err(|error| match error {
            CommandError::Refused(_) => name_taken(&name),
            CommandError::Store(error) => error.into(),
        })?;
        Ok(self.biller_details(&added))
    }

    async fn set_biller(&self, patch: BillerPatch) -> Result<BillerDetails, Refused> {
        let known = self.settings_of(&patch.name)?;
        if patch.testing == Some(true) {
            check_testing(known.kind)?;
        }
        let text =
            |url: Option<&str>| url.map(|url| address(url, patch.allow_plain_http)).transpose();
        let set = domain::command::BillerPatch {
            url: text(patch.url.as_deref())?,
            prepaid_url: text(patch.prepaid_url.as_deref())?,
            username: patch.username.as_deref().map(username).transpose()?,
            testing: patch.testing,
            deadline: patch.deadline_seconds.map(deadline).transpose()?,
            concurrency: patch.concurrency.map(concurrency).transpose()?,
        };
        let is_elsewhere = set.url.is_some() || set.username.is_some() || set.testing.is_some();
        let change = BillerChange::Set(set);
        if is_elsewhere && patch.is_checked {
            self.check_settings(&change.applied_to(&known)).await?;
        }
        self.change_biller(&patch.name, change).await
    }

    async fn rotate_biller_key(
        &self,
        name: &str,
        api_key: Option<SecretString>,
        is_checked: bool,
    ) -> Result<BillerDetails, Refused> {
        let known = self.settings_of(name)?;
        let key = api_key.ok_or_else(|| Refused::because("an API key is needed"))?;
        let change = BillerChange::ApiKey(self.seal_given("the API key", &key)?);
        if is_checked {
            self.check_settings(&change.applied_to(&known)).await?;
        }
        self.change_biller(name, change).await
    }

    async fn change_biller(
        &self,
        name: &str,
        change: BillerChange,
    ) -> Result<BillerDetails, Refused> {
        let biller = self.settings_of(name)?.id;
        let now = self.gateway.now();
        let changed = self.operate(ChangeBiller { biller, change, now }).await?;
        Ok(self.biller_details(&changed))
    }

    fn list_billers(&self) -> Vec<BillerDetails> {
        let billers = self.gateway.billers().directory();
        billers.values().map(|settings| self.biller_details(settings)).collect()
    }

    fn show_biller(&self, name: &str) -> Result<BillerDetails, Refused> {
        Ok(self.biller_details(&*self.settings_of(name)?))
    }

    /// The settings of the biller with this name.
    pub(super) fn settings_of(
        &self,
        name: &str,
    ) -> Result<std::sync::Arc<BillerSettings>, Refused> {
        let billers = self.gateway.billers();
        let id = billers.named(name).ok_or_else(|| unknown_biller(name))?;
        let built_in = || {
            Refused::because(format_args!("{name} is built in: it has no address and no account"))
        };
        billers.settings(id).cloned().ok_or_else(built_in)
    }

    /// Makes a harmless call with these settings.
    async fn check_settings(&self, settings: &BillerSettings) -> Result<(), Refused> {
        let deadline = settings.deadline.min(CHECK_DEADLINE);
        let settings = BillerSettings { deadline, ..settings.clone() };
        let biller = (self.connect)(&settings).map_err(Refused::because)?;
        let url = &settings.url;
        self.gateway.check_connector(biller.as_ref()).await.map_err(|error| match error {
            CheckError::Rejected { why } => Refused::because(format_args!(
                "{url} does not accept lunas: {why}. Check {}; nothing was changed. --no-check leaves \
                 this call out",
                advice(settings.kind)
            )),
            CheckError::Unreachable { why } => Refused::because(format_args!(
                "{url} gave no usable answer: {why}. Nothing was changed; --no-check leaves this call \
                 out"
            )),
        })
    }

    fn seal_given(&self, what: &str, secret: &SecretString) -> Result<SealedKey, Refused> {
        let text = secret.expose_secret();
        let printable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        match printable && text.len() <= 512 {
            true => Ok(self.vault.seal(secret)),
            false => Err(Refused::because(format_args!(
                "{what} is 1 to 512 visible ASCII characters without blanks; is it the right file?"
            ))),
        }
    }

    fn biller_details(&self, settings: &BillerSettings) -> BillerDetails {
        let health = self.gateway.biller_health(settings.id);
        let calls = self.gateway.recent_calls(settings.id);
        let directory = self.gateway.reference_data();
        let has_route = |product: &domain::Product| {
            product.routes.iter().any(|route| route.biller == settings.id)
        };
        let products = directory.catalogue.values().filter(|product| has_route(product)).count();
        BillerDetails {
            name: settings.name.to_string(),
            number: settings.id.0,
            kind: Named(settings.kind),
            url: settings.url.to_string(),
            prepaid_url: settings.prepaid_url.as_deref().map(str::to_owned),
            username: settings.username.to_string(),
            testing: settings.testing,
            deadline_seconds: settings.deadline.as_secs(),
            concurrency: settings.concurrency,
            webhook: settings.webhook_secret.is_some(),
            paused: settings.paused,
            circuit: Named(health.circuit),
            circuit_reason: health.reason.as_deref().map(str::to_owned),
            balance: health.balance.map(|(balance, _)| balance.get()),
            balance_at: health.balance.map(|(_, at)| Named(at)),
            calls: calls.calls,
            answered_percent: calls.answered_percent(),
            mean_millis: calls.mean_millis(),
            products,
            since: Named(settings.created_at),
        }
    }
}

fn check_testing(kind: BillerKind) -> Result<(), Refused> {
    match kind {
        BillerKind::Digiflazz => Ok(()),
        BillerKind::Iak => Err(Refused::because(
            "IAK has no test mode: its host decides, such as https://testpostpaid.mobilepulsa.net",
        )),
    }
}

/// What to check if a biller does not accept lunas.
const fn advice(kind: BillerKind) -> &'static str {
    match kind {
        BillerKind::Iak => {
            "the username, the API key (development and production have one each), and this server's \
             address in IAK's allow-list"
        }
        BillerKind::Digiflazz => {
            "the username, the API key (the development key needs --testing, the production key must be \
             without), and this server's address in Digiflazz's allow-list"
        }
    }
}

fn address(text: &str, allow_plain: bool) -> Result<Box<str>, Refused> {
    let url = check_address(text, allow_plain).map_err(Refused::because)?;
    let url = url.as_str().trim_end_matches('/');
    match url.len() <= MAX_ADDRESS {
        true => Ok(url.into()),
        false => Err(Refused::because(format_args!(
            "a biller's address has at most {MAX_ADDRESS} characters"
        ))),
    }
}

fn username(text: &str) -> Result<Username, Refused> {
    Username::new(text).map_err(|malformed| {
        Refused::because(format_args!("{text:?} is not a username at the biller: {malformed}"))
    })
}

fn deadline(seconds: u16) -> Result<Duration, Refused> {
    match DEADLINE.contains(&seconds) {
        true => Ok(Duration::from_secs(seconds.into())),
        false => {
            Err(Refused::because("--deadline is 1s to 25s, because partners' clients wait 30 s"))
        }
    }
}

fn concurrency(calls: u16) -> Result<u16, Refused> {
    match CONCURRENCY.contains(&calls) {
        true => Ok(calls),
        false => Err(Refused::because("--concurrency is 1 to 20000 calls at a time")),
    }
}

fn name_taken(name: &BillerName) -> Refused {
    Refused::because(format_args!(
        "there is a biller {name} already; `lunas biller set` changes it, or choose another name"
    ))
}

/// The error for an unknown biller.
pub(super) fn unknown_biller(name: &str) -> Refused {
    Refused::because(format_args!(
        "there is no biller {name:?}; `lunas biller list` shows who is there"
    ))
}
