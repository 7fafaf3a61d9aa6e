//! The tutorials: complete programs, shown chapter by chapter from the files that the tests run.
//!
//! A comment `== Inquiry` in a file begins the chapter of that name. Text before the first such
//! comment, and a file without one, belongs to the setup.

mod chapter;

use crate::PageContext;
use crate::curl::{API_KEY, USERNAME, quoted};
use crate::lang::Lang;

pub(crate) use chapter::Chapter;
use chapter::chapters;

/// A program in a language, or for a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tutorial {
    /// A shell script.
    Curl,
    /// PHP with its curl extension.
    Php,
    /// The files of a Laravel application that use lunas.
    Laravel,
    /// Node.js without a package.
    Node,
    /// Python with its standard library.
    Python,
    /// Go with its standard library.
    Go,
    /// Java without a library, in XML.
    Java,
    /// C# without a package.
    Csharp,
    /// Rust with a small HTTP client.
    Rust,
}

/// A file below `examples`, as it is there.
pub(crate) struct Source {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! sources {
    ($($path:literal),+) => {
        &[$(Source { path: $path, text: include_str!(concat!("../../../examples/", $path)) }),+]
    };
}

impl Tutorial {
    /// All of them, in the order of the navigation.
    pub const ALL: [Tutorial; 9] = [
        Tutorial::Curl,
        Tutorial::Php,
        Tutorial::Laravel,
        Tutorial::Node,
        Tutorial::Python,
        Tutorial::Go,
        Tutorial::Java,
        Tutorial::Csharp,
        Tutorial::Rust,
    ];

    /// Its name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Tutorial::Curl => "curl",
            Tutorial::Php => "php",
            Tutorial::Laravel => "laravel",
            Tutorial::Node => "node",
            Tutorial::Python => "python",
            Tutorial::Go => "go",
            Tutorial::Java => "java",
            Tutorial::Csharp => "csharp",
            Tutorial::Rust => "rust",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Tutorial> {
        Tutorial::ALL.into_iter().find(|tutorial| tutorial.name() == name)
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Tutorial::Curl => "curl",
            Tutorial::Php => "PHP",
            Tutorial::Laravel => "Laravel",
            Tutorial::Node => "Node.js",
            Tutorial::Python => "Python",
            Tutorial::Go => "Go",
            Tutorial::Java => "Java",
            Tutorial::Csharp => "C#",
            Tutorial::Rust => "Rust",
        }
    }

