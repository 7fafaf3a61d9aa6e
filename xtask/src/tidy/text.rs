//! Rules about texts of any kind.

use super::Finding;
use super::policy::{BAD_EXAMPLES, MACHINE_PATHS};
use super::tree::Tree;

/// No spaces at the end of a line, no tabs in Rust, one newline at the end.
pub(super) fn whitespace(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.written_here() {
        let mut found = |line, message: &str| {
            findings.push(Finding::new("whitespace", path, line, message.to_owned()));
        };
        for (line, content) in numbered(text) {
            if content.ends_with(char::is_whitespace) {
                found(line, "blanks at the end of the line: take them out");
            }
            if content.contains('\t') && path.ends_with(".rs") {
                found(line, "a tab: indent with blanks, write \\t in a literal");
            }
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            found(text.lines().count(), "end the file with one newline");
        }
    }
    findings
}

/// Every key of the default configuration has a comment.
pub(super) fn configuration_comments(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with("config.default.toml")) {
        let mut above = "";
        for (line, content) in numbered(text) {
            if let Some(key) = key(content)
                && above.trim_start_matches('#').trim().is_empty() | !above.starts_with('#')
            {
                let message = format!("`{key}`: say in a comment directly above what it does");
                findings.push(Finding::new("configuration-comments", path, line, message));
            }
            above = content.trim();
        }
    }
    findings
}

/// The key that a line of TOML sets.
fn key(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!key.is_empty() && key.chars().all(is_bare)).then_some(key)
}

/// A relative link in a document points to a file in the repository.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        for (line, target) in relative_links(text) {
            if !leads_to(path, target).is_some_and(|file| tree.has(&file)) {
                let message = format!("`{target}` leads nowhere: name a file of the repository");
                findings.push(Finding::new("links", path, line, message));
            }
        }
    }
    findings
}

/// The link targets without their anchors; code contains no links.
fn relative_links(page: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (line, content) in numbered(page) {
        if content.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let prose = content.split('`').step_by(2);
            links.extend(prose.flat_map(targets).map(|target| (line, target)));
            links.extend(reference(content).map(|target| (line, target)));
        }
    }
    links.retain(|(_, target)| !target.is_empty() && !target.contains(':'));
    links
}

/// The targets of inline links, images and the HTML that Markdown allows.
fn targets(prose: &str) -> impl Iterator<Item = &str> {
    let openings = [("](", ')'), ("src=\"", '"'), ("href=\"", '"')];
    openings.into_iter().flat_map(move |(opening, closing)| {
        prose
            .split(opening)
            .skip(1)
            .filter_map(move |rest| rest.split_once(closing))
            .map(|(inside, _)| target(inside))
    })
}

/// The target of a line such as `[name]: target`.
fn reference(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('[')?.split_once("]:")?;
    (!name.contains(']')).then(|| target(rest))
}

/// The path in the text at a target's position.
fn target(inside: &str) -> &str {
    let target = inside.split_whitespace().next().unwrap_or_default();
    let target = target.trim_matches(['<', '>']);
    target.split(['#', '?']).next().unwrap_or_default()
}

/// The path of `target`, seen from the document at `path`; `None` if it is outside the repository.
fn leads_to(path: &str, target: &str) -> Option<String> {
    let mut names: Vec<&str> = path.split('/').collect();
    names.pop();
    if target.starts_with('/') {
        return None;
    }
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// No paths of one machine.
pub(super) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| !path.starts_with(BAD_EXAMPLES)) {
        for (line, content) in numbered(text) {
            for machine_path in MACHINE_PATHS.iter().filter(|it| holds_path(content, it)) {
                let message = format!("`{machine_path}` is a path of one machine: take it out");
                findings.push(Finding::new("machine-paths", path, line, message));
            }
        }
    }
    findings
}

/// Whether `path` begins somewhere in `line`, not merely continues another path.
fn holds_path(line: &str, path: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')' | '*');
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(continues))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
}
