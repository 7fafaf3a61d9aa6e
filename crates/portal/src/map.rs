//! Every page with its path.
//!
//! A [`Page`] is drawn from a [`PageContext`](crate::PageContext) alone. The others need data of one reader:
//! the server has a route for each, at the paths that are constants here.

use domain::Family;
use iak_protocol::ResponseCode;

use crate::commands::Command;
use crate::lang::Lang;
use crate::tutorials::Tutorial;

/// The path of the report.
pub(crate) const REPORT: &str = "/report";

/// The path of the sandbox's clock and scenarios.
pub(crate) const SCENARIOS: &str = "/report/scenarios";

/// The path of a partner's callbacks.
pub(crate) const CALLBACKS: &str = "/report/callbacks";

/// The path of the form to sign in.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// The title of the report.
pub(crate) const fn report_title(sandbox: bool, lang: Lang) -> &'static str {
    match sandbox {
        true => lang.say("Laporan sandbox", "Sandbox report"),
        false => lang.say("Transaksi", "Transactions"),
    }
}

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The start page.
    Start,
    /// What all requests have in common, with links to the other pages.
    Reference,
    /// One of the four commands.
    Command(Command),
    /// One family of products.
    Family(Family),
    /// All response codes.
    Codes,
    /// One response code: what it means and what to do.
    Code(ResponseCode),
    /// The numbers that the sandbox knows.
    Numbers,
    /// The list of tutorials, and what they have in common.
    Tutorials,
    /// One program, chapter by chapter.
    Tutorial(Tutorial),
    /// The search results.
    Search,
}

impl Page {
    /// Every page.
    pub fn all() -> impl Iterator<Item = Page> {
        let commands = Command::ALL.into_iter().map(Page::Command);
        let codes = ResponseCode::ALL.iter().copied().map(Page::Code);
        [Page::Start, Page::Reference, Page::Codes, Page::Numbers, Page::Tutorials, Page::Search]
            .into_iter()
            .chain(commands)
            .chain(Family::all().map(Page::Family))
            .chain(codes)
            .chain(Tutorial::ALL.map(Page::Tutorial))
    }

    /// Whether a server has this page: only a sandbox has the page of its numbers.
    pub fn is_on(self, sandbox: bool) -> bool {
        sandbox || self != Page::Numbers
    }

    /// The page at a path, none if there is none.
    pub fn at(path: &str) -> Option<Page> {
        match path {
            "/" => return Some(Page::Start),
            "/docs" => return Some(Page::Reference),
            "/docs/codes" => return Some(Page::Codes),
            "/docs/sandbox" => return Some(Page::Numbers),
            "/docs/tutorials" => return Some(Page::Tutorials),
            "/docs/search" => return Some(Page::Search),
            _ => {}
        }
        let (room, name) = path.strip_prefix("/docs/")?.split_once('/')?;
        match room {
            "commands" => Command::named(name).map(Page::Command),
            "products" => Family::named(name).map(Page::Family),
            "codes" => ResponseCode::parse(name).map(Page::Code),
            "tutorials" => Tutorial::named(name).map(Page::Tutorial),
            _ => None,
        }
    }

    /// Its path.
    pub fn path(self) -> String {
        match self {
            Page::Start => "/".to_owned(),
            Page::Reference => "/docs".to_owned(),
            Page::Command(command) => format!("/docs/commands/{}", command.name()),
            Page::Family(family) => format!("/docs/products/{}", family.name()),
            Page::Codes => "/docs/codes".to_owned(),
            Page::Code(code) => format!("/docs/codes/{code}"),
            Page::Numbers => "/docs/sandbox".to_owned(),
            Page::Tutorials => "/docs/tutorials".to_owned(),
            Page::Search => "/docs/search".to_owned(),
            Page::Tutorial(tutorial) => format!("/docs/tutorials/{}", tutorial.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_at_its_path() {
        assert_eq!(Page::all().count(), 6 + 4 + 20 + ResponseCode::ALL.len() + 9);
        for page in Page::all() {
            assert_eq!(Page::at(&page.path()), Some(page));
        }
    }

    #[test]
    fn unknown_paths_have_no_page() {
        for path in
            ["", "/docs/", "/docs/codes/", "/docs/codes/999", "/docs/products/BPJS", "/index.html"]
        {
            assert_eq!(Page::at(path), None, "{path}");
        }
    }
}
