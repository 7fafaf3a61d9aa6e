//! The command lines that documents, pages, comments and messages show, read by the parser that reads
//! the real ones.

mod shell;

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::command_line;
use super::usage::sample;
use shell::commands;

/// A command line as it is shown.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    text: String,
    /// Whether it is there to be pasted, and so must be all that the command needs. A mention in a
    /// sentence may leave out what it is not about, but names nothing that does not exist.
    is_to_paste: bool,
}

/// What is shown in a file of this kind.
fn shown(kind: &str, text: &str) -> Vec<Shown> {
    let text = one_line_each(kind, text);
    let mut shown = Vec::new();
    if kind == "md" {
        shown.extend(blocks(&text).map(|text| Shown { text, is_to_paste: true }));
    }
    let mut mentions = Vec::new();
    for (open, close) in [("`", "`"), ("<code>", "</code>")] {
        for (at, _) in text.match_indices(open) {
            let rest = &text[at + open.len()..];
            let Some((mention, after)) = rest.split_once(close) else { continue };
            if ["lunas ", "LUNAS_", "cargo run "].iter().any(|begin| mention.starts_with(begin)) {
                let mention = mention.split_whitespace().collect::<Vec<_>>().join(" ");
                mentions.extend(enumerated(&mention, after));
                mentions.push(mention);
            }
        }
    }
    shown.extend(mentions.into_iter().map(|text| Shown { text, is_to_paste: false }));
    shown
}

/// A comment and a text that goes on in the next line are one.
fn one_line_each(kind: &str, text: &str) -> String {
    let mut whole = String::new();
    let mut goes_on = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let comment = match kind {
            "rs" => ["///", "//!", "//"].iter().find_map(|mark| trimmed.strip_prefix(mark)),
            "toml" | "sh" => trimmed.strip_prefix('#'),
            _ => None,
        };
        let line = match (comment, goes_on) {
            (Some(comment), _) => comment,
            (None, true) => trimmed,
            (None, false) => line,
        };
        goes_on = line.ends_with('\\');
        whole.push_str(line.strip_suffix('\\').unwrap_or(line));
        if comment.is_some() || (kind == "md" && goes_on) {
            whole.push(' ');
        } else if !goes_on {
            whole.push('\n');
        }
    }
    whole
}

/// The blocks of a document that are for a shell.
fn blocks(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split("\n```").skip(1).step_by(2);
    parts.filter_map(|block| {
        let (language, lines) = block.split_once('\n')?;
        ["sh", "bash", "console"].contains(&language).then(|| lines.to_owned())
    })
}

/// `lunas config show`, `default`: the second is a command of the same group as the first.
fn enumerated(first: &str, after: &str) -> Vec<String> {
    let command = first.split(" -").next().unwrap_or(first);
    let Some((group, _)) = command.rsplit_once(' ') else { return Vec::new() };
    let (mut others, mut after) = (Vec::new(), after);
    while let Some((name, rest)) = after.strip_prefix(", `").and_then(|rest| rest.split_once('`')) {
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            break;
        }
        others.push(format!("{group} {name}"));
        after = rest;
    }
    others
}

/// What is wrong with the calls of lunas in what is shown.
fn wrong(shown: &Shown) -> Vec<String> {
    let calls = commands(&shown.text).into_iter().filter_map(of_lunas);
    calls.filter_map(|words| refusal(&words, shown.is_to_paste)).collect()
}

/// The words of a call of lunas, also of one that cargo makes.
fn of_lunas(words: Vec<String>) -> Option<Vec<String>> {
    let is_set = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.contains('-'));
    let call: Vec<String> = words.into_iter().skip_while(is_set).collect();
    let (program, arguments) = call.split_first()?;
    let arguments = match Path::new(program).file_name()?.to_str()? {
        "lunas" => arguments,
        "cargo" if arguments.iter().any(|word| word == "-p") => return None,
        "cargo" if arguments.first()? == "run" => arguments.split(|word| word == "--").nth(1)?,
        _ => return None,
    };
    Some([&["lunas".to_owned()], arguments].concat())
}

