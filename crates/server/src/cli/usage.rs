//! The usage that each command's help begins with, tried out: what is typed as it says is understood as
//! it says.

use clap::{ArgMatches, Command};

use super::command_line;

/// What to type for a placeholder. Its own name is a text that stands for nothing else.
pub(super) fn sample(placeholder: &str) -> &str {
    match placeholder {
        "N" | "SECONDS" => "5",
        "TR_ID" => "7",
        "RUPIAH" | "AMOUNT" => "1000",
        "DURATION" => "1d",
        "ADDR:PORT" => "127.0.0.1:0",
        "SHELL" => "bash",
        "RULE" => "refuse",
        "SWITCH" => "on",
        "KIND" => "iak",
        "BOOL" => "true",
        "TIME" => "20s",
        text => text,
    }
}

/// Every way to type what a usage says, without what is optional in `[OPTIONS]`.
fn ways(usage: &str) -> Vec<Vec<String>> {
    let mut ways = vec![Vec::new()];
    for part in parts(usage, ' ') {
        let part = part.trim_end_matches("...");
        let alternatives = match part {
            "[OPTIONS]" => continue,
            _ if part.starts_with(['<', '[']) => {
                let within = parts(&part[1..part.len() - 1], '|').into_iter();
                within.flat_map(|one| if one.contains(' ') { self::ways(one) } else { typed(one) })
            }
            .collect(),
            word => vec![vec![word.to_owned()]],
        };
        let longer = |way: &Vec<String>| {
            let way = way.clone();
            alternatives.iter().map(move |more| [&way[..], more].concat()).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(longer).collect();
    }
    ways
}

/// A flag as it is, a placeholder as what stands for it.
fn typed(word: &str) -> Vec<Vec<String>> {
    vec![vec![sample(word).to_owned()]]
}

/// Splits where `between` stands outside of brackets.
fn parts(text: &str, between: char) -> Vec<&str> {
    let (mut depth, mut begun, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '<' | '[' => depth += 1,
            '>' | ']' => depth -= 1,
            _ if c == between && depth == 0 => {
                parts.push(&text[begun..at]);
                begun = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begun..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// A command and all below it, each as often as it has a line of usage that names no further command.
fn usages(command: &mut Command) -> Vec<(Command, String)> {
    let usage = command.render_usage().to_string();
    let lines = usage.lines().map(|line| line.trim_start_matches("Usage:").trim().to_owned());
    let of_this = lines.filter(|line| !line.contains("COMMAND") && !line.is_empty());
    let mut usages: Vec<_> = of_this.map(|line| (command.clone(), line)).collect();
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        usages.extend(self::usages(below));
    }
    usages
}

/// What became of the innermost command.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, below)| innermost(below))
}

#[test]
fn every_usage_line_parses_as_it_says() {
    let mut whole = command_line();
    whole.build();
    let usages = usages(&mut whole);
    assert!(usages.len() > 35, "{} usages", usages.len());
    let mut wrong = Vec::new();
    for (command, usage) in usages {
        for typed in ways(&usage) {
            match command_line().try_get_matches_from(&typed) {
                Err(error) => wrong.push(format!("{usage}: {typed:?}: {error}")),
                Ok(read) => wrong.extend(misplaced(&command, innermost(&read)).map(|name| {
                    format!("{usage}: {typed:?}: what is typed for another is taken for {name}")
                })),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first place that has taken what was typed for another.
fn misplaced(command: &Command, read: &ArgMatches) -> Option<String> {
    let is_misplaced = |argument: &&clap::Arg| {
        let name = argument.get_value_names().map_or("", |names| &names[0]);
        let taken = read.get_raw(argument.get_id().as_str()).into_iter().flatten();
        taken.into_iter().any(|value| value != sample(name))
    };
    command.get_positionals().find(is_misplaced).map(|argument| argument.get_id().to_string())
}

#[test]
fn all_variants_of_a_usage_are_generated() {
    let lines = |usage| -> Vec<String> { ways(usage).iter().map(|way| way.join(" ")).collect() };
    let usage = "lunas partner callback [OPTIONS] <USERNAME> <URL|--off>";
    let typed = ["lunas partner callback USERNAME URL", "lunas partner callback USERNAME --off"];
    assert_eq!(lines(usage), typed);
    let usage = "lunas x <--fee <RUPIAH>|--on> --noref <N> [TYPE]";
    assert_eq!(lines(usage), ["lunas x --fee 1000 --noref 5 TYPE", "lunas x --on --noref 5 TYPE"]);
}
