//! The sections and their keys: the type and the range of each value. `config.default.toml`
//! explains what the keys mean.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::Rupiah;
use secrecy::SecretString;
use tracing::Level;

use super::reader::Reader;
use super::units::{Network, Period, Size};
use crate::secrets::session::Lifetime;

/// `[store]`: the database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// A directory.
    pub(crate) data: PathBuf,
    /// The URL of a PostgreSQL server, instead of a database in `data`.
    pub(crate) database: Option<SecretString>,
    /// Commands per commit.
    pub(crate) batch_limit: usize,
    /// Commands that may wait for a commit; at least `batch_limit`.
    pub(crate) queue_limit: usize,
    /// Database connections.
    pub(crate) readers: usize,
    /// Bytes.
    pub(crate) least_free_space: u64,
    pub(crate) audit_at_start: bool,
    /// How long unpaid inquiries are kept; `None`: for ever.
    pub(crate) drop_unpaid_after: Option<Duration>,
}

impl Store {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        let store = Self {
            data: read.path("store.data"),
            database: read.value("store.database", DATABASE, |url: String| match &*url {
                "" => Some(None),
                _ if is_postgres(&url) => Some(Some(url.into())),
                _ => None,
            }),
            batch_limit: read.number("store.batch_limit", 1..=65_536),
            queue_limit: read.number("store.queue_limit", 1..=1_000_000),
            readers: read.number("store.readers", 1..=256),
            least_free_space: read.size("store.least_free_space", Size::mib(0)..=Size::mib(1 << 20))
                as u64,
            audit_at_start: read.switch("store.audit_at_start"),
            drop_unpaid_after: read.value(
                "store.drop_unpaid_after",
                format!("{}, 48h to 87600h, or 0s for never", Period::FORM),
                |period: Period| {
                    let fits = (Period::hours(48)..=Period::hours(87_600)).contains(&period);
                    match period == Period::seconds(0) {
                        true => Some(None),
                        false => fits.then_some(Some(period.0)),
                    }
                },
            ),
        };
        read.rule(
            "store.queue_limit",
            "store.batch_limit",
            store.queue_limit >= store.batch_limit,
            "at least store.batch_limit",
        );
        store
    }
}

const DATABASE: &str = r#"postgres://USER@HOST/DATABASE, or "" for none"#;

fn is_postgres(url: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

/// `[gateway]`: how long to wait for billers, and when to query their status again.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    /// Less than the 30 s that clients wait, so that they always get an answer.
    pub(crate) biller_deadline: Duration,
    pub(crate) resolver_first_ask: Duration,
    /// At least `resolver_first_ask`.
    pub(crate) resolver_longest_wait: Duration,
}

impl Gateway {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        let gateway = Self {
            biller_deadline: read.value(
                "gateway.biller_deadline",
                format!("{}, from 100ms to below 30s", Period::FORM),
                |period: Period| {
                    let fits = Period::milliseconds(100)..Period::seconds(30);
                    fits.contains(&period).then_some(period.0)
                },
            ),
            resolver_first_ask: read.duration(
                "gateway.resolver_first_ask",
                Period::milliseconds(100)..=Period::minutes(10),
            ),
            resolver_longest_wait: read.duration(
                "gateway.resolver_longest_wait",
                Period::milliseconds(100)..=Period::hours(24),
            ),
        };
        read.rule(
            "gateway.resolver_longest_wait",
            "gateway.resolver_first_ask",
            gateway.resolver_longest_wait >= gateway.resolver_first_ask,
            "at least gateway.resolver_first_ask",
        );
        gateway
    }
}

/// `[billers]`: what billers may send and are asked.
#[derive(Debug, Clone)]
pub(crate) struct Billers {
    /// Use [`takes_webhooks_from`](Billers::takes_webhooks_from).
    webhook_addresses: Vec<Network>,
    /// How often each biller is asked for lunas's balance.
    pub(crate) balance_every: Duration,
}

impl Billers {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            webhook_addresses: read.value("billers.webhook_addresses", Network::FORM, Some),
            balance_every: read
                .duration("billers.balance_every", Period::seconds(1)..=Period::hours(24)),
        }
    }

    /// Whether a webhook may come from this address.
    pub(crate) fn takes_webhooks_from(&self, address: IpAddr) -> bool {
        let listed = &self.webhook_addresses;
        listed.is_empty() || listed.iter().any(|network| network.contains(address))
    }
}

