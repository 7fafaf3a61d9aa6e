//! One program, chapter by chapter.

use askama::Template;

use crate::PageContext;
use crate::frame::Frame;
use crate::lang::Lang;
use crate::map::Page;
use crate::parts::Code;
use crate::tutorials::{Chapter, Source, Tutorial};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "tutorial.html")]
pub(crate) struct TutorialPage {
    frame: Frame,
    lang: Lang,
    tutorial: Tutorial,
    shell: Option<String>,
    receiver_shell: Option<String>,
    chapters: Vec<Shown>,
}

/// A chapter with its pieces: each with an id, its file and its text.
struct Shown {
    chapter: Chapter,
    pieces: Vec<(String, &'static str, String)>,
}

impl TutorialPage {
    pub(crate) fn of(tutorial: Tutorial, ask: &PageContext<'_>, visitor: &Visitor) -> TutorialPage {
        let title = visitor.lang.say("Tutorial", "Tutorial");
        let title = format!("{title}: {}", tutorial.title());
        let shown = |chapter: Chapter| Shown {
            chapter,
            pieces: (1..)
                .zip(tutorial.pieces(chapter))
                .map(|(number, (path, text))| (format!("{}-{number}", chapter.id()), path, text))
                .collect(),
        };
        TutorialPage {
            frame: Frame::around(Some(Page::Tutorial(tutorial)), title, ask.sandbox, visitor),
            lang: visitor.lang,
            tutorial,
            // On a production server they would pay real bills of other people.
            shell: tutorial.shell(ask).filter(|_| ask.sandbox),
            receiver_shell: tutorial.receiver_shell(ask).filter(|_| ask.sandbox),
            chapters: Chapter::ALL
                .map(shown)
                .into_iter()
                .filter(|it| !it.pieces.is_empty())
                .collect(),
        }
    }

    fn files(&self) -> impl Iterator<Item = &'static Source> {
        self.tutorial.files()
    }

    /// The commands that belong to a chapter.
    fn shell_of(&self, chapter: Chapter) -> Option<&str> {
        self.receiver_shell.as_deref().filter(|_| chapter == Chapter::Callback)
    }

    fn code<'b>(&self, id: &'b str, title: &'b str, text: &'b str) -> Code<'b> {
        Code { lang: self.lang, id, title, text }
    }
}
