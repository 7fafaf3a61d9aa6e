//! The operators: they add partners, book deposits, change partners and prices, and resolve
//! payments by hand. Sometimes they send a command that the database must refuse.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::books::{BalanceChangeKind, Deposit};
use domain::command::{
    AddPartner, ChangeBalance, ChangeBalanceRefusal, ChangePartner, ChangeRoutes, Decision,
    ManualOutcome, PartnerChange, PutProduct, RecordDeposit, RecordDepositRefusal, ResolvePayment,
    ReverseDeposit, ReverseDepositRefusal, RouteChange, RoutePatch,
};
use domain::partner::SealedKey;
use domain::{
    BillerId, Books, CallbackUrl, Change, Command, Family, Hours, Movement, PartnerId, Product,
    ProductCode, Route, RowSet, Rupiah, TrId, TransferReference, Username,
};
use gateway::Gateway;
use store::CommandError;
use tokio::time::sleep;

use crate::biller::{OrderId, PLAIN, PROMISING, REFUSED, UNEQUAL};
use crate::cluster::Cluster;
use crate::disk::FIRST_TR_ID;
use crate::event::Event;
use crate::partner::{NOT_BELOW_COST, PRODUCTS};
use crate::plan::Fault;
use seeded_rng::SeededRng;

/// The time between two rounds of an operator.
const ROUND: Duration = Duration::from_secs(60);

impl Cluster {
    /// Adds the partners and products; repeats each command until it succeeds.
    pub(crate) async fn set_up(self: &Arc<Cluster>, rng: &mut SeededRng) {
        for number in 0..PRODUCTS.len() {
            let Some(product) = product(number, rng) else { continue };
            self.run_until_ok(|| PutProduct(product.clone())).await;
        }
        for number in 1..=self.world.plan.partners {
            let Ok(username) = Username::new(&format!("0812{number:06}")) else { continue };
            let add = AddPartner {
                username,
                name: "Toko".into(),
                key: SealedKey(vec![1].into()),
                allow_list: Vec::new(),
                min_balance: Rupiah::ZERO,
                now: self.world.now(),
            };
            self.run_until_ok(|| add.clone()).await;
            let url = CallbackUrl::new("https://partner.example/callback").ok();
            let (partner, change) = (PartnerId(number as i64), PartnerChange::Callback(url));
            self.run_until_ok(|| ChangePartner { partner, change: change.clone() }).await;
        }
    }

    /// Books deposits and disturbs the others until the run is over.
    pub(crate) async fn operate(self: Arc<Cluster>, mut rng: SeededRng) {
        let mut seen_before = BTreeSet::new();
        // The faults of deposits and the switches of products have their own generators, so that all
        // else is the same as without them.
        let mut mistakes = SeededRng::of(self.world.plan.seed, &[1, 1]);
        let mut switches = SeededRng::of(self.world.plan.seed, &[1, 2]);
        while !self.is_over() {
            for partner in 1..=self.world.plan.partners {
                // The first partner has the most payments; the others run out of balance now and
                // then.
                let odds = if partner == 1 { 900 } else { 300 };
                if rng.chance(odds) {
                    let amount =
                        rng.in_range(20_000..40_000 * self.world.plan.payments.max(10)) as i64;
                    self.deposit(partner as i64, amount, &mut rng, &mut mistakes).await;
                }
            }
            if self.world.should_inject(Fault::DepositReversed, &mut mistakes) {
                self.reverse_one(&mut mistakes).await;
            }
            if self.world.should_inject(Fault::BalanceChanged, &mut mistakes) {
                self.change_balance(&mut mistakes).await;
            }
            self.change_reference_data(&mut rng, &mut switches).await;
            // Only payments that were open a round before: the newer ones are still being paid.
            let open: BTreeSet<i64> = self.world.open_payments().into_iter().collect();
            for tr_id in open.intersection(&seen_before) {
                if self.world.should_inject(Fault::ByHand, &mut rng) {
                    self.resolve_by_hand(*tr_id, &mut rng).await;
                }
            }
            if self.world.should_inject(Fault::OperatorStatusQuery, &mut rng)
                && let Some((gateway, _)) = self.nodes.any(&mut rng)
            {
                let any = rng.in_range(0..2 * self.world.plan.payments) as i64;
                let _ = gateway.query_for_operator(TrId(FIRST_TR_ID + any)).await;
            }
            seen_before = open;
            sleep(ROUND).await;
        }
    }

