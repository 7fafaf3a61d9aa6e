//! Sends alerts to the operator by a signed POST. Alerts are also in the log and in the metrics, so one that
//! cannot be sent is not lost; a queue of alerts is kept in memory only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use data_encoding::HEXLOWER;
use domain::callback::DeliveryState;
use domain::payment::Call;
use gateway::{Alert, BackgroundTask, Clock, Health, Observer, SystemClock};
use hmac::{Hmac, KeyInit, Mac};
use outbound::{Body, HttpClient, Options, Url, is_loopback};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::metrics::Metrics;
use crate::config::AlertWebhook;
use crate::secrets::secret_file;

/// The most alerts that wait to be sent. More are in the log only.
const WAITING: usize = 256;

/// The longest time for one attempt.
const DEADLINE: Duration = Duration::from_secs(10);

/// The waits after failed attempts; after the last one an alert is given up.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];

/// Equal alerts are not sent more often than this.
const QUIET: Duration = Duration::from_secs(600);

/// The header with the signature.
const SIGNATURE: &str = "x-lunas-signature";

/// The background task that sends alerts.
pub(crate) struct AlertSender {
    client: HttpClient,
    url: Url,
    secret: SecretString,
    waiting: mpsc::Receiver<String>,
}

/// Passes everything to the metrics, and alerts to the sender, too.
pub(crate) struct AlertingObserver {
    metrics: Arc<Metrics>,
    queue: mpsc::Sender<String>,
    /// When each alert was queued last.
    sent: std::sync::Mutex<HashMap<String, Instant>>,
}

impl AlertSender {
    /// The sender, and the observer that gives it alerts.
    ///
    /// # Errors
    /// When the address or the secret cannot be used, with what to do.
    pub(crate) fn new(
        webhook: &AlertWebhook,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<(AlertSender, AlertingObserver)> {
        // The message does not repeat the address: it may hold a password.
        let url = Url::parse(&webhook.url).ok().filter(is_allowed).context(
            "alerts.webhook: write an https address without a user name and password, such as \
             https://example.com/alerts; http is for this machine only",
        )?;
        let file = &webhook.secret_file;
        let secret = secret_file::read(file).context("alerts.webhook_secret_file")?;
        anyhow::ensure!(
            !secret.expose_secret().is_empty(),
            "alerts.webhook_secret_file: {} is empty; write a secret into it",
            file.display()
        );
        let client = HttpClient::new(&url, Options::without_proxy(DEADLINE, "alerts.webhook"))?;
        let (queue, waiting) = mpsc::channel(WAITING);
        let sent = std::sync::Mutex::default();
        Ok((
            AlertSender { client, url, secret, waiting },
            AlertingObserver { metrics, queue, sent },
        ))
    }

    /// Sends one alert, in a few attempts.
    async fn send(&self, body: &str) {
        let signature = signature(&self.secret, body.as_bytes());
        let headers = [("content-type", "application/json"), (SIGNATURE, &*signature)];
        let pauses = PAUSES.into_iter().map(Some).chain([None]);
        for pause in pauses {
            let sent = self.client.post(&self.url, &headers, body.into(), Body::Ignored).await;
            let why = match sent {
                Ok(reply) if (200..300).contains(&reply.status) => return,
                Ok(reply) => format!("HTTP status {}", reply.status),
                Err(error) => error.to_string(),
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => tracing::error!(%why, "an alert could not be sent to alerts.webhook"),
            }
        }
    }
}

/// Whether alerts may be sent to this address.
fn is_allowed(url: &Url) -> bool {
    let is_safe = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    };
    is_safe && url.username().is_empty() && url.password().is_none()
}

/// `sha256=` and the hex HMAC of the body.
fn signature(secret: &SecretString, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
    // A key of any length is accepted.
    let code = mac.map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("sha256={}", code.map(|code| HEXLOWER.encode(&code)).unwrap_or_default())
}

impl BackgroundTask for AlertSender {
    const NAME: &'static str = "alerts";
    type Error = std::io::Error;

    async fn run(&mut self, health: &Health) -> std::io::Result<()> {
        while let Some(body) = self.waiting.recv().await {
            self.send(&body).await;
            health.round(std::io::Result::Ok(()))?;
        }
        Ok(())
    }
}

