//! Requests of an operator. Nothing in them is validated yet. Money is whole rupiah.

use domain::books::BalanceChangeKind;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::biller_request::{BillerRequest, RouteRequest};
use super::named::Named;
use super::opening::OpeningHours;

/// One request of an operator. It may hold an API key, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Adds a partner.
    AddPartner(NewPartner),
    /// All partners with their balances.
    ListPartners,
    /// One partner with its balance.
    ShowPartner { username: String },
    /// Changes the allowed addresses of a partner, or its minimum balance.
    SetPartner(PartnerChange),
    /// Suspends or resumes a partner.
    SuspendPartner { username: String, suspended: bool },
    /// Adds a second API key; without one given, lunas generates it.
    RotateKey {
        username: String,
        #[serde(with = "super::secret_serde")]
        api_key: Option<SecretString>,
    },
    /// Removes the old API key of a partner that has two.
    FinishRotation { username: String },
    /// Sets or removes the password of a partner's people, and ends their sessions.
    SetPassword {
        username: String,
        #[serde(with = "super::secret_serde")]
        password: Option<SecretString>,
    },
    /// Generates a new secret for one-time codes.
    SetCodes { username: String },
    /// Stops asking for one-time codes.
    RemoveCodes { username: String },
    /// Ends all sessions of a partner's people.
    EndSessions { username: String },
    /// Sets the callback address of a partner; without a URL, there are no callbacks.
    SetCallback { username: String, url: Option<String> },
    /// Callbacks, those of the newest inquiries first.
    ListCallbacks { partner: Option<String>, state: Option<String>, limit: u32 },
    /// Sends the callback of a final payment, again or for the first time.
    SendCallback { tr_id: i64 },
    /// Books a deposit.
    AddDeposit(NewDeposit),
    /// Deposits, newest first, of one partner or of all.
    ListDeposits { partner: Option<String>, limit: u32 },
    /// Books a withdrawal or an adjustment.
    ChangeBalance(NewBalanceChange),
    /// Withdrawals or adjustments, newest first, of one partner or of all.
    ListBalanceChanges { kind: Named<BalanceChangeKind>, partner: Option<String>, limit: u32 },
    /// Reverses a deposit.
    ReverseDeposit { tr_id: i64, reason: String },
    /// Products, of one price list type or of all.
    ListProducts { kind: Option<String> },
    /// Changes or adds a product.
    SetProduct(ProductChange),
    /// About billers on a network.
    Biller(BillerRequest),
    /// About the routes of products.
    Route(RouteRequest),
    /// Payments, newest first.
    ListPayments(WhichPayments),
    /// Payments that need manual review, the oldest first.
    ListQueue { partner: Option<String>, limit: u32 },
    /// The history of one transaction.
    ShowPayment { tr_id: i64 },
    /// Asks the biller for the status again.
    AskPayment { tr_id: i64 },
    /// Resolves a pending payment by hand, or marks a contradiction as reconciled.
    ResolvePayment { tr_id: i64, outcome: Outcome, reason: String },
    /// The log of actions, newest first.
    ListActions(WhichActions),
    /// The sandbox's clock and scenarios.
    ShowSandbox,
    /// Moves a sandbox's clock.
    MoveClock(Move),
    /// Switches a scenario of the sandbox on or off.
    SwitchScenario { name: String, how_often: HowOften },
    /// Switches all scenarios off.
    EndScenarios,
    /// How a client on this machine connects to a sandbox: as this partner or, without a name, as
    /// the sandbox's own partner.
    ShowAccess { username: Option<String> },
}

/// A partner to add.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartner {
    pub(crate) username: String,
    /// The display name; default: the username.
    pub(crate) name: Option<String>,
    /// The first API key; without it, lunas generates one and returns it.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
    /// Addresses or ranges; empty: any.
    pub(crate) allow: Vec<String>,
    /// The lowest available balance: zero, or negative to grant credit.
    pub(crate) min_balance: i64,
}

/// Changes of a partner; `None` leaves a value as it is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerChange {
    pub(crate) username: String,
    /// Addresses or ranges; empty: any.
    pub(crate) allow: Option<Vec<String>>,
    pub(crate) min_balance: Option<i64>,
}

