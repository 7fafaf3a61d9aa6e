//! What a run does: how many nodes, partners and payments, and how often each fault is injected.

use std::collections::BTreeMap;
use std::fmt;

use seeded_rng::SeededRng;

/// The faults that can be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A process dies before a batch is loaded.
    CrashBeforeLoad,
    /// It dies when the batch is decided and nothing is written.
    CrashBeforeWrite,
    /// It dies when everything is written and nothing is committed.
    CrashBeforeCommit,
    /// It dies when the batch is durable, before the commit call returns.
    CrashAfterCommit,
    /// It dies between the commit and the answers.
    CrashBeforeAnswers,
    /// It dies at any other time.
    Kill,
    /// The clock of one machine jumps, forward or back.
    ClockJump,
    /// A payment is not sent, and the connector knows it.
    NotSent,
    /// A payment never arrives.
    RequestLost,
    /// A payment arrives long after the deadline.
    RequestLate,
    /// The biller executes the payment, and its answer is lost.
    AnswerLost,
    /// The biller executes the payment, and its answer comes after the deadline.
    AnswerLate,
    /// An answer arrives a second time, long after the call is over.
    AnswerTwice,
    /// The connection breaks while the biller executes the payment.
    Reset,
    /// Half of an answer arrives.
    HalfAnswer,
    /// The biller decides late.
    InProcess,
    /// The biller never decides by itself.
    Undecided,
    /// The biller says the opposite of what it did, once.
    Contradiction,
    /// The answer to a payment or to a status query is about another payment.
    Mismatch,
    /// A status query is not answered.
    StatusLost,
    /// The answer to a status query cannot be read.
    StatusGarbage,
    /// There is no bill, or no answer to an inquiry.
    InquiryFails,
    /// A partner's request does not reach a gateway.
    PartnerRequestLost,
    /// An answer does not reach the partner.
    PartnerAnswerLost,
    /// A partner disconnects before its answer.
    PartnerHangsUp,
    /// A biller answers no inquiry for some time.
    BillerAway,
    /// A biller refuses a payment for a reason that lies with it.
    BillerRefuses,
    /// A biller gives such a reason once, although it takes the money.
    FalseRefusal,
    /// The answer to a payment looks like a failure that is not certain.
    Unverified,
    /// The next biller has the bill with another amount.
    OtherNominal,
    /// A biller takes more for a bill than the partner pays.
    DearBill,
    /// A biller reports the outcome of a payment without being asked, up to four times.
    Reported,
    /// A report names another payment, customer or amount.
    ReportMisfit,
    /// A callback does not reach the partner.
    CallbackLost,
    /// A callback reaches the partner, and its answer is lost.
    CallbackUnanswered,
    /// A partner pays up to 64 times at once.
    Burst,
    /// A partner uses a `ref_id` again for another customer.
    ChangedReplay,
    /// A partner uses a `ref_id` for two customers at once.
    RacingReplay,
    /// A partner tries to pay another partner's inquiry.
    ForeignPayment,
    /// A command breaks a constraint of the database, within a batch of good ones.
    BadMember,
    /// A partner is suspended for a while.
    Suspension,
    /// A product is off for a while, or its price changes.
    ProductChange,
    /// The minimum balance of a partner changes.
    MinBalanceChange,
    /// An operator resolves a payment by hand while the resolver still queries it.
    ByHand,
    /// An operator requests a status query, whatever is known.
    OperatorStatusQuery,
    /// An operator books a deposit twice at once, under one reference.
    BookedTwice,
    /// An operator reverses a deposit, twice at once.
    DepositReversed,
    /// An operator pays money back to a partner, twice at once, or corrects a balance.
    BalanceChanged,
}

use Fault::*;

/// Every fault, with its highest odds: how many times in a thousand chances it is injected.
const MOST: [(Fault, u32); 37] = [
    (CrashBeforeLoad, 12),
    (CrashBeforeWrite, 12),
    (CrashBeforeCommit, 12),
    (CrashAfterCommit, 12),
    (CrashBeforeAnswers, 12),
    (Kill, 300),
    (ClockJump, 200),
    (NotSent, 60),
    (RequestLost, 60),
    (RequestLate, 60),
    (AnswerLost, 100),
    (AnswerLate, 100),
    (AnswerTwice, 60),
    (Reset, 60),
    (HalfAnswer, 60),
    (InProcess, 150),
    (Undecided, 40),
    (Contradiction, 60),
    (Mismatch, 40),
    (StatusLost, 300),
    (StatusGarbage, 200),
    (InquiryFails, 100),
    (PartnerRequestLost, 80),
    (PartnerAnswerLost, 100),
    (PartnerHangsUp, 100),
    (CallbackLost, 500),
    (CallbackUnanswered, 300),
    (Burst, 25),
    (ChangedReplay, 80),
    (RacingReplay, 80),
    (ForeignPayment, 60),
    (BadMember, 600),
    (Suspension, 200),
    (ProductChange, 300),
    (MinBalanceChange, 200),
    (ByHand, 500),
    (OperatorStatusQuery, 500),
];

