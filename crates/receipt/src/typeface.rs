//! The embedded fonts: text widths, line breaks, glyphs.
//!
//! One glyph per character, side by side, is enough for the Latin, Greek and Cyrillic letters of
//! Roboto. A missing character becomes a question mark, also in copied text.
#![expect(clippy::float_arithmetic, reason = "lengths on the page, never money")]

use std::borrow::Cow;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// The replacement for a character that the fonts do not have.
const INSTEAD: char = '?';

/// Roboto Regular.
pub(super) static REGULAR: LazyLock<Typeface> =
    LazyLock::new(|| Typeface::new(include_bytes!("../assets/Roboto-Regular.ttf")));

/// Roboto Bold.
pub(super) static BOLD: LazyLock<Typeface> =
    LazyLock::new(|| Typeface::new(include_bytes!("../assets/Roboto-Bold.ttf")));

/// A font with what is needed to measure a text in it.
pub(super) struct Typeface {
    pub(super) font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

impl Typeface {
    fn new(data: &'static [u8]) -> Self {
        let reader = FontRef::new(data).expect("the embedded typeface is a font");
        Self {
            font: Font::new(data.into(), 0).expect("the embedded typeface is a font"),
            charmap: reader.charmap(),
            metrics: reader.glyph_metrics(Size::new(1.0), LocationRef::default()),
        }
    }

    /// The width of a text at a size, both in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// The first character of a text that the font does not have.
    pub(super) fn lacks(&self, text: &str) -> Option<char> {
        text.chars().find(|c| !self.has(*c))
    }

    /// The text with only the font's characters.
    pub(super) fn printable<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.lacks(text) {
            None => text.into(),
            Some(_) => text.chars().map(|c| if self.has(c) { c } else { INSTEAD }).collect(),
        }
    }

    /// The glyphs that draw a printable text.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(start, c): (usize, char)| KrillaGlyph {
            glyph_id: GlyphId::new(self.glyph(c).to_u32()),
            text_range: start..start + c.len_utf8(),
            x_advance: self.advance(c),
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        };
        text.char_indices().map(glyph).collect()
    }

    /// The text in lines that are no wider than `width`, broken at blanks and, where a word is
    /// longer than a line, inside it. The last of `most` lines ends in "…" if there was more.
    pub(super) fn wrap(&self, text: &str, size: f32, width: f32, most: usize) -> Vec<String> {
        let mut rest = text;
        let mut lines = Vec::new();
        while !rest.is_empty() && lines.len() < most {
            let (line, behind) = self.split(rest, width / size);
            rest = behind;
            lines.push(line.to_owned());
        }
        if !rest.is_empty()
            && let Some(last) = lines.last_mut()
        {
            while self.width(last, size) + self.width("…", size) > width && last.pop().is_some() {
            }
            last.push('…');
        }
        lines
    }

    /// The first line of a text and the rest. At least one character goes into the line.
    fn split<'t>(&self, text: &'t str, width: f32) -> (&'t str, &'t str) {
        let mut used = 0.0;
        let mut blank = None;
        for (index, c) in text.char_indices() {
            used += self.advance(c);
            if c == ' ' {
                blank = Some(index);
            } else if used > width && index > 0 {
                return match blank {
                    Some(blank) => (&text[..blank], &text[blank + 1..]),
                    None => text.split_at(index),
                };
            }
        }
        (text, "")
    }

    /// The advance of a character at a size of one point.
    fn advance(&self, c: char) -> f32 {
        self.metrics.advance_width(self.glyph(c)).unwrap_or_default()
    }

    /// Its glyph, or that of what stands in its place.
    fn glyph(&self, c: char) -> skrifa::GlyphId {
        let glyph = self.own_glyph(c).or_else(|| self.own_glyph(INSTEAD));
        glyph.unwrap_or(skrifa::GlyphId::NOTDEF)
    }

    fn has(&self, c: char) -> bool {
        self.own_glyph(c).is_some()
    }

    fn own_glyph(&self, c: char) -> Option<skrifa::GlyphId> {
        self.charmap.map(c).filter(|glyph| *glyph != skrifa::GlyphId::NOTDEF)
    }
}
