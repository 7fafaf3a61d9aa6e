//! Inquiry: the biller says what is owed, and the bill is recorded under a new `tr_id`. No money
//! moves.

use biller::InquiryRequest;
use domain::command::{OpenInquiry, OpenInquiryRefusal};
use domain::product::RequiredField;
use domain::{FailureReason, Moment, PartnerId, ProductCode, RefId, Rupiah, Transaction};
use fail_points::{Point, pass};
use store::CommandError;

use crate::routing::Question;
use crate::{Alert, Gateway};

/// A partner's inquiry.
#[derive(Clone)]
pub struct Request {
    /// The partner that asks.
    pub partner: PartnerId,
    /// The partner's reference of the inquiry.
    pub ref_id: RefId,
    /// The product code.
    pub code: ProductCode,
    /// The customer's number.
    pub customer_no: Box<str>,
    /// The number of months to pay.
    pub month: Option<u32>,
    /// The tax year.
    pub year: Option<u16>,
    /// The owner's identity number.
    pub identity: Option<Box<str>>,
    /// The amount to pay, as sent.
    pub amount: Option<Box<str>>,
}

/// Why an inquiry has no bill. Nothing is recorded, and the `ref_id` can be used again.
#[derive(Debug, thiserror::Error)]
pub enum InquiryFailure {
    /// A rule of the domain refuses it.
    #[error(transparent)]
    Refused(#[from] OpenInquiryRefusal),
    /// The product is not sold at present, or no biller is connected for it.
    #[error("the product is not sold at present")]
    ProductOff,
    /// The product requires this field.
    #[error("the product's inquiry needs more")]
    Needs(RequiredField),
    /// The amount is not a positive whole number of rupiah.
    #[error("the amount is not valid")]
    Amount,
    /// The biller refused for this reason.
    #[error("the biller answered {0}")]
    Biller(FailureReason),
    /// lunas's balance at the biller does not cover what it takes for the bill.
    #[error(
        "lunas's balance at the biller was {} at {}, and the bill costs {} there",
        balance.dotted(), told_at.readable(), cost.dotted()
    )]
    BalanceThereTooLow {
        /// What the biller told last.
        balance: Rupiah,
        /// When it told that.
        told_at: Moment,
        /// What it takes.
        cost: Rupiah,
    },
    /// There was no readable answer, for this reason.
    #[error("no answer that lunas can use: {0}")]
    Unreachable(Box<str>),
}

impl Gateway {
    /// Asks the biller what is owed and records its bill.
    pub async fn inquire(
        &self,
        request: Request,
    ) -> Result<Transaction, CommandError<InquiryFailure>> {
        // A used `ref_id` is refused first, without a call to the biller.
        let (partner, ref_id) = (request.partner, &request.ref_id);
        if self.shared.database.find(partner, ref_id).await?.is_some() {
            return Err(CommandError::Refused(OpenInquiryRefusal::DuplicateRefId.into()));
        }
        let open = self.bill(request).await.map_err(CommandError::Refused)?;
        pass(Point::BillSeen);
        let (code, cost, nominal) = (open.code.clone(), open.quote.cost, open.quote.bill.nominal);
        let opened = self.shared.database.submit(open).await;
        match &opened {
            Err(CommandError::Refused(why @ OpenInquiryRefusal::Unpayable)) => {
                // The partner gets 93. The cause is the product's price or the biller's bill.
                tracing::warn!(%why, %code, "a bill has no price: see the product's fee and commission");
            }
            Err(CommandError::Refused(OpenInquiryRefusal::BelowCost)) => {
                self.alert_below_cost(&code, cost, nominal);
            }
            _ => {}
        }
        opened.map_err(|error| error.map_refusal(InquiryFailure::from))
    }

    /// Tells the operator of a bill that is not sold, because its biller takes more than the partner pays.
    pub(crate) fn alert_below_cost(
        &self,
        code: &ProductCode,
        cost: Option<Rupiah>,
        nominal: Rupiah,
    ) {
        let (why, cost) = (OpenInquiryRefusal::BelowCost, cost.unwrap_or(nominal));
        tracing::error!(
            %why, %code, %nominal, %cost,
            "a bill is not sold: raise the product's fee, lower its commission, or allow it with \
             --below-cost allow"
        );
        self.shared.observer.alert(Alert::BelowCost { code: code.clone(), cost, nominal });
    }

    /// Asks the billers of the product for the bill.
    async fn bill(&self, request: Request) -> Result<OpenInquiry, InquiryFailure> {
        let directory = self.reference_data();
        let product = directory.catalogue.get(&request.code);
        let product = product.ok_or(OpenInquiryRefusal::UnknownProduct)?;
        let amount = check_required_fields(product.family.required_field(), &request)?;
        if !product.active {
            return Err(InquiryFailure::ProductOff);
        }
        let Request { partner, ref_id, code, customer_no, month, year, identity, amount: _ } =
            request;
        let request = InquiryRequest {
            biller_code: code.clone(),
            code,
            reference: None,
            family: product.family,
            customer_no,
            month,
            year,
            identity,
            amount,
        };
        let question = Question { partner, ref_id, attempt: 1, request };
        let asked = self.ask_routes(&product.code, &product.routes, question).await;
        asked.map_err(|no_bill| no_bill.why)
    }
}

/// Checks that the fields that the product requires are present. Returns the amount, if one was
/// sent.
fn check_required_fields(
    needs: Option<RequiredField>,
    request: &Request,
) -> Result<Option<Rupiah>, InquiryFailure> {
    let said = match needs {
        None => true,
        Some(RequiredField::Month) => request.month.is_some(),
        Some(RequiredField::Year) => request.year.is_some(),
        Some(RequiredField::Identity) => request.identity.is_some(),
        Some(RequiredField::Amount) => request.amount.is_some(),
    };
    match (needs, &request.amount) {
        (Some(missing), _) if !said => Err(InquiryFailure::Needs(missing)),
        (Some(RequiredField::Amount), Some(amount)) => {
            amount.parse().map(Some).map_err(|_| InquiryFailure::Amount)
        }
        _ => Ok(None),
    }
}
