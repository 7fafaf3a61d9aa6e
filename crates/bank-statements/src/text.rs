//! Descriptions: how they are compared, and what can be found in them.

/// The text to compare descriptions with: upper case, one space between words, no quotation marks.
/// Digits stay, because they tell transfers apart.
pub fn normalise(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, '"' | '\'' | '`')).collect();
    let words = plain.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_uppercase()
}

/// The id of a transfer between banks, such as `20260902CENAIDJA010O0000000001`: date, BIC, three
/// digits, a letter, ten digits.
pub(crate) fn interbank_id(text: &str) -> Option<String> {
    const SHAPE: &[u8; 30] = b"ddddddddaaaaaaaadddadddddddddd";
    let fits = |word: &&str| {
        word.len() == SHAPE.len()
            && word.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
                b'd' => byte.is_ascii_digit(),
                _ => byte.is_ascii_alphanumeric(),
            })
            && word.bytes().skip(8).take(4).all(|byte| byte.is_ascii_alphabetic())
    };
    let upper = text.to_uppercase();
    let found = upper.split(|c: char| !c.is_ascii_alphanumeric()).find(fits);
    found.map(str::to_owned)
}

/// Whether the text begins with a word that banks use for corrections and returns.
pub(crate) fn is_correction(normalised: &str) -> bool {
    const WORDS: [&str; 8] =
        ["REV", "REVERSAL", "KOREKSI", "BATAL", "PEMBATALAN", "RETUR", "RETURN", "CORRECTION"];
    let first = normalised.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    WORDS.contains(&first)
}

/// Whether a number was damaged by a spreadsheet program: `1E+12`, `1,23E+12`.
pub(crate) fn is_spreadsheet_number(text: &str) -> bool {
    text.starts_with('#')
        || text.to_ascii_uppercase().split_once("E+").is_some_and(|(mantissa, exponent)| {
            let is_number =
                |part: &str| part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
            !mantissa.is_empty() && is_number(mantissa) && is_number(exponent)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_case_spaces_and_quotation_marks() {
        assert_eq!(normalise("  'Trf  \"dari\"\tPT é 01 "), "TRF DARI PT É 01");
        assert_ne!(normalise("TOP UP 1"), normalise("TOP UP 2"));
    }

    #[test]
    fn an_interbank_id_is_found_in_a_text() {
        let id = "20260902CENAIDJA010O0000000001";
        assert_eq!(interbank_id(&format!("Trf Inw CN BCA {id}/x")).as_deref(), Some(id));
        for other in
            ["TRSF E-BANKING 20260902", &format!("{id}1"), "202609020000000001000000000001"]
        {
            assert_eq!(interbank_id(other), None, "{other}");
        }
    }

    #[test]
    fn corrections_begin_with_a_word() {
        for text in ["REV TRF DARI A", "KOREKSI", "RETUR:SKN"] {
            assert!(is_correction(text), "{text}");
        }
        for text in ["REVA UJI", "TRF RETUR", ""] {
            assert!(!is_correction(text), "{text}");
        }
    }

    #[test]
    fn numbers_with_an_exponent_are_damaged() {
        for text in ["1E+12", "1,23E+12", "4.5e+15", "####"] {
            assert!(is_spreadsheet_number(text), "{text}");
        }
        for text in ["FT26E+1", "12", "E+12", ""] {
            assert!(!is_spreadsheet_number(text), "{text}");
        }
    }
}