    async fn deposit(
        self: &Arc<Cluster>,
        partner: i64,
        amount: i64,
        rng: &mut SeededRng,
        mistakes: &mut SeededRng,
    ) {
        let Some((gateway, _)) = self.nodes.any(rng) else { return };
        let order = self.world.next_request();
        self.world.record(Event::BookingOrdered { kind: "deposit", partner, amount, order });
        let (note, now) = (order.to_string().into(), gateway.now());
        let reference = TransferReference::new(&format!("order {order}")).ok();
        let (partner, amount) = (PartnerId(partner), Rupiah::new(amount));
        let deposit = RecordDeposit { partner, amount, note, reference, now };
        if self.world.should_inject(Fault::BookedTwice, mistakes) {
            let other = self.nodes.any(mistakes).map_or(gateway.clone(), |(other, _)| other);
            tokio::join!(self.book(&gateway, &deposit, order), self.book(&other, &deposit, order));
        } else {
            self.book(&gateway, &deposit, order).await;
        }
        let newest = gateway.read(|read| read.deposits(None, 1)).await;
        if let Ok([newest]) = newest.as_deref()
            && self.world.should_inject(Fault::BadMember, rng)
        {
            let taken = newest.deposit.tr_id;
            self.world.record(Event::BadCommand { tr_id: taken.0 });
            let order = self.world.next_request();
            if let Ok(()) = gateway.operate(DuplicateNumber { taken, deposit }).await {
                self.world.record(Event::BookingConfirmed { order });
            }
        }
    }

    /// Without an answer the deposit may be booked or not; a real operator would check.
    async fn book(&self, gateway: &Gateway, deposit: &RecordDeposit, order: u64) {
        match gateway.operate(deposit.clone()).await {
            Ok(_) => self.world.record(Event::BookingConfirmed { order }),
            Err(CommandError::Refused(RecordDepositRefusal::ReferenceTaken(deposit))) => {
                self.world.record(Event::BookingKnown { order, tr_id: deposit.0 });
            }
            Err(_) => {}
        }
    }

    /// Withdraws from a partner's balance or adjusts it, at two gateways at once.
    async fn change_balance(self: &Arc<Cluster>, rng: &mut SeededRng) {
        let Some((gateway, _)) = self.nodes.any(rng) else { return };
        let other = self.nodes.any(rng).map_or(gateway.clone(), |(other, _)| other);
        let order = self.world.next_request();
        let partner = rng.in_range(1..self.world.plan.partners + 1) as i64;
        let size = rng.in_range(1..200_000) as i64;
        let (kind, amount) = match rng.chance(500) {
            true => (BalanceChangeKind::Withdrawal, -size),
            false => (BalanceChangeKind::Adjustment, size - 100_000),
        };
        self.world.record(Event::BookingOrdered { kind: kind.name(), partner, amount, order });
        // An adjustment has no reference, so it is ordered once.
        let is_withdrawal = kind == BalanceChangeKind::Withdrawal;
        let reference = TransferReference::new(&format!("order {order}")).ok();
        let change = ChangeBalance {
            partner: PartnerId(partner),
            kind,
            amount: Rupiah::new(amount),
            reason: order.to_string().into(),
            reference: reference.filter(|_| is_withdrawal),
            now: gateway.now(),
        };
        if is_withdrawal {
            tokio::join!(
                self.book_change(&gateway, &change, order),
                self.book_change(&other, &change, order)
            );
        } else {
            self.book_change(&gateway, &change, order).await;
        }
    }

    async fn book_change(&self, gateway: &Gateway, change: &ChangeBalance, order: u64) {
        match gateway.operate(change.clone()).await {
            Ok(_) => self.world.record(Event::BookingConfirmed { order }),
            Err(CommandError::Refused(ChangeBalanceRefusal::ReferenceTaken(before))) => {
                self.world.record(Event::BookingKnown { order, tr_id: before.0 });
            }
            Err(_) => {}
        }
    }

    /// Reverses one of the newest deposits, at two gateways at once.
    async fn reverse_one(self: &Arc<Cluster>, rng: &mut SeededRng) {
        let Some((gateway, _)) = self.nodes.any(rng) else { return };
        let other = self.nodes.any(rng).map_or(gateway.clone(), |(other, _)| other);
        let Ok(newest) = gateway.read(|read| read.deposits(None, 8)).await else { return };
        let any = rng.in_range(0..newest.len().max(1) as u64) as usize;
        let Some(deposit) = newest.get(any) else { return };
        let (partner, deposit) = (deposit.deposit.partner, deposit.deposit.tr_id);
        let (reason, now) = ("booked twice".into(), gateway.now());
        let reverse = ReverseDeposit { partner, deposit, reason, now };
        self.world.record(Event::ReversalOrdered { deposit: deposit.0 });
        tokio::join!(self.reverse(&gateway, &reverse), self.reverse(&other, &reverse));
    }

    async fn reverse(&self, gateway: &Gateway, reverse: &ReverseDeposit) {
        let answer = gateway.operate(reverse.clone()).await;
        let known = |error: &CommandError<_>| {
            matches!(error, CommandError::Refused(ReverseDepositRefusal::AlreadyReversed(_)))
        };
        if answer.as_ref().map_or_else(known, |_| true) {
            self.world.record(Event::ReversalConfirmed { deposit: reverse.deposit.0 });
        }
    }

