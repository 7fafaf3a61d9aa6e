//! The sandbox in the registry.

use std::sync::Arc;

use biller::Billers;
use domain::BillerId;
use sandbox::BILLER_ID;

use crate::*;

#[test]
fn a_biller_is_found_by_its_number_only() {
    let mut billers = Billers::default();
    billers.insert(BILLER_ID, "sandbox", Arc::new(sandbox()));
    assert_eq!(billers.name(BILLER_ID), Some("sandbox"));
    assert!(billers.get(BILLER_ID).is_some());
    assert!(billers.get(BillerId(2)).is_none());
    assert_eq!(billers.name(BillerId(2)), None);
}
