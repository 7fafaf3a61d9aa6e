//! The search over the contents of all pages, without navigation.
//!
//! The index is made from the rendered pages, so it matches what they show. There are about two
//! hundred short texts, and a search scans all of them.

mod page;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use askama::Template;

use crate::PageContext;
use crate::lang::Lang;
use crate::map::Page;
use crate::pages;
use crate::visitor::Visitor;

/// The limits of a question: characters and words.
const LONGEST: usize = 100;
const WORDS: usize = 8;

/// The maximum number of results.
const ANSWERS: usize = 20;

/// The characters shown before and after the word.
const BEFORE: usize = 60;
const AFTER: usize = 140;

/// A matching page, with the place of the match.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    path: String,
    title: String,
    before: String,
    word: String,
    after: String,
}

struct Entry {
    page: Page,
    title: String,
    text: String,
    /// In lower case, with the same length in bytes.
    small: String,
}

/// The page with what was found.
pub(crate) fn render(ask: &PageContext<'_>, visitor: &Visitor) -> String {
    page::SearchPage::of(ask, visitor).render().expect("a template writes to memory")
}

/// The question in a query string, as it was typed.
fn question(query: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let typed = pairs.find(|(name, _)| name == "q").map(|(_, value)| value);
    typed.unwrap_or_default().chars().take(LONGEST).collect()
}

/// The pages that contain every word of a question, best first.
fn find(question: &str, lang: Lang, ask: &PageContext<'_>) -> Vec<Hit> {
    let question = small(question);
    let words: Vec<&str> = question.split_whitespace().take(WORDS).collect();
    let Some(first) = words.first() else { return Vec::new() };
    let index = index(lang, ask);
    let scored = index.iter().filter_map(|entry| Some((entry.fits(&words)?, entry)));
    let mut found: Vec<_> = scored.collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().take(ANSWERS).map(|(_, entry)| entry.hit(first)).collect()
}

/// By language and sandbox or not: the hash of the catalogue, and the index.
type Indexes = HashMap<(&'static str, bool), (u64, Arc<[Entry]>)>;

/// The index of the current pages. It is rebuilt after a change of the catalogue.
fn index(lang: Lang, ask: &PageContext<'_>) -> Arc<[Entry]> {
    static INDEXES: LazyLock<Mutex<Indexes>> = LazyLock::new(Mutex::default);
    let mut hasher = DefaultHasher::new();
    ask.catalogue.hash(&mut hasher);
    let now = hasher.finish();
    let key = (lang.tag(), ask.sandbox);
    let known = INDEXES.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some((_, index)) = known.filter(|(of, _)| *of == now) {
        return index;
    }
    let pages = Page::all().filter(|page| page.is_on(ask.sandbox));
    let index: Arc<[Entry]> = pages.filter_map(|page| Entry::of(page, lang, ask)).collect();
    let mut indexes = INDEXES.lock().unwrap_or_else(PoisonError::into_inner);
    indexes.insert(key, (now, Arc::clone(&index)));
    index
}

impl Entry {
    /// None for the search itself.
    fn of(page: Page, lang: Lang, ask: &PageContext<'_>) -> Option<Entry> {
        let PageContext { sandbox, catalogue, .. } = *ask;
        // The index must contain no data of the first visitor.
        let anybody = PageContext { sandbox, catalogue, ..PageContext::default() };
        let visitor = Visitor { lang, ..Visitor::of(&anybody) };
        let html = pages::render(page, &anybody, &visitor)?;
        let title = between(&html, "<title>", "</title>");
        let title = title.strip_suffix(" · lunas").unwrap_or(title);
        let text = text(between(&html, "<main", "</main>"));
        Some(Entry { page, title: text_of(title), small: small(&text), text })
    }

    /// The score of a match; `None` if a word is missing.
    fn fits(&self, words: &[&str]) -> Option<usize> {
        let title = small(&self.title);
        let score = |word: &&str| {
            let in_title = title.split_whitespace().any(|of| of == *word);
            let times = self.small.match_indices(*word).take(10).count();
            let weight = 100 * usize::from(in_title) + 30 * usize::from(title.contains(*word));
            Some(weight + times).filter(|score| *score > 0)
        };
        words.iter().map(score).sum()
    }

    fn hit(&self, word: &str) -> Hit {
        let at = self.small.find(word);
        let (before, rest) = self.text.split_at(at.unwrap_or(0));
        let (word, after) = rest.split_at(at.map_or(0, |_| word.len()));
        let skipped = before.chars().count().saturating_sub(BEFORE);
        let start = if skipped > 0 { "…" } else { "" };
        Hit {
            path: self.page.path(),
            title: self.title.clone(),
            before: format!("{start}{}", before.chars().skip(skipped).collect::<String>()),
            word: word.to_owned(),
            after: format!("{}…", after.chars().take(AFTER).collect::<String>()),
        }
    }
}

/// Only ASCII letters, so that byte positions stay the same.
fn small(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn between<'a>(html: &'a str, open: &str, close: &str) -> &'a str {
    let rest = html.split_once(open).map_or("", |(_, rest)| rest);
    rest.split_once(close).map_or(rest, |(inside, _)| inside)
}

