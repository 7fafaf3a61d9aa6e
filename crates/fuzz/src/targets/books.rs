//! Sequences of commands: the books balance after any commands in any order. Two bytes of the input
//! are one command and its target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::books::BalanceChangeKind;
use domain::command::{
    Begin, BeginPayment, BillerOutcome, ChangeBalance, ChangePartner, Effect, OpenInquiry,
    PartnerChange, PutProduct, RecordDeposit, ReverseDeposit, SettlePayment,
};
use domain::follow_up::FencingToken;
use domain::payment::Call;
use domain::{
    Account, Bill, BillerId, Books, Change, Exchange, FailureReason, Family, Moment, Partner,
    PartnerId, Product, ProductCode, Quote, RefId, Rupiah, State, TrId, TransferReference,
    Username,
};

/// Noon in Jakarta.
const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);
const HOUR: i64 = 3_600_000_000;

/// Amounts that a biller or an operator may send.
const AMOUNTS: [i64; 8] = [1, 2_500, 50_000, 1_000_000, 0, -1, i64::MAX, i64::MAX / 2];

/// A simple model of the ledger, with which the books are compared.
#[derive(Default)]
struct Seen {
    paid_in: i128,
    adjusted: i128,
    /// References of withdrawals.
    withdrawn: BTreeSet<(PartnerId, TransferReference)>,
    /// Deposits that are not reversed, and their references.
    deposits: BTreeMap<TrId, Rupiah>,
    known_by: BTreeSet<(PartnerId, TransferReference)>,
    /// The last state of each payment, and the amount held for it.
    payments: BTreeMap<TrId, State>,
}

/// Pairs of bytes.
pub fn run(input: &[u8]) {
    let mut books = Books { next_tr_id: 1, next_partner: 3, ..Books::default() };
    for partner in [partner(1), partner(2)] {
        books.usernames.insert(partner.username.clone(), partner.id);
        books.partners.insert(partner.id, Arc::new(partner));
    }
    Arc::make_mut(&mut books.catalogue).insert(code(), Arc::new(product(true, 2_500)));
    let mut seen = Seen::default();
    let mut now = NOON;
    for pair in input.chunks_exact(2).take(200) {
        let (command, about) = (pair[0], usize::from(pair[1]));
        now = now.after_micros(i64::from(command >> 4) * HOUR / 8);
        act(&mut books, &mut seen, command & 15, about, now);
        check(&books, &seen);
    }
}

fn act(books: &mut Books, seen: &mut Seen, command: u8, about: usize, now: Moment) {
    let partner = PartnerId(1 + (about & 1) as i64);
    let tr_id = TrId(1 + (about >> 1) as i64 % books.next_tr_id.max(1));
    let amount = Rupiah::new(AMOUNTS[about % AMOUNTS.len()]);
    let exchange = |call| Exchange {
        call,
        attempt: 1,
        biller: None,
        asked_at: now,
        took_micros: 1,
        answer: "said".into(),
        evidence: None,
    };
    match command {
        0..=3 => {
            let bill = Bill {
                customer_name: "VERGIE".into(),
                period: "02".into(),
                nominal: amount,
                sheets: 1 + about as u32 % 3,
                details: "{}".into(),
            };
            let cost =
                (!about.is_multiple_of(3)).then(|| Rupiah::new(AMOUNTS[about / 3 % AMOUNTS.len()]));
            let ref_id = RefId::new(&format!("r{}", about % 40)).expect("it is in order");
            let exchange = exchange(Call::Inquire);
            let _ = books.run(&OpenInquiry {
                partner,
                ref_id,
                code: code(),
                customer_no: format!("880123456000{}", about % 8).into(),
                biller: BillerId(1 + (about & 1) as i64),
                extra: None,
                passed_over: None,
                biller_code: None,
                reference: None,
                quote: Quote { bill, biller_reference: None, cost, admin: None },
                exchange,
                asked_before: Vec::new(),
            });
        }
        4..=7 => {
            let before = books.available(partner);
            match books.run(&BeginPayment { partner, tr_id, now, test_numbers: Arc::default() }) {
                Ok(Begin::Begun(transaction)) => {
                    let price = transaction.inquiry.price.selling_price;
                    assert_eq!(before.minus(price), Ok(books.available(partner)));
                    let begun = seen.payments.insert(tr_id, State::Paying);
                    assert_eq!(begun, None, "a payment is begun once");
                }
                _ => assert_eq!(before, books.available(partner), "nothing is held"),
            }
        }
        8..=12 => {
            let verdict = match command {
                8 => BillerOutcome::Failed(FailureReason::PaymentFailed),
                9 => BillerOutcome::Unknown,
                11 => BillerOutcome::NotFound {
                    is_final: about & 8 == 0,
                    counts_from: Duration::ZERO,
                },
                12 => BillerOutcome::Mismatch,
                _ => BillerOutcome::Paid { receipt_no: "1487".into(), details: None },
            };
            let call = if about & 4 == 0 { Call::Pay } else { Call::Status };
            let (token, exchange) = (FencingToken::PAYER, exchange(call));
            let settle = SettlePayment {
                may_fail_over: false,
                partner,
                tr_id,
                token,
                verdict,
                exchange,
                answered_synchronously: true,
                asked_before: Vec::new(),
            };
            if let Ok(settled) = books.run(&settle) {
                let state = settled.transaction.state();
                let before = seen.payments.insert(tr_id, state).expect("it was begun");
                let ended = settled.effect == Effect::Ended;
                assert_eq!(ended, !before.is_final() && state.is_final());
                assert!(!before.is_final() || before == state, "a final state stays");
            }
        }
        13 => {
            // Every second one has a reference.
            let known_by = TransferReference::new(&format!("t{}", about % 16)).ok();
            let reference = known_by.filter(|_| about & 16 == 0);
            let key = reference.clone().map(|reference| (partner, reference));
            let deposit = RecordDeposit { partner, amount, note: "".into(), reference, now };
            if let Ok((tr_id, _)) = books.run(&deposit) {
                assert!(key.is_none_or(|key| seen.known_by.insert(key)), "it is booked twice");
                seen.paid_in += i128::from(amount.get());
                seen.deposits.insert(tr_id, amount);
            }
        }
        14 if about & 128 == 128 => {
            let before = books.available(partner);
            let free = books.free(partner);
            let reverse = ReverseDeposit { partner, deposit: tr_id, reason: "twice".into(), now };
            match books.run(&reverse) {
                Ok((reversal, available)) => {
                    let amount = seen.deposits.remove(&tr_id).expect("it is taken back once");
                    assert_eq!(reversal.amount, amount);
                    assert_eq!(
                        (before.minus(amount), books.available(partner)),
                        (Ok(available), available)
                    );
                    assert!(free.is_ok_and(|free| amount <= free), "more than was free");
                    seen.paid_in -= i128::from(amount.get());
                }
                Err(_) => assert_eq!(before, books.available(partner), "nothing is taken back"),
            }
        }
        14 if about & 64 == 64 => {
            let is_withdrawal = about & 1 == 0;
            let (kind, amount) = match is_withdrawal {
                true => (BalanceChangeKind::Withdrawal, amount.negated().unwrap_or(amount)),
                false => (BalanceChangeKind::Adjustment, amount),
            };
            let reference = TransferReference::new(&format!("t{}", about % 16)).ok();
            let reference = reference.filter(|_| is_withdrawal);
            let key = reference.clone().map(|reference| (partner, reference));
            let (before, free) = (books.available(partner), books.free(partner));
            let reason = "paid back".into();
            let change = ChangeBalance { partner, kind, amount, reason, reference, now };
            match books.run(&change) {
                Ok((_, available)) => {
                    assert!(key.is_none_or(|key| seen.withdrawn.insert(key)), "it is booked twice");
                    assert_eq!(before.plus(amount), Ok(available));
                    let lowered = -i128::from(amount.get());
                    let covered = free.is_ok_and(|free| lowered <= i128::from(free.get()));
                    assert!(lowered <= 0 || covered, "more than was free");
                    let sum = if is_withdrawal { &mut seen.paid_in } else { &mut seen.adjusted };
                    *sum += i128::from(amount.get());
                }
                Err(_) => assert_eq!(before, books.available(partner), "nothing is changed"),
            }
        }
        14 => {
            let fee = AMOUNTS[about % 4];
            let _ = books.run(&PutProduct(product(about & 8 == 0, fee)));
        }
        _ => {
            let change = match about & 6 {
                0 => PartnerChange::Suspend(true),
                2 => PartnerChange::Suspend(false),
                _ => PartnerChange::MinBalance(Rupiah::new(-AMOUNTS[about % 4])),
            };
            let _ = books.run(&ChangePartner { partner, change });
        }
    }
}

