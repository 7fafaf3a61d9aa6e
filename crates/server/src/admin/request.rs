//! What an operator can ask for. Everything in it is still to be checked. Money is whole rupiah.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// One request of an operator. It may hold an API key and therefore has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Takes a partner on.
    AddPartner(NewPartner),
    /// All partners with their deposits.
    ListPartners,
    /// One partner with its deposit.
    ShowPartner { username: String },
    /// Changes from where a partner may call, or the limit of its deposit.
    SetPartner(PartnerChange),
    /// Suspends a partner, or resumes it.
    SuspendPartner { username: String, suspended: bool },
    /// Puts a new API key in force beside the present one; without one it is made up.
    RotateKey {
        username: String,
        #[serde(with = "super::secret_serde")]
        api_key: Option<SecretString>,
    },
    /// Drops the old API key of a partner that has two.
    FinishRotation { username: String },
    /// Sets the password of a partner's people, or removes it; whoever is signed in is so no longer.
    SetPassword {
        username: String,
        #[serde(with = "super::secret_serde")]
        password: Option<SecretString>,
    },
    /// Makes up a new secret for one-time codes.
    SetCodes { username: String },
    /// Asks for no codes any more.
    RemoveCodes { username: String },
    /// Ends the sessions of a partner's people.
    EndSessions { username: String },
    /// Sets where a partner is told of ends that it has not heard; nowhere, without a URL.
    SetCallback { username: String, url: Option<String> },
    /// Callbacks, those of the newest inquiries first.
    ListCallbacks { partner: Option<String>, standing: Option<String>, limit: u32 },
    /// Tells a partner how a payment ended, once more or for the first time.
    SendCallback { tr_id: i64 },
    /// Adds to a deposit.
    AddDeposit(NewDeposit),
    /// Top-ups, newest first, of one partner or of all.
    ListDeposits { partner: Option<String>, limit: u32 },
    /// Takes a top-up back.
    ReverseDeposit { tr_id: i64, reason: String },
    /// Products, of one price list type or all.
    ListProducts { kind: Option<String> },
    /// Changes a product, or adds one.
    SetProduct(ProductChange),
    /// Payments, newest first.
    ListPayments(WhichPayments),
    /// Payments at which an operator must look, the longest in the queue first.
    ListQueue { partner: Option<String>, limit: u32 },
    /// All that is known about one transaction.
    ShowPayment { tr_id: i64 },
    /// Asks the biller for the status once more.
    AskPayment { tr_id: i64 },
    /// Ends a pending payment by hand, or says that a contradiction is reconciled.
    ResolvePayment { tr_id: i64, outcome: Outcome, reason: String },
    /// What a sandbox's clock shows, and which scenarios are on.
    ShowSandbox,
    /// Moves a sandbox's clock.
    MoveClock(Move),
    /// Switches a scenario of a sandbox on or off.
    SwitchScenario { name: String, how_often: HowOften },
    /// Switches all scenarios off.
    EndScenarios,
    /// How a client on this machine reaches a sandbox: as this partner or, without a name, as the
    /// sandbox's own.
    ShowAccess { username: Option<String> },
}

/// A partner to take on.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartner {
    pub(crate) username: String,
    /// What people call it; without one, its username.
    pub(crate) name: Option<String>,
    /// Its first key; without one, a key is made up and answered.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
    /// Addresses or ranges; from anywhere, if empty.
    pub(crate) allow: Vec<String>,
    /// Its available deposit never goes below this; zero, or negative to grant credit.
    pub(crate) limit: i64,
}

/// What is to change about a partner; what is `None` stays.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerChange {
    pub(crate) username: String,
    /// Addresses or ranges; from anywhere, if empty.
    pub(crate) allow: Option<Vec<String>>,
    pub(crate) limit: Option<i64>,
}

/// A payment into a partner's deposit.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeposit {
    pub(crate) username: String,
    /// Above zero.
    pub(crate) amount: i64,
    /// May be empty.
    pub(crate) note: String,
    /// What it is known by; the same one is not booked twice for a partner. Without it, or where it is
    /// empty, nothing tells it from another one.
    pub(crate) reference: Option<String>,
}