/// The text of an element, given from inside its opening tag. Tags become spaces.
fn text(inside: &str) -> String {
    let parts = inside.split('<').filter_map(|part| part.split_once('>'));
    let shown: Vec<String> = parts.map(|(_, shown)| text_of(shown)).collect();
    let words: Vec<&str> = shown.iter().flat_map(|shown| shown.split_whitespace()).collect();
    words.join(" ")
}

/// Decodes entities; askama uses the numbered ones, our templates use `&amp;`.
fn text_of(escaped: &str) -> String {
    const ENTITIES: [(&str, &str); 6] = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(escaped.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use domain::Catalogue;

    use super::*;

    fn paths(question: &str, lang: Lang) -> Vec<String> {
        let ask = PageContext { sandbox: true, ..PageContext::default() };
        find(question, lang, &ask).into_iter().map(|hit| hit.path).collect()
    }

    #[test]
    fn the_expected_page_is_the_first_result() {
        for lang in Lang::ALL {
            for (question, path) in [
                ("100", "/docs/codes/100"),
                ("RC 14", "/docs/codes/14"),
                ("python", "/docs/tutorials/python"),
                ("pln nontaglis", "/docs/products/pln-nontaglis"),
                ("inq-pasca ref_id", "/docs/commands/inq-pasca"),
            ] {
                let found = paths(question, lang);
                assert_eq!(found.first().map(String::as_str), Some(path), "{question}: {found:?}");
            }
        }
    }

    #[test]
    fn every_word_must_match_and_the_place_is_shown() {
        assert_eq!(paths("selling_price zzzz", Lang::En), [""; 0]);
        assert_eq!(paths("", Lang::En), [""; 0]);
        let found = find("SELLING_price", Lang::En, &PageContext::default());
        assert!(!found.is_empty() && found.len() <= ANSWERS);
        for hit in found {
            assert_eq!(hit.word, "selling_price", "{hit:?}");
            assert!(hit.before.chars().count() <= BEFORE + 1, "{hit:?}");
            assert!(hit.after.chars().count() <= AFTER + 1, "{hit:?}");
        }
    }

    #[test]
    fn a_language_finds_its_own_words_only() {
        assert!(!paths("tagihan", Lang::Id).is_empty());
        assert!(!paths("bill", Lang::En).is_empty());
        assert_eq!(paths("respons hilang", Lang::En), [""; 0]);
    }

    #[test]
    fn the_search_uses_the_current_products() {
        let found = |catalogue: &Catalogue| {
            let ask = PageContext { catalogue: Some(catalogue), ..PageContext::default() };
            find("zyzzyva", Lang::En, &ask).into_iter().map(|hit| hit.path).collect::<Vec<_>>()
        };
        let mut product = sandbox::catalogue().remove(0);
        product.name = "Zyzzyva".into();
        let one = Catalogue::from([(product.code.clone(), Arc::new(product.clone()))]);
        assert_eq!(found(&Catalogue::new()), [""; 0]);
        let path = Page::Family(product.family).path();
        assert_eq!(found(&one), [path]);
        assert_eq!(found(&Catalogue::new()), [""; 0]);
    }

    #[test]
    fn a_question_is_decoded_and_truncated() {
        assert_eq!(question("lang=en&q=a+b%26c&q=d"), "a b&c");
        assert_eq!(question("lang=en"), "");
        assert_eq!(question(&format!("q={}", "%C3%A9".repeat(300))).chars().count(), LONGEST);
        assert_eq!(question("q=%FF%00"), "\u{fffd}\0");
    }

    #[test]
    fn multibyte_letters_are_not_split() {
        let entry = Entry {
            page: Page::Start,
            title: "é".to_owned(),
            text: "ééé… Word ééé".to_owned(),
            small: small("ééé… Word ééé"),
        };
        let hit = entry.hit("word");
        assert_eq!((&*hit.before, &*hit.word, &*hit.after), ("ééé… ", "Word", " ééé…"));
    }
}
