//! The bill of a customer and the receipt of its payment.

use domain::{Bill, FailureReason, Rupiah};

use super::choices::{Choices, escaped};
use super::forms::{Form, Row};
use super::made_up::MadeUp;
use super::noref::noref;
use super::template::Facts;
use biller::{InquiryRequest, PaymentRequest, Receipt};

impl Form {
    /// The documented bill, or the generated bill of a made-up `customer`, for the client's
    /// choices. `product` is the product's name, which the details show in capitals.
    pub(super) fn bill(
        &self,
        question: &InquiryRequest,
        product: &str,
        customer: Option<&MadeUp>,
    ) -> Result<Bill, FailureReason> {
        let choices = Choices::of(question)?;
        let made_up = customer.zip(self.made_up).map(|(customer, range)| customer.nominal(range));
        let rows = self.rows_owed(made_up);
        let each = made_up.unwrap_or_else(|| self.nominal());
        let nominal = match choices.amount {
            Some(amount) => amount.get(),
            None => each * i64::from(choices.months),
        };
        let sheets = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
        let facts = Facts {
            nominal,
            sheets: sheets.into(),
            months: choices.months.into(),
            year: choices.year.into(),
            identity: &choices.identity,
            product: &escaped(&product.to_uppercase()),
            rows: &self.filled_rows(&rows),
            period: &span(&rows),
            ..Facts::default()
        };
        Ok(Bill {
            customer_name: customer.map_or_else(|| self.tr_name.clone(), |it| it.tr_name().into()),
            period: self.period.fill(&facts).into(),
            nominal: Rupiah::new(nominal),
            sheets,
            details: self.desc.fill(&facts).into(),
        })
    }

    /// The receipt of a payment. Its details are those of the recorded bill, except for fields that
    /// a payment shows differently.
    pub(super) fn receipt(&self, order: &PaymentRequest) -> Receipt {
        let bill = &order.inquiry.bill;
        let facts = Facts { nominal: bill.nominal.get(), ..Facts::default() };
        let paid = self.paid.iter().fold(None, |desc: Option<String>, edit| {
            let desc = desc.as_deref().unwrap_or(&bill.details);
            Some(desc.replace(&edit.0.fill(&facts), &edit.1.fill(&facts)))
        });
        Receipt {
            receipt_no: noref(&self.noref, order.inquiry.tr_id),
            details: paid.map(String::into_boxed_str),
        }
    }

    fn nominal(&self) -> i64 {
        match &self.rows[..] {
            [] => self.nominal,
            rows => rows.iter().map(|row| row.amount).sum(),
        }
    }

    /// The rows with their amounts; a made-up bill has at most one row.
    fn rows_owed(&self, made_up: Option<i64>) -> Vec<(&Row, i64)> {
        match made_up {
            Some(nominal) => self.rows.iter().take(1).map(|row| (row, nominal)).collect(),
            None => self.rows.iter().map(|row| (row, row.amount)).collect(),
        }
    }

    fn filled_rows(&self, rows: &[(&Row, i64)]) -> String {
        let filled = (0..).zip(rows).map(|(index, &(row, amount))| {
            self.row.fill(&Facts {
                index,
                amount,
                period: &row.period,
                label: &row.label,
                ..Facts::default()
            })
        });
        filled.collect::<Vec<_>>().join(",")
    }
}

/// The period from the first to the last row: `201405,201407`, or `201405` if both are the same.
fn span(rows: &[(&Row, i64)]) -> String {
    match rows {
        [] => String::new(),
        [(only, _)] => only.period.to_string(),
        [(first, _), .., (last, _)] => format!("{},{}", first.period, last.period),
    }
}
