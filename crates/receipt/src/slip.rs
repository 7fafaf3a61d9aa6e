//! The receipt as PDF: a slip of A5 with the issuer on top, the lines in two columns, the total in
//! figures and in words, and the mark "LUNAS".
//!
//! The slip is first laid out as marks on pages and then drawn, so that it can continue on the next
//! page. The same facts give the same bytes: there is no clock and no randomness. Lengths are
//! points, and `y` grows downwards.
#![expect(clippy::float_arithmetic, reason = "places on the page, never money")]

use std::ops::RangeInclusive;

use krilla::error::KrillaError;

use super::draw::{Color, Mark, PAGE_HEIGHT, PAGE_WIDTH, Style, document};
use super::words::terbilang;
use super::{Facts, rupiah, title, visible};

const LEFT: f32 = 36.0;
const RIGHT: f32 = PAGE_WIDTH - LEFT;
const TOP: f32 = 32.0;
const BOTTOM: f32 = PAGE_HEIGHT - 36.0;
/// Where the colons and the values of the rows stand.
const COLON_AT: f32 = LEFT + 108.0;
const VALUE_AT: f32 = COLON_AT + 10.0;
/// What the total and the closing sentence take after the rows, each with two lines of words.
const CLOSING: f32 = 110.0;
/// From one line of a row to the next: airy on a short slip, tight before a page more is begun.
const ROW_LEADING: RangeInclusive<f32> = 11.0..=14.0;
/// The maximum lines of one value. Real names and addresses need two; the rest of a value that was
/// made to flood the slip is cut.
const VALUE_LINES: usize = 6;

const ISSUER: Style = Style { bold: true, size: 17.0, leading: 21.0, color: Color::Ink };
const TITLE: Style = Style { bold: true, size: 11.5, leading: 15.0, color: Color::Ink };
const LABEL: Style = Style { bold: false, size: 8.5, leading: 14.0, color: Color::Soft };
const VALUE: Style = Style { bold: false, size: 9.5, leading: 14.0, color: Color::Ink };
const TOTAL_LABEL: Style = Style { bold: true, size: 11.0, leading: 20.0, color: Color::Ink };
const TOTAL: Style = Style { bold: true, size: 16.0, leading: 20.0, color: Color::Ink };
const WORDS: Style = Style { bold: false, size: 9.0, leading: 12.5, color: Color::Ink };
const SMALL: Style = Style { bold: false, size: 7.5, leading: 10.0, color: Color::Soft };

