//! Many commands at the same time.

use domain::books::Deposit;
use domain::command::{
    AddPartnerRefusal, Begin, BeginPaymentRefusal, ChangePartner, ChangePartnerRefusal, Command,
    Decision, OpenInquiryRefusal, PartnerChange, RecordDepositRefusal,
};
use domain::{Books, Change, Movement, RowSet};
use store::SubmitError::Lost;

use super::*;

/// Submits all commands before the first one can be answered, so that they share batches.
pub(super) async fn together<C: Command>(
    database: &Database,
    commands: impl IntoIterator<Item = C>,
) -> Vec<Result<C::Outcome, CommandError<C::Refusal>>> {
    let submit = |command| {
        let database = database.clone();
        tokio::spawn(async move { database.submit(command).await })
    };
    let tasks: Vec<_> = commands.into_iter().map(submit).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

pub(super) async fn one_ref_id_in_one_batch_wins_once(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 0).await;
    let answers = together(&database, (0..50).map(|_| inquiry(partner_id, "same"))).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    let lost = |answer: &&Result<_, _>| {
        matches!(answer, Err(CommandError::Refused(OpenInquiryRefusal::DuplicateRefId)))
    };
    let lost = answers.iter().filter(lost).count();
    assert_eq!((won, lost), (1, 49));
    assert_eq!(assert_clean(bench).inquiries, 1);
    database.close();
}

pub(super) async fn one_transaction_paid_at_once_is_begun_once(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 1_000_000).await;
    let tr_id = open_inquiry(&database, partner_id, "a").await;
    let answers = together(&database, (0..64).map(|_| pay(partner_id, tr_id))).await;
    let begun = answers.into_iter().filter(|a| matches!(a, Ok(Begin::Begun(_)))).count();
    assert_eq!(begun, 1);
    assert_eq!(assert_clean(bench).postings, 2 + 2);
    database.close();
}

pub(super) async fn a_deposit_is_never_overdrawn_by_a_race(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 10 * PRICE + 1).await;
    let mut numbers = Vec::new();
    for n in 0..30 {
        numbers.push(open_inquiry(&database, partner_id, &n.to_string()).await);
    }
    let answers = together(&database, numbers.into_iter().map(|n| pay(partner_id, n))).await;
    let begun = answers.iter().filter(|a| matches!(a, Ok(Begin::Begun(_)))).count();
    let short =
        |a: &&Result<_, _>| matches!(a, Ok(Begin::Refused(BeginPaymentRefusal::BalanceTooLow, _)));
    assert_eq!((begun, answers.iter().filter(short).count()), (10, 20));
    assert_clean(bench);
    database.close();
}

pub(super) async fn a_minimum_balance_above_zero_is_respected(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 2 * PRICE).await;
    let tr_id = open_inquiry(&database, partner, "held-back").await;
    let limit = async |min_balance| {
        let change = PartnerChange::MinBalance(Rupiah::new(min_balance));
        decided(database.submit(ChangePartner { partner, change }).await)
    };
    assert!(matches!(limit(2 * PRICE + 1).await, Err(ChangePartnerRefusal::BalanceBelowMinimum)));
    assert_eq!(limit(PRICE + 1).await.unwrap().min_balance.get(), PRICE + 1);
    let refused = database.submit(pay(partner, tr_id)).await.unwrap();
    assert!(matches!(refused, Begin::Refused(BeginPaymentRefusal::BalanceTooLow, _)));
    assert_eq!(limit(PRICE).await.unwrap().min_balance.get(), PRICE);
    let begun = database.submit(pay(partner, tr_id)).await.unwrap();
    assert!(matches!(begun, Begin::Begun(_)));
    assert_clean(bench);
    database.close();
}

/// A faulty command: it books a deposit with a number that is already used.
pub(super) struct Rogue(pub(super) PartnerId, pub(super) TrId);

impl Command for Rogue {
    type Outcome = ();
    type Refusal = RecordDepositRefusal;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.0);
    }

    fn decide(&self, books: &Books) -> Result<Decision<()>, RecordDepositRefusal> {
        let amount = Rupiah::new(5);
        let (partner, tr_id) = (self.0, self.1);
        let deposit =
            Deposit { tr_id, partner, amount, note: "".into(), reference: None, at: NOON };
        let again = Movement::deposit(partner, amount)?;
        Ok(Decision::checked(books, (), vec![Change::Deposited(deposit, again)])?)
    }
}

pub(super) async fn a_command_that_breaks_a_constraint_fails_alone(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 0).await;
    let amount = Rupiah::new(3);
    let deposit =
        RecordDeposit { partner: partner_id, amount, note: "".into(), reference: None, now: NOON };
    let (moved, _) = database.submit(deposit.clone()).await.unwrap();
    let rogue = {
        let database = database.clone();
        tokio::spawn(async move { database.submit(Rogue(partner_id, moved)).await })
    };
    let others = together(&database, (0..20).map(|_| deposit.clone())).await;
    assert_eq!(undecided(rogue.await.unwrap()), Lost);
    assert!(others.iter().all(|answer| answer.is_ok()));
    assert_eq!(assert_clean(bench).deposits, 21);
    database.close();
}

pub(super) async fn numbers_continue_after_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner_id = with_partner(&database, 5).await;
    let first = open_inquiry(&database, partner_id, "a").await;
    database.close();
    let database = bench.open(strict());
    let second = open_inquiry(&database, partner_id, "b").await;
    assert!(second > first);
    let other = database.submit(partner("0899")).await.unwrap();
    assert_eq!(other.id.0, partner_id.0 + 1);
    let taken = decided(database.submit(partner("0899")).await);
    assert_eq!(taken.map(drop), Err(AddPartnerRefusal::UsernameTaken));
    database.close();
}
