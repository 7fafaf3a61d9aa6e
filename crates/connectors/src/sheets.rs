//! The number of bill sheets, which multiplies lunas's own fee.

/// The most bill sheets of one bill.
const MAX_SHEETS: i64 = 100;

/// The number of bill sheets that a biller tells; 1 where it tells none. As lunas's fee is for each sheet, the number
/// counts only if the biller's own fee, `admin` in whole rupiah, can be for each sheet, too.
pub(crate) fn plausible(told: Option<i64>, admin: i64) -> u32 {
    let is_usual = |sheets: &i64| (1..=MAX_SHEETS).contains(sheets) && admin % *sheets == 0;
    let usual = told.filter(is_usual);
    usual.and_then(|sheets| u32::try_from(sheets).ok()).unwrap_or(1)
}
