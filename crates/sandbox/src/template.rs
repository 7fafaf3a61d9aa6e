//! Texts with placeholders. `<name>` is replaced by a value, `<name*24+4589>` by a calculated
//! number; the factor and the summand are optional.

use serde::Deserialize;

/// A text with placeholders, parsed once and filled often.
#[derive(Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template(Vec<Piece>);

enum Piece {
    Text(Box<str>),
    ManualOutcome(for<'a> fn(&Facts<'a>) -> &'a str),
    Number { of: fn(&Facts<'_>) -> i64, times: i64, plus: i64, digits: usize },
}

/// The values of the placeholders. Texts stand inside JSON strings, so they must be escaped.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    pub(super) nominal: i64,
    pub(super) sheets: i64,
    pub(super) months: i64,
    pub(super) year: i64,
    pub(super) identity: &'a str,
    pub(super) product: &'a str,
    pub(super) rows: &'a str,
    /// The period of the bill; inside a row, of the row.
    pub(super) period: &'a str,
    /// The row's period in words.
    pub(super) label: &'a str,
    /// The amount of the row.
    pub(super) amount: i64,
    /// The number of the row, from 0.
    pub(super) index: i64,
}

/// Parses a template; line ends and the spaces around them are removed. An unclosed or unknown
/// placeholder is an error.
impl TryFrom<String> for Template {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Template, &'static str> {
        let text: String = text.lines().map(str::trim).collect();
        let mut parts = text.split('<');
        let mut pieces: Vec<_> =
            parts.next().map(|text| Piece::Text(text.into())).into_iter().collect();
        for part in parts {
            let (hole, text) = part.split_once('>').ok_or("a hole has no end")?;
            pieces.push(Piece::hole(hole).ok_or("a hole has no known name")?);
            pieces.push(Piece::Text(text.into()));
        }
        Ok(Template(pieces))
    }
}

impl Template {
    /// The text with its placeholders filled.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> String {
        let mut text = String::with_capacity(256);
        for piece in &self.0 {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::ManualOutcome(of) => text.push_str(of(facts)),
                Piece::Number { of, times, plus, digits } => {
                    let number = i128::from(of(facts)) * i128::from(*times) + i128::from(*plus);
                    text.push_str(&format!("{number:0digits$}"));
                }
            }
        }
        text
    }
}

impl Piece {
    fn hole(hole: &str) -> Option<Piece> {
        let (name, formula) = split_before(hole, ['*', '+', '-']);
        let number = |of, digits| {
            let (times, plus) = read_formula(formula)?;
            Some(Piece::Number { of, times, plus, digits })
        };
        match name {
            "nominal" => number(|facts| facts.nominal, 1),
            "sheets" => number(|facts| facts.sheets, 1),
            "months" => number(|facts| facts.months, 1),
            "mm" => number(|facts| facts.months, 2),
            "year" => number(|facts| facts.year, 1),
            "amount" => number(|facts| facts.amount, 1),
            "index" => number(|facts| facts.index, 1),
            _ if !formula.is_empty() => None,
            "identity" => Some(Piece::ManualOutcome(|facts| facts.identity)),
            "product" => Some(Piece::ManualOutcome(|facts| facts.product)),
            "rows" => Some(Piece::ManualOutcome(|facts| facts.rows)),
            "period" => Some(Piece::ManualOutcome(|facts| facts.period)),
            "label" => Some(Piece::ManualOutcome(|facts| facts.label)),
            _ => None,
        }
    }
}

/// Parses `*24+4589` as (24, 4589).
fn read_formula(formula: &str) -> Option<(i64, i64)> {
    let (times, plus) = match formula.strip_prefix('*') {
        Some(rest) => {
            let (times, plus) = split_before(rest, ['+', '-', '*']);
            (times.parse().ok()?, plus)
        }
        None => (1, formula),
    };
    match plus {
        "" => Some((times, 0)),
        signed => Some((times, signed.parse().ok()?)),
    }
}

fn split_before(text: &str, signs: [char; 3]) -> (&str, &str) {
    text.split_at(text.find(signs).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Option<String> {
        let facts =
            Facts { nominal: 50_000, months: 2, index: 3, product: "AETRA", ..Facts::default() };
        let template = Template::try_from(text.to_owned()).ok()?;
        Some(template.fill(&facts))
    }

    #[test]
    fn holes_are_filled() {
        for (text, expected) in [
            ("", ""),
            ("{}", "{}"),
            ("<product>", "AETRA"),
            ("[\"<product>\",<nominal>]", "[\"AETRA\",50000]"),
            ("<months> <mm>", "2 02"),
            ("<nominal-8250> <nominal+2500>", "41750 52500"),
            ("<index*24+4589> <months*6800>", "4661 13600"),
            ("\n{\n  \"a\": 1,\n  \"b\": 2}\n", "{\"a\": 1,\"b\": 2}"),
        ] {
            assert_eq!(filled(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_hole_that_cannot_be_filled_is_refused() {
        for text in [
            "<",
            "<nominal",
            "<>",
            "<hp>",
            "<product+1>",
            "<nominal*>",
            "<nominal+>",
            "<nominal*2*3>",
            "<nominal+1+1>",
        ] {
            assert_eq!(filled(text), None, "{text}");
        }
    }
}
