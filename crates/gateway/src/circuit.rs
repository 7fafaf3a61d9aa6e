//! The circuit of each biller: whether it is asked at all.
//!
//! A circuit opens at once if the biller does not accept lunas, which only a person can change, and after several
//! calls in a row without an answer. While it is open, the biller gets no new inquiries. [`CircuitProbe`] checks
//! it with a harmless call; if the biller accepts that, the circuit is half open, and the next answer closes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{BillerId, BillerSettings, Moment, Rupiah};
use store::StoreError;
use tokio::task::JoinSet;

use crate::{BackgroundTask, Gateway, Health};

/// Calls in a row without an answer that open a circuit.
const UNANSWERED: u32 = 5;

/// How often a biller with an open circuit is checked.
const PROBE_EVERY: Duration = Duration::from_secs(15);

/// Whether a biller is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CircuitState {
    /// It is asked.
    #[default]
    Closed,
    /// It is not asked.
    Open,
    /// It accepted a check after its circuit was open. The next answer decides.
    HalfOpen,
}

impl CircuitState {
    /// The state with that name.
    pub fn named(name: &str) -> Option<CircuitState> {
        let states = [CircuitState::Closed, CircuitState::Open, CircuitState::HalfOpen];
        states.into_iter().find(|state| state.name() == name)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            CircuitState::Closed => "closed",
            CircuitState::Open => "open",
            CircuitState::HalfOpen => "half-open",
        }
    }
}

/// What this process knows about a biller from its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillerHealth {
    /// Whether it is asked.
    pub circuit: CircuitState,
    /// Why the circuit is not closed, without personal data.
    pub reason: Option<Box<str>>,
    /// When the circuit changed last.
    pub since: Option<Moment>,
    /// Whether only a person can make the biller accept lunas again.
    pub is_rejected: bool,
    /// lunas's balance there as the biller told it last, and when.
    pub balance: Option<(Rupiah, Moment)>,
    /// The change of the balance between the last two answers that the books do not explain.
    pub unexplained: Option<Rupiah>,
}

/// What a call says about a biller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// It answered.
    Answered,
    /// It does not accept lunas: name, key or address are wrong, or the account is suspended.
    Rejected(Box<str>),
    /// There was no readable answer.
    Unanswered(Box<str>),
}

impl CallResult {
    /// It does not accept lunas, with what it said.
    pub(crate) fn rejected(said: Option<Box<str>>) -> CallResult {
        CallResult::Rejected(said.unwrap_or_else(|| "the account is not accepted".into()))
    }
}

/// The circuits of all billers of this process.
#[derive(Default)]
pub(crate) struct Circuits(Mutex<BTreeMap<BillerId, Circuit>>);

#[derive(Default)]
struct Circuit {
    health: BillerHealth,
    unanswered: u32,
    /// The settings when the circuit opened. Another address, name, key or mode closes it, as the operator may have
    /// mended the cause.
    opened_with: Option<Arc<BillerSettings>>,
}

impl Circuits {
    /// What is known about a biller.
    pub(crate) fn health(&self, biller: BillerId) -> BillerHealth {
        self.lock().get(&biller).map(|circuit| circuit.health.clone()).unwrap_or_default()
    }

    /// Records a call. Returns the new health if the circuit opened or closed.
    pub(crate) fn record(
        &self,
        biller: BillerId,
        result: CallResult,
        settings: Option<&Arc<BillerSettings>>,
        now: Moment,
    ) -> Option<BillerHealth> {
        let mut circuits = self.lock();
        let circuit = circuits.entry(biller).or_default();
        let before = circuit.health.circuit;
        match result {
            CallResult::Answered => {
                circuit.unanswered = 0;
                // An open circuit stays open for late answers: a check decides.
                if before == CircuitState::HalfOpen {
                    circuit.close(now);
                }
            }
            CallResult::Rejected(reason) => circuit.open(reason, true, settings, now),
            CallResult::Unanswered(reason) => {
                circuit.unanswered += 1;
                if circuit.unanswered >= UNANSWERED || before == CircuitState::HalfOpen {
                    circuit.open(reason, false, settings, now);
                }
            }
        }
        (circuit.health.circuit != before).then(|| circuit.health.clone())
    }

    /// Records that an open circuit's biller accepted a check.
    pub(crate) fn half_open(&self, biller: BillerId, now: Moment) {
        let mut circuits = self.lock();
        let circuit = circuits.entry(biller).or_default();
        if circuit.health.circuit == CircuitState::Open {
            circuit.health.circuit = CircuitState::HalfOpen;
            circuit.health.since = Some(now);
            circuit.health.is_rejected = false;
        }
    }

    /// Records lunas's balance at a biller. Returns the one before.
    pub(crate) fn told_balance(
        &self,
        biller: BillerId,
        balance: Rupiah,
        now: Moment,
    ) -> Option<Rupiah> {
        let before = self.lock().entry(biller).or_default().health.balance.replace((balance, now));
        before.map(|(before, _)| before)
    }

    /// Records the change of lunas's balance at a biller that the books do not explain.
    pub(crate) fn note_difference(&self, biller: BillerId, unexplained: Rupiah) {
        self.lock().entry(biller).or_default().health.unexplained = Some(unexplained);
    }