/// The checks after every command, calculated from the journal.
fn check(books: &Books, seen: &Seen) {
    let mut balances: BTreeMap<Account, i128> = BTreeMap::new();
    for posting in books.journal.iter().filter_map(Change::movement).flat_map(|m| &m.postings) {
        *balances.entry(posting.account).or_default() += i128::from(posting.amount.get());
    }
    assert_eq!(balances.values().sum::<i128>(), 0, "the postings sum to zero");
    for (account, balance) in &books.balances {
        let posted = balances.get(account).copied().unwrap_or_default();
        assert_eq!(i128::from(balance.get()), posted, "{account} equals its postings");
    }
    let bank = balances.get(&Account::Bank).copied().unwrap_or_default();
    assert_eq!(-bank, seen.paid_in, "the deposits are what was paid in");
    let adjustment = balances.get(&Account::Adjustment).copied().unwrap_or_default();
    assert_eq!(-adjustment, seen.adjusted, "the adjustments are what was adjusted");
    for partner in [PartnerId(1), PartnerId(2)] {
        let held: i128 = books
            .payments
            .values()
            .filter(|payment| payment.partner == partner && !payment.state.is_final())
            .map(|payment| i128::from(books.inquiries[&payment.tr_id].price.selling_price.get()))
            .sum();
        let on_hold = balances.get(&Account::Held(partner)).copied().unwrap_or_default();
        assert_eq!(held, on_hold, "what is held is for open payments");
        let min_balance = books.min_balance(Account::Available(partner)).unwrap_or_default();
        assert!(books.available(partner) >= min_balance, "{partner:?} is below its limit");
    }
    for (tr_id, state) in &seen.payments {
        assert_eq!(books.payments[tr_id].state, *state);
    }
}

fn code() -> ProductCode {
    ProductCode::new("BPJS").expect("it is in order")
}

fn product(active: bool, fee: i64) -> Product {
    Product {
        code: code(),
        name: "BPJS Kesehatan".into(),
        family: Family::BpjsKesehatan,
        fee: Rupiah::new(fee),
        commission: Rupiah::new(200),
        active,
        hours: None,
        province: None,
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: vec![domain::Route::to(BillerId(1))],
    }
}

fn partner(number: i64) -> Partner {
    Partner {
        id: PartnerId(number),
        username: Username::new(&format!("0812345678{number}")).expect("it is in order"),
        name: "Toko".into(),
        keys: Vec::new(),
        allow_list: Vec::new(),
        suspended: false,
        min_balance: Rupiah::ZERO,
        created_at: NOON,
        sign_in: domain::partner::SignIn::default(),
        callback: None,
    }
}
