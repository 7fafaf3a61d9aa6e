//! The lines of a receipt as the official client SDKs read them.

use crate::format::Format;
use crate::writer::Writer;

/// Appends a receipt's lines as label and value, in order. They are always JSON; labels must be
/// unique.
pub fn encode_receipt_lines<L: AsRef<str>, V: AsRef<str>>(
    lines: impl IntoIterator<Item = (L, V)>,
    out: &mut Vec<u8>,
) {
    let mut writer = Writer::answer(Format::Json, out);
    for (label, value) in lines {
        writer.text(label.as_ref(), value.as_ref());
    }
    writer.end_answer();
}