/// `[callbacks]`: how callbacks are sent.
#[derive(Debug, Clone)]
pub(crate) struct Callbacks {
    pub(crate) deadline: Duration,
    pub(crate) give_up_after: Duration,
    /// Networks that may be called in addition to the public Internet, also without TLS.
    pub(crate) trusted_networks: Vec<Network>,
}

impl Callbacks {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            deadline: read.duration("callbacks.deadline", Period::seconds(1)..=Period::minutes(1)),
            give_up_after: read
                .duration("callbacks.give_up_after", Period::minutes(1)..=Period::hours(720)),
            trusted_networks: read.value("callbacks.trusted_networks", Network::FORM, Some),
        }
    }
}

/// `[sandbox]`: the biller that pays no real bills.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox {
    pub(crate) enabled: bool,
    pub(crate) latency: Duration,
    pub(crate) made_up_bills: bool,
    pub(crate) seed: u64,
    pub(crate) pending_ends: PendingEnds,
    pub(crate) pending_after: Duration,
    pub(crate) stop_polling_after: Duration,
    pub(crate) trust_not_found_after: Duration,
    pub(crate) scheme: Scheme,
    pub(crate) hints: bool,
}

/// How a pending sandbox payment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PendingEnds {
    /// An operator decides.
    ByHand,
    /// In success, after `pending_after`.
    Success,
    /// In failure, after `pending_after`.
    Failed,
}

/// The scheme that decides if a number fits both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// The documented sandbox numbers.
    Documented,
    /// The response code in the last four digits.
    LastFourDigits,
}

impl Sandbox {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            enabled: read.switch("sandbox.enabled"),
            latency: read.duration("sandbox.latency", Period::seconds(0)..=Period::minutes(1)),
            made_up_bills: read.switch("sandbox.made_up_bills"),
            seed: read.number("sandbox.seed", 0..=i64::MAX.unsigned_abs()),
            pending_ends: read.choice(
                "sandbox.pending_ends",
                &[
                    ("by-hand", PendingEnds::ByHand),
                    ("success", PendingEnds::Success),
                    ("failed", PendingEnds::Failed),
                ],
            ),
            pending_after: read
                .duration("sandbox.pending_after", Period::seconds(0)..=Period::hours(24)),
            stop_polling_after: read
                .duration("sandbox.stop_polling_after", Period::seconds(0)..=Period::hours(2160)),
            trust_not_found_after: read
                .duration("sandbox.trust_not_found_after", Period::seconds(0)..=Period::hours(24)),
            scheme: read.choice(
                "sandbox.scheme",
                &[("documented", Scheme::Documented), ("last-four-digits", Scheme::LastFourDigits)],
            ),
            hints: read.switch("sandbox.hints"),
        }
    }
}

/// `[security]`: the paths of files with secrets.
#[derive(Debug, Clone)]
pub(crate) struct Security {
    /// `None`: `master.key` in the data directory, created with mode 0600.
    pub(crate) master_key_file: Option<PathBuf>,
}

impl Security {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self { master_key_file: read.optional_path("security.master_key_file") }
    }
}

/// `[limits]`: requests above these are refused before anything is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Requests per second of all clients together.
    pub(crate) in_all: Rate,
    /// Requests per second.
    pub(crate) per_address: Rate,
    /// Requests per second.
    pub(crate) per_partner: Rate,
    /// Per minute; 0: no limit.
    pub(crate) wrong_signatures_per_address: u32,
    /// Per minute, for one partner from one address; 0: no limit.
    pub(crate) wrong_signatures_per_partner: u32,
    /// Within `wrong_passwords_within`; 0: no limit.
    pub(crate) wrong_passwords_per_address: u32,
    /// The same, for one partner from one address.
    pub(crate) wrong_passwords_per_partner: u32,
    pub(crate) wrong_passwords_within: Duration,
    pub(crate) requests_in_flight: usize,
    pub(crate) commands_waiting: usize,
}

/// A rate limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Per second; 0: no limit.
    pub(crate) times: u32,
    /// Extra requests at once; 0: as many as `times`.
    pub(crate) burst: u32,
}