    /// Closes the circuits of billers whose address, name, key or mode has changed since. Returns these billers
    /// with the new health.
    pub(crate) fn follow(
        &self,
        settings: &domain::BillerDirectory,
        now: Moment,
    ) -> Vec<(BillerId, BillerHealth)> {
        let mut closed = Vec::new();
        for (id, circuit) in self.lock().iter_mut() {
            let (before, now_set) = (circuit.opened_with.as_ref(), settings.get(id));
            let is_mended = before.zip(now_set).is_some_and(|(before, now_set)| {
                let account = |it: &BillerSettings| {
                    (it.url.clone(), it.username.clone(), it.api_key.clone(), it.testing)
                };
                account(before) != account(now_set)
            });
            if is_mended {
                circuit.close(now);
                closed.push((*id, circuit.health.clone()));
            }
        }
        closed
    }

    /// The billers with an open circuit.
    fn opened(&self) -> Vec<BillerId> {
        let circuits = self.lock();
        let open = |circuit: &Circuit| circuit.health.circuit == CircuitState::Open;
        circuits.iter().filter(|(_, circuit)| open(circuit)).map(|(id, _)| *id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<BillerId, Circuit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    fn open(
        &mut self,
        reason: Box<str>,
        is_rejected: bool,
        settings: Option<&Arc<BillerSettings>>,
        now: Moment,
    ) {
        if self.health.circuit != CircuitState::Open {
            self.health.since = Some(now);
        }
        self.health.circuit = CircuitState::Open;
        self.health.is_rejected = is_rejected;
        self.health.reason = Some(reason);
        self.opened_with = settings.cloned();
    }

    fn close(&mut self, now: Moment) {
        let BillerHealth { balance, unexplained, .. } = self.health;
        let since = Some(now);
        self.health = BillerHealth { since, balance, unexplained, ..BillerHealth::default() };
        self.unanswered = 0;
        self.opened_with = None;
    }
}

/// The background task that checks billers with an open circuit.
pub struct CircuitProbe {
    gateway: Gateway,
}

impl Gateway {
    /// The task that checks billers with an open circuit.
    pub fn circuit_probe(&self) -> CircuitProbe {
        CircuitProbe { gateway: self.clone() }
    }
}

impl BackgroundTask for CircuitProbe {
    const NAME: &'static str = "circuits";
    type Error = StoreError;

    async fn run(&mut self, health: &Health) -> Result<(), StoreError> {
        loop {
            tokio::time::sleep(PROBE_EVERY).await;
            // At the same time, so that one that hangs does not delay the others.
            let mut checks = JoinSet::new();
            for biller in self.gateway.shared.circuits.opened() {
                let gateway = self.gateway.clone();
                checks.spawn(async move { gateway.check_biller(biller).await });
            }
            // The results are recorded with the billers.
            checks.join_all().await;
            health.round(Ok::<(), StoreError>(()))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BILLER: BillerId = BillerId(2);
    const NOW: Moment = Moment::from_micros(1_546_275_600_000_000);

    fn unanswered(circuits: &Circuits) -> Option<BillerHealth> {
        circuits.record(BILLER, CallResult::Unanswered("no answer".into()), None, NOW)
    }

    fn answered(circuits: &Circuits) -> Option<BillerHealth> {
        circuits.record(BILLER, CallResult::Answered, None, NOW)
    }

    #[test]
    fn a_circuit_opens_after_calls_in_a_row_without_an_answer() {
        let circuits = Circuits::default();
        for _ in 1..UNANSWERED {
            assert_eq!(unanswered(&circuits), None);
        }
        assert_eq!(answered(&circuits), None);
        for _ in 1..UNANSWERED {
            assert_eq!(unanswered(&circuits), None, "an answer begins a new row");
        }
        let opened = unanswered(&circuits).unwrap();
        assert_eq!((opened.circuit, opened.is_rejected), (CircuitState::Open, false));
        assert_eq!(unanswered(&circuits), None, "it is told once");
    }

    #[test]
    fn a_rejection_opens_it_at_once_and_a_late_answer_does_not_close_it() {
        let circuits = Circuits::default();
        let rejected = CallResult::Rejected("100: INVALID SIGNATURE".into());
        let opened = circuits.record(BILLER, rejected, None, NOW).unwrap();
        assert!(opened.is_rejected && opened.circuit == CircuitState::Open);
        assert_eq!(answered(&circuits), None);
        assert_eq!(circuits.health(BILLER).circuit, CircuitState::Open);
    }

    #[test]
    fn a_half_open_circuit_is_decided_by_the_next_answer() {
        for (next_is_answered, expected) in
            [(true, CircuitState::Closed), (false, CircuitState::Open)]
        {
            let circuits = Circuits::default();
            for _ in 0..UNANSWERED {
                unanswered(&circuits);
            }
            circuits.half_open(BILLER, NOW);
            assert_eq!(circuits.health(BILLER).circuit, CircuitState::HalfOpen);
            match next_is_answered {
                true => answered(&circuits),
                false => unanswered(&circuits),
            };
            assert_eq!(circuits.health(BILLER).circuit, expected);
        }
    }

    #[test]
    fn a_balance_survives_the_circuit() {
        let circuits = Circuits::default();
        circuits.told_balance(BILLER, Rupiah::new(5), NOW);
        for _ in 0..UNANSWERED {
            unanswered(&circuits);
        }
        circuits.half_open(BILLER, NOW);
        answered(&circuits);
        assert_eq!(circuits.health(BILLER).balance, Some((Rupiah::new(5), NOW)));
    }
}