fn refusal(words: &[String], is_to_paste: bool) -> Option<String> {
    let is_left_out = |word: &String| ["…", "..."].contains(&&**word);
    let may_lack = !is_to_paste || words.iter().any(is_left_out);
    let typed = words.iter().filter(|word| !is_left_out(word)).map(|word| match word {
        // What the program puts in itself: a number, which is a text as well.
        word if word.starts_with('{') => "7".to_owned(),
        // So does the shell, with what an earlier line has found.
        word if word.starts_with('$') => "7".to_owned(),
        word if word.starts_with('<') => sample(word.trim_matches(['<', '>'])).to_owned(),
        word => sample(word).to_owned(),
    });
    let error = command_line().try_get_matches_from(typed).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => may_lack,
        // A flag is named, and its value is not.
        ErrorKind::InvalidValue => {
            let value = error.get(ContextKind::InvalidValue);
            may_lack && matches!(value, Some(ContextValue::String(value)) if value.is_empty())
        }
        _ => false,
    };
    let why = error.to_string();
    (!is_fine).then(|| format!("{}: {}", words.join(" "), why.lines().next().unwrap_or_default()))
}

/// Every file that people read, or whose texts they come to read.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "vendor"].contains(&&*name) && !name.starts_with('.') {
                files(&path, found);
            }
        } else if ["md", "rs", "toml", "html", "sh", "json"]
            .iter()
            .any(|kind| has_kind(&path, kind))
        {
            found.push(path);
        }
    }
}

fn has_kind(path: &Path, kind: &str) -> bool {
    path.extension().is_some_and(|extension| extension == kind)
}

#[test]
fn every_shown_command_line_parses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    self::files(&root, &mut files);
    // This file and the next show what is wrong on purpose.
    files.retain(|file| !file.to_string_lossy().contains("cli/documents"));
    let (mut seen, mut wrong) = ([0, 0], Vec::new());
    for file in files {
        let kind = file.extension().unwrap().to_string_lossy().into_owned();
        for shown in shown(&kind, &fs::read_to_string(&file).unwrap()) {
            seen[usize::from(shown.is_to_paste)] += 1;
            let place = file.strip_prefix(&root).unwrap().display();
            wrong.extend(self::wrong(&shown).iter().map(|wrong| format!("{place}: {wrong}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen[0] > 80 && seen[1] > 8, "{seen:?}: they are not found any more");
}

#[test]
fn wrong_command_lines_are_found_everywhere() {
    let block = |line: &str| format!("text\n\n```sh\n{line}\n```\n");
    for (kind, text, expected) in [
        ("md", block("lunas serve --daat /var/lib/lunas"), "'--daat'"),
        ("md", block("A=1 lunas deposit list --limit x # that"), "'x'"),
        ("md", block("cat key | target/release/lunas partner ad"), "'ad'"),
        ("md", block("cargo run --release -- sandbox --api-kee x"), "'--api-kee'"),
        ("md", block("lunas deposit add \\\n  081234567890"), "required"),
        ("md", "Do `lunas partner add --name x`, `lits` it.".to_owned(), "'lits'"),
        ("md", "Do\n`lunas partner\nlits`.".to_owned(), "'lits'"),
        ("rs", "/// Do `lunas partner\n/// lits`.".to_owned(), "'lits'"),
        ("rs", "bail!(\"do `lunas \\\n    deposit ad {username}`\")".to_owned(), "'ad'"),
        ("toml", "# Do `lunas serve --prot`.".to_owned(), "'--prot'"),
        ("html", "<code>LUNAS_X=1 lunas serv</code>".to_owned(), "'serv'"),
    ] {
        let wrong: Vec<String> = shown(kind, &text).iter().flat_map(wrong).collect();
        assert!(matches!(&wrong[..], [one] if one.contains(expected)), "{text}: {wrong:?}");
    }
}

#[test]
fn a_mention_may_omit_required_arguments() {
    for text in [
        "`lunas partner`, `lunas deposit add` and `lunas audit --data`",
        "`lunas payment resolve TR_ID …`, `lunas sandbox`, `lunas --version`",
        "`lunas payment ask {tr_id}`, `lunas partner add`, `list`",
        "```sh\nlunas sandbox & # and\nX=$(lunas price-list --json | head)\n```",
    ] {
        let wrong: Vec<String> = shown("md", text).iter().flat_map(wrong).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