/// What is to change about a product; what is `None` stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    pub(crate) code: String,
    /// The family of a product that is to be added; its name is needed then, too.
    pub(crate) create: Option<String>,
    pub(crate) name: Option<String>,
    /// Per bill sheet.
    pub(crate) fee: Option<i64>,
    /// Per bill sheet.
    pub(crate) commission: Option<i64>,
    /// Whether the commission may be above the fee.
    pub(crate) at_a_loss: bool,
    pub(crate) active: Option<bool>,
    pub(crate) hours: Option<Opening>,
    pub(crate) province: Option<String>,
}

/// When a product can be paid.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Opening {
    /// At any time of day.
    Always,
    /// From the first minute to the last, in Asia/Jakarta: `01:00-23:00`.
    Between(String),
}

/// Which payments to list.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichPayments {
    pub(crate) partner: Option<String>,
    /// Any, if empty.
    pub(crate) states: Vec<String>,
    /// Older than this `tr_id`.
    pub(crate) before: Option<i64>,
    pub(crate) limit: u32,
}

/// What became of a payment, as the operator found out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The biller was paid and gave this reference number.
    Paid { noref: String },
    /// The biller was not paid; the documented response code that says why.
    Failed { code: String },
    /// The biller's contradiction of a final payment is settled with the biller.
    Reconciled,
}

/// How a sandbox's clock is moved.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    /// Ahead by so much.
    Forward { seconds: i64 },
    /// Ahead to the next time that it is `23:30` in Asia/Jakarta.
    To { time: String },
    /// Back to the machine's time.
    Back,
}

/// For how many requests a scenario is on.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HowOften {
    /// As long as it is commonly wanted: for the next request, or, where it is a state of the books,
    /// until it is switched off.
    Default,
    /// For the next ones.
    Next(u16),
    /// Until it is switched off.
    UntilOff,
    /// For none.
    Off,
}

impl Request {
    /// Its name in the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Request::AddPartner(_) => "partner add",
            Request::ListPartners => "partner list",
            Request::ShowPartner { .. } => "partner show",
            Request::SetPartner(_) => "partner set",
            Request::SuspendPartner { suspended: true, .. } => "partner suspend",
            Request::SuspendPartner { suspended: false, .. } => "partner resume",
            Request::RotateKey { .. } => "partner rotate-key",
            Request::FinishRotation { .. } => "partner rotate-key --finish",
            Request::SetPassword { password: Some(_), .. } => "partner password",
            Request::SetPassword { password: None, .. } => "partner password --remove",
            Request::SetCodes { .. } => "partner totp",
            Request::RemoveCodes { .. } => "partner totp --remove",
            Request::EndSessions { .. } => "partner sign-out",
            Request::SetCallback { url: Some(_), .. } => "partner callback",
            Request::SetCallback { url: None, .. } => "partner callback --off",
            Request::ListCallbacks { .. } => "callback list",
            Request::SendCallback { .. } => "callback send",
            Request::AddDeposit(_) => "deposit add",
            Request::ListDeposits { .. } => "deposit list",
            Request::ReverseDeposit { .. } => "deposit reverse",
            Request::ListProducts { .. } => "product list",
            Request::SetProduct(_) => "product set",
            Request::ListPayments(_) => "payment list",
            Request::ListQueue { .. } => "payment list --needs-review",
            Request::ShowPayment { .. } => "payment show",
            Request::AskPayment { .. } => "payment ask",
            Request::ResolvePayment { .. } => "payment resolve",
            Request::ShowSandbox => "sandbox scenario list",
            Request::MoveClock(_) => "sandbox clock",
            Request::SwitchScenario { how_often: HowOften::Off, .. } | Request::EndScenarios => {
                "sandbox scenario off"
            }
            Request::SwitchScenario { .. } => "sandbox scenario on",
            Request::ShowAccess { .. } => "sandbox access",
        }
    }
}
