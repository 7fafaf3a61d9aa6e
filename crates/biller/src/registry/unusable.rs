//! The connector of a biller that cannot be called, for example because its key cannot be decrypted.

use domain::{Moment, Quote};

use crate::{
    Biller, BoxFuture, CheckError, InquiryError, InquiryRequest, PayError, PaymentRequest, Receipt,
    Reply, Status,
};

/// Answers every question with the reason why nothing is sent.
pub(super) struct Unusable(pub(super) Box<str>);

impl Biller for Unusable {
    fn inquire<'a>(
        &'a self,
        _: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>> {
        Box::pin(async { Err(InquiryError::Unreachable { why: self.0.clone() }).into() })
    }

    fn pay<'a>(&'a self, _: &'a PaymentRequest) -> BoxFuture<'a, Reply<Result<Receipt, PayError>>> {
        Box::pin(async { Err(PayError::NotSent { why: self.0.clone() }).into() })
    }

    fn status<'a>(&'a self, _: &'a PaymentRequest, _: Moment) -> BoxFuture<'a, Reply<Status>> {
        Box::pin(async { Status::Unknown { why: self.0.clone() }.into() })
    }

    fn check<'a>(
        &'a self,
        _: &'a domain::Reference,
    ) -> BoxFuture<'a, Reply<Result<(), CheckError>>> {
        Box::pin(async { Err(CheckError::Unreachable { why: self.0.clone() }).into() })
    }
}
