//! Computes every balance again from the postings and checks the rules of the ledger.
//!
//! The audit shares no code with the functions that write the ledger: it reads rows and adds them up.

use std::collections::BTreeMap;

use domain::books::{BalanceChange, BalanceChangeKind};
use domain::{Account, Inquiry, MovementKind, PartnerId, Payment, ReviewReason, Rupiah, State};

use crate::{LedgerRecord, PostingRow, Read, StoreError};

/// The result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Inquiries seen.
    pub inquiries: u64,
    /// Payments seen.
    pub payments: u64,
    /// Payments whose outcome is unknown.
    pub open: u64,
    /// Deposits seen.
    pub deposits: u64,
    /// Reversals seen.
    pub reversals: u64,
    /// Withdrawals and adjustments seen.
    pub balance_changes: u64,
    /// Postings added up.
    pub postings: u64,
    /// Accounts compared.
    pub accounts: u64,
    /// The first thousand broken rules.
    pub faults: Vec<Fault>,
    /// Number of broken rules in all.
    pub broken: u64,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule as text.
    pub rule: &'static str,
    /// Where it is broken.
    pub at: String,
}

const BALANCED: &str = "the postings of a movement sum to zero";
const DERIVED: &str = "each balance equals its postings";
const MIN_BALANCE: &str = "no partner's available deposit is below its limit";
const HELD: &str = "a partner's held deposit is the price of its payments in process";
const STEPS: &str = "a payment in process has a hold, a paid one a post, a failed one a void";
const PRICE: &str = "a payment moves the price of its inquiry, no more and no less";
const ORPHAN: &str =
    "every movement belongs to a payment, a deposit, a reversal, a withdrawal or an adjustment";
const BILL: &str = "a payment settles an inquiry of its own partner";
const BILLER: &str =
    "a payment is made at the biller that answered its inquiry, or at that of its attempt";
const ATTEMPTS: &str = "the attempts of a payment are counted without a gap, each at another biller than the one before";
const REFERENCE: &str = "a partner's ref_id leads to its one inquiry";
const ONCE: &str = "a deposit's reference is that of one deposit of its partner";
const REVERSED: &str = "a reversal takes one deposit of its partner back, whole, and no other does";
const FOLLOW_UP: &str = "a contradiction stands at a final payment or at one with several attempts, any other follow_up at an open one";
const CALLBACK: &str = "a callback tells a partner of a payment of its own that has ended";
const PAGES: &str = "the database's own check finds nothing";

/// Audits the present state of the database that `read` reads.
pub fn audit(read: &mut dyn Read) -> Result<Report, StoreError> {
    let mut audit = Audit::default();
    for trouble in read.self_check()? {
        audit.broken(PAGES, trouble);
    }
    let beside = read.ledger(&mut |entry| audit.entry(&entry))?;
    let named = audit.movements;
    audit.check(named == beside.movements, ORPHAN, || {
        format!("{} movements, of which {named} belong somewhere", beside.movements)
    });
    for (one, other) in beside.repeated {
        audit.broken(REFERENCE, format!("{one} and {other} share theirs"));
    }
    for (one, other) in beside.repeated_deposits {
        audit.broken(ONCE, format!("{one} and {other} share theirs"));
    }
    for tr_id in beside.astray {
        audit.broken(REVERSED, tr_id.to_string());
    }
    let counted = audit.later_attempts;
    audit.check(beside.later_attempts == counted, ATTEMPTS, || {
        format!("{} are there, {counted} are counted", beside.later_attempts)
    });
    for tr_id in beside.attempts_astray {
        audit.broken(ATTEMPTS, tr_id.to_string());
    }
    audit.balances(&beside.balances, &min_balances(read)?);
    Ok(audit.report)
}

/// The short audit at a start: the balances sum to zero, and the holds are those of the payments in process.
/// Its time grows with the number of these payments and of partners. Nobody may write meanwhile.
pub fn quick_check(read: &mut dyn Read) -> Result<Report, StoreError> {
    let mut audit = Audit::default();
    for open in read.open_payments()? {
        let Some(transaction) = read.transaction(open.tr_id)? else {
            audit.broken(BILL, format!("{} has no inquiry", open.tr_id));
            continue;
        };
        audit.report.open += 1;
        let price = transaction.inquiry.price.selling_price;
        *audit.held.entry(open.partner).or_default() += i128::from(price.get());
    }
    let balances = read.balances()?;
    let sum: i128 = balances.iter().map(|(_, balance)| i128::from(balance.get())).sum();
    audit.check(sum == 0, BALANCED, || format!("all balances together: {sum}"));
    let min_balances = min_balances(read)?;
    for (account, balance) in balances {
        audit.balance(account, balance, &min_balances);
    }
    audit.leftover_holds();
    Ok(audit.report)
}

