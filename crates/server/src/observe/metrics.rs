//! The server's metrics in the Prometheus text format. No label contains personal data.

use std::time::Duration;

use domain::ReviewReason;
use domain::callback::DeliveryState;
use domain::payment::Call;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::biller_metrics::BillerMetrics;
use super::closed::IntakeClosed;
use super::request_record::RequestRecord;

/// All metrics of the process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    turned_away: Counter,
    panicked: Counter,
    request_seconds: Family<CommandLabel, Histogram>,
    batch_commands: Histogram,
    commit_seconds: Histogram,
    biller_calls: Family<BillerLabels, Counter>,
    biller_seconds: Family<CallLabels, Histogram>,
    billers: BillerMetrics,
    webhooks: Family<WebhookLabels, Counter>,
    pending: Family<AgeLabel, Gauge>,
    needing_attention: Family<WhyLabel, Gauge>,
    low_deposits: Gauge,
    wal: Gauge,
    disk_free: Gauge,
    closed: Family<WhyLabel, Gauge>,
    dropped: Counter,
    callbacks: Family<DeliveryStateLabel, Counter>,
    sign_ins: Family<OutcomeLabel, Counter>,
    task_failures: Family<TaskLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    command: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandLabel {
    command: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BillerLabels {
    biller: String,
    call: &'static str,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    biller: String,
    call: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    biller: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgeLabel {
    age: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryStateLabel {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabel {
    task: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WhyLabel {
    why: &'static str,
}

/// Age buckets of pending payments: the label, and the upper bound in minutes.
const AGES: [(&str, i64); 5] =
    [("1m", 1), ("10m", 10), ("1h", 60), ("1d", 24 * 60), ("older", i64::MAX)];

/// From half a millisecond to the 30 seconds that clients wait.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0,
    30.0,
];

const COMMANDS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let seconds = || Histogram::new(SECONDS);
        let mut metrics = Metrics {
            registry: Registry::with_prefix("lunas"),
            requests: Family::default(),
            turned_away: Counter::default(),
            panicked: Counter::default(),
            request_seconds: Family::new_with_constructor(seconds),
            batch_commands: Histogram::new(COMMANDS),
            commit_seconds: seconds(),
            biller_calls: Family::default(),
            biller_seconds: Family::new_with_constructor(seconds),
            billers: BillerMetrics::default(),
            webhooks: Family::default(),
            pending: Family::default(),
            needing_attention: Family::default(),
            low_deposits: Gauge::default(),
            wal: Gauge::default(),
            disk_free: Gauge::default(),
            closed: Family::default(),
            dropped: Counter::default(),
            callbacks: Family::default(),
            sign_ins: Family::default(),
            task_failures: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests answered, by command and response code",
            self.requests.clone(),
        );
        registry.register(
            "requests_turned_away",
            "Requests answered 429 or 503 before they were read",
            self.turned_away.clone(),
        );
        registry.register(
            "requests_panicked",
            "Requests answered 500 because their handler panicked",
            self.panicked.clone(),
        );
        registry.register(
            "inquiries_dropped",
            "Unpaid inquiries that were dropped",
            self.dropped.clone(),
        );
        registry.register(
            "callbacks",
            "Attempts to send a callback, by the state of the callback afterwards",
            self.callbacks.clone(),
        );
        registry.register(
            "sign_ins",
            "Attempts to sign in to the portal, by result",
            self.sign_ins.clone(),
        );
        registry.register(
            "task_failures",
            "Failures of background tasks, which are restarted, and of single status queries, \
             callbacks and metric reads",
            self.task_failures.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time from the head of a request to its answer, by command",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register("batch_commands", "Commands per commit", self.batch_commands.clone());
        registry.register_with_unit(
            "commit",
            "Time to load, decide and write a batch, up to the durable commit",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "biller_calls",
            "Calls to billers, by call and answer",
            self.biller_calls.clone(),
        );
        registry.register_with_unit(
            "biller",
            "Time that billers took to answer, by call",
            Unit::Seconds,
            self.biller_seconds.clone(),
        );
        self.billers.register(registry);
        registry.register(
            "biller_webhooks",
            "Webhooks of billers, by what became of them",
            self.webhooks.clone(),
        );
        registry.register(
            "pending_payments",
            "Pending payments by age bucket (upper bound)",
            self.pending.clone(),
        );
        registry.register(
            "payments_in_manual_review",
            "Payments that need manual review, by reason; a contradiction concerns a final payment",
            self.needing_attention.clone(),
        );
        registry.register(
            "deposits_below_limit",
            "Partners whose available balance is below alerts.low_deposit",
            self.low_deposits.clone(),
        );
        registry.register_with_unit(
            "wal",
            "Bytes in use in the database's WAL; a long reader makes it grow",
            Unit::Bytes,
            self.wal.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "Free space on the data directory's disk",
            Unit::Bytes,
            self.disk_free.clone(),
        );
        registry.register(
            "closed",
            "Whether inquiries and payments are refused, by reason",
            self.closed.clone(),
        );
    }

    /// Counts an answered request.
    pub(crate) fn answered(&self, seen: &RequestRecord, took: Duration) {
        let (command, code) = (seen.command, seen.code.as_str());
        self.requests.get_or_create(&RequestLabels { command, code }).inc();
        let histogram = self.request_seconds.get_or_create(&CommandLabel { command });
        histogram.observe(took.as_secs_f64());
    }

    /// Counts a request that was refused before its body was read.
    pub(crate) fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// Counts a request whose handler panicked.
    pub(crate) fn panicked(&self) {
        self.panicked.inc();
    }

    /// Counts a committed batch.
    pub(crate) fn committed(&self, batch: store::Batch) {
        self.batch_commands.observe(f64::from(u32::try_from(batch.commands).unwrap_or(u32::MAX)));
        self.commit_seconds.observe(batch.took.as_secs_f64());
    }

    /// Sets the gauges that only the database knows: the ages of pending payments in microseconds,
    /// the reasons for manual review, and the number of low balances.
    pub(crate) fn set_state(
        &self,
        ages: impl Iterator<Item = i64>,
        queued: &[ReviewReason],
        low_deposits: usize,
    ) {
        let mut counts = [0i64; AGES.len()];
        for age in ages {
            let minutes = age / 60_000_000;
            let class = AGES.iter().position(|(_, below)| minutes < *below);
            counts[class.unwrap_or(AGES.len() - 1)] += 1;
        }
        for ((age, _), count) in AGES.into_iter().zip(counts) {
            self.pending.get_or_create(&AgeLabel { age }).set(count);
        }
        for why in ReviewReason::ALL {
            let count = queued.iter().filter(|queued| **queued == why).count();
            let gauge = self.needing_attention.get_or_create(&WhyLabel { why: why.name() });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.low_deposits.set(i64::try_from(low_deposits).unwrap_or(i64::MAX));
    }

    /// Sets the gauges of each biller. `open` has the biller of each pending payment.
    pub(crate) fn set_billers(&self, gateway: &gateway::Gateway, open: &[domain::BillerId]) {
        self.billers.set(gateway, open);
    }

    /// Sets the free disk space and the size of the WAL.
    pub(crate) fn set_disk(&self, free: Option<u64>, wal: u64) {
        let clamped = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.wal.set(clamped(wal));
        if let Some(free) = free {
            self.disk_free.set(clamped(free));
        }
    }

    /// Sets why inquiries and payments are refused, if they are.
    pub(crate) fn set_closed(&self, closed: Option<IntakeClosed>) {
        for why in IntakeClosed::ALL {
            let gauge = self.closed.get_or_create(&WhyLabel { why: why.name() });
            gauge.set(i64::from(closed == Some(why)));
        }
    }

    /// All metrics as text.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts a webhook of a biller.
    pub(crate) fn took_webhook(&self, biller: &str, result: &'static str) {
        let biller = biller.to_owned();
        self.webhooks.get_or_create(&WebhookLabels { biller, result }).inc();
    }

    /// Counts an attempt to sign in.
    pub(crate) fn tried_to_sign_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&OutcomeLabel { outcome }).inc();
    }
}

impl gateway::Observer for Metrics {
    fn called(&self, biller: &str, call: Call, answer: &'static str, took: Duration) {
        let (biller, call) = (biller.to_owned(), call.name());
        let histogram =
            self.biller_seconds.get_or_create(&CallLabels { biller: biller.clone(), call });
        histogram.observe(took.as_secs_f64());
        drop(histogram);
        self.biller_calls.get_or_create(&BillerLabels { biller, call, answer }).inc();
    }

    fn dropped(&self, inquiries: u64) {
        self.dropped.inc_by(inquiries);
    }

    fn called_back(&self, state: DeliveryState) {
        self.callbacks.get_or_create(&DeliveryStateLabel { state: state.name() }).inc();
    }

    fn task_failed(&self, task: &'static str) {
        self.task_failures.get_or_create(&TaskLabel { task }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_payments_are_counted_by_age() {
        let metrics = Metrics::new();
        let minute = 60_000_000;
        let queued = [ReviewReason::TooOld, ReviewReason::Contradiction, ReviewReason::TooOld];
        metrics.set_state(
            [0, minute - 1, minute, 30 * minute, 3000 * minute].into_iter(),
            &queued,
            2,
        );
        let text = metrics.text().unwrap();
        for line in [
            r#"lunas_pending_payments{age="1m"} 2"#,
            r#"lunas_pending_payments{age="10m"} 1"#,
            r#"lunas_pending_payments{age="1h"} 1"#,
            r#"lunas_pending_payments{age="1d"} 0"#,
            r#"lunas_pending_payments{age="older"} 1"#,
            r#"lunas_payments_in_manual_review{why="too-old"} 2"#,
            r#"lunas_payments_in_manual_review{why="contradiction"} 1"#,
            r#"lunas_payments_in_manual_review{why="mismatch"} 0"#,
            "lunas_deposits_below_limit 2",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
