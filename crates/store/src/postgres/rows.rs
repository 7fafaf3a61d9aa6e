//! Converts rows to domain types. A row that cannot be converted is an error: the database is damaged.

mod directory;

use std::sync::Arc;

use domain::action::Operation;
use domain::books::{BalanceChange, BalanceChangeKind, Deposit, Reversal};
use domain::callback::DeliveryState;
use domain::payment::Call;
use domain::{
    Action, Actor, Attempt, Bill, BillerId, Callback, Evidence, Exchange, ExtraField,
    FailureReason, Family, FencingToken, Inquiry, Moment, MovementKind, PartnerId, Payment,
    PendingFollowUp, Price, ProductCode, RefId, Reference, ReviewReason, Rupiah, SoldProduct,
    State, TrId, Transaction, TransferReference,
};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

pub(super) use crate::error::damaged;
use crate::movement_row::{Amounts, MovementRow};
use crate::{ActionRecord, BookedDeposit, PostingRow, StoreError};
pub(super) use directory::{BILLERS, PARTNERS, PRODUCTS, billers, catalogue, partner};

/// The columns of an inquiry `i`, a deposit `t`, a reversal `r` and a balance change `b`, of a movement with a name of its own, and of a
/// payment `p`, a callback `c` and a follow-up `w` without their keys, in the order in which [`RowReader`] reads them.
macro_rules! columns {
    (inquiry) => {
        "i.partner, i.tr_id, i.ref_id, i.code, i.customer_no, i.customer_name, i.period, i.nominal, i.sheets, \
         i.admin, i.commission, i.details, i.at, i.took, i.family, i.product, i.biller, i.biller_reference, i.cost, \
         i.biller_code, i.reference, i.extra, i.passed_over"
    };
    (payment) => {
        concat!(
            "p.biller, p.state, p.begun_at, p.settled_at, p.balance, p.reason, p.receipt_no, p.details, \
         p.exchanges, p.asks, p.open_because, ",
            columns!(attempt)
        )
    };
    (attempt) => {
        "a.number, a.biller, a.biller_code, a.reference, a.biller_reference, a.cost, a.begun_at, a.after"
    };
    (callback) => {
        "c.since, c.state, c.at, c.attempts, c.answer"
    };
    (deposit) => {
        "t.partner, t.tr_id, t.amount, t.note, t.at, t.reference"
    };
    (reversal) => {
        "r.partner, r.tr_id, r.deposit, r.amount, r.reason, r.at"
    };
    (balance_change) => {
        "b.partner, b.tr_id, b.kind, b.amount, b.reason, b.at, b.reference"
    };
    (movement $of:literal) => {
        concat!(
            $of, ".kind, ", $of, ".at, ", $of, ".partner, ", $of, ".bank, ", $of, ".adjustment, ",
            $of, ".available, ", $of, ".held, ", $of, ".fee, ", $of, ".commission, ", $of, ".margin, ",
            $of, ".biller, ", $of, ".cost"
        )
    };
    (exchange) => {
        concat!("e.call, e.attempt, e.biller, e.asked_at, e.took, e.answer, ", columns!(evidence))
    };
    (inquiry_exchange) => {
        concat!("v.biller, v.asked_at, v.took, v.answer, ", columns!(evidence))
    };
    (evidence) => {
        "v.sent, v.http_status, v.received"
    };
    (follow_up) => {
        "w.token, w.until, w.not_found, w.review_reason, w.since"
    };
}
pub(super) use columns;

/// Joins the current attempt `a` to a payment `p`, if it is not the first one.
macro_rules! join_attempt {
    () => {
        " LEFT JOIN attempt a ON a.partner = p.partner AND a.tr_id = p.tr_id AND a.number = p.attempt "
    };
}
pub(super) use join_attempt;

