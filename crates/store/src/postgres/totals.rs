//! The totals of the ledger, and checks of derived rows.

use std::collections::BTreeMap;

use domain::{Account, BillerId, PartnerId, Rupiah, TrId};
use tokio_postgres::{Row, Transaction};

use super::rows::{RowReader, damaged};
use crate::movement_row::faults_of_view;
use crate::{LedgerTotals, StoreError};

/// The balances of lunas' own accounts are the sums of their parts in the partners' rows.
const OWN_BALANCES: &str = "\
    SELECT sum(bank)::bigint, sum(fee)::bigint, sum(commission)::bigint, sum(margin)::bigint, \
    sum(adjustment)::bigint FROM partner_balance \
    HAVING count(*) > 0";

const BILLER_BALANCES: &str = "\
    SELECT biller, sum(balance)::bigint FROM biller_account GROUP BY biller ORDER BY biller";

const BALANCES: &str = "SELECT partner, available, held FROM partner_balance ORDER BY partner";

const MOVEMENTS: &str = "SELECT count(*) FROM movement";

const SUMS_OF_VIEW: &str = "SELECT account, sum(amount)::bigint FROM posting GROUP BY account";

const REPEATED: &str = "\
    SELECT min(tr_id), max(tr_id) FROM inquiry GROUP BY partner, ref_id HAVING count(*) > 1";

const REPEATED_DEPOSITS: &str = "\
    SELECT min(tr_id), max(tr_id) FROM deposit WHERE reference IS NOT NULL \
    GROUP BY partner, upper(reference) HAVING count(*) > 1";

/// Reversals without a deposit of their partner and amount.
const ASTRAY: &str = "\
    SELECT r.tr_id FROM reversal r WHERE NOT EXISTS (SELECT FROM deposit t \
        WHERE t.partner = r.partner AND t.tr_id = r.deposit AND t.amount = r.amount) \
    OR EXISTS (SELECT FROM reversal o WHERE o.partner = r.partner AND o.deposit = r.deposit \
        AND o.tr_id < r.tr_id)";

const LATER_ATTEMPTS: &str = "SELECT count(*) FROM attempt";

/// Attempts that do not follow the one before, or are at the same biller.
const ATTEMPTS_ASTRAY: &str = "\
    SELECT a.tr_id FROM attempt a LEFT JOIN attempt b \
        ON b.partner = a.partner AND b.tr_id = a.tr_id AND b.number = a.number - 1 \
    WHERE a.number > 2 AND (b.number IS NULL OR b.biller = a.biller)";

/// Payments whose state does not agree with the table of open payments.
const MISPLACED: &str = "\
    SELECT coalesce(p.tr_id, o.tr_id) FROM payment p \
    FULL JOIN open_payment o ON o.partner = p.partner AND o.tr_id = p.tr_id \
    WHERE (p.tr_id IS NOT NULL AND p.settled_at IS NULL) <> (o.tr_id IS NOT NULL) LIMIT 100";

/// The accounts of [`OWN_BALANCES`], in its order.
const OWN_ACCOUNTS: [Account; 5] =
    [Account::Bank, Account::Fee, Account::Commission, Account::Margin, Account::Adjustment];

/// The totals of the transaction's snapshot.
pub(super) async fn totals(moment: &Transaction<'_>) -> Result<LedgerTotals, StoreError> {
    let count = async |sql: &str| -> Result<u64, StoreError> {
        let count: i64 = moment.query_one(sql, &[]).await?.get(0);
        Ok(u64::try_from(count).unwrap_or(0))
    };
    let numbers = async |sql: &str| -> Result<Vec<TrId>, StoreError> {
        Ok(moment.query(sql, &[]).await?.iter().map(|row| TrId(row.get(0))).collect())
    };
    let pair = |row: &Row| (TrId(row.get(0)), TrId(row.get(1)));
    let pairs = async |sql: &str| -> Result<Vec<_>, StoreError> {
        Ok(moment.query(sql, &[]).await?.iter().map(pair).collect())
    };
    Ok(LedgerTotals {
        balances: balances(moment).await?,
        movements: count(MOVEMENTS).await?,
        repeated: pairs(REPEATED).await?,
        repeated_deposits: pairs(REPEATED_DEPOSITS).await?,
        astray: numbers(ASTRAY).await?,
        later_attempts: count(LATER_ATTEMPTS).await?,
        attempts_astray: numbers(ATTEMPTS_ASTRAY).await?,
    })
}

/// Payments that are not where open payments are looked for, and balances that the view `posting` does not give.
pub(super) async fn self_check(moment: &Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let misplaced = moment.query(MISPLACED, &[]).await?;
    let words =
        |row: &Row| format!("{} is not where open payments are looked for", TrId(row.get(0)));
    let mut faults: Vec<_> = misplaced.iter().map(words).collect();
    let mut sums = BTreeMap::new();
    for row in moment.query(SUMS_OF_VIEW, &[]).await? {
        let mut cells = RowReader::of(&row);
        let name: &str = cells.take()?;
        let unknown = || damaged(format_args!("account {name:?}"));
        let account = Account::named(name).ok_or_else(unknown)?;
        sums.insert(account, i128::from(cells.take::<i64>()?));
    }
    faults.extend(faults_of_view(&sums, balances(moment).await?));
    Ok(faults)
}

/// Every account with its balance.
pub(super) async fn balances(
    moment: &tokio_postgres::Transaction<'_>,
) -> Result<Vec<(Account, Rupiah)>, StoreError> {
    let mut balances = Vec::new();
    for row in moment.query(OWN_BALANCES, &[]).await? {
        let mut cells = RowReader::of(&row);
        for account in OWN_ACCOUNTS {
            balances.push((account, cells.rupiah()?));
        }
    }
    for row in moment.query(BILLER_BALANCES, &[]).await? {
        let mut cells = RowReader::of(&row);
        balances.push((Account::Biller(BillerId(cells.take()?)), cells.rupiah()?));
    }
    for row in moment.query(BALANCES, &[]).await? {
        let mut cells = RowReader::of(&row);
        let partner = PartnerId(cells.take()?);
        balances.push((Account::Available(partner), cells.rupiah()?));
        balances.push((Account::Held(partner), cells.rupiah()?));
    }
    Ok(balances)
}
