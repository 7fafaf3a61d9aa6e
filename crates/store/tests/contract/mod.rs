//! The contract that every store must pass. A database needs a [`Bench`] and one test that calls
//! [`every_promise`].

pub(crate) mod actions;
pub(crate) mod attempts;
pub(crate) mod balance_changes;
mod batches;
pub(crate) mod biller_balances;
pub(crate) mod callbacks;
mod commands;
pub(crate) mod deposits;
pub(crate) mod evidence;
mod follow_ups;
mod reads;
mod retention;
pub(crate) mod sign_in;
mod workload;

pub(crate) use commands::*;
use domain::command::{BillerOutcome, PutProduct, RecordDeposit};
use domain::{PartnerId, Rupiah, TrId};
use store::{BookedDeposit, CommandError, Database, Hooks, Read, StoreError, SubmitError};

/// A database under test.
pub(crate) trait Bench {
    /// Opens it; creates it at the first call.
    fn open(&self, hooks: Hooks) -> Database;

    /// A separate reader, as the audit uses.
    fn reader(&self) -> Box<dyn Read>;
}

/// Runs the whole contract, each test on a new database.
pub(crate) async fn every_promise<B: Bench>(fresh: impl Fn() -> B) {
    reads::what_was_committed_is_read_back_after_a_restart(&fresh()).await;
    reads::an_inquiry_keeps_the_product_that_was_sold(&fresh()).await;
    reads::lists_are_filtered_and_newest_first(&fresh()).await;
    reads::a_partners_transactions_come_window_by_window(&fresh()).await;
    reads::a_reference_at_a_biller_finds_one_inquiry(&fresh()).await;
    reads::open_payments_are_those_without_an_outcome(&fresh()).await;
    batches::one_ref_id_in_one_batch_wins_once(&fresh()).await;
    batches::one_transaction_paid_at_once_is_begun_once(&fresh()).await;
    batches::a_deposit_is_never_overdrawn_by_a_race(&fresh()).await;
    batches::a_minimum_balance_above_zero_is_respected(&fresh()).await;
    batches::a_command_that_breaks_a_constraint_fails_alone(&fresh()).await;
    batches::numbers_continue_after_a_restart(&fresh()).await;
    deposits::a_reference_is_booked_once_and_for_ever(&fresh()).await;
    deposits::a_deposit_is_reversed_once(&fresh()).await;
    deposits::a_deposit_is_spent_or_reversed(&fresh()).await;
    balance_changes::a_balance_change_is_booked_once_and_read_back(&fresh()).await;
    balance_changes::a_balance_is_spent_or_withdrawn(&fresh()).await;
    retention::only_unpaid_inquiries_are_deleted(&fresh()).await;
    retention::a_payment_racing_with_a_deletion_is_complete_or_unknown(&fresh()).await;
    callbacks::a_callback_survives_a_restart(&fresh()).await;
    callbacks::one_of_many_sends_a_callback(&fresh()).await;
    callbacks::a_partner_with_many_callbacks_does_not_block_others(&fresh()).await;
    sign_in::a_password_and_its_codes_are_read_back_after_a_restart(&fresh()).await;
    sign_in::a_code_is_taken_once(&fresh()).await;
    actions::the_log_is_read_back_after_a_restart_by_every_filter(&fresh()).await;
    actions::a_change_and_its_action_are_written_together_or_not_at_all(&fresh()).await;
    biller_balances::the_last_answer_of_each_biller_is_found_after_a_restart(&fresh()).await;
    attempts::attempts_are_read_back_after_a_restart(&fresh()).await;
    attempts::a_reference_of_an_attempt_is_used_once(&fresh()).await;
    evidence::evidence_is_kept_as_long_as_its_transaction(&fresh()).await;
    follow_ups::a_follow_up_survives_a_restart(&fresh()).await;
    follow_ups::one_of_many_claims_is_granted(&fresh()).await;
    follow_ups::one_payment_of_a_bill_is_in_process(&fresh()).await;
    follow_ups::manual_review_lists_the_oldest_entry_first(&fresh()).await;
    workload::any_workload_ends_in_a_clean_audit(&fresh).await;
}

/// Hooks that panic at an error.
pub(crate) fn strict() -> Hooks {
    Hooks {
        committed: Box::new(|_| {}),
        fatal: Box::new(|error| panic!("the committer stopped: {error}")),
    }
}

/// Adds one product and one partner with this balance.
pub(crate) async fn with_partner(database: &Database, deposit: i64) -> PartnerId {
    database.submit(PutProduct(product())).await.unwrap();
    let partner = database.submit(partner("081234567890")).await.unwrap().id;
    if deposit > 0 {
        let amount = Rupiah::new(deposit);
        let deposit =
            RecordDeposit { partner, amount, note: "transfer".into(), reference: None, now: NOON };
        database.submit(deposit).await.unwrap();
    }
    partner
}

pub(crate) async fn open_inquiry(database: &Database, partner: PartnerId, ref_id: &str) -> TrId {
    database.submit(inquiry(partner, ref_id)).await.unwrap().inquiry.tr_id
}

/// What the rules decided about a command.
pub(crate) fn decided<T, R>(answer: Result<T, CommandError<R>>) -> Result<T, R> {
    answer.map_err(|error| match error {
        CommandError::Refused(refusal) => refusal,
        CommandError::Store(error) => panic!("the store failed: {error}"),
    })
}

/// Why a command that must not have been decided has no outcome.
pub(crate) fn undecided<T: std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, CommandError<R>>,
) -> SubmitError {
    match answer {
        Err(CommandError::Store(StoreError::SubmitError(why))) => why,
        decided => panic!("it was decided, or the store failed: {decided:?}"),
    }
}

/// Audits with a separate reader and asserts that no rule is broken.
pub(crate) fn assert_clean(bench: &impl Bench) -> store::audit::Report {
    // A reader may block, so not on a thread that runs async tasks.
    let mut reader = bench.reader();
    let audit = || store::audit::audit(reader.as_mut()).unwrap();
    let report = std::thread::scope(|scope| scope.spawn(audit).join().unwrap());
    assert!(report.is_clean(), "{:?}", report.faults);
    report
}

pub(crate) fn amounts(deposits: &[BookedDeposit]) -> Vec<i64> {
    deposits.iter().map(|deposit| deposit.deposit.amount.get()).collect()
}