/// A deposit to book.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeposit {
    pub(crate) username: String,
    /// Above zero.
    pub(crate) amount: i64,
    /// May be empty.
    pub(crate) note: String,
    /// Identifies the payment: a partner's reference is booked once. If it is missing or empty,
    /// duplicates are not detected.
    pub(crate) reference: Option<String>,
}

/// A withdrawal or an adjustment to book.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBalanceChange {
    pub(crate) kind: Named<BalanceChangeKind>,
    pub(crate) username: String,
    /// Of a withdrawal, what is taken; of an adjustment, what is added, negative to lower the balance.
    pub(crate) amount: i64,
    pub(crate) reason: String,
    /// Of a withdrawal: a partner's reference is booked once. If it is missing or empty, duplicates
    /// are not detected.
    pub(crate) reference: Option<String>,
}

/// Changes of a product; `None` leaves a value as it is.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    pub(crate) code: String,
    /// The family of a product to add; then a name is required too.
    pub(crate) create: Option<String>,
    pub(crate) name: Option<String>,
    /// Per bill sheet.
    pub(crate) fee: Option<i64>,
    /// Charge the biller's own fee where it states one.
    pub(crate) fee_of_biller: bool,
    /// Per bill sheet.
    pub(crate) commission: Option<i64>,
    /// Whether the commission may be higher than the fee.
    pub(crate) at_a_loss: bool,
    pub(crate) active: Option<bool>,
    pub(crate) hours: Option<OpeningHours>,
    pub(crate) province: Option<String>,
    /// Whether a bill may be sold for less than the biller takes for it.
    pub(crate) below_cost: Option<bool>,
    /// Whether a payment may go on at the next biller, if one certainly did not take it.
    pub(crate) failover_payments: Option<bool>,
}

/// Which payments to list.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichPayments {
    pub(crate) partner: Option<String>,
    /// Empty: any.
    pub(crate) states: Vec<String>,
    /// Only payments older than this `tr_id`.
    pub(crate) before: Option<i64>,
    pub(crate) limit: u32,
}

/// Which entries of the log of actions to list.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichActions {
    /// The name of who acted: an operating system's user, a partner, or `lunas`.
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    /// Such as `partner.suspend`.
    pub(crate) action: Option<String>,
    /// Only from this day on: `2026-11-28`, in Asia/Jakarta.
    pub(crate) since: Option<String>,
    /// Only entries older than this number.
    pub(crate) before: Option<i64>,
    pub(crate) limit: u32,
}

/// The outcome of a payment that the operator found out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The biller was paid and gave this receipt number.
    Paid { receipt_no: String },
    /// The biller was not paid, with the documented response code that says why.
    Failed { code: String },
    /// The contradiction between a final payment and the biller was settled with the biller.
    Reconciled,
}

/// How to move a sandbox's clock.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    /// Forward by this many seconds.
    Forward { seconds: i64 },
    /// Forward to the next time that it is `23:30` in Asia/Jakarta.
    To { time: String },
    /// Back to the machine's time.
    Back,
}

/// For how many requests a scenario is on.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HowOften {
    /// The usual number: one request or, for a scenario that changes the books, until it is
    /// switched off.
    Default,
    /// For this many requests.
    Next(u16),
    /// Until it is switched off.
    UntilOff,
    /// Switched off.
    Off,
}

impl Request {
    /// The name in the log.
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
            Request::ChangeBalance(new) => match new.kind.0 {
                BalanceChangeKind::Withdrawal => "withdrawal add",
                BalanceChangeKind::Adjustment => "adjustment add",
            },
            Request::ListBalanceChanges { kind, .. } => match kind.0 {
                BalanceChangeKind::Withdrawal => "withdrawal list",
                BalanceChangeKind::Adjustment => "adjustment list",
            },
            Request::ListProducts { .. } => "product list",
            Request::SetProduct(_) => "product set",
            Request::Biller(request) => request.name(),
            Request::Route(request) => request.name(),
            Request::ListPayments(_) => "payment list",
            Request::ListQueue { .. } => "payment list --needs-review",
            Request::ShowPayment { .. } => "payment show",
            Request::AskPayment { .. } => "payment ask",
            Request::ResolvePayment { .. } => "payment resolve",
            Request::ListActions(_) => "log",
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
