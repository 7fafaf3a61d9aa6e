//! Splits a Rust source into code and string literals, and removes comments. No full parser.

/// A source without its comments and literals.
pub(super) struct Scan<'a> {
    /// The source with every byte of a comment or literal replaced by a space; line breaks stay.
    pub(super) code: String,
    /// The string literals with their quotes, and their positions.
    pub(super) literals: Vec<(usize, &'a str)>,
}

/// Takes `source` apart.
pub(super) fn scan(source: &str) -> Scan<'_> {
    let mut code = String::with_capacity(source.len());
    let mut literals = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let (kind, length) = piece(rest);
        let text = &rest[..length];
        if kind == Kind::Text {
            literals.push((at, text));
        }
        match kind {
            Kind::Code => code.push_str(text),
            _ => code.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' })),
        }
        at += length;
    }
    Scan { code, literals }
}

/// The identifiers, keywords and numbers of `code`, and their positions.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr().addr() - code.as_ptr().addr(), word))
}

/// A word, `::`, or another character that is not a space.
#[derive(Clone, Copy)]
pub(super) struct Token<'c> {
    pub(super) text: &'c str,
    pub(super) at: usize,
}

/// The tokens of `code`.
pub(super) fn tokens(code: &str) -> impl Iterator<Item = Token<'_>> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let rest = code[end..].trim_start();
        let at = code.len() - rest.len();
        let first = rest.chars().next()?;
        let length = match first {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        end = at + length;
        Some(Token { text: &code[at..end], at })
    })
}

/// The positions of `needle` in `text` without a letter, digit or `_` before or after it.
pub(super) fn find_word(text: &str, needle: &str) -> impl Iterator<Item = usize> {
    text.match_indices(needle).map(|(at, _)| at).filter(move |at| {
        !text[..*at].ends_with(is_word) && !text[at + needle.len()..].starts_with(is_word)
    })
}

/// The line of the byte `at`, counted from one.
pub(super) fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[derive(PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    /// A string literal of any kind.
    Text,
    /// A character literal.
    Character,
}

/// The first piece of `rest`, and its length.
fn piece(rest: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if rest.starts_with('"') {
        (Kind::Text, quoted(rest, '"'))
    } else if let Some(length) = raw_string(rest) {
        (Kind::Text, length)
    } else if rest.starts_with('\'') && !is_lifetime(rest) {
        (Kind::Character, quoted(rest, '\''))
    } else {
        // A whole word, so that its end is not read as the prefix of a raw string.
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        (Kind::Code, word.max(rest.chars().next().map_or(0, char::len_utf8)))
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a literal up to its unescaped closing `quote`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// The length of a raw string, which begins with `r`, `br` or `cr` and any number of `#`.
fn raw_string(rest: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let body = after.trim_start_matches('#').strip_prefix('"')?;
    let hashes = after.len() - body.len() - 1;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// A lifetime such as `'a` in `&'a str`; `'a'` is a character.
fn is_lifetime(rest: &str) -> bool {
    let mut next = rest.chars().skip(1);
    next.next() != Some('\\') && next.next() != Some('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_leave_the_code() {
        let source = concat!(
            "let a = \"x \\\" // y\"; // c\n",
            "/* d /* e */ f */ let b: &'a str = r#\"g \" h\"#;\n",
            "let c = ['\\'', '\"', 'i'];\n",
            "let bar = b\"j\"; for r in r#type {}\n",
        );
        let Scan { code, literals } = scan(source);
        let lines: Vec<String> = code
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "let a = ;",
                "let b: &'a str = ;",
                "let c = [ , , ];",
                "let bar = b ; for r in r#type {}"
            ]
        );
        assert_eq!(code.len(), source.len());
        let texts: Vec<&str> = literals.iter().map(|(_, text)| *text).collect();
        assert_eq!(texts, ["\"x \\\" // y\"", "r#\"g \" h\"#", "\"j\""]);
        assert_eq!(line(source, literals[1].0), 2);
    }

    #[test]
    fn what_never_ends_ends_with_the_file() {
        for source in ["\"a", "/* a", "r##\"a\"#", "'\\", "//"] {
            assert_eq!(scan(source).code.trim(), "", "{source}");
        }
    }

    #[test]
    fn a_word_is_found_only_whole() {
        assert_eq!(find_word("f64x xf64 f64 f64", "f64").collect::<Vec<_>>(), [10, 14]);
        let texts: Vec<&str> = tokens("a::b {é}").map(|token| token.text).collect();
        assert_eq!(texts, ["a", "::", "b", "{", "é", "}"]);
        assert_eq!(words("a.b_1 + 2").map(|(_, word)| word).collect::<Vec<_>>(), ["a", "b_1", "2"]);
    }
}
