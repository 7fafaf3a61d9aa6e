//! The documented numbers of the test mode, a row for each product of bills.

use domain::Family;

/// The customers' numbers of a product, by what happens to their bills.
pub(crate) struct Numbers {
    /// The product's code at Digiflazz.
    pub(crate) product: &'static str,
    pub(crate) family: Family,
    /// With the number of sheets.
    pub(crate) paid: &'static [(&'static str, u32)],
    pub(crate) no_bill: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) pending_then_paid: &'static [(&'static str, u32)],
    pub(crate) pending_then_failed: &'static str,
}

/// The identity number that belongs to all vehicles.
pub(crate) const IDENTITY: &str = "0212502110170100";

/// What happens to a customer's bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestOutcome {
    Paid { sheets: u32 },
    NoBill,
    Fails,
    PendingThenPaid { sheets: u32 },
    PendingThenFailed,
}

impl Numbers {
    /// Every number with its outcome.
    pub(crate) fn all(&self) -> Vec<(&'static str, TestOutcome)> {
        let paid = self
            .paid
            .iter()
            .map(|(number, sheets)| (*number, TestOutcome::Paid { sheets: *sheets }));
        let later = self
            .pending_then_paid
            .iter()
            .map(|(number, sheets)| (*number, TestOutcome::PendingThenPaid { sheets: *sheets }));
        let others = [
            (self.no_bill, TestOutcome::NoBill),
            (self.fails, TestOutcome::Fails),
            (self.pending_then_failed, TestOutcome::PendingThenFailed),
        ];
        paid.chain(later).chain(others).collect()
    }
}

/// The outcome of a bill, by the product and the customer's number on the wire.
pub(crate) fn outcome(product: &str, customer_no: &str) -> Option<TestOutcome> {
    let row = NUMBERS.iter().find(|row| row.product == product)?;
    let number = match row.family {
        Family::Esamsat => customer_no.strip_suffix(IDENTITY)?.strip_suffix(',')?,
        _ => customer_no,
    };
    row.all().into_iter().find(|(known, _)| *known == number).map(|(_, outcome)| outcome)
}

macro_rules! numbers {
    ($($product:literal $family:ident $paid:expr, $no_bill:literal, $fails:literal, $later:expr, $never:literal;)*) => {
        &[$(Numbers {
            product: $product,
            family: Family::$family,
            paid: &$paid,
            no_bill: $no_bill,
            fails: $fails,
            pending_then_paid: &$later,
            pending_then_failed: $never,
        }),*]
    };
}

#[rustfmt::skip]
pub(crate) const NUMBERS: &[Numbers] = numbers! {
    "pln" PlnPostpaid [("530000000001", 1), ("530000000002", 2)], "530000000003", "530000000006", [("630000000001", 1), ("630000000002", 2)], "630000000006";
    "pdam" Pdam [("1013226", 1)], "1013227", "1013230", [("2013226", 1)], "2013230";
    "internet" InternetTelkom [("6391601001", 1)], "6391601002", "6391601005", [("7391601001", 1)], "7391601005";
    "bpjs" BpjsKesehatan [("8801234560001", 1)], "8801234560002", "8801234560005", [("9801234560001", 1)], "9801234560005";
    "multifinance" Multifinance [("6391601201", 1)], "6391601202", "6391601205", [("7391601201", 1)], "7391601205";
    "cimahi" Pbb [("329801092375999991", 1)], "329801092375999992", "329801092375999995", [("429801092375999991", 1)], "429801092375999995";
    "pdl" Pbb [("3298010921", 1)], "3298010922", "3298010923", [("4298010921", 1)], "4298010923";
    "pgas" GasPgas [("0110014601", 1), ("0110014602", 2)], "0110014603", "0110014605", [("1110014601", 1), ("1110014602", 2)], "1110014605";
    "tv" TvTelkomvision [("127246500101", 1)], "127246500102", "127246500105", [("227246500101", 1)], "227246500105";
    "bpjstk" BpjsKetenagakerjaanBpu [("8102051011270001", 1)], "8102051011270002", "8102051011270003", [("9102051011270001", 1)], "9102051011270003";
    "bpjstkpu" BpjsKetenagakerjaanPu [("400000100001", 1)], "400000100002", "400000100003", [("500000100001", 1)], "500000100003";
    "plnnontaglist" PlnNontaglis [("3225030005921", 1)], "3225030005922", "3225030005923", [("4225030005921", 1)], "4225030005923";
    "emoney" CustomDenom [("082100000001", 1)], "082100000002", "082100000003", [("082110000001", 1)], "082110000003";
    "samsat" Esamsat [("9658548523568701", 1)], "9658548523568702", "9658548523568705", [("0658548523568701", 1)], "0658548523568705";
    "hp" TelcoPostpaid [("081234554320", 1)], "081234554321", "081234554324", [("081244554320", 1)], "081244554324";
};
