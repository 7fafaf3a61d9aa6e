//! The tutorials: complete programs, shown chapter by chapter from the files that the tests run.
//!
//! A comment `== Inquiry` in a file begins the chapter of that name. What stands before the first of
//! them, and a file that has none, belongs to the setup.

use crate::Ask;
use crate::curl::quoted;
use crate::visitor::Lang;

/// A program in a language, or for a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tutorial {
    /// A shell's script.
    Curl,
    /// PHP with its curl extension.
    Php,
    /// The files of a Laravel application that have to do with lunas.
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

/// A part of every program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chapter {
    Setup,
    Inquiry,
    Payment,
    Status,
    Receipt,
    Together,
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
            Tutorial::Curl => {
                lang.say("Shell, curl, sed, dan md5sum.", "A shell, curl, sed and md5sum.")
            }
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

    /// The commands that fetch it from here and run it; none for what is a part of an application.
    pub(crate) fn shell(self, ask: &Ask<'_>) -> Option<String> {
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
        let folder = quoted(&format!("{}/examples", ask.origin));
        let fetch = |source: &Source| format!("curl -sSO {folder}/{}\n", source.path);
        let fetch: String = self.sources().iter().map(fetch).collect();
        let (username, api_key) =
            ask.credentials.map_or(("USERNAME", "API_KEY"), |it| (it.username, it.api_key));
        Some(format!(
            "{prepare}{fetch}export LUNAS_URL={} LUNAS_USERNAME={} LUNAS_API_KEY={}\n{run}\n",
            quoted(ask.origin),
            quoted(username),
            quoted(api_key)
        ))
    }

    /// What its files say in a chapter, each piece with its file.
    pub(crate) fn pieces(self, chapter: Chapter) -> Vec<(&'static str, String)> {
        let pieces = self.sources().iter().flat_map(|source| {
            chapters(source.text).into_iter().map(|(at, text)| (at, source.path, text))
        });
        let wanted = pieces.filter(|(at, _, text)| *at == chapter && !text.trim().is_empty());
        wanted.map(|(_, path, text)| (path, text)).collect()
    }
}

/// The text of the file at a path of the portal.
pub(crate) fn source_at(path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/examples/")?;
    let sources = Tutorial::ALL.into_iter().flat_map(Tutorial::sources);
    sources.into_iter().find(|source| source.path == path).map(|source| source.text)
}

/// A file's chapters in its own order, without the lines that begin them.
fn chapters(text: &str) -> Vec<(Chapter, String)> {
    let mut chapters = vec![(Chapter::Setup, String::new())];
    for line in text.lines() {
        match begun(line) {
            Some(Chapter::Setup) if chapters.len() == 1 => {}
            Some(chapter) => chapters.push((chapter, String::new())),
            None => {
                if let Some((_, text)) = chapters.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    for (_, text) in &mut chapters {
        *text = text.trim_start_matches('\n').trim_end().to_owned();
    }
    chapters
}

/// The chapter that a line begins.
fn begun(line: &str) -> Option<Chapter> {
    let name = line.trim_start().trim_start_matches(['/', '#']).strip_prefix(" == ")?;
    Chapter::ALL.into_iter().find(|chapter| chapter.mark() == name)
}

impl Chapter {
    pub(crate) const ALL: [Chapter; 6] = [
        Chapter::Setup,
        Chapter::Inquiry,
        Chapter::Payment,
        Chapter::Status,
        Chapter::Receipt,
        Chapter::Together,
    ];

    /// As it stands in the files.
    const fn mark(self) -> &'static str {
        match self {
            Chapter::Setup => "Setup",
            Chapter::Inquiry => "Inquiry",
            Chapter::Payment => "Payment",
            Chapter::Status => "Check status after a lost answer",
            Chapter::Receipt => "Receipt",
            Chapter::Together => "All together",
        }
    }

    pub(crate) const fn id(self) -> &'static str {
        match self {
            Chapter::Setup => "setup",
            Chapter::Inquiry => "inquiry",
            Chapter::Payment => "payment",
            Chapter::Status => "lost-answer",
            Chapter::Receipt => "receipt",
            Chapter::Together => "together",
        }
    }

    pub(crate) const fn title(self, lang: Lang) -> &'static str {
        match self {
            Chapter::Setup => lang.say("Persiapan", "Setup"),
            Chapter::Inquiry => lang.say("Cek tagihan", "Inquiry"),
            Chapter::Payment => lang.say("Bayar", "Payment"),
            Chapter::Status => {
                lang.say("Jawaban hilang: tanyakan statusnya", "A lost answer: ask for the status")
            }
            Chapter::Receipt => lang.say("Struk", "Receipt"),
            Chapter::Together => lang.say("Semuanya", "All together"),
        }
    }

    pub(crate) const fn advice(self, lang: Lang) -> &'static str {
        match self {
            Chapter::Setup => lang.say(
                "Setiap permintaan ditandatangani dan dikirim satu kali. Yang tidak dijawab dibedakan dari yang ditolak: penolakan adalah hasil, jawaban yang hilang bukan.",
                "Every request is signed and sent once. What is not answered is told from what is refused: a refusal is an outcome, a lost answer is none.",
            ),
            Chapter::Inquiry => lang.say(
                "Simpan ref_id sebelum dikirim: dengan nomor itulah Anda bertanya bila jawaban hilang. Cek tagihan tidak memindahkan uang.",
                "Store the ref_id before it is sent: it is what you ask by when an answer is lost. An inquiry moves no money.",
            ),
            Chapter::Payment => lang.say(
                "Yang dibayar adalah tr_id dari cek tagihan, pada hari yang sama. Satu tr_id terbayar paling banyak satu kali, berapa kali pun dikirim.",
                "What is paid is the inquiry's tr_id, on the same day. One tr_id is paid once at most, however often it is sent.",
            ),
            Chapter::Status => lang.say(
                "Setelah waktu tunggu habis, pembayarannya mungkin sudah terjadi. Tanyakan status ref_id itu sampai ada hasil. Jangan pernah membayar dengan ref_id baru: tagihan bisa terbayar dua kali.",
                "After a timeout the payment may have happened. Ask for the status of that ref_id until there is an outcome. Never pay under a new ref_id: the bill could be paid twice.",
            ),
            Chapter::Receipt => lang.say(
                "Struk memuat data pribadi pelanggan, maka permintaannya pun ditandatangani.",
                "A receipt holds a customer's personal data, so its request is signed, too.",
            ),
            Chapter::Together => lang.say(
                "Dua tagihan: yang kedua sengaja dibayar dengan waktu tunggu setengah detik.",
                "Two bills: the second one is paid with a timeout of half a second, on purpose.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
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
            for source in tutorial.sources() {
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
        let ask = Ask { origin: "http://x", credentials: Some(credentials), ..Ask::default() };
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