fn min_balances(read: &mut dyn Read) -> Result<BTreeMap<PartnerId, Rupiah>, StoreError> {
    Ok(read.partners()?.iter().map(|partner| (partner.id, partner.min_balance)).collect())
}

#[derive(Default)]
struct Audit {
    report: Report,
    /// Movements seen.
    movements: u64,
    sums: BTreeMap<Account, i128>,
    held: BTreeMap<PartnerId, i128>,
    /// The attempts after the first ones that the payments count.
    later_attempts: u64,
}

impl Audit {
    fn entry(&mut self, entry: &LedgerRecord) {
        for posting in &entry.postings {
            self.report.postings += 1;
            *self.sums.entry(posting.account).or_default() += i128::from(posting.amount.get());
        }
        for step in [1, 2] {
            let of_step = || entry.postings.iter().filter(|posting| posting.kind.step() == step);
            self.movements += u64::from(of_step().next().is_some());
            let sum: i128 = of_step().map(|posting| i128::from(posting.amount.get())).sum();
            self.check(sum == 0, BALANCED, || format!("{} step {step}: {sum}", entry.tr_id));
        }
        if entry.inquiry.is_some() {
            self.report.inquiries += 1;
            self.check(entry.found, REFERENCE, || format!("{} is not found", entry.tr_id));
        }
        if let Some(follow_up) = &entry.follow_up {
            let contradicted =
                matches!(follow_up.review_reason, Some((ReviewReason::Contradiction, _)));
            let fits = entry.payment.as_ref().is_some_and(|payment| match contradicted {
                true => payment.state.is_final() || payment.attempt.is_some(),
                false => !payment.state.is_final(),
            });
            self.check(fits, FOLLOW_UP, || entry.tr_id.to_string());
        }
        if let Some(callback) = &entry.callback {
            let payment = entry.payment.as_ref().filter(|payment| payment.state.is_final());
            let is_own = payment.is_some_and(|payment| payment.partner == callback.partner);
            self.check(is_own, CALLBACK, || entry.tr_id.to_string());
        }
        if let Some(change) = &entry.balance_change {
            return self.balance_change(entry, change);
        }
        match (&entry.inquiry, &entry.payment, &entry.deposit, &entry.reversal) {
            (Some(inquiry), Some(payment), None, None) => self.payment(inquiry, payment, entry),
            (None, Some(_), ..) => self.broken(BILL, format!("{} has no inquiry", entry.tr_id)),
            (None, None, Some(deposit), None) => {
                self.report.deposits += 1;
                let amount = deposit.amount.get();
                self.deposit_or_reversal(entry, MovementKind::Deposit, deposit.partner, amount);
            }
            (None, None, None, Some(reversal)) => {
                self.report.reversals += 1;
                let amount = -reversal.amount.get();
                self.deposit_or_reversal(entry, MovementKind::Reversal, reversal.partner, amount);
            }
            (inquiry, None, None, None) => {
                let known = inquiry.is_some() && entry.postings.is_empty();
                self.check(known, ORPHAN, || entry.tr_id.to_string());
            }
            _ => self.broken(ORPHAN, entry.tr_id.to_string()),
        }
    }

    /// Checks a withdrawal or an adjustment. Its number is that of nothing else.
    fn balance_change(&mut self, entry: &LedgerRecord, change: &BalanceChange) {
        self.report.balance_changes += 1;
        let others = (&entry.inquiry, &entry.payment, &entry.deposit, &entry.reversal);
        let alone = matches!(others, (None, None, None, None));
        self.check(alone, ORPHAN, || entry.tr_id.to_string());
        let (kind, account) = match change.kind {
            BalanceChangeKind::Withdrawal => (MovementKind::Withdrawal, Account::Bank),
            BalanceChangeKind::Adjustment => (MovementKind::Adjustment, Account::Adjustment),
        };
        let (available, amount) = (Account::Available(change.partner), change.amount.get());
        self.movements(entry, &[kind], &[(1, account, -amount), (1, available, amount)]);
    }

    /// Checks a deposit or a reversal.
    fn deposit_or_reversal(
        &mut self,
        entry: &LedgerRecord,
        kind: MovementKind,
        partner: PartnerId,
        amount: i64,
    ) {
        let expected = [(1, Account::Bank, -amount), (1, Account::Available(partner), amount)];
        self.movements(entry, &[kind], &expected);
    }

