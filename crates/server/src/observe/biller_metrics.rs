//! The state of each biller in the metrics, read when they are scraped.

use domain::BillerId;
use gateway::{CircuitState, Gateway};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Gauges by biller.
#[derive(Default)]
pub(super) struct BillerMetrics {
    circuit: Family<BillerLabel, Gauge>,
    balance: Family<BillerLabel, Gauge>,
    unexplained: Family<BillerLabel, Gauge>,
    pending: Family<BillerLabel, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BillerLabel {
    biller: String,
}

impl BillerMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "biller_circuit",
            "Whether a biller is asked: 0 closed (it is), 1 half open, 2 open (it is not)",
            self.circuit.clone(),
        );
        registry.register(
            "biller_balance_rupiah",
            "lunas's balance at a biller, in whole rupiah, as the biller told it last",
            self.balance.clone(),
        );
        registry.register(
            "biller_balance_unexplained_rupiah",
            "The last change of lunas's balance at a biller that the books do not explain, in whole rupiah; negative \
             after a top-up",
            self.unexplained.clone(),
        );
        registry.register(
            "biller_pending_payments",
            "Payments at a biller whose outcome is unknown",
            self.pending.clone(),
        );
    }

    /// Sets the gauges of all billers. `open` has the biller of each pending payment.
    pub(super) fn set(&self, gateway: &Gateway, open: &[BillerId]) {
        let billers = gateway.billers();
        for id in billers.ids() {
            let label = BillerLabel { biller: billers.name(id).unwrap_or_default().to_owned() };
            let health = gateway.biller_health(id);
            let state = match health.circuit {
                CircuitState::Closed => 0,
                CircuitState::HalfOpen => 1,
                CircuitState::Open => 2,
            };
            self.circuit.get_or_create(&label).set(state);
            if let Some((balance, _)) = health.balance {
                self.balance.get_or_create(&label).set(balance.get());
            }
            if let Some(unexplained) = health.unexplained {
                self.unexplained.get_or_create(&label).set(unexplained.get());
            }
            let pending = open.iter().filter(|biller| **biller == id).count();
            let pending = i64::try_from(pending).unwrap_or(i64::MAX);
            self.pending.get_or_create(&label).set(pending);
        }
    }
}
