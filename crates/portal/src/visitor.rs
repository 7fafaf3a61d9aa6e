//! The visitor of a page: language and colour theme.
//!
//! The query can set both (`?lang=en`, `?theme=dark`), and a cookie stores them. Without query and
//! cookie, the browser's settings decide.

use crate::lang::Lang;
use crate::scenarios::SandboxState;
use crate::{Account, PageContext};

/// The colours of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the browser prefers.
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its name, as it stands in the query, the cookie and the page.
    pub const fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn named(name: &str) -> Option<Theme> {
        [Theme::Auto, Theme::Light, Theme::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

/// The visitor, as far as the request shows it.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    /// Cookies to set: values of `Set-Cookie`.
    pub(crate) set_cookies: Vec<String>,
    /// Who is signed in.
    pub(crate) account: Reader,
    /// The sandbox's active settings, if there are any.
    pub(crate) sandbox_state: Option<SandboxState>,
    /// The token of the forms that change it.
    pub(crate) controls: Option<String>,
}

impl Visitor {
    pub(crate) fn of(ask: &PageContext<'_>) -> Visitor {
        let PageContext { query, cookie, accept_language, account, .. } = *ask;
        let asked = |name| value(query, '&', name);
        let kept = |name| value(cookie, ';', name);
        let (lang, theme) =
            (asked("lang").and_then(Lang::named), asked("theme").and_then(Theme::named));
        let set_cookies = [lang.map(|l| ("lang", l.tag())), theme.map(|t| ("theme", t.name()))];
        Visitor {
            lang: lang
                .or_else(|| kept("lang").and_then(Lang::named))
                .or_else(|| Lang::accepted(accept_language))
                .unwrap_or(Lang::Id),
            theme: theme.or_else(|| kept("theme").and_then(Theme::named)).unwrap_or(Theme::Auto),
            set_cookies: set_cookies.into_iter().flatten().map(set_cookie).collect(),
            account: Reader::of(account),
            sandbox_state: ask
                .sandbox_state
                .filter(|sandbox_state| sandbox_state.is_set())
                .cloned(),
            controls: ask.controls.map(str::to_owned),
        }
    }
}

/// Who is signed in, as [`Account`] says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Reader {
    NoSignIn,
    Stranger,
    Partner { username: String, token: String },
}

impl Reader {
    fn of(account: Account<'_>) -> Reader {
        match account {
            Account::NoSignIn => Reader::NoSignIn,
            Account::Stranger => Reader::Stranger,
            Account::Partner { username, token } => {
                Reader::Partner { username: username.to_owned(), token: token.to_owned() }
            }
        }
    }
}

/// Valid for a year. The value is always from a fixed list.
fn set_cookie((name, value): (&str, &str)) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly")
}

/// The value of the first `name=value` of a list.
pub(crate) fn value<'a>(list: &'a str, between: char, name: &str) -> Option<&'a str> {
    let pairs = list.split(between).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|pair| pair.0 == name).map(|pair| pair.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(query: &str, cookie: &str, accept_language: &str) -> Visitor {
        Visitor::of(&PageContext { query, cookie, accept_language, ..PageContext::default() })
    }

    #[test]
    fn the_query_overrides_the_cookie_and_the_cookie_the_browser() {
        for (query, cookie, browser, lang) in [
            ("", "", "", Lang::Id),
            ("", "", "en-GB,en;q=0.9", Lang::En),
            ("", "", "fr, de;q=0.8, en;q=0.5, id;q=0.1", Lang::En),
            ("", "", "zh", Lang::Id),
            ("", "a=b; lang=id", "en", Lang::Id),
            ("lang=en", "lang=id", "id", Lang::En),
            ("lang=<script>", "lang=xx", "en", Lang::En),
        ] {
            let found = visitor(query, cookie, browser);
            assert_eq!(found.lang, lang, "{query} {cookie} {browser}");
        }
        assert_eq!(visitor("", "theme=dark", "").theme, Theme::Dark);
        assert_eq!(visitor("theme=light", "theme=dark", "").theme, Theme::Light);
        assert_eq!(visitor("theme=pink", "", "").theme, Theme::Auto);
    }

    #[test]
    fn only_known_values_from_the_query_are_stored() {
        let kept = |query| visitor(query, "lang=en; theme=dark", "en").set_cookies;
        assert_eq!(kept(""), [""; 0]);
        assert_eq!(kept("lang=x;%20y&theme=%3Cb%3E"), [""; 0]);
        let both = kept("lang=id&theme=auto");
        assert!(both[0].starts_with("lang=id; ") && both[1].starts_with("theme=auto; "));
    }
}
