//! The languages of the pages.

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Indonesian, for everyone who asks for no other.
    Id,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::Id, Lang::En];

    /// Its tag, as it stands in the query, the cookie and the page.
    pub const fn tag(self) -> &'static str {
        self.say("id", "en")
    }

    /// The text in this language. Both texts are arguments, so neither can be missing.
    pub const fn say(self, indonesian: &'static str, english: &'static str) -> &'static str {
        match self {
            Lang::Id => indonesian,
            Lang::En => english,
        }
    }

    pub(crate) fn named(tag: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The first language of an `Accept-Language` that the pages have; the browser puts the best first.
    pub(crate) fn accepted(header: &str) -> Option<Lang> {
        let ranges = header.split(',').filter_map(|range| range.split([';', '-']).next());
        ranges.map(|tag| tag.trim().to_ascii_lowercase()).find_map(|tag| Lang::named(&tag))
    }
}
