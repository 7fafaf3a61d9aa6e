//! Paid transactions in bulk, with the same rows that a server writes.

use std::path::Path;

use domain::{Account, BillerId, Family, PartnerId};
use rusqlite::{Connection, params};

const PARTNER: PartnerId = PartnerId(1);
const BILLER: BillerId = BillerId(1);

const NOMINAL: i64 = 50_000;
const FEE: i64 = 2_500;
const COMMISSION: i64 = 200;
const PRICE: i64 = NOMINAL + FEE - COMMISSION;

/// In November 2023, so that none of them is from today.
const AT: i64 = 1_700_000_000_000_000;

/// The numbers 1 to ?1.
const NUMBERS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";

/// Adds paid transactions of partner 1, with unordered `ref_id`s, to the database in the directory `data`. No server
/// may run on it. If this is interrupted, the database cannot be used any more.
pub(crate) fn fill(data: &Path, transactions: u32) -> rusqlite::Result<()> {
    let mut connection = Connection::open(store::sqlite::database(data))?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;",
    )?;
    let filling = connection.transaction()?;
    rows(&filling, i64::from(transactions))?;
    filling.commit()?;
    // What a server expects.
    connection.execute_batch("PRAGMA journal_mode = WAL;")
}

fn rows(connection: &Connection, transactions: i64) -> rusqlite::Result<()> {
    let newest = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tr_id = newest(
        "SELECT max(tr_id) FROM (SELECT tr_id FROM inquiry UNION ALL SELECT tr_id FROM deposit \
         UNION ALL SELECT tr_id FROM reversal)",
    )?;
    let movement = newest("SELECT max(id) FROM movement")?;
    let exchange = newest("SELECT coalesce(max(id), 0) FROM exchange")?;
    let family = Family::BpjsKesehatan.number();
    connection.execute(
        &format!(
            "{NUMBERS} INSERT INTO inquiry SELECT ?2 + i, ?3, \
             printf('%08x-%d', (i * 2654435761) & 4294967295, i), 'BPJS', '8801234560001', 'NAMA', \
             '02', ?4, 1, ?5, ?6, \
             '{{\"kode_cabang\":\"0901\",\"nama_cabang\":\"JAKARTA PUSAT\",\"jumlah_peserta\":\"2\"}}', ?7, 100, \
             ?8, 'BPJS Kesehatan', ?9, NULL, NULL, NULL, NULL, NULL, NULL FROM n"
        ),
        params![transactions, tr_id, PARTNER.0, NOMINAL, FEE, COMMISSION, AT, family, BILLER.0],
    )?;
    connection.execute(
        &format!(
            "{NUMBERS} INSERT INTO payment (tr_id, partner, biller, state, begun_at, settled_at, balance, \
             receipt_no, exchanges, asks, hold, settlement, last_exchange) \
             SELECT ?2 + i, ?3, ?4, 'paid', ?5, ?5, 0, '148732328035714773', 1, 0, \
             ?6 + 2 * i - 1, ?6 + 2 * i, ?7 + i FROM n"
        ),
        params![transactions, tr_id, PARTNER.0, BILLER.0, AT, movement, exchange],
    )?;
    connection.execute(
        &format!(
            "{NUMBERS} INSERT INTO exchange (id, tr_id, call, asked_at, took, answer, attempt) \
             SELECT ?2 + i, ?3 + i, 'pay', ?4, 100, 'paid, reference number 148732328035714773', 1 FROM n"
        ),
        params![transactions, exchange, tr_id, AT],
    )?;
    connection.execute(
        &format!(
            "{NUMBERS}, movement_of(place, kind, available, held, fee, commission, biller, cost) AS (VALUES \
             (-1, 'hold', -?2, ?2, 0, 0, NULL, NULL), (0, 'post', 0, -?2, ?3, -?4, ?5, ?6)) \
             INSERT INTO movement (id, tr_id, kind, at, partner, bank, adjustment, available, held, fee, \
             commission, margin, biller, cost) \
             SELECT ?7 + 2 * i + place, ?8 + i, kind, ?9, ?10, 0, 0, available, held, fee, commission, 0, \
             biller, cost FROM n CROSS JOIN movement_of"
        ),
        params![
            transactions,
            PRICE,
            FEE,
            COMMISSION,
            BILLER.0,
            NOMINAL,
            movement,
            tr_id,
            AT,
            PARTNER.0,
        ],
    )?;
    let moved = [
        (Account::Available(PARTNER), -PRICE),
        (Account::Biller(BILLER), NOMINAL),
        (Account::Fee, FEE),
        (Account::Commission, -COMMISSION),
    ];
    for (account, amount) in moved {
        let sql = "INSERT INTO account (id, balance) VALUES (?1, ?2) \
                   ON CONFLICT (id) DO UPDATE SET balance = balance + ?2";
        connection.execute(sql, params![account.number(), amount * transactions])?;
    }
    Ok(())
}
