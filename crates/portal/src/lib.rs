//! The developer portal: reference, live testing and the sandbox's numbers, as pages.
//!
//! Data in, HTML out: nothing in here does I/O, and who serves the pages says what it is asked for.
//! What a page tells comes from where the code has it: the products from the server, the sandbox's numbers
//! from `billers`, the response codes from `protocol`, and the examples are the files that the tests of the
//! protocol read. Tests hold the rest against the code.
//!
//! # Layout
//!
//! - [`answer`], [`not_found`]: what is sent for a path.
//! - [`map`]: every page with its path. [`visitor`]: language and colours.
//! - `pages`: one file a page, with its template in `templates`; `frame` is what is around each, and
//!   `parts` what several have.
//! - [`report`]: the sandbox's transactions; whoever serves the pages reads them. `chart`: its bars.
//! - [`sign_in`]: the form for those who are not at the sandbox's machine.
//! - [`callbacks`]: where a partner is told of ends, and how that stands.
//! - [`expired`]: what was typed into a form that is no longer taken.
//! - [`sandbox_controls`]: the sandbox's clock and scenarios.
//! - `ways`: how each response code is met in the sandbox.
//! - `commands`, `families`, `codes`, `glossary`, `fields`, `examples`: what the pages tell.
//! - [`curl`]: the first requests as a shell's commands.
//! - `search`: over all pages.
//! - `tutorials`: the programs below `examples`, chapter by chapter.
//! - [`openapi`]: the same for programs.
//! - `assets`: the style and the scripts.

pub mod callbacks;
pub mod curl;
pub mod expired;
pub mod map;
pub mod openapi;
pub mod report;
pub mod sandbox_controls;
pub mod sign_in;
pub mod visitor;

mod assets;
mod chart;
mod codes;
mod commands;
mod examples;
mod families;
mod fields;
mod frame;
mod glossary;
mod lang;
mod pages;
mod parts;
mod scenarios;
mod search;
mod tutorials;
mod ways;

use std::borrow::Cow;

pub use commands::Command;
pub use lang::Lang;
pub use map::Page;
pub use tutorials::Tutorial;
pub use visitor::Theme;

use domain::Catalogue;
use sandbox_controls::SandboxState;
use visitor::Visitor;

/// What every answer carries: nothing runs and nothing is loaded but from this server, and no other
/// page may frame it or learn where a reader came from.
pub const SECURITY_HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; object-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What is asked for, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageContext<'a> {
    /// The path.
    pub path: &'a str,
    /// The query, without its question mark; empty if there is none.
    pub query: &'a str,
    /// The header `Cookie`.
    pub cookie: &'a str,
    /// The header `Accept-Language`.
    pub accept_language: &'a str,
    /// Where the server is reached: `http://127.0.0.1:8080`.
    pub origin: &'a str,
    /// Whether nothing real is paid here.
    pub sandbox: bool,
    /// What is sold here; none where the page that is asked for does not tell it.
    pub catalogue: Option<&'a Catalogue>,
    /// Whose requests the forms are filled with; none where the reader brings its own.
    pub credentials: Option<Credentials<'a>>,
    /// Who is signed in.
    pub account: Account<'a>,
    /// What is made to happen in the sandbox; none elsewhere.
    pub stage: Option<&'a SandboxState>,
    /// What the forms carry that change it; none where the reader may not.
    pub controls: Option<&'a str>,
}

/// Who is signed in.
#[derive(Clone, Copy, Default)]
pub enum Account<'a> {
    /// Nobody has to.
    #[default]
    NoSignIn,
    /// Nobody yet.
    Stranger,
    /// A partner.
    Partner {
        /// Its username.
        username: &'a str,
        /// What its forms carry.
        token: &'a str,
    },
}

/// It holds a secret.
impl std::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account")
    }
}

/// Who signs, and with what.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The partner's username.
    pub username: &'a str,
    /// Its API key.
    pub api_key: &'a str,
}

/// It holds a secret.
impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`.
    pub cache: &'static str,
    /// Values of `Set-Cookie`.
    pub remember: Vec<String>,
    /// The body.
    pub body: Cow<'static, str>,
}

/// The page, asset or document at a path; none if there is none.
pub fn answer(ask: &PageContext<'_>) -> Option<Answer> {
    let fixed = |content_type, cache, text: Cow<'static, str>| Answer {
        status: 200,
        content_type,
        cache,
        remember: Vec::new(),
        body: text,
    };
    if let Some((content_type, text)) = assets::at(ask.path) {
        return Some(fixed(content_type, "public, max-age=31536000, immutable", text.into()));
    }
    if ask.path == openapi::PATH {
        return Some(fixed(
            "application/json",
            "no-cache",
            openapi::document(ask.catalogue).into(),
        ));
    }
    if let Some(text) = tutorials::source_at(ask.path) {
        return Some(fixed("text/plain; charset=utf-8", "no-cache", text.into()));
    }
    let page = Page::at(ask.path).filter(|page| page.is_on(ask.sandbox))?;
    Some(page_answer(200, ask, |visitor| {
        pages::render(page, ask, visitor).unwrap_or_else(|| search::render(ask, visitor))
    }))
}

/// The icon, which browsers ask for at a path of their own beside whatever is not a page of ours.
pub fn icon() -> Answer {
    let (content_type, text) = assets::ICON;
    let body = Cow::Borrowed(text);
    Answer { status: 200, content_type, cache: "public, max-age=86400", remember: Vec::new(), body }
}

/// The page for a path that leads nowhere, with ways on.
pub fn not_found(ask: &PageContext<'_>) -> Answer {
    page_answer(404, ask, |visitor| pages::not_found(ask, visitor))
}

fn page_answer(
    status: u16,
    ask: &PageContext<'_>,
    render: impl FnOnce(&Visitor) -> String,
) -> Answer {
    let visitor = Visitor::of(ask);
    let is_signed_in = matches!(ask.account, Account::Partner { .. });
    Answer {
        status,
        content_type: "text/html; charset=utf-8",
        // A page that holds an API key, or is for one partner alone, is kept nowhere.
        cache: if ask.credentials.is_some() || is_signed_in {
            "no-store"
        } else {
            "private, no-cache"
        },
        body: Cow::Owned(render(&visitor)),
        remember: visitor.remember,
    }
}
