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
    let movement = newest("SELECT max(id) >> 3 FROM posting")?;
    let exchange = newest("SELECT coalesce(max(id), 0) FROM exchange")?;
    let family = Family::BpjsKesehatan.number();
    connection.execute(
        &format!(
            "{NUMBERS} INSERT INTO inquiry SELECT ?2 + i, ?3, \
             printf('%08x-%d', (i * 2654435761) & 4294967295, i), 'BPJS', '8801234560001', 'NAMA', \
             '02', ?4, 1, ?5, ?6, \
             '{{\"kode_cabang\":\"0901\",\"nama_cabang\":\"JAKARTA PUSAT\",\"jumlah_peserta\":\"2\"}}', ?7, 100, \
             ?8, 'BPJS Kesehatan' FROM n"
        ),
        params![transactions, tr_id, PARTNER.0, NOMINAL, FEE, COMMISSION, AT, family],
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
            "{NUMBERS} INSERT INTO exchange (id, tr_id, call, asked_at, took, answer) \
             SELECT ?2 + i, ?3 + i, 'pay', ?4, 100, 'paid, reference number 148732328035714773' FROM n"
        ),
        params![transactions, exchange, tr_id, AT],
    )?;
    let (available, held) = (Account::Available(PARTNER), Account::Held(PARTNER));
    let float = Account::Float(BILLER);
    connection.execute(
        &format!(
            "{NUMBERS}, line(place, kind, account, amount) AS (VALUES \
             (-8, 'hold', ?2, -?6), (-7, 'hold', ?3, ?6), \
             (0, 'post', ?3, -?6), (1, 'post', ?4, ?7), (2, 'post', ?5, ?8), (3, 'post', ?9, -?10)) \
             INSERT INTO posting (id, tr_id, kind, account, amount, at) \
             SELECT (?11 + 2 * i) * 8 + place, ?12 + i, kind, account, amount, ?13 FROM n CROSS JOIN line"
        ),
        params![
            transactions,
            available.number(),
            held.number(),
            float.number(),
            Account::Fee.number(),
            PRICE,
            NOMINAL,
            FEE,
            Account::Commission.number(),
            COMMISSION,
            movement,
            tr_id,
            AT,
        ],
    )?;
    let moved = [
        (available, -PRICE),
        (float, NOMINAL),
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
