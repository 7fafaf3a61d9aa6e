//! The paths and the modules that a Rust source names.

use super::scan::{Scan, Token, scan, tokens};

/// The module names in a source.
#[derive(Default)]
pub(super) struct Source {
    /// The declared modules that have their own files.
    pub(super) files: Vec<Declared>,
    /// The modules inside the source, each with its path from the outermost.
    pub(super) inline: Vec<Vec<String>>,
    pub(super) paths: Vec<Path>,
}

/// A module that a source declares.
pub(super) struct Declared {
    pub(super) name: String,
    /// The modules inside the source that contain the declaration.
    pub(super) within: Vec<String>,
    /// The file that an attribute names.
    pub(super) path: Option<String>,
}

/// Names with `::` between them, such as `crate::a::b`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// The modules inside the source that contain it.
    pub(super) within: Vec<String>,
    pub(super) at: usize,
    /// Whether it is part of a `use`.
    pub(super) is_import: bool,
    /// Its name in the source after that `use`.
    pub(super) name: String,
}

impl Source {
    /// Reads the modules and paths of `text`, except paths of a single name.
    pub(super) fn parse(text: &str) -> Source {
        let Scan { code, literals } = scan(text);
        let tokens: Vec<Token<'_>> = tokens(&code).collect();
        let text_of = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let mut source = Source::default();
        // The modules around the token, each with the brace depth outside it.
        let mut within: Vec<(String, usize)> = Vec::new();
        let (mut depth, mut at) = (0_usize, 0);
        while at < tokens.len() {
            let names = || within.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            match (text_of(at), text_of(at + 1), text_of(at + 2)) {
                ("mod", name, ";") => {
                    let path = path_attribute(&tokens[..at], &literals);
                    source.files.push(Declared { name: name.into(), within: names(), path });
                }
                ("mod", name, "{") => {
                    within.push((name.to_owned(), depth));
                    source.inline.push(within.iter().map(|(name, _)| name.clone()).collect());
                    // Its brace comes next.
                    at += 1;
                }
                ("{", ..) => depth += 1,
                ("}", ..) => {
                    depth = depth.saturating_sub(1);
                    within.pop_if(|(_, outside)| *outside == depth);
                }
                (first, "::", _) if is_name(first) && (at == 0 || text_of(at - 1) != "::") => {
                    let is_import = at > 0 && text_of(at - 1) == "use";
                    let mut paths = Tree { tokens: &tokens, leaves: Vec::new() };
                    // The token after a path is read like any other.
                    let end = paths.read(at, &[]);
                    source.paths.extend(paths.leaves.into_iter().map(|leaf| Path {
                        segments: leaf.segments,
                        within: names(),
                        at: leaf.at,
                        is_import,
                        name: leaf.name,
                    }));
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        source
    }
}

/// The file that the attribute of a declaration names; its tokens are the last of `before`.
fn path_attribute(before: &[Token<'_>], literals: &[(usize, &str)]) -> Option<String> {
    let attributes = before.iter().rev().take_while(|it| !matches!(it.text, ";" | "{" | "}"));
    let path = attributes.into_iter().find(|token| token.text == "path")?;
    let (_, literal) = literals.iter().find(|(at, _)| *at > path.at)?;
    Some(literal.trim_matches('"').to_owned())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// A path that may branch, as in `crate::{a, b::c}`.
struct Tree<'t> {
    tokens: &'t [Token<'t>],
    leaves: Vec<Leaf>,
}

/// One of the paths of a tree.
struct Leaf {
    segments: Vec<String>,
    at: usize,
    name: String,
}

impl Tree<'_> {
    /// Reads the tree that begins at the token `at` and continues `before`. Returns the next token.
    fn read(&mut self, mut at: usize, before: &[String]) -> usize {
        let begin = at;
        let mut segments = before.to_vec();
        while is_name(self.text(at)) {
            segments.push(self.text(at).to_owned());
            if self.text(at + 1) != "::" {
                at += 1;
                break;
            }
            at += 2;
        }
        if self.text(at) == "{" && (at == begin || self.text(at - 1) == "::") {
            at += 1;
            while !matches!(self.text(at), "}" | "") {
                at = self.read(at, &segments);
                if self.text(at) != "}" {
                    // A comma, or the star of `*`.
                    at += 1;
                }
            }
            return at + 1;
        }
        // `self` at the end means the module before it.
        if segments.len() > 1 && segments.last().is_some_and(|it| it == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        if self.text(at) == "as" {
            name = self.text(at + 1).to_owned();
            at += 2;
        }
        if let Some(token) = self.tokens.get(begin).filter(|_| at > begin) {
            self.leaves.push(Leaf { segments, at: token.at, name });
        }
        at
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_their_branches_and_names() {
        let source = "use crate::{a::{self, b as c}, d::*};\nuse e::f;\n\
                      mod g { fn h() { super::i::j::<u8>(k::l, m); } }\nfn n() { super::o::P { q: 1 } }\n";
        let paths: Vec<_> = Source::parse(source)
            .paths
            .into_iter()
            .map(|it| (it.segments.join("::"), it.within.concat(), it.is_import, it.name))
            .collect();
        let expected = [
            ("crate::a", "", true, "a"),
            ("crate::a::b", "", true, "c"),
            ("crate::d", "", true, "d"),
            ("e::f", "", true, "f"),
            ("super::i::j", "g", false, "j"),
            ("k::l", "g", false, "l"),
            ("super::o::P", "", false, "P"),
        ];
        let expected = expected.map(|(path, within, is_import, name)| {
            (path.to_owned(), within.to_owned(), is_import, name.to_owned())
        });
        assert_eq!(paths, expected);
    }

    #[test]
    fn modules_are_told_apart_by_where_they_stand() {
        let source = "mod a;\n#[path = \"../x/b.rs\"]\npub(crate) mod b;\n\
                      mod c { mod d; mod e {} }\n// mod f;\nmod g;\n";
        let Source { files, inline, .. } = Source::parse(source);
        let files: Vec<_> = files
            .iter()
            .map(|it| (it.name.as_str(), it.within.concat(), it.path.as_deref()))
            .collect();
        let none = String::new;
        let expected = [
            ("a", none(), None),
            ("b", none(), Some("../x/b.rs")),
            ("d", "c".to_owned(), None),
            ("g", none(), None),
        ];
        assert_eq!(files, expected);
        assert_eq!(inline, [vec!["c"], vec!["c", "e"]]);
    }
}
