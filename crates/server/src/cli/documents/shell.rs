//! As much of a shell's language as documents show.

/// The words of each simple command, quotes taken off.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut read = Reading::default();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match (read.quote, c) {
            (Some(quote), c) if c == quote => read.quote = None,
            (Some(_), c) => read.word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                read.quote = Some(c);
                read.word.get_or_insert_default();
            }
            (None, '#') if read.word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (None, '$') if chars.next_if_eq(&'(').is_some() => read.end_command(),
            // A placeholder, and no redirection.
            (None, '<') if chars.peek().is_some_and(|next| next.is_ascii_alphabetic()) => {
                let placeholder: String = chars.by_ref().take_while(|c| *c != '>').collect();
                *read.word.get_or_insert_default() += &format!("<{placeholder}>");
            }
            // What follows is a file's name, and no argument.
            (None, '>' | '<') => {
                read.end_word();
                while chars.next_if(|c| " >&".contains(*c)).is_some() {}
                while chars.next_if(|c| !" \n;|)".contains(*c)).is_some() {}
            }
            (None, '|' | '&' | ';' | '\n' | ')' | '(') => read.end_command(),
            (None, c) if c.is_whitespace() => read.end_word(),
            (None, c) => read.word.get_or_insert_default().push(c),
        }
    }
    read.end_command();
    read.commands
}

#[derive(Default)]
struct Reading {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
}

impl Reading {
    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}

#[test]
fn a_script_is_taken_apart_into_its_commands() {
    for (script, expected) in [
        ("lunas a 'b c' \"d\" # e", &[&["lunas", "a", "b c", "d"][..]] as &[&[&str]]),
        ("lunas a > file && B=1 lunas c", &[&["lunas", "a"], &["B=1", "lunas", "c"]]),
        ("X=$(lunas a | head -1)", &[&["X="], &["lunas", "a"], &["head", "-1"]]),
        ("lunas a <tr_id> >/dev/null\nb", &[&["lunas", "a", "<tr_id>"], &["b"]]),
        ("lunas ''", &[&["lunas", ""]]),
    ] {
        assert_eq!(commands(script), expected, "{script}");
    }
}
