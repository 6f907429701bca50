//! What may stand at the cursor of a shell: commands, flags, settings, scripts and dependencies.
//!
//! The shells' own part is a few lines each, which ask `pkg __complete`. Law: what comes from a project is named only
//! if no shell could take it for more than a word.

use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory as _};
use pkg_engine::{Project, Settings};

use crate::{args::Cli, help::topics};

/// A shell that completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
}

impl Shell {
    /// What the shell has to read once.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("completion.bash"),
            Self::Zsh => include_str!("completion.zsh"),
            Self::Fish => include_str!("completion.fish"),
            Self::Powershell => include_str!("completion.ps1"),
        }
    }
}

/// A word that may stand there, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The word.
    pub(crate) value: String,
    /// One line about it.
    pub(crate) about: String,
}

/// The words of an unfinished line of a shell behind its first, quotes and backslashes taken out of them.
pub(crate) fn words_of(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut characters = line.trim_start().chars();
    while let Some(character) = characters.next() {
        let is_empty = words.last().is_some_and(String::is_empty);
        let next = match (character, quote) {
            (_, Some(open)) if character == open => {
                quote = None;
                None
            }
            ('\'' | '"', None) => {
                quote = Some(character);
                None
            }
            ('\\', None | Some('"')) => characters.next(),
            (space, None) if space.is_whitespace() => {
                if !is_empty {
                    words.push(String::new());
                }
                None
            }
            _ => Some(character),
        };
        if let Some(word) = words.last_mut() {
            word.extend(next);
        }
    }
    words.split_off(1)
}

/// What the words before the cursor come to.
struct Place {
    /// The command, and those below it.
    path: Vec<String>,
    command: Command,
    /// How many words stand behind the command.
    arguments: usize,
    /// The flag whose value is due.
    flag: Option<Arg>,
    has_dashes: bool,
    /// The folder that `-C` names.
    folder: PathBuf,
}

/// The words that may stand at the end of `words`, whose last is unfinished and perhaps empty.
pub(crate) fn candidates(words: &[String], directory: &Path) -> Vec<Candidate> {
    let (current, before) = match words.split_last() {
        Some((current, before)) => (current.as_str(), before),
        None => ("", words),
    };
    let place = Place::find(before);
    let directory = &directory.join(&place.folder);
    let all = match &place.flag {
        Some(flag) => values_of(flag),
        None if current.starts_with("--") && current.contains('=') && !place.has_dashes => {
            place.values_behind(current)
        }
        None if current.starts_with('-') && !place.has_dashes => place.flags(),
        None => place.words(directory),
    };
    let mut fitting: Vec<Candidate> = all
        .into_iter()
        .filter(|candidate| candidate.value.starts_with(current) && is_plain(&candidate.value))
        .collect();
    fitting.sort_by(|a, b| a.value.cmp(&b.value));
    fitting.dedup_by(|a, b| a.value == b.value);
    fitting
}

/// Whether a word is a word to every shell.
fn is_plain(word: &str) -> bool {
    let is_plain = |character: char| character.is_alphanumeric() || "@/._-:+=".contains(character);
    !word.is_empty() && word.chars().all(is_plain)
}

impl Place {
    fn find(before: &[String]) -> Self {
        let mut root = Cli::command();
        root.build();
        let mut place = Self {
            path: Vec::new(),
            command: root,
            arguments: 0,
            flag: None,
            has_dashes: false,
            folder: PathBuf::new(),
        };
        for word in before {
            place.pass(word);
        }
        place
    }

    fn pass(&mut self, word: &str) {
        if let Some(flag) = self.flag.take() {
            self.take_value(&flag, word);
            return;
        }
        if word == "--" {
            self.has_dashes = true;
        } else if word.starts_with('-') && !self.has_dashes {
            match word.split_once('=') {
                Some((name, value)) => {
                    let flag = self.flag_named(name).cloned();
                    flag.iter().for_each(|flag| self.take_value(flag, value));
                }
                None => self.flag = self.flag_named(word).cloned(),
            }
        } else if let Some(below) = self
            .command
            .find_subcommand(word)
            .filter(|_| self.arguments == 0)
        {
            let below = below.clone();
            self.path.push(below.get_name().to_owned());
            self.command = below;
        } else {
            self.arguments += 1;
        }
    }

