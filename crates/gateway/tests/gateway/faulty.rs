//! A reading connection on which some reads fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use domain::books::BalanceChange;
use domain::{
    Account, Attempt, BillerBalance, BillerDirectory, BillerId, Callback, Catalogue, Exchange,
    Moment, Partner, PartnerId, RefId, Reference, ReviewItem, Rupiah, TrId, Transaction,
};
use store::sqlite::SqliteReader;
use store::{
    ActionFilter, ActionRecord, BalanceChangeFilter, BillerBalanceRecord, BookedDeposit,
    CallbackFilter, Filter, LedgerRecord, LedgerTotals, OpenPayment, Read, ScanCursor, StoreError,
    TransactionHistory, Window,
};

/// What happens to a read while the fault is on.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) question: &'static str,
    /// It returns an error.
    pub(crate) panics: bool,
    pub(crate) is_on: Arc<AtomicBool>,
}

/// The real connection, used unless the fault is on.
pub(crate) struct FaultyReader {
    pub(crate) reader: SqliteReader,
    pub(crate) fault: Fault,
}

impl FaultyReader {
    fn is_asked(&self, question: &str) -> Result<(), StoreError> {
        if self.fault.question != question || !self.fault.is_on.load(SeqCst) {
            return Ok(());
        }
        assert!(!self.fault.panics, "{question} panics, as the test has asked");
        Err(std::io::Error::other("as the test has asked").into())
    }
}

macro_rules! questions {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&mut self, $($argument: $type),*) -> Result<$answer, StoreError> {
            self.is_asked(stringify!($name))?;
            self.reader.$name($($argument),*)
        })*
    };
}

impl Read for FaultyReader {
    questions! {
        fn partners() -> Vec<Arc<Partner>>;
        fn catalogue() -> Catalogue;
        fn billers() -> BillerDirectory;
        fn last_biller_balance(biller: BillerId) -> Option<BillerBalance>;
        fn biller_balances(after: i64, limit: u32) -> Vec<BillerBalanceRecord>;
        fn balances() -> Vec<(Account, Rupiah)>;
        fn transaction(tr_id: TrId) -> Option<Transaction>;
        fn find(partner: PartnerId, ref_id: &RefId) -> Option<TrId>;
        fn at_biller(biller: BillerId, reference: &Reference) -> Option<TrId>;
        fn story(tr_id: TrId) -> Option<TransactionHistory>;
        fn unpaid(walked: &mut ScanCursor, before: Moment, window: u32) -> Vec<(PartnerId, TrId)>;
        fn transactions(partner: PartnerId, before: Option<TrId>, window: u32) -> Window;
        fn payments(filter: &Filter) -> Vec<Transaction>;
        fn open_payments() -> Vec<OpenPayment>;
        fn needs_review() -> Vec<ReviewItem>;
        fn waiting_callbacks(each: u32) -> Vec<Callback>;
        fn callbacks(filter: &CallbackFilter) -> Vec<Callback>;
        fn deposits(of: Option<PartnerId>, limit: u32) -> Vec<BookedDeposit>;
        fn deposit(tr_id: TrId) -> Option<BookedDeposit>;
        fn balance_changes(filter: &BalanceChangeFilter) -> Vec<BalanceChange>;
        fn actions(filter: &ActionFilter) -> Vec<ActionRecord>;
        fn ledger(entry: &mut dyn FnMut(LedgerRecord)) -> LedgerTotals;
        fn exchanges(see: &mut dyn FnMut(TrId, Exchange)) -> ();
        fn inquiry_exchanges(see: &mut dyn FnMut(TrId, Exchange)) -> ();
        fn attempts(see: &mut dyn FnMut(TrId, Attempt)) -> ();
        fn self_check() -> Vec<String>;
    }
}
