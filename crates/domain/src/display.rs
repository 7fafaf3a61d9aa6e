//! Invisible characters that change how a text is displayed.
//!
//! Names, notes and billers' texts come from outside. On a terminal, a page or a receipt, an escape sequence
//! or a change of the writing direction in them could alter the text around them.

/// Whether a character has no glyph and may change how others are displayed: control characters,
/// line and paragraph separators, format characters (Unicode's general categories Cc, Zl, Zp and Cf, as
/// far as they occur in running text) and variation selectors. Line feeds and tabs are among them.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_found_and_visible_ones_are_not() {
        for c in "\n\t\u{1b}\u{9b}\u{ad}\u{61c}\u{200b}\u{2028}\u{2029}\u{202e}\u{2066}\u{feff}\u{fe0f}\u{e0001}".chars() {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "aé\u{fffd}字 \u{a0}😀".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
