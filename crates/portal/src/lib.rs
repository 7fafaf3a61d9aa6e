//! The developer portal: reference, live testing and the sandbox's numbers, as pages.
//!
//! Data in, HTML out: this crate does no I/O; the server passes the request and the data. The
//! contents come from the code: products from the server, the sandbox's numbers from `sandbox`,
//! response codes from `iak-protocol`, and the examples are the files that the protocol's tests
//! read. Tests compare the other texts with the code.
//!
//! # Layout
//!
//! - [`answer`], [`not_found`]: the response for a path.
//! - [`map`]: every page with its path. [`visitor`]: language and colour theme; `lang`: the
//!   languages.
//! - `pages`: one file per page, with its template in `templates`. `frame`: head and navigation of
//!   every page. `parts`: shared parts of pages.
//! - [`report`]: a partner's transactions; the server reads them. `chart`: its bars.
//! - [`sign_in`]: the sign-in form.
//! - [`callbacks`]: the page for callbacks: address and delivery state.
//! - [`expired`]: the page for an expired form, with its values.
//! - [`sandbox_controls`]: the page of the sandbox's clock and scenarios. `scenarios`: their names
//!   and effects.
//! - `ways`: how to produce each response code in the sandbox.
//! - `commands`, `families`, `codes`, `glossary`, `fields`, `examples`: the contents of the pages.
//! - [`curl`]: the first requests as shell commands.
//! - `search`: the search over all pages.
//! - `tutorials`: the programs in `examples`, chapter by chapter.
//! - [`openapi`]: the OpenAPI document.
//! - `assets`: styles and scripts.

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

/// Headers of every response: scripts and resources only from this server, no framing, no referrer.
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

/// The request for a page, and its context.
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
    /// Whether this is a sandbox, which pays no real bills.
    pub sandbox: bool,
    /// The products on sale; `None` for pages that do not show them.
    pub catalogue: Option<&'a Catalogue>,
    /// The credentials in the forms; `None` if the reader enters them.
    pub credentials: Option<Credentials<'a>>,
    /// Who is signed in.
    pub account: Account<'a>,
    /// The sandbox's settings; `None` in production.
    pub sandbox_state: Option<&'a SandboxState>,
    /// The token of the forms that change it; `None` if the reader may not.
    pub controls: Option<&'a str>,
}

/// Who is signed in.
#[derive(Clone, Copy, Default)]
pub enum Account<'a> {
    /// Sign-in is not needed.
    #[default]
    NoSignIn,
    /// Nobody has signed in yet.
    Stranger,
    /// A partner.
    Partner {
        /// Its username.
        username: &'a str,
        /// The token of its forms.
        token: &'a str,
    },
}

/// It holds a secret.
impl std::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account")
    }
}

/// The credentials of a partner.
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

/// The response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`.
    pub cache: &'static str,
    /// Values of `Set-Cookie`.
    pub set_cookies: Vec<String>,
    /// The body.
    pub body: Cow<'static, str>,
}

/// The page, asset or document at a path; none if there is none.
pub fn answer(ask: &PageContext<'_>) -> Option<Answer> {
    let fixed = |content_type, cache, text: Cow<'static, str>| Answer {
        status: 200,
        content_type,
        cache,
        set_cookies: Vec::new(),
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

/// The icon. Browsers also request it at its standard path.
pub fn icon() -> Answer {
    let (content_type, text) = assets::ICON;
    let body = Cow::Borrowed(text);
    Answer {
        status: 200,
        content_type,
        cache: "public, max-age=86400",
        set_cookies: Vec::new(),
        body,
    }
}

/// The 404 page, with links.
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
        // A page with an API key, or for one partner only, must not be cached.
        cache: if ask.credentials.is_some() || is_signed_in {
            "no-store"
        } else {
            "private, no-cache"
        },
        body: Cow::Owned(render(&visitor)),
        set_cookies: visitor.set_cookies,
    }
}