    /// Changes partners and products while they are in use.
    async fn change_reference_data(
        self: &Arc<Cluster>,
        rng: &mut SeededRng,
        switches: &mut SeededRng,
    ) {
        let Some((gateway, _)) = self.nodes.any(rng) else { return };
        let partner = PartnerId(rng.in_range(1..self.world.plan.partners + 1) as i64);
        for (fault, change) in [
            (Fault::Suspension, PartnerChange::Suspend(rng.chance(500))),
            (
                Fault::MinBalanceChange,
                PartnerChange::MinBalance(Rupiah::new(rng.in_range(0..200_000) as i64 - 150_000)),
            ),
        ] {
            if self.world.should_inject(fault, rng) {
                let _ = gateway.operate(ChangePartner { partner, change }).await;
            }
        }
        let number = rng.in_range(0..PRODUCTS.len() as u64) as usize;
        if self.world.should_inject(Fault::ProductChange, rng)
            && let Some(product) = product(number, rng)
        {
            let active = rng.chance(600);
            let failover_payments = product.failover_payments && switches.chance(800);
            let code = product.code.clone();
            let changed = Product { active, failover_payments, ..product };
            let _ = gateway.operate(PutProduct(changed)).await;
            // Another biller first from now on; bills that are known already are paid where they were.
            let biller = *rng.pick(&[PLAIN, PROMISING, UNEQUAL]);
            let patch = RoutePatch { position: Some(1), ..RoutePatch::default() };
            let change = RouteChange::Set(patch);
            let _ = gateway.operate(ChangeRoutes { product: code, biller, change }).await;
        }
    }

    /// Resolves a payment by what the biller of its current attempt says on the phone.
    pub(crate) async fn resolve_by_hand(self: &Arc<Cluster>, tr_id: i64, rng: &mut SeededRng) {
        let Some(biller) = self.world.current_biller(tr_id) else { return };
        let paid = self.biller.decide_by_phone(OrderId { tr_id, biller: BillerId(biller) });
        self.world.record(Event::ByHand { tr_id, biller, paid });
        let word = match paid {
            true => ManualOutcome::Paid(format!("H{tr_id}").into()),
            false => ManualOutcome::Failed(REFUSED),
        };
        self.resolve(tr_id, word, rng).await;
    }

    /// Resolves a payment by hand. It has an effect only if the command arrives in time.
    pub(crate) async fn resolve(
        self: &Arc<Cluster>,
        tr_id: i64,
        word: ManualOutcome,
        rng: &mut SeededRng,
    ) {
        let Some((gateway, _)) = self.nodes.any(rng) else { return };
        let Ok(Some(transaction)) = gateway.transaction(TrId(tr_id)).await else { return };
        let (partner, tr_id) = (transaction.inquiry.partner, transaction.inquiry.tr_id);
        let (answer, now) = ("by phone".into(), gateway.now());
        let resolve = ResolvePayment { partner, tr_id, word, answer, now };
        let _ = gateway.operate(resolve).await;
    }

    /// Repeats a command until it is decided.
    async fn run_until_ok<C: Command>(self: &Arc<Cluster>, command: impl Fn() -> C) {
        loop {
            if let Some((gateway, _)) = self.nodes.get(0)
                && !matches!(gateway.operate(command()).await, Err(CommandError::Store(_)))
            {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// A faulty command: it books a deposit under a number that is taken.
struct DuplicateNumber {
    taken: TrId,
    deposit: RecordDeposit,
}

impl Command for DuplicateNumber {
    type Outcome = ();
    type Refusal = RecordDepositRefusal;

    fn touches(&self, touched: &mut RowSet) {
        self.deposit.touches(touched);
    }

    fn decide(&self, books: &Books) -> Result<Decision<()>, RecordDepositRefusal> {
        let RecordDeposit { partner, amount, note, now, .. } = self.deposit.clone();
        let (tr_id, reference) = (self.taken, None);
        let again = Deposit { tr_id, partner, amount, note, reference, at: now };
        let movement = Movement::deposit(partner, amount)?;
        Ok(Decision::checked(books, (), vec![Change::Deposited(again, movement)])?)
    }
}

/// A product with a new price.
fn product(number: usize, rng: &mut SeededRng) -> Option<Product> {
    Some(Product {
        code: ProductCode::new(PRODUCTS[number]).ok()?,
        name: PRODUCTS[number].into(),
        family: [Family::BpjsKesehatan, Family::Pdam, Family::PlnPostpaid][number],
        fee: Rupiah::new(rng.in_range(0..3_000) as i64),
        commission: Rupiah::new(rng.in_range(0..2_000) as i64),
        active: true,
        hours: [None, None, Hours::parse("01:00-23:00")][number],
        province: None,
        fee_of_biller: false,
        below_cost: PRODUCTS[number] != NOT_BELOW_COST,
        // The books do not keep the month that the inquiry of the first product needs.
        failover_payments: number != 0,
        routes: match number {
            1 => [PROMISING, PLAIN, UNEQUAL],
            _ => [PLAIN, PROMISING, UNEQUAL],
        }
        .map(Route::to)
        .into(),
    })
}
