//! The frame of every page: head, navigation, switches.

use domain::Family;

use crate::assets;
use crate::commands::Command;
use crate::families::{self, GROUPS, Group};
use crate::lang::Lang;
use crate::map::{self, Page};
use crate::parts::Bar;
use crate::scenarios::SandboxState;
use crate::visitor::{Reader, Theme, Visitor};

/// The frame of one page.
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    pub(crate) title: String,
    pub(crate) sandbox: bool,
    /// The page inside; `None` for pages that are not in [`Page`].
    here: Option<Page>,
    /// The path that the language and theme switches link to.
    pub(crate) path: String,
    account: Reader,
    sandbox_state: Option<SandboxState>,
    controls: Option<String>,
}

impl Frame {
    pub(crate) fn around(
        here: Option<Page>,
        title: impl Into<String>,
        sandbox: bool,
        visitor: &Visitor,
    ) -> Frame {
        let path = here.unwrap_or(Page::Start).path();
        let Visitor { lang, theme, account, sandbox_state, controls, .. } = visitor.clone();
        Frame {
            lang,
            theme,
            title: title.into(),
            sandbox,
            here,
            path,
            account,
            sandbox_state,
            controls,
        }
    }

    /// The frame of a page that is not in [`Page`], at its own path.
    pub(crate) fn around_path(
        path: impl Into<String>,
        title: impl Into<String>,
        sandbox: bool,
        visitor: &Visitor,
    ) -> Frame {
        Frame { path: path.into(), ..Frame::around(None, title, sandbox, visitor) }
    }

    /// The username and form token of the signed-in partner.
    pub(crate) fn signed_in(&self) -> Option<(&str, &str)> {
        match &self.account {
            Reader::Partner { username, token } => Some((username, token)),
            Reader::NoSignIn | Reader::Stranger => None,
        }
    }

    /// Whether the reader may sign in and is not on that page.
    pub(crate) fn offers_sign_in(&self) -> bool {
        matches!(self.account, Reader::Stranger) && self.path != map::SIGN_IN
    }

    /// The bar with the active sandbox settings, if there are any.
    pub(crate) fn bar(&self) -> Option<Bar<'_>> {
        let (lang, back) = (self.lang, &*self.path);
        let token = self.controls.as_deref();
        self.sandbox_state.as_ref().map(|sandbox_state| Bar { lang, sandbox_state, token, back })
    }

    pub(crate) fn assets(&self) -> &'static str {
        assets::folder()
    }

    pub(crate) fn other_lang(&self) -> Lang {
        match self.lang {
            Lang::Id => Lang::En,
            Lang::En => Lang::Id,
        }
    }

    /// The links above the commands and the families.
    pub(crate) fn first_links(&self) -> Vec<Link> {
        let lang = self.lang;
        let mut links = vec![
            self.link(Page::Start, lang.say("Mulai", "Start")),
            self.link(Page::Reference, lang.say("Referensi", "Reference")),
            self.link(Page::Codes, lang.say("Kode respons", "Response codes")),
        ];
        if self.sandbox {
            links.push(self.link(Page::Numbers, lang.say("Nomor sandbox", "Sandbox numbers")));
        }
        links.push(self.link(Page::Tutorials, lang.say("Tutorial", "Tutorials")));
        if self.sandbox || self.signed_in().is_some() {
            let (path, text) = (map::REPORT.to_owned(), map::report_title(self.sandbox, lang));
            links.push(Link { here: self.path == path, path, text });
        }
        links
    }

    pub(crate) fn command_links(&self) -> Vec<Link> {
        let link = |command: Command| self.link(Page::Command(command), command.title(self.lang));
        Command::ALL.into_iter().map(link).collect()
    }

    pub(crate) fn groups(&self) -> &'static [Group] {
        GROUPS
    }

    pub(crate) fn family_link(&self, family: &Family) -> Link {
        self.link(Page::Family(*family), families::title(*family, self.lang))
    }

    fn link(&self, page: Page, text: &'static str) -> Link {
        Link { path: page.path(), text, here: self.here == Some(page) }
    }
}

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) text: &'static str,
    /// Whether it links to the current page.
    pub(crate) here: bool,
}