    /// Takes note of a flag that says where the project is.
    fn take_value(&mut self, flag: &Arg, value: &str) {
        if flag.get_id() == "directory" {
            self.folder = value.into();
        }
    }

    /// `--flag=value` for each value that the flag lists.
    fn values_behind(&self, word: &str) -> Vec<Candidate> {
        let name = word.split('=').next().unwrap_or_default();
        let values = self.flag_named(name).map(values_of).unwrap_or_default();
        let with_flag = |candidate: Candidate| Candidate {
            value: format!("{name}={}", candidate.value),
            ..candidate
        };
        values.into_iter().map(with_flag).collect()
    }

    /// The flag of a name that takes a value.
    fn flag_named(&self, word: &str) -> Option<&Arg> {
        let is_it = |argument: &&Arg| {
            let is_long = word.strip_prefix("--").is_some_and(|long| {
                argument.get_long() == Some(long)
                    || argument
                        .get_all_aliases()
                        .unwrap_or_default()
                        .contains(&long)
            });
            let short = word
                .strip_prefix('-')
                .filter(|short| short.chars().count() == 1);
            is_long || short.is_some_and(|short| argument.get_short() == short.chars().next())
        };
        let takes_value = |argument: &&Arg| argument.get_action().takes_values();
        self.command.get_arguments().find(is_it).filter(takes_value)
    }

    fn flags(&self) -> Vec<Candidate> {
        let arguments = self.command.get_arguments();
        let visible = arguments.filter(|argument| !argument.is_hide_set());
        let long = |argument: &Arg| {
            let about = about(argument.get_help());
            let names = argument
                .get_long()
                .into_iter()
                .chain(argument.get_visible_aliases().unwrap_or_default());
            names
                .map(|name| Candidate {
                    value: format!("--{name}"),
                    about: about.clone(),
                })
                .collect::<Vec<_>>()
        };
        visible.flat_map(long).collect()
    }

    /// Words that are no flags.
    fn words(&self, directory: &Path) -> Vec<Candidate> {
        let mut found = Vec::new();
        if self.arguments == 0 && !self.has_dashes {
            let commands = self.command.get_subcommands();
            let visible = commands.filter(|command| !command.is_hide_set());
            found.extend(visible.map(|command| Candidate {
                value: command.get_name().to_owned(),
                about: about(command.get_about()),
            }));
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            [] | ["run"] if self.arguments == 0 => found.extend(scripts(directory)),
            ["remove" | "update" | "why" | "list" | "outdated" | "explain" | "view" | "unlink"] => {
                found.extend(dependencies(directory));
            }
            ["layout"] => found.extend(layouts()),
            ["config", "set"] | ["set"] => found.extend(settings("=")),
            ["config", _] | ["get"] => found.extend(settings("")),
            ["help"] if self.arguments == 0 => {
                found.extend(commands());
                found.extend(topics().map(|(name, about)| Candidate {
                    value: name.to_owned(),
                    about: about.to_owned(),
                }));
            }
            _ => {}
        }
        let positional = self.command.get_positionals().next();
        found.extend(positional.map(values_of).unwrap_or_default());
        found
    }
}

/// The values that a flag or an argument lists.
fn values_of(argument: &Arg) -> Vec<Candidate> {
    let is_layout = argument.get_id().as_str() == "layout";
    let named = is_layout.then(layouts).into_iter().flatten();
    let listed = argument.get_possible_values().into_iter();
    let listed = listed.map(|value| Candidate {
        value: value.get_name().to_owned(),
        about: about(value.get_help()),
    });
    named.chain(listed).collect()
}