impl Limits {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            in_all: Rate::read(read, "limits.requests_per_second", "limits.requests_burst"),
            per_address: Rate::read(
                read,
                "limits.requests_per_second_per_address",
                "limits.requests_burst_per_address",
            ),
            per_partner: Rate::read(
                read,
                "limits.requests_per_second_per_partner",
                "limits.requests_burst_per_partner",
            ),
            wrong_signatures_per_address: read
                .number("limits.wrong_signatures_per_minute_per_address", 0..=1_000_000),
            wrong_signatures_per_partner: read
                .number("limits.wrong_signatures_per_minute_per_partner", 0..=1_000_000),
            wrong_passwords_per_address: read
                .number("limits.wrong_passwords_per_address", 0..=1_000_000),
            wrong_passwords_per_partner: read
                .number("limits.wrong_passwords_per_partner", 0..=100_000),
            wrong_passwords_within: read
                .duration("limits.wrong_passwords_within", Period::seconds(1)..=Period::hours(24)),
            requests_in_flight: read.number("limits.requests_in_flight", 1..=1_000_000),
            commands_waiting: read.number("limits.commands_waiting", 1..=1_000_000),
        }
    }
}

impl Rate {
    fn read(read: &mut Reader<'_>, times: &str, burst: &str) -> Self {
        let rate = Self {
            times: read.number(times, 0..=1_000_000),
            burst: read.number(burst, 0..=1_000_000),
        };
        let fits = rate.burst == 0 || rate.times > 0;
        read.rule(burst, times, fits, &format!("0, as {times} sets no limit"));
        rate
    }
}

/// `[log]`: what is logged, and in which format.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: LogFormat,
    pub(crate) requests: bool,
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Log {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            level: read.choice(
                "log.level",
                &[
                    ("error", Level::ERROR),
                    ("warn", Level::WARN),
                    ("info", Level::INFO),
                    ("debug", Level::DEBUG),
                    ("trace", Level::TRACE),
                ],
            ),
            format: read
                .choice("log.format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]),
            requests: read.switch("log.requests"),
        }
    }
}

/// `[receipt]`: the operator's own texts on receipts.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) issuer: String,
    /// May be empty.
    pub(crate) footer: String,
}

impl Receipt {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            issuer: read.printed_text("receipt.issuer", 1..=60),
            footer: read.printed_text("receipt.footer", 0..=200),
        }
    }
}

/// `[alerts]`: thresholds, and where alerts are sent.
#[derive(Debug, Clone)]
pub(crate) struct Alerts {
    /// Whole rupiah.
    pub(crate) low_deposit: i64,
    /// A balance at a biller below this is an alert.
    pub(crate) low_biller_balance: Rupiah,
    /// Where alerts are sent; `None`: nowhere.
    pub(crate) webhook: Option<AlertWebhook>,
}

/// Where alerts are sent.
#[derive(Debug, Clone)]
pub(crate) struct AlertWebhook {
    pub(crate) url: String,
    /// The file with the secret that signs them.
    pub(crate) secret_file: PathBuf,
}

impl Alerts {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        const URL: &str = "alerts.webhook";
        const FILE: &str = "alerts.webhook_secret_file";
        let most = domain::bounds::MOST;
        let low_deposit = read.number("alerts.low_deposit", 0..=most);
        let low_biller_balance = Rupiah::new(read.number("alerts.low_biller_balance", 0..=most));
        let (url, secret_file) = (read.text(URL, 0..=1000), read.optional_path(FILE));
        let is_set = !url.is_empty();
        read.rule(
            FILE,
            URL,
            secret_file.is_some() == is_set,
            "a path if alerts.webhook is set, else none",
        );
        let secret_file = secret_file.filter(|_| is_set);
        let webhook = secret_file.map(|secret_file| AlertWebhook { url, secret_file });
        Self { low_deposit, low_biller_balance, webhook }
    }
}

/// `[portal]`: the pages for developers.
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    pub(crate) enabled: bool,
    /// How long a sign-in lasts.
    pub(crate) session: Lifetime,
}

impl Portal {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        let session = Lifetime {
            longest: read
                .duration("portal.session_longest", Period::seconds(1)..=Period::hours(720)),
            idle: read.duration("portal.session_idle", Period::seconds(1)..=Period::hours(24)),
        };
        Self { enabled: read.switch("portal.enabled"), session }
    }
}
