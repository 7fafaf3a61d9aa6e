//! The receipt ("struk") of a paid bill: its labelled lines and the slip as PDF.
//!
//! The first five and the last four lines are the same for every product. Between them are the
//! lines of the product's family, which `families` reads from the biller's `desc`. Labels and
//! order follow the receipt of BPJS Kesehatan in IAK's public client SDKs.

mod draw;
mod families;
mod slip;
mod typeface;
mod words;

#[cfg(test)]
mod tests;

pub use slip::{PdfError, pdf};

use domain::display::is_invisible;

/// The facts on a receipt of one paid bill. Amounts are whole rupiah.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The product as a customer knows it: `BPJS Kesehatan`.
    pub product: &'a str,
    /// The product's code: `PLNPOSTPAID`.
    pub code: &'a str,
    /// The product's type in the price list, which chooses the family: `pln`, `pdam` ….
    pub product_type: &'a str,
    /// The number of the transaction.
    pub tr_id: i64,
    /// The biller's receipt number.
    pub noref: &'a str,
    /// When the bill was paid, `2018-08-03 17:07:50` in Asia/Jakarta.
    pub paid_at: &'a str,
    /// The customer's number at the biller.
    pub hp: &'a str,
    /// The customer's name.
    pub tr_name: &'a str,
    /// The billed period as the biller writes it; its form differs by family.
    pub period: &'a str,
    /// The bill without fees.
    pub nominal: i64,
    /// The fee of all bill sheets.
    pub admin: i64,
    /// What the customer paid: `nominal + admin`.
    pub price: i64,
    /// The biller's `desc` as JSON text; invalid JSON gives no lines.
    pub desc: &'a str,
    /// The name at the top of the slip.
    pub issuer: &'a str,
    /// The sentence at the foot of the slip.
    pub footer: &'a str,
}

/// The receipt's lines, label and value, in order. No label occurs twice, no value is empty except
/// that of a line which every receipt has, and no value holds a character that cannot be seen.
pub fn lines(facts: &Facts<'_>) -> Vec<(String, String)> {
    let family = families::lines(facts.product_type, facts.period, facts.desc);
    let head = [
        ("HEADER", title(facts)),
        ("NO REFERENSI", visible(facts.noref)),
        ("TANGGAL", visible(facts.paid_at)),
        ("NO. RESI", visible(facts.noref)),
        ("NAMA PRODUK", visible(facts.product)),
    ];
    let tail = [
        ("ID PELANGGAN", visible(facts.hp)),
        ("NAMA", visible(facts.tr_name)),
        ("JUMLAH TAGIHAN", rupiah(facts.nominal)),
        ("ADMIN", rupiah(facts.admin)),
    ];
    let labelled = |(label, value): (&str, String)| (label.to_owned(), value);
    let head = head.into_iter().map(labelled);
    head.chain(family).chain(tail.into_iter().map(labelled)).collect()
}

fn title(facts: &Facts<'_>) -> String {
    visible(&format!("STRUK PEMBAYARAN {}", facts.product))
}

/// An amount as it stands on a receipt: `Rp 1.250.000`.
fn rupiah(amount: i64) -> String {
    let dotted = domain::Rupiah::new(amount).dotted();
    dotted.strip_prefix('-').map_or_else(|| format!("Rp {dotted}"), |debit| format!("-Rp {debit}"))
}

/// The text with every run of blanks as one space and without characters that steer instead of
/// show. Partners send receipts to printers and terminals, where an escape sequence or a change of
/// writing direction in a customer's name could rewrite the slip.
fn visible(text: &str) -> String {
    let shown: String = text.chars().filter(|c| c.is_whitespace() || !is_invisible(*c)).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first character of a text that a slip does not show, or only as a question mark.
pub fn unprintable(text: &str) -> Option<char> {
    let unseen = text.chars().find(|c| !c.is_whitespace() && is_invisible(*c));
    let shown = visible(text);
    let faces = [&typeface::REGULAR, &typeface::BOLD];
    unseen.or_else(|| faces.into_iter().find_map(|face| face.lacks(&shown)))
}