/// The library could not write the document. The error contains nothing of the receipt.
#[derive(Debug, thiserror::Error)]
#[error("the receipt could not be written as PDF")]
pub struct PdfError(#[from] KrillaError);

/// The slip with `lines` as its rows, as the bytes of a PDF file. `HEADER` is left to the title.
pub fn pdf(facts: &Facts<'_>, lines: &[(String, String)]) -> Result<Vec<u8>, PdfError> {
    let mut slip = Slip { pages: vec![Vec::new()], y: TOP };
    slip.head(facts);
    slip.rows(lines);
    slip.total(facts);
    slip.foot(facts);
    Ok(document(&title(facts), &slip.pages)?)
}

/// A labelled line, both columns broken to their widths.
struct Row {
    label: Vec<String>,
    value: Vec<String>,
}

impl Row {
    fn new((label, value): &(String, String)) -> Self {
        Self {
            label: LABEL.wrap(&visible(label), COLON_AT - LEFT - 4.0, 2),
            value: VALUE.wrap(&visible(value), RIGHT - VALUE_AT, VALUE_LINES),
        }
    }

    /// In lines of text.
    fn height(&self) -> f32 {
        self.label.len().max(self.value.len()).max(1) as f32
    }
}

struct Slip {
    pages: Vec<Vec<Mark>>,
    /// The lower edge of the content of the last page.
    y: f32,
}

impl Slip {
    fn head(&mut self, facts: &Facts<'_>) {
        self.mark(Mark::Stamp { text: "LUNAS", right: RIGHT, y: TOP - 6.0 });
        self.paragraph(ISSUER, &visible(facts.issuer), RIGHT - 110.0);
        self.y += 10.0;
        self.panel(RIGHT - LEFT, 0.8, Color::Line);
        self.y += 10.0;
        self.paragraph(TITLE, &title(facts), RIGHT);
        self.y += 6.0;
    }

    /// The labelled lines, set as far apart as leaves room for the rest of the slip.
    fn rows(&mut self, lines: &[(String, String)]) {
        let rows: Vec<Row> =
            lines.iter().filter(|(label, _)| label != "HEADER").map(Row::new).collect();
        let free = BOTTOM - CLOSING - self.y;
        let (tight, airy) = ROW_LEADING.into_inner();
        let leading = (free / rows.iter().map(Row::height).sum::<f32>()).clamp(tight, airy);
        for row in rows {
            let height = leading * row.height();
            self.make_room(height);
            let (label, value) = (Style { leading, ..LABEL }, Style { leading, ..VALUE });
            self.lines(label, row.label, LEFT, VALUE.size);
            self.lines(label, vec![":".to_owned()], COLON_AT, VALUE.size);
            self.lines(value, row.value, VALUE_AT, VALUE.size);
            self.y += height;
        }
    }

    /// The panel with the paid amount; it stays on one page.
    fn total(&mut self, facts: &Facts<'_>) {
        let words = WORDS.wrap(&terbilang(facts.price), RIGHT - VALUE_AT - 10.0, VALUE_LINES);
        let height = 36.0 + WORDS.leading * words.len() as f32;
        self.make_room(12.0 + height);
        self.y += 12.0;
        self.panel(RIGHT - LEFT, height, Color::Pale);
        self.panel(3.0, height, Color::Green);
        self.lines(TOTAL_LABEL, vec!["TOTAL BAYAR".to_owned()], LEFT + 12.0, 22.0);
        self.lines(TOTAL, vec![rupiah(facts.price)], VALUE_AT, 22.0);
        self.lines(LABEL, vec!["Terbilang".to_owned()], LEFT + 12.0, 39.0);
        self.lines(WORDS, words, VALUE_AT, 39.0);
        self.y += height;
    }

    /// The closing sentence, and at the foot of every page what names the transaction.
    fn foot(&mut self, facts: &Facts<'_>) {
        self.y += 10.0;
        self.paragraph(WORDS, &visible(facts.footer), RIGHT);
        let name = visible(&format!("ID TRANSAKSI {} · {}", facts.tr_id, facts.code));
        let name = SMALL.wrap(&name, RIGHT - LEFT - 80.0, 1).concat();
        let count = self.pages.len();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let y = BOTTOM + 16.0;
            page.push(Mark::Text { style: SMALL, text: name.clone(), x: LEFT, y });
            if count > 1 {
                let text = format!("Halaman {} dari {count}", index + 1);
                let x = RIGHT - SMALL.width(&text);
                page.push(Mark::Text { style: SMALL, text, x, y });
            }
        }
    }

    /// A text of up to four lines from the left edge as far as `right`, all on one page.
    fn paragraph(&mut self, style: Style, text: &str, right: f32) {
        let lines = style.wrap(text, right - LEFT, 4);
        let height = style.leading * lines.len() as f32;
        self.make_room(height);
        self.lines(style, lines, LEFT, style.size);
        self.y += height;
    }

    /// Lines from `x` on, the first one's baseline `down` from here; the place stays.
    fn lines(&mut self, style: Style, lines: Vec<String>, x: f32, down: f32) {
        for (index, text) in lines.into_iter().enumerate() {
            let y = self.y + down + style.leading * index as f32;
            self.mark(Mark::Text { style, text, x, y });
        }
    }

    /// A filled rectangle from here down, from the left edge; the place stays.
    fn panel(&mut self, width: f32, height: f32, color: Color) {
        self.mark(Mark::Panel { x: LEFT, y: self.y, width, height, color });
    }

    /// Starts a new page if this one has not enough height left.
    fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}
