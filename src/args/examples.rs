//! Every command line that a text of ours shows can be typed: in the help of each command, in the README, in `docs/`, and
//! in the answers to command lines of other managers.

use std::{ffi::OsString, path::Path};

use clap::{Command as Clap, CommandFactory as _, Parser as _, error::ErrorKind};

use super::{Cli, Command};
use crate::{
    help::{code, topic},
    words::prepared,
};

/// What begins a command line of ours, and where: at the start of a text, or behind one of these.
const BEFORE: [char; 4] = [' ', '(', '`', '$'];

/// The command lines of ours in a text of the shell, each as words.
fn lines_of(text: &str) -> Vec<Vec<String>> {
    let starts = text.match_indices("pkg ").filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|before| BEFORE.contains(&before)) && !text[..*at].ends_with("npm ")
    });
    starts
        .map(|(at, start)| words(&text[at + start.len()..]))
        .collect()
}

/// Words as a shell has them, up to the end of the command, or to two spaces, behind which our texts explain it.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in text.chars() {
        let word = words.last_mut().expect("there is one");
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            (')' | '|' | ';' | '>' | '&' | '#' | '`' | '\n', None) => break,
            (' ', None) if word.is_empty() => break,
            (' ', None) => words.push(String::new()),
            // What may be left away, or stand there several times.
            ('[' | ']' | '…', None) => {}
            _ => word.push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Why words cannot be typed behind `pkg`.
pub(crate) fn misunderstood(words: &[String]) -> Option<String> {
    let given: Vec<OsString> = words.iter().map(Into::into).collect();
    if let [one] = words
        && one.starts_with("ERR")
    {
        return None;
    }
    let all = std::iter::once("pkg".into()).chain(prepared(&given));
    match Cli::try_parse_from(all) {
        Ok(Cli {
            command: Some(Command::Implicit(_)),
            ..
        }) if words[0] != "SCRIPT" && words[0] != "COMMAND" => Some("no such command".to_owned()),
        Ok(_) => unknown_topic(words),
        // What a text calls by its name only.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => None,
        Err(error) if error.use_stderr() => Some(error.to_string()),
        Err(_) => None,
    }
}

/// Why `pkg help WORD` says nothing.
fn unknown_topic(words: &[String]) -> Option<String> {
    let [help, word] = words else {
        return None;
    };
    // `TOPIC`, `ERR_PKG_…`.
    let is_placeholder = word.chars().all(char::is_uppercase) || word.ends_with('_');
    let is_known = topic(word).is_some()
        || code(word).is_some()
        || Cli::command().find_subcommand(word).is_some();
    let is_fine = help != "help" || word.starts_with('-') || is_placeholder || is_known;
    (!is_fine).then(|| format!("no help for {word}"))
}

fn assert_understood(place: &str, lines: &[Vec<String>]) {
    let wrong: Vec<_> = lines
        .iter()
        .filter_map(|line| Some(format!("pkg {}: {}", line.join(" "), misunderstood(line)?)))
        .collect();
    assert!(wrong.is_empty(), "{place}: {wrong:#?}");
}

fn examples(command: &Clap) -> Vec<Vec<String>> {
    let text = command.get_after_help().map(ToString::to_string);
    text.unwrap_or_default()
        .lines()
        .flat_map(lines_of)
        .collect()
}

/// Each command with those below it, under its whole name.
fn all_commands(command: &Clap, name: &str, found: &mut Vec<(String, Clap)>) {
    found.push((name.to_owned(), command.clone()));
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        all_commands(below, &format!("{name} {}", below.get_name()), found);
    }
}

#[test]
fn the_help_of_each_command_has_examples_that_can_be_typed() {
    let mut root = Cli::command();
    root.build();
    let mut all = Vec::new();
    all_commands(&root, "pkg", &mut all);
    assert!(all.len() > 40, "{}", all.len());
    for (name, command) in &all {
        let lines = examples(command);
        assert!(!lines.is_empty(), "{name} has no example");
        assert_understood(name, &lines);
        // An example shows the command that it stands below.
        let own: Vec<_> = name.split(' ').skip(1).collect();
        let aliases: Vec<_> = command.get_all_aliases().collect();
        let is_own = |line: &Vec<String>| {
            let last = own.last().copied().unwrap_or_default();
            own.is_empty()
                || line
                    .iter()
                    .any(|word| word == last || aliases.contains(&&**word))
        };
        assert!(lines.iter().any(is_own), "{name} shows another");
    }
}

/// A text with the spans and blocks of code in which commands stand.
fn code_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            found.extend(part.lines().skip(1).map(str::to_owned));
        } else {
            let joined = part.replace('\n', " ");
            found.extend(joined.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads files of the repository"
)]
#[test]
fn the_commands_of_readme_and_documentation_can_be_typed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = root.join("docs");
    let folders = [docs.join("help"), docs];
    let files = folders
        .iter()
        .flat_map(|folder| folder.read_dir().unwrap())
        .map(|entry| entry.unwrap().path())
        .chain([root.join("README.md")]);
    let mut count = 0;
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "md")) {
        // Mistakes are typed there, to show what is said then.
        if file.ends_with("terminal.md") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let is_plain = file.parent().is_some_and(|folder| folder.ends_with("help"));
        // Topics of the help have no code blocks: there a line that begins with `pkg` is one to be typed.
        let lines = text
            .lines()
            .filter(|line| is_plain && line.starts_with("pkg "));
        let code = code_of(&text).into_iter().chain(lines.map(str::to_owned));
        let found: Vec<_> = code.flat_map(|code| lines_of(&code)).collect();
        count += found.len();
        assert_understood(&file.display().to_string(), &found);
    }
    assert!(count > 150, "{count}");
}

/// Flags that a text names by themselves.
#[test]
fn the_flags_that_documentation_names_exist() {
    let mut root = Cli::command();
    root.build();
    let mut all = Vec::new();
    all_commands(&root, "pkg", &mut all);
    let known: Vec<String> = all
        .iter()
        .flat_map(|(_, command)| command.get_arguments())
        .flat_map(|argument| {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            aliases.into_iter().chain(argument.get_long())
        })
        .map(str::to_owned)
        .collect();
    let texts = [
        include_str!("../../README.md"),
        include_str!("../../docs/builds.md"),
        include_str!("../../docs/errors.md"),
        include_str!("../../docs/layouts.md"),
        include_str!("../../docs/verify.md"),
        include_str!("../../docs/shared-virtual-store.md"),
        include_str!("../../CHANGELOG.md"),
    ];
    for span in texts.iter().flat_map(|text| code_of(text)) {
        let Some(flag) = span.strip_prefix("--") else {
            continue;
        };
        let name = flag.split(['=', ' ', '[']).next().unwrap_or_default();
        let is_setting = name.starts_with("config");
        assert!(
            is_setting || known.iter().any(|known| known == name),
            "--{name}"
        );
    }
}

#[test]
fn words_are_those_of_a_shell() {
    let found = lines_of("PATH=$(pkg bin):$PATH; pkg exec -c 'a | b' x   what it does | pkg list");
    assert_eq!(
        found,
        [vec!["bin"], vec!["exec", "-c", "a | b", "x"], vec!["list"]]
    );
    assert_eq!(lines_of("npm pkg get name"), [[""; 0]; 0]);
    assert!(misunderstood(&["isntall".to_owned()]).is_some());
    assert!(misunderstood(&["add".to_owned(), "--nonsense".to_owned()]).is_some());
    assert!(misunderstood(&["help".to_owned(), "nonsense".to_owned()]).is_some());
}
