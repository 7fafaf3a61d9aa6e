//! Deletes old inquiries without a payment, which cannot be paid any more.

use std::convert::Infallible;
use std::time::Duration;

use super::{Command, Decision};
use crate::moment::micros;
use crate::{Books, Change, Moment, PartnerId, RowSet, TrId};

/// Inquiries are never deleted before this age: an inquiry can be paid on its own day in Jakarta, and a
/// partner may ask about it the day after.
pub const MIN_RETENTION: Duration = Duration::from_secs(2 * 24 * 3600);

/// Deletes inquiries of one partner that have no payment and are old enough. Their `ref_id`s can be used
/// again.
#[derive(Clone, Debug)]
pub struct PurgeUnpaidInquiries {
    pub partner: PartnerId,
    pub inquiries: Vec<TrId>,
    /// Minimum age of a deleted inquiry. At least [`MIN_RETENTION`] is used.
    pub kept: Duration,
    /// When.
    pub now: Moment,
}

impl Command for PurgeUnpaidInquiries {
    /// Number of deleted inquiries.
    type Outcome = u64;
    type Refusal = Infallible;

    fn touches(&self, touched: &mut RowSet) {
        touched.partners.push(self.partner);
        touched.transactions.extend(self.inquiries.iter().map(|tr_id| (self.partner, *tr_id)));
    }

    fn decide(&self, books: &Books) -> Result<Decision<u64>, Infallible> {
        let unpaid = self.inquiries.iter().filter_map(|tr_id| {
            let transaction = books.transaction_of(self.partner, *tr_id)?;
            transaction.payment.is_none().then_some(transaction.inquiry)
        });
        let dropped = unpaid.filter(|inquiry| self.is_old(inquiry.at)).map(Change::Dropped);
        let changes: Vec<_> = dropped.collect();
        Ok(Decision::without_movement(changes.len() as u64, changes))
    }
}

impl PurgeUnpaidInquiries {
    fn is_old(&self, at: Moment) -> bool {
        self.now.micros_since(at) >= micros(self.kept.max(MIN_RETENTION))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::books::samples::{NOON, PARTNER, bill, books, product};
    use crate::command::{
        Begin, BeginPayment, BeginPaymentRefusal, OpenInquiry, OpenInquiryRefusal,
    };
    use crate::payment::Call;
    use crate::{BillerId, Exchange, RefId};

    const TR_ID: TrId = TrId(1);

    fn inquiry() -> OpenInquiry {
        OpenInquiry {
            partner: PARTNER,
            ref_id: RefId::new("a").unwrap(),
            code: product().code,
            customer_no: "8801234560001".into(),
            biller: BillerId(1),
            extra: None,
            passed_over: None,
            biller_code: None,
            reference: None,
            quote: bill().into(),
            exchange: Exchange::new(Call::Inquire, NOON, Duration::ZERO, "success"),
            asked_before: Vec::new(),
        }
    }

    fn drop_at(kept: Duration, now: Moment) -> PurgeUnpaidInquiries {
        PurgeUnpaidInquiries { partner: PARTNER, inquiries: vec![TR_ID, TrId(99)], kept, now }
    }

    fn pay(now: Moment) -> BeginPayment {
        BeginPayment { partner: PARTNER, tr_id: TR_ID, now, test_numbers: Arc::default() }
    }

    #[test]
    fn an_old_inquiry_is_deleted_and_its_ref_id_is_free() {
        let mut books = books(1_000_000);
        books.run(&inquiry()).unwrap();
        assert_eq!(books.run(&inquiry()), Err(OpenInquiryRefusal::DuplicateRefId));
        assert_eq!(books.run(&drop_at(MIN_RETENTION, NOON.after(MIN_RETENTION))), Ok(1));
        assert_eq!(books.run(&pay(NOON)).map(drop), Err(BeginPaymentRefusal::UnknownTransaction));
        let again = books.run(&inquiry()).unwrap();
        assert_eq!(again.inquiry.tr_id, TrId(2), "no tr_id is used twice");
    }

    #[test]
    fn an_inquiry_younger_than_the_minimum_stays() {
        let mut books = books(1_000_000);
        books.run(&inquiry()).unwrap();
        let just_before = NOON.after(MIN_RETENTION).after_micros(-1);
        assert_eq!(books.run(&drop_at(Duration::ZERO, just_before)), Ok(0));
        let month = Duration::from_secs(30 * 24 * 3600);
        assert_eq!(books.run(&drop_at(month, NOON.after(MIN_RETENTION))), Ok(0));
        assert!(books.inquiries.contains_key(&TR_ID));
    }

    #[test]
    fn an_inquiry_with_a_payment_stays_for_ever() {
        let mut books = books(1_000_000);
        books.run(&inquiry()).unwrap();
        assert!(matches!(books.run(&pay(NOON)), Ok(Begin::Begun(_))));
        let much_later = NOON.after(Duration::from_secs(10 * 365 * 24 * 3600));
        assert_eq!(books.run(&drop_at(MIN_RETENTION, much_later)), Ok(0));
        assert_eq!(books.run(&inquiry()).map(drop), Err(OpenInquiryRefusal::DuplicateRefId));
    }

    #[test]
    fn inquiries_of_another_partner_stay() {
        let mut books = books(0);
        books.run(&inquiry()).unwrap();
        let other = PurgeUnpaidInquiries {
            partner: PartnerId(2),
            ..drop_at(MIN_RETENTION, NOON.after(2 * MIN_RETENTION))
        };
        assert_eq!(books.run(&other), Ok(0));
        assert!(books.inquiries.contains_key(&TR_ID));
    }
}