    pub(crate) const fn needs(self, lang: Lang) -> &'static str {
        match self {
            Tutorial::Curl => lang.say(
                "Shell, curl, sed, dan md5sum (di macOS: md5).",
                "A shell, curl, sed and md5sum (on macOS: md5).",
            ),
            Tutorial::Php => {
                lang.say("PHP 8.2 dengan ekstensi curl.", "PHP 8.2 with its curl extension.")
            }
            Tutorial::Laravel => lang.say("Laravel 12 di PHP 8.2.", "Laravel 12 on PHP 8.2."),
            Tutorial::Node => lang.say("Node.js 18, tanpa paket lain.", "Node.js 18, no package."),
            Tutorial::Python => {
                lang.say("Python 3.10, pustaka bawaan saja.", "Python 3.10, its standard library.")
            }
            Tutorial::Go => {
                lang.say("Go 1.19, pustaka bawaan saja.", "Go 1.19, its standard library.")
            }
            Tutorial::Java => {
                lang.say("Java 17, tanpa pustaka lain, dalam XML.", "Java 17, no library, in XML.")
            }
            Tutorial::Csharp => lang.say(".NET 8, tanpa paket lain.", ".NET 8, no package."),
            Tutorial::Rust => {
                lang.say("Rust, ureq, serde, dan md-5.", "Rust, ureq, serde and md-5.")
            }
        }
    }

    pub(crate) const fn sources(self) -> &'static [Source] {
        match self {
            Tutorial::Curl => sources!("curl/pay.sh"),
            Tutorial::Php => sources!("php/pay.php"),
            Tutorial::Laravel => sources!(
                "laravel/config/lunas.php",
                "laravel/routes/api.php",
                "laravel/database/migrations/2026_01_01_000000_create_bills_table.php",
                "laravel/app/Models/Bill.php",
                "laravel/app/Services/Lunas/NoAnswer.php",
                "laravel/app/Services/Lunas/Lunas.php",
                "laravel/app/Http/Controllers/BillController.php",
                "laravel/app/Http/Controllers/CallbackController.php",
                "laravel/app/Jobs/SettleBill.php"
            ),
            Tutorial::Node => sources!("node/pay.mjs"),
            Tutorial::Python => sources!("python/pay.py"),
            Tutorial::Go => sources!("go/main.go"),
            Tutorial::Java => sources!("java/Pay.java"),
            Tutorial::Csharp => sources!("csharp/Pay.csproj", "csharp/Program.cs"),
            Tutorial::Rust => sources!("rust/src/main.rs"),
        }
    }

    /// The files of its second program, which receives callbacks or, for curl, sends one.
    pub(crate) const fn receiver(self) -> &'static [Source] {
        match self {
            Tutorial::Curl => sources!("curl/callback.sh"),
            Tutorial::Php => sources!("php/callback.php"),
            Tutorial::Laravel => &[],
            Tutorial::Node => sources!("node/callback.mjs"),
            Tutorial::Python => sources!("python/callback.py"),
            Tutorial::Go => sources!("go/callback/callback.go"),
            Tutorial::Java => sources!("java/Callback.java"),
            Tutorial::Csharp => {
                sources!("csharp/callback/Callback.csproj", "csharp/callback/Program.cs")
            }
            Tutorial::Rust => sources!("rust/src/bin/callback.rs"),
        }
    }

    /// The files of both its programs.
    pub(crate) fn files(self) -> impl Iterator<Item = &'static Source> {
        self.sources().iter().chain(self.receiver())
    }

    /// Whether it is a part of an application, and no program that runs by itself.
    pub(crate) fn is_part(self) -> bool {
        self == Tutorial::Laravel
    }

    /// The commands that download and run it; `None` for a part of an application.
    pub(crate) fn shell(self, ask: &PageContext<'_>) -> Option<String> {
        let (prepare, run) = match self {
            Tutorial::Curl => ("", "sh pay.sh"),
            Tutorial::Php => ("", "php pay.php"),
            Tutorial::Laravel => return None,
            Tutorial::Node => ("", "node pay.mjs"),
            Tutorial::Python => ("", "python3 pay.py"),
            Tutorial::Go => ("", "go run main.go"),
            Tutorial::Java => ("", "java Pay.java"),
            Tutorial::Csharp => ("", "dotnet run"),
            Tutorial::Rust => (
                "cargo new pay && cd pay/src\n\
                 cargo add md-5@0.11 serde_json@1 && cargo add serde@1 --features derive\n\
                 cargo add ureq@3 --no-default-features --features json\n",
                "cargo run",
            ),
        };
        let url = format!("LUNAS_URL={} ", quoted(ask.origin));
        Some(commands(ask, prepare, self.sources(), &url, run))
    }

    /// The same for its second program, in its own folder.
    pub(crate) fn receiver_shell(self, ask: &PageContext<'_>) -> Option<String> {
        const FOLDER: &str = "mkdir -p callback && cd callback\n";
        let (prepare, run) = match self {
            Tutorial::Curl => (FOLDER, "sh callback.sh http://127.0.0.1:8090/callback"),
            Tutorial::Php => (FOLDER, "php -S 127.0.0.1:8090 callback.php"),
            Tutorial::Laravel => return None,
            Tutorial::Node => (FOLDER, "node callback.mjs"),
            Tutorial::Python => (FOLDER, "python3 callback.py"),
            Tutorial::Go => (FOLDER, "go run callback.go"),
            Tutorial::Java => (FOLDER, "java Callback.java"),
            Tutorial::Csharp => (FOLDER, "dotnet run"),
            Tutorial::Rust => (
                "cargo new receiver && mkdir receiver/src/bin && cd receiver/src/bin\n\
                 cargo add axum@0.8 md-5@0.11 serde_json@1 subtle@2\n\
                 cargo add serde@1 --features derive && cargo add tokio@1 --features full\n",
                "cargo run --bin callback",
            ),
        };
        Some(commands(ask, prepare, self.receiver(), "", run))
    }

    /// The pieces of its files in a chapter. The second program is a chapter of its own.
    pub(crate) fn pieces(self, chapter: Chapter) -> Vec<(&'static str, String)> {
        let pieces = self.sources().iter().flat_map(|source| {
            chapters(source.text).into_iter().map(|(at, text)| (at, source.path, text))
        });
        let other = self.receiver().iter().map(|source| {
            let texts: Vec<_> = chapters(source.text).into_iter().map(|(_, text)| text).collect();
            (Chapter::Callback, source.path, texts.join("\n\n"))
        });
        let pieces = pieces.chain(other);
        let wanted = pieces.filter(|(at, _, text)| *at == chapter && !text.trim().is_empty());
        wanted.map(|(_, path, text)| (path, text)).collect()
    }
}

