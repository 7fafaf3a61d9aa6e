//! Draws laid-out pages of A5 as a PDF document.
#![expect(clippy::float_arithmetic, reason = "places on the page, never money")]

use krilla::Document;
use krilla::color::rgb;
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

use super::typeface::{BOLD, REGULAR, Typeface};

/// 148 mm in points.
pub(super) const PAGE_WIDTH: f32 = 419.53;
/// 210 mm in points.
pub(super) const PAGE_HEIGHT: f32 = 595.28;

/// Something drawn on a page. `x` and `y` are the left and the upper edge, of a text the start of
/// its baseline.
pub(super) enum Mark {
    /// One line of text.
    Text { style: Style, text: String, x: f32, y: f32 },
    /// A filled rectangle.
    Panel { x: f32, y: f32, width: f32, height: f32, color: Color },
    /// A word in a frame, slightly turned, as a rubber stamp leaves it.
    Stamp { text: &'static str, right: f32, y: f32 },
}

/// How a text looks; lengths in points.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) size: f32,
    /// From one baseline to the next.
    pub(super) leading: f32,
    pub(super) color: Color,
}

impl Style {
    /// The text in at most `most` lines no wider than `width`.
    pub(super) fn wrap(self, text: &str, width: f32, most: usize) -> Vec<String> {
        self.face().wrap(text, self.size, width, most)
    }

    pub(super) fn width(self, text: &str) -> f32 {
        self.face().width(text, self.size)
    }

    fn face(self) -> &'static Typeface {
        if self.bold { &BOLD } else { &REGULAR }
    }
}

/// The slip's colours, dark enough for a black-and-white printer.
#[derive(Clone, Copy)]
pub(super) enum Color {
    Ink,
    Soft,
    Line,
    Pale,
    Green,
}

impl Color {
    fn rgb(self) -> rgb::Color {
        match self {
            Self::Ink => rgb::Color::new(0x1b, 0x24, 0x30),
            Self::Soft => rgb::Color::new(0x5c, 0x67, 0x73),
            Self::Line => rgb::Color::new(0xcf, 0xd6, 0xdc),
            Self::Pale => rgb::Color::new(0xee, 0xf6, 0xf2),
            Self::Green => rgb::Color::new(0x0a, 0x7f, 0x4f),
        }
    }

    fn fill(self) -> Option<Fill> {
        Some(Fill { paint: self.rgb().into(), ..Fill::default() })
    }
}

/// The pages as a PDF file with a title.
pub(super) fn document(title: &str, pages: &[Vec<Mark>]) -> Result<Vec<u8>, KrillaError> {
    let size = Size::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("A5 is a size");
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).language("id".to_owned()));
    for marks in pages {
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark);
        }
        surface.finish();
        page.finish();
    }
    document.finish()
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    match *mark {
        Mark::Text { style, ref text, x, y } => draw_text(surface, style, text, x, y),
        Mark::Panel { x, y, width, height, color } => {
            if let Some(path) = rectangle(x, y, width, height) {
                surface.set_fill(color.fill());
                surface.draw_path(&path);
            }
        }
        Mark::Stamp { text, right, y } => draw_stamp(surface, text, right, y),
    }
}

fn draw_text(surface: &mut Surface<'_>, style: Style, text: &str, x: f32, y: f32) {
    let face = style.face();
    surface.set_fill(style.color.fill());
    let text = face.printable(text);
    let glyphs = face.glyphs(&text);
    let start = Point::from_xy(x, y);
    surface.draw_glyphs(start, &glyphs, face.font.clone(), &text, style.size, false);
}

fn draw_stamp(surface: &mut Surface<'_>, text: &str, right: f32, y: f32) {
    let style = Style { bold: true, size: 18.0, leading: 28.0, color: Color::Green };
    let width = style.width(text) + 20.0;
    let x = right - width;
    surface.push_transform(&Transform::from_rotate_at(-6.0, x + width / 2.0, y + 14.0));
    if let Some(frame) = rectangle(x, y, width, style.leading) {
        surface.set_fill(None);
        let paint = style.color.rgb().into();
        surface.set_stroke(Some(Stroke { paint, width: 1.6, ..Stroke::default() }));
        surface.draw_path(&frame);
        surface.set_stroke(None);
    }
    draw_text(surface, style, text, x + 10.0, y + 20.4);
    surface.pop();
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}