/// A row, read from left to right.
pub(super) struct RowReader<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> RowReader<'r> {
    pub(super) fn of(row: &'r Row) -> RowReader<'r> {
        RowReader { row, next: 0 }
    }

    /// The next cell.
    pub(super) fn take<T: FromSql<'r>>(&mut self) -> Result<T, StoreError> {
        let place = self.next;
        self.next += 1;
        // The error of the library would quote the row's data.
        let damage =
            |_| damaged(format_args!("column {} of a row", self.row.columns()[place].name()));
        self.row.try_get(place).map_err(damage)
    }

    /// The next cell. If it is NULL, the `others` that belong to it are skipped.
    fn take_or_skip<T: FromSql<'r>>(&mut self, others: usize) -> Result<Option<T>, StoreError> {
        let found: Option<T> = self.take()?;
        self.next += if found.is_none() { others } else { 0 };
        Ok(found)
    }

    fn text(&mut self) -> Result<Box<str>, StoreError> {
        self.take::<&str>().map(Into::into)
    }

    fn optional_text(&mut self) -> Result<Option<Box<str>>, StoreError> {
        Ok(self.take::<Option<&str>>()?.map(Into::into))
    }

    /// A value that is checked when it is read, or NULL.
    fn optional<T, E: std::fmt::Display>(
        &mut self,
        check: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        self.take::<Option<&str>>()?.map(check).transpose().map_err(damaged)
    }

    fn count(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.take::<i64>()?).map_err(damaged)
    }

    pub(super) fn rupiah(&mut self) -> Result<Rupiah, StoreError> {
        self.take().map(Rupiah::new)
    }

    pub(super) fn moment(&mut self) -> Result<Moment, StoreError> {
        self.take().map(Moment::from_micros)
    }

    /// An inquiry and how long the biller took to answer it, if there is one.
    pub(super) fn inquiry(&mut self) -> Result<Option<(Inquiry, i64)>, StoreError> {
        let Some(partner) = self.take_or_skip(22)? else { return Ok(None) };
        let tr_id = TrId(self.take()?);
        let ref_id = RefId::new(self.take()?).map_err(damaged)?;
        let code = ProductCode::new(self.take()?).map_err(damaged)?;
        let customer_no = self.text()?;
        let (customer_name, period) = (self.text()?, self.text()?);
        let (nominal, sheets) = (self.rupiah()?, self.count()?);
        let (admin, commission) = (self.rupiah()?, self.rupiah()?);
        let price = nominal.plus(admin).map_err(damaged)?;
        let selling_price = price.minus(commission).map_err(damaged)?;
        let bill = Bill { customer_name, period, nominal, sheets, details: self.text()? };
        let price = Price { admin, commission, price, selling_price };
        let (at, took) = (self.moment()?, self.take()?);
        let (partner, sold) = (PartnerId(partner), self.sold()?);
        let (biller, biller_reference) = (BillerId(self.take()?), self.optional_text()?);
        let stated_cost = self.take::<Option<i64>>()?.map(Rupiah::new);
        let (biller_code, reference) =
            (self.optional(ProductCode::new)?, self.optional(Reference::new)?);
        // The error does not quote it, as it may be personal.
        let extra = |text: &str| ExtraField::parse(text).ok_or("the extra field of an inquiry");
        let (extra, passed_over) = (self.optional(extra)?, self.optional_text()?);
        let inquiry = Inquiry {
            tr_id,
            partner,
            ref_id,
            code,
            customer_no,
            bill,
            price,
            biller,
            extra,
            passed_over,
            biller_code,
            reference,
            biller_reference,
            stated_cost,
            at,
            sold,
        };
        Ok(Some((inquiry, took)))
    }

    fn sold(&mut self) -> Result<SoldProduct, StoreError> {
        let number = self.take::<i16>()?;
        let unknown = || damaged(format_args!("family {number}"));
        let family = Family::numbered(number).ok_or_else(unknown)?;
        Ok(SoldProduct { name: self.text()?, family })
    }

    /// The payment with that key, if there is one.
    pub(super) fn payment(
        &mut self,
        partner: PartnerId,
        tr_id: TrId,
    ) -> Result<Option<Payment>, StoreError> {
        let Some(biller) = self.take_or_skip(18)? else { return Ok(None) };
        let state: &str = self.take()?;
        Ok(Some(Payment {
            tr_id,
            partner,
            biller: BillerId(biller),
            state: State::named(state).ok_or_else(|| damaged(format_args!("state {state:?}")))?,
            begun_at: self.moment()?,
            settled_at: self.take::<Option<i64>>()?.map(Moment::from_micros),
            balance: self.rupiah()?,
            reason: self.take::<Option<&str>>()?.map(reason).transpose()?,
            receipt_no: self.text()?,
            details: self.optional_text()?,
            exchanges: self.count()?,
            asks: self.count()?,
            open_because: self.optional_text()?,
            attempt: self.attempt()?.map(Arc::new),
        }))
    }

    /// An attempt after the first one of its payment, if there is one.
    pub(super) fn attempt(&mut self) -> Result<Option<Attempt>, StoreError> {
        let Some(number) = self.take_or_skip::<i64>(7)? else { return Ok(None) };
        Ok(Some(Attempt {
            number: u32::try_from(number).map_err(damaged)?,
            biller: BillerId(self.take()?),
            biller_code: self.optional(ProductCode::new)?,
            reference: self.optional(Reference::new)?,
            biller_reference: self.optional_text()?,
            stated_cost: self.take::<Option<i64>>()?.map(Rupiah::new),
            begun_at: self.moment()?,
            after: reason(self.take()?)?,
        }))
    }

    /// A follow-up, if there is one.
    pub(super) fn follow_up(&mut self) -> Result<Option<PendingFollowUp>, StoreError> {
        let Some(token) = self.take_or_skip::<i64>(4)? else { return Ok(None) };
        let token = FencingToken(u32::try_from(token).map_err(damaged)?);
        let (until, not_found) = (self.moment()?, self.count()?);
        let review_reason = self.review_reason()?;
        let since = self.take::<Option<i64>>()?.map(Moment::from_micros);
        Ok(Some(PendingFollowUp {
            token,
            until,
            not_found,
            review_reason: review_reason.zip(since),
        }))
    }

    /// The callback with that key, if there is one.
    pub(super) fn callback(
        &mut self,
        partner: PartnerId,
        tr_id: TrId,
    ) -> Result<Option<Callback>, StoreError> {
        let Some(since) = self.take_or_skip(4)? else { return Ok(None) };
        let state: &str = self.take()?;
        let unknown = || damaged(format_args!("state {state:?}"));
        Ok(Some(Callback {
            tr_id,
            partner,
            since: Moment::from_micros(since),
            state: DeliveryState::named(state).ok_or_else(unknown)?,
            at: self.moment()?,
            attempts: self.count()?,
            answer: self.optional_text()?,
        }))
    }

    /// A deposit, if there is one.
    pub(super) fn deposit(&mut self) -> Result<Option<Deposit>, StoreError> {
        let Some(partner) = self.take_or_skip(5)? else { return Ok(None) };
        let (tr_id, amount, note) = (TrId(self.take()?), self.rupiah()?, self.text()?);
        let at = self.moment()?;
        let reference = self.take::<Option<&str>>()?.map(TransferReference::new);
        let reference = reference.transpose().map_err(damaged)?;
        Ok(Some(Deposit { tr_id, partner: PartnerId(partner), amount, note, reference, at }))
    }

    /// A reversal, if there is one.
    pub(super) fn reversal(&mut self) -> Result<Option<Reversal>, StoreError> {
        let Some(partner) = self.take_or_skip(5)? else { return Ok(None) };
        let (tr_id, deposit) = (TrId(self.take()?), TrId(self.take()?));
        let (amount, reason, at) = (self.rupiah()?, self.text()?, self.moment()?);
        Ok(Some(Reversal { tr_id, partner: PartnerId(partner), deposit, amount, reason, at }))
    }

    /// A withdrawal or an adjustment, if there is one.
    pub(super) fn balance_change(&mut self) -> Result<Option<BalanceChange>, StoreError> {
        let Some(partner) = self.take_or_skip(6)? else { return Ok(None) };
        let tr_id = TrId(self.take()?);
        let kind: &str = self.take()?;
        let unknown = || damaged(format_args!("kind {kind:?}"));
        let kind = BalanceChangeKind::named(kind).ok_or_else(unknown)?;
        let (amount, reason, at) = (self.rupiah()?, self.text()?, self.moment()?);
        let reference = self.take::<Option<&str>>()?.map(TransferReference::new);
        let reference = reference.transpose().map_err(damaged)?;
        let partner = PartnerId(partner);
        Ok(Some(BalanceChange { tr_id, partner, kind, amount, reason, reference, at }))
    }

    /// Why a payment is in manual review, if it is.
    pub(super) fn review_reason(&mut self) -> Result<Option<ReviewReason>, StoreError> {
        let named = |name: &str| {
            ReviewReason::named(name).ok_or_else(|| damaged(format_args!("review_reason {name:?}")))
        };
        self.take::<Option<&str>>()?.map(named).transpose()
    }

    /// The postings of a movement; none if there is no movement.
    pub(super) fn postings(&mut self) -> Result<Vec<PostingRow>, StoreError> {
        let Some(kind) = self.take_or_skip::<&str>(11)? else { return Ok(Vec::new()) };
        let kind =
            MovementKind::named(kind).ok_or_else(|| damaged(format_args!("kind {kind:?}")))?;
        let (at, partner) = (self.moment()?, PartnerId(self.take()?));
        let amounts = Amounts {
            bank: self.rupiah()?,
            adjustment: self.rupiah()?,
            available: self.rupiah()?,
            held: self.rupiah()?,
            fee: self.rupiah()?,
            commission: self.rupiah()?,
            margin: self.rupiah()?,
        };
        let biller = self.take::<Option<i64>>()?.map(BillerId);
        let cost = self.take::<Option<i64>>()?.map(Rupiah::new);
        Ok(MovementRow { kind, partner, at, amounts, cost: biller.zip(cost) }.postings())
    }

    pub(super) fn exchange(&mut self) -> Result<Exchange, StoreError> {
        let call: &str = self.take()?;
        Ok(Exchange {
            call: Call::named(call).ok_or_else(|| damaged(format_args!("call {call:?}")))?,
            attempt: self.count()?,
            ..self.inquiry_exchange()?
        })
    }

    /// A call of an inquiry. The columns of any other exchange end like it.
    pub(super) fn inquiry_exchange(&mut self) -> Result<Exchange, StoreError> {
        Ok(Exchange {
            call: Call::Inquire,
            attempt: 1,
            biller: self.take::<Option<i64>>()?.map(BillerId),
            asked_at: self.moment()?,
            took_micros: self.take()?,
            answer: self.text()?,
            evidence: self.evidence()?,
        })
    }

    /// The evidence of an exchange, if it has any.
    fn evidence(&mut self) -> Result<Option<Evidence>, StoreError> {
        let Some(sent) = self.take_or_skip::<&str>(2)? else { return Ok(None) };
        let http_status = self.take::<Option<i32>>()?.map(u16::try_from);
        let http_status = http_status.transpose().map_err(damaged)?;
        Ok(Some(Evidence { sent: sent.into(), http_status, received: self.text()? }))
    }
}