/// The same, for faults that were added later. Their odds come from another generator, so that the
/// odds of the others stay the same.
const LATER: [(Fault, u32); 11] = [
    (DepositReversed, 300),
    (BookedTwice, 400),
    (BalanceChanged, 300),
    (BillerAway, 30),
    (BillerRefuses, 150),
    (Unverified, 100),
    (Reported, 600),
    (ReportMisfit, 300),
    (FalseRefusal, 150),
    (OtherNominal, 300),
    (DearBill, 300),
];

/// What a run does. It is drawn from a seed and can be made smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed of all pseudo-random numbers of the run.
    pub seed: u64,
    /// The number of gateways on one store.
    pub nodes: u64,
    /// The number of partners. The first has the most payments.
    pub partners: u64,
    /// The number of concurrent requests of the first partner.
    pub sessions: u64,
    /// The partners stop after this many begun payments.
    pub payments: u64,
    /// The faults to inject, and how many times in a thousand chances.
    pub faults: BTreeMap<Fault, u32>,
}

impl Plan {
    /// The plan of a seed. Every eighth has no faults; each of the others has about half of them, so
    /// that a bug that one fault hides shows in another run.
    pub fn of(seed: u64, payments: u64) -> Plan {
        let mut rng = SeededRng::of(seed, &[0]);
        let quiet = seed.is_multiple_of(8);
        let odds = |rng: &mut SeededRng, &(fault, most): &(Fault, u32)| {
            let enabled = rng.chance(500) && !quiet;
            let odds = rng.in_range(1..u64::from(most) + 1) as u32;
            enabled.then_some((fault, odds))
        };
        let mut faults: BTreeMap<Fault, u32> =
            MOST.iter().filter_map(|most| odds(&mut rng, most)).collect();
        let (nodes, partners) = (rng.in_range(1..3), rng.in_range(1..6));
        let sessions = 1 << rng.in_range(0..6);
        let mut later = SeededRng::of(seed, &[29]);
        faults.extend(LATER.iter().filter_map(|most| odds(&mut later, most)));
        Plan { seed, nodes, partners, sessions, payments, faults }
    }

    /// How many times in a thousand chances `fault` is injected.
    pub fn odds(&self, fault: Fault) -> u32 {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// Plans that do less, the smallest first.
    pub fn smaller(&self) -> Vec<Plan> {
        let mut plans = Vec::new();
        let payments = [self.payments / 8, self.payments / 2, self.payments - 1];
        for payments in payments.into_iter().filter(|fewer| *fewer > 0) {
            plans.push(Plan { payments, ..self.clone() });
        }
        for sessions in
            [1, self.sessions / 2].into_iter().filter(|fewer| (1..self.sessions).contains(fewer))
        {
            plans.push(Plan { sessions, ..self.clone() });
        }
        for partners in [1, self.partners - 1].into_iter().filter(|fewer| *fewer > 0) {
            plans.push(Plan { partners, ..self.clone() });
        }
        plans.push(Plan { nodes: 1, ..self.clone() });
        let (some, others): (Vec<_>, Vec<_>) =
            self.faults.iter().enumerate().partition(|(at, _)| at % 2 == 0);
        for half in [some, others] {
            let faults = half.into_iter().map(|(_, (fault, odds))| (*fault, *odds)).collect();
            plans.push(Plan { faults, ..self.clone() });
        }
        for fault in self.faults.keys() {
            let mut without = self.clone();
            without.faults.remove(fault);
            plans.push(without);
        }
        plans.retain(|plan| plan != self);
        plans
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, nodes, partners, sessions, payments, faults } = self;
        write!(
            f,
            "seed {seed}: {payments} payment(s), {partners} partner(s), {sessions} session(s) for the \
             hot one, {nodes} gateway(s); faults in a thousand:"
        )?;
        if faults.is_empty() {
            f.write_str(" none")?;
        }
        faults.iter().try_for_each(|(fault, odds)| write!(f, " {fault:?} {odds}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_plan() {
        assert_eq!(Plan::of(5, 300), Plan::of(5, 300));
        assert_ne!(Plan::of(5, 300), Plan::of(6, 300));
        assert!(Plan::of(8, 300).faults.is_empty());
    }

    #[test]
    fn every_fault_is_in_some_plan() {
        let plans: Vec<_> = (0..64).map(|seed| Plan::of(seed, 1)).collect();
        for (fault, most) in MOST.into_iter().chain(LATER) {
            let odds = plans.iter().map(|plan| plan.odds(fault)).max();
            assert!(odds.is_some_and(|odds| (1..=most).contains(&odds)), "{fault:?}: {odds:?}");
        }
    }

    #[test]
    fn shrinking_ends() {
        let mut plan = Plan::of(5, 300);
        for _ in 0..1000 {
            match plan.smaller().pop() {
                Some(smaller) => plan = smaller,
                None => return,
            }
        }
        panic!("a plan is made smaller for ever: {plan}");
    }
}