/// The fields of an alert. Amounts are whole rupiah.
fn fields(alert: &Alert) -> Value {
    match alert {
        Alert::CircuitOpened { biller, reason } => json!({ "biller": biller, "reason": reason }),
        Alert::CircuitClosed { biller } => json!({ "biller": biller }),
        Alert::BillerBalanceLow { biller, balance } => {
            json!({ "biller": biller, "balance": balance.get() })
        }
        Alert::BillerBalanceDifference { biller, unexplained } => {
            json!({ "biller": biller, "unexplained": unexplained.get() })
        }
        Alert::BelowCost { code, cost, nominal } => {
            json!({ "code": code.as_str(), "cost": cost.get(), "nominal": nominal.get() })
        }
        Alert::Contradiction { tr_id } => json!({ "tr_id": tr_id.0 }),
        Alert::NeedsReview { tr_id, why } => json!({ "tr_id": tr_id.0, "why": why.name() }),
    }
}

/// What makes two alerts equal: amounts and reasons do not count.
fn kind(alert: &Alert) -> String {
    match alert {
        Alert::CircuitOpened { biller, .. }
        | Alert::CircuitClosed { biller }
        | Alert::BillerBalanceLow { biller, .. }
        | Alert::BillerBalanceDifference { biller, .. } => format!("{} {biller}", alert.name()),
        Alert::BelowCost { code, .. } => format!("{} {code}", alert.name()),
        Alert::Contradiction { tr_id } | Alert::NeedsReview { tr_id, .. } => {
            format!("{} {tr_id}", alert.name())
        }
    }
}

impl AlertingObserver {
    /// Whether an equal alert was queued a short time ago. A circuit that changes and a difference are always told.
    fn is_repeated(&self, alert: &Alert) -> bool {
        let is_new_each_time = matches!(
            alert,
            Alert::CircuitOpened { .. }
                | Alert::CircuitClosed { .. }
                | Alert::BillerBalanceDifference { .. }
        );
        if is_new_each_time {
            return false;
        }
        let mut sent = self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        sent.retain(|_, at| now.duration_since(*at) < QUIET);
        sent.insert(kind(alert), now).is_some()
    }
}

impl Observer for AlertingObserver {
    fn alert(&self, alert: Alert) {
        if self.is_repeated(&alert) {
            return;
        }
        let mut body = fields(&alert);
        body["alert"] = alert.name().into();
        body["at"] = SystemClock.now().readable().into();
        if self.queue.try_send(body.to_string()).is_err() {
            tracing::error!(alert = alert.name(), "too many alerts wait: this one is only here");
        }
    }

    fn called(&self, biller: &str, call: Call, answer: &'static str, took: Duration) {
        self.metrics.called(biller, call, answer, took);
    }

    fn dropped(&self, inquiries: u64) {
        self.metrics.dropped(inquiries);
    }

    fn called_back(&self, state: DeliveryState) {
        self.metrics.called_back(state);
    }

    fn task_failed(&self, task: &'static str) {
        self.metrics.task_failed(task);
    }
}

#[cfg(test)]
mod tests {
    use domain::{ReviewReason, Rupiah, TrId};

    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_the_body() {
        // The second test case of RFC 4231.
        let secret = SecretString::from("Jefe");
        assert_eq!(
            signature(&secret, b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn alerts_leave_this_machine_over_https_only() {
        for (address, expected) in [
            ("https://example.com/alerts?to=ops", true),
            ("http://127.0.0.1:9093", true),
            ("http://example.com", false),
            ("https://me:secret@example.com", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(is_allowed(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn equal_alerts_are_quiet_for_a_while_and_circuits_are_always_told() {
        let (queue, mut waiting) = mpsc::channel(WAITING);
        let sent = std::sync::Mutex::default();
        let observer = AlertingObserver { metrics: Arc::new(Metrics::new()), queue, sent };
        let code = domain::ProductCode::new("BPJS").unwrap();
        let below = |cost| {
            let (cost, nominal) = (Rupiah::new(cost), Rupiah::new(1));
            Alert::BelowCost { code: code.clone(), cost, nominal }
        };
        let review = |tr_id| {
            let why = ReviewReason::TooOld;
            Alert::NeedsReview { tr_id: TrId(tr_id), why }
        };
        let opened = || Alert::CircuitOpened { biller: "iak".into(), reason: "100".into() };
        for alert in [below(5), below(6), review(1), review(2), review(1), opened(), opened()] {
            observer.alert(alert);
        }
        let mut told = Vec::new();
        while let Ok(body) = waiting.try_recv() {
            let body: Value = serde_json::from_str(&body).unwrap();
            told.push(body["alert"].as_str().unwrap().to_owned());
        }
        assert_eq!(
            told,
            ["below-cost", "needs-review", "needs-review", "circuit-opened", "circuit-opened"]
        );
    }
}
