//! The pages, one file each.

mod code;
mod codes;
mod command;
mod family;
mod not_found;
mod numbers;
mod production;
mod reference;
mod start;
mod tutorial;
mod tutorials;

use askama::Template;

use crate::PageContext;
use crate::map::Page;
use crate::visitor::Visitor;

/// A page as HTML; none for the search, which reads all other pages.
pub(crate) fn render(page: Page, ask: &PageContext<'_>, visitor: &Visitor) -> Option<String> {
    let html = match page {
        Page::Start if !ask.sandbox => html(&production::Production::of(ask, visitor)),
        Page::Start => html(&start::Start::of(ask, visitor)),
        Page::Reference => html(&reference::Reference::of(ask, visitor)),
        Page::Command(command) => html(&command::CommandPage::of(command, ask, visitor)),
        Page::Family(family) => html(&family::FamilyPage::of(family, ask, visitor)),
        Page::Codes => html(&codes::Codes::of(ask, visitor)),
        Page::Code(code) => html(&code::CodePage::of(code, ask, visitor)),
        Page::Numbers => html(&numbers::Numbers::of(ask, visitor)),
        Page::Search => return None,
        Page::Tutorials => html(&tutorials::Tutorials::of(ask, visitor)),
        Page::Tutorial(tutorial) => html(&tutorial::TutorialPage::of(tutorial, ask, visitor)),
    };
    Some(html)
}

/// The 404 page.
pub(crate) fn not_found(ask: &PageContext<'_>, visitor: &Visitor) -> String {
    html(&not_found::NotFound::of(ask, visitor))
}

/// Rendering to a string cannot fail with our templates.
fn html(page: &impl Template) -> String {
    page.render().expect("a template writes to memory")
}