/// A transaction: the columns of its inquiry and its payment, and the balance.
pub(super) fn transaction(row: &Row) -> Result<Transaction, StoreError> {
    let mut cells = RowReader::of(row);
    let (inquiry, _) = cells.inquiry()?.ok_or_else(|| damaged("a payment without an inquiry"))?;
    let payment = cells.payment(inquiry.partner, inquiry.tr_id)?;
    let available = cells.rupiah()?;
    Ok(Transaction { inquiry: Arc::new(inquiry), payment, available })
}

/// A callback with its key before it.
pub(super) fn callback(row: &Row) -> Result<Callback, StoreError> {
    let mut cells = RowReader::of(row);
    let (partner, tr_id) = (PartnerId(cells.take()?), TrId(cells.take()?));
    cells.callback(partner, tr_id)?.ok_or_else(|| damaged("a callback without its columns"))
}

/// A deposit with its reversal.
pub(super) fn deposit(row: &Row) -> Result<BookedDeposit, StoreError> {
    let mut cells = RowReader::of(row);
    let deposit = cells.deposit()?.ok_or_else(|| damaged("a deposit without its columns"))?;
    Ok(BookedDeposit { deposit, reversal: cells.reversal()? })
}

/// An entry of the log of actions.
pub(super) fn action(row: &Row) -> Result<ActionRecord, StoreError> {
    let mut cells = RowReader::of(row);
    let (id, at) = (cells.take()?, cells.moment()?);
    let kind: &str = cells.take()?;
    let unknown = || damaged(format_args!("an actor of the kind {kind:?}"));
    let actor = Actor::named(kind, cells.take()?).ok_or_else(unknown)?;
    let operation = Operation {
        name: cells.take::<String>()?.into(),
        subject: cells.text()?,
        before: cells.optional_text()?,
        after: cells.text()?,
    };
    Ok(ActionRecord { id, action: Action { actor, at, operation } })
}

fn reason(name: &str) -> Result<FailureReason, StoreError> {
    FailureReason::named(name).ok_or_else(|| damaged(format_args!("reason {name:?}")))
}