fn layouts() -> Vec<Candidate> {
    let names = ["isolated", "flat", "nested", "pnp"];
    let layout = |name: &str| Candidate {
        value: name.to_owned(),
        about: String::new(),
    };
    names.into_iter().map(layout).collect()
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

fn commands() -> Vec<Candidate> {
    let root = Cli::command();
    let visible = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    visible
        .map(|command| Candidate {
            value: command.get_name().to_owned(),
            about: about(command.get_about()),
        })
        .collect()
}

fn settings(end: &str) -> Vec<Candidate> {
    let row = |row: pkg_engine::SettingRow| Candidate {
        value: format!("{}{end}", row.key),
        about: row
            .documentation
            .split(". ")
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    let registry = ["registry"].map(|key| Candidate {
        value: format!("{key}{end}"),
        about: "Where packages come from".to_owned(),
    });
    Settings::rows()
        .into_iter()
        .map(row)
        .chain(registry)
        .collect()
}

/// The project's scripts. Where there is no project, or one that cannot be read, there are none.
fn scripts(directory: &Path) -> Vec<Candidate> {
    let Ok(project) = Project::load(directory) else {
        return Vec::new();
    };
    let scripts = project.manifest.scripts.iter();
    scripts
        .map(|(name, command)| Candidate {
            value: name.clone(),
            about: command.clone(),
        })
        .collect()
}

fn dependencies(directory: &Path) -> Vec<Candidate> {
    let Ok(project) = Project::load(directory) else {
        return Vec::new();
    };
    let manifest = &project.manifest;
    let groups = [
        &manifest.dependencies,
        &manifest.dev_dependencies,
        &manifest.optional_dependencies,
        &manifest.peer_dependencies,
    ];
    let entries = groups.into_iter().flatten();
    entries
        .map(|(name, range)| Candidate {
            value: name.to_string(),
            about: range.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = candidates(&words, Path::new("/nowhere"));
        found.into_iter().map(|candidate| candidate.value).collect()
    }

    #[test]
    fn commands_flags_and_their_values_complete() {
        assert_eq!(found(&["laym"]), [""; 0]);
        assert_eq!(found(&["layo"]), ["layout"]);
        assert_eq!(found(&["install", "--froz"]), ["--frozen-lockfile"]);
        assert_eq!(found(&["-C", "somewhere", "conf"]), ["config"]);
        for command in ["add", "install", "dlx", "create"] {
            assert_eq!(found(&[command, "--allow"]), ["--allow-build"], "{command}");
        }
        assert_eq!(found(&["install", "--layout", "f"]), ["flat"]);
        assert_eq!(found(&["install", "--layout=f"]), ["--layout=flat"]);
        assert_eq!(found(&["layout", "p"]), ["pnp"]);
        assert_eq!(found(&["config", "set", "fetch-r"]), ["fetch-retries="]);
        assert_eq!(found(&["c", "why", "store"]), ["store-dir"]);
        assert_eq!(found(&["help", "exit"]), ["exit-codes"]);
        assert_eq!(found(&["completion", "po"]), ["powershell"]);
        assert!(found(&["store", ""]).contains(&"verify".to_owned()));
        assert!(!found(&[""]).contains(&"__complete".to_owned()));
    }

    #[test]
    fn a_line_has_words() {
        for (line, expected) in [
            ("pkg", &[][..]),
            ("pkg ", &[""]),
            ("  pkg run  bu", &["run", "bu"]),
            ("pkg -C 'my dir' run \"a b", &["-C", "my dir", "run", "a b"]),
            (r"pkg -C my\ dir run ", &["-C", "my dir", "run", ""]),
            (r"pkg x\", &["x"]),
        ] {
            assert_eq!(words_of(line), expected, "{line}");
        }
    }

    #[test]
    fn words_that_a_shell_could_misread_are_none() {
        for word in [
            "a$(b)", "a`b`", "a b", "a;b", "a\nb", "a\u{1b}b", "a'b", "a\"b", "~a", "a*", "",
        ] {
            assert!(!is_plain(word), "{word:?}");
        }
        for word in [
            "build:all",
            "@scope/name",
            "a.b_c-d",
            "größe",
            "fetch-retries=",
        ] {
            assert!(is_plain(word), "{word:?}");
        }
    }
}