    fn payment(&mut self, inquiry: &Inquiry, payment: &Payment, entry: &LedgerRecord) {
        self.report.payments += 1;
        self.check(inquiry.partner == payment.partner, BILL, || entry.tr_id.to_string());
        let attempt = payment.attempt.as_ref();
        let biller = attempt.map_or(inquiry.biller, |attempt| attempt.biller);
        self.check(biller == payment.biller, BILLER, || entry.tr_id.to_string());
        self.later_attempts += attempt.map_or(0, |attempt| u64::from(attempt.number) - 1);
        let owner = payment.partner;
        let (available, held) = (Account::Available(owner), Account::Held(owner));
        let nominal = inquiry.bill.nominal.get();
        let (fee, commission) = (inquiry.price.admin.get(), inquiry.price.commission.get());
        let price = nominal + fee - commission;
        let stated = attempt.map_or(inquiry.stated_cost, |attempt| attempt.stated_cost);
        let cost = stated.map_or(nominal, Rupiah::get);
        let mut expected = vec![(1, available, -price), (1, held, price)];
        let kinds: &[MovementKind] = match payment.state {
            State::Paying | State::Pending => {
                self.report.open += 1;
                *self.held.entry(owner).or_default() += i128::from(price);
                &[MovementKind::Hold]
            }
            State::Paid => {
                expected.extend([
                    (2, held, -price),
                    (2, Account::Biller(biller), cost),
                    (2, Account::Fee, fee),
                    (2, Account::Commission, -commission),
                    (2, Account::Margin, price - cost - fee + commission),
                ]);
                &[MovementKind::Hold, MovementKind::Post]
            }
            State::Failed => {
                expected.extend([(2, held, -price), (2, available, price)]);
                &[MovementKind::Hold, MovementKind::Void]
            }
            State::Inquired => &[],
        };
        self.movements(entry, kinds, &expected);
    }

    fn movements(
        &mut self,
        entry: &LedgerRecord,
        kinds: &[MovementKind],
        expected: &[(u8, Account, i64)],
    ) {
        let mut found: Vec<MovementKind> = entry.postings.iter().map(|p| p.kind).collect();
        found.dedup();
        let state = entry.payment.as_ref().map(|payment| payment.state);
        self.check(found == kinds, STEPS, || format!("{} {state:?}: {found:?}", entry.tr_id));
        let row = |p: &PostingRow| (p.kind.step(), p.account, p.amount.get());
        let mut found: Vec<_> = entry.postings.iter().map(row).collect();
        let mut expected: Vec<_> = expected.iter().filter(|row| row.2 != 0).copied().collect();
        found.sort_unstable();
        expected.sort_unstable();
        self.check(found == expected, PRICE, || entry.tr_id.to_string());
    }

    fn balances(
        &mut self,
        balances: &[(Account, Rupiah)],
        min_balances: &BTreeMap<PartnerId, Rupiah>,
    ) {
        for (account, balance) in balances {
            let derived = self.sums.remove(account).unwrap_or(0);
            let stands = i128::from(balance.get());
            self.check(derived == stands, DERIVED, || {
                format!("{account} has {stands}, its postings give {derived}")
            });
            self.balance(*account, *balance, min_balances);
        }
        for (account, derived) in std::mem::take(&mut self.sums) {
            self.broken(DERIVED, format!("{account} is missing, its postings give {derived}"));
        }
        self.leftover_holds();
    }

    /// Checks a balance against its minimum or against the payments in process.
    fn balance(
        &mut self,
        account: Account,
        balance: Rupiah,
        min_balances: &BTreeMap<PartnerId, Rupiah>,
    ) {
        self.report.accounts += 1;
        match account {
            Account::Available(partner) => {
                let min_balance = min_balances.get(&partner).copied().unwrap_or(Rupiah::ZERO);
                self.check(balance >= min_balance, MIN_BALANCE, || format!("{account}: {balance}"));
            }
            Account::Held(partner) => {
                let held = self.held.remove(&partner).unwrap_or(0);
                let stands = i128::from(balance.get());
                self.check(held == stands, HELD, || format!("{account}: {stands}, not {held}"));
            }
            _ => {}
        }
    }

    /// Checks that each payment in process has an account for its hold.
    fn leftover_holds(&mut self) {
        for (partner, held) in std::mem::take(&mut self.held) {
            self.broken(HELD, format!("partner {partner} has no account for {held}"));
        }
    }

    fn check(&mut self, holds: bool, rule: &'static str, at: impl FnOnce() -> String) {
        if !holds {
            self.broken(rule, at());
        }
    }

    fn broken(&mut self, rule: &'static str, at: String) {
        self.report.broken += 1;
        if self.report.faults.len() < 1000 {
            self.report.faults.push(Fault { rule, at });
        }
    }
}

impl Report {
    /// Whether every rule holds.
    pub fn is_clean(&self) -> bool {
        self.broken == 0
    }
}