/// Commands that download these files from this server and run them as the shown partner.
fn commands(
    ask: &PageContext<'_>,
    prepare: &str,
    files: &[Source],
    url: &str,
    run: &str,
) -> String {
    let folder = quoted(&format!("{}/examples", ask.origin));
    let fetch = |source: &Source| format!("curl -sSO {folder}/{}\n", source.path);
    let fetch: String = files.iter().map(fetch).collect();
    let (username, api_key) =
        ask.credentials.map_or((USERNAME, API_KEY), |it| (it.username, it.api_key));
    let (username, api_key) = (quoted(username), quoted(api_key));
    format!(
        "{prepare}{fetch}export {url}LUNAS_USERNAME={username} LUNAS_API_KEY={api_key}\n{run}\n"
    )
}

/// The text of the file at a path of the portal.
pub(crate) fn source_at(path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/examples/")?;
    let mut files = Tutorial::ALL.into_iter().flat_map(Tutorial::files);
    files.find(|source| source.path == path).map(|source| source.text)
}

#[cfg(test)]
mod tests {
    use super::chapter::begun;
    use super::*;

    #[test]
    fn every_tutorial_has_every_chapter_and_leaves_no_line_out() {
        for tutorial in Tutorial::ALL {
            for chapter in Chapter::ALL {
                let is_part = tutorial == Tutorial::Laravel && chapter == Chapter::Together;
                assert_eq!(
                    tutorial.pieces(chapter).is_empty(),
                    is_part,
                    "{tutorial:?} {chapter:?}"
                );
            }
            for source in tutorial.files() {
                let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).count();
                let shown: usize = chapters(source.text).iter().map(|(_, text)| lines(text)).sum();
                let marks = source.text.lines().filter(|line| begun(line).is_some()).count();
                assert_eq!(shown + marks, lines(source.text), "{}", source.path);
            }
        }
    }

    #[test]
    fn a_comparison_begins_no_chapter() {
        for line in ["if code == Payment", "# == Payments", "// ==Payment", "== Payment"] {
            assert_eq!(begun(line), None, "{line}");
        }
        assert_eq!(begun("    // == Payment"), Some(Chapter::Payment));
    }

    #[test]
    fn a_program_is_fetched_and_run_with_quoted_credentials() {
        let credentials = crate::Credentials { username: "u", api_key: "k'y" };
        let ask = PageContext {
            origin: "http://x",
            credentials: Some(credentials),
            ..PageContext::default()
        };
        assert_eq!(
            Tutorial::Python.shell(&ask).unwrap(),
            "curl -sSO 'http://x/examples'/python/pay.py\n\
             export LUNAS_URL='http://x' LUNAS_USERNAME='u' LUNAS_API_KEY='k'\\''y'\npython3 pay.py\n"
        );
        assert_eq!(Tutorial::Laravel.shell(&ask), None);
        assert!(source_at("/examples/python/pay.py").unwrap().contains("== Inquiry"));
        assert_eq!(source_at("/examples/python/../python/pay.py"), None);
    }
}
