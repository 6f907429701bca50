//! The rules of one folder of a package, in the order in which they are asked: what comes later wins.

use super::{
    listed::Listed,
    pattern::{Case, Components, Extent, Pattern},
};

/// What is left out wherever a package is made, unless `files` says otherwise.
const USUALLY_OUT: [&str; 22] = [
    ".npmignore",
    ".gitignore",
    "**/.git",
    "**/.svn",
    "**/.hg",
    "**/CVS",
    "**/.git/**",
    "**/.svn/**",
    "**/.hg/**",
    "**/CVS/**",
    "/.lock-wscript",
    "/.wafpickle-*",
    "/build/config.gypi",
    "npm-debug.log",
    "**/.npmrc",
    ".*.swp",
    ".DS_Store",
    "**/.DS_Store/**",
    "._*",
    "**/._*/**",
    "*.orig",
    "/archived-packages/**",
];
/// What is in and out of a package, whatever it says.
const ALWAYS: [&str; 17] = [
    "!/package.json",
    "!/readme{,.*[^~$]}",
    "!/copying{,.*[^~$]}",
    "!/license{,.*[^~$]}",
    "!/licence{,.*[^~$]}",
    "/.git",
    "/node_modules",
    ".npmrc",
    "/package-lock.json",
    "/npm-shrinkwrap.json",
    "/yarn.lock",
    "/pnpm-lock.yaml",
    "/bun.lockb",
    "/bun.lock",
    "/.npm-extension.mjs",
    "/.npm-extension.cjs",
    "/pkg.lock",
];

/// One line of an ignore file.
#[derive(Debug)]
struct Rule {
    /// Whether it takes in again what an earlier one left out.
    is_negated: bool,
    pattern: Pattern,
}

/// The rules of one folder.
#[derive(Debug, Default)]
pub(super) struct Rules<'f> {
    first: Vec<Rule>,
    /// What `files` says: between what is usually left out and what is always so.
    listed: Option<Listed<'f>>,
    last: Vec<Rule>,
}

/// What a path is asked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A file, or a folder with all that is in it.
    Itself,
    /// A folder in which something may be wanted.
    MayHold,
}

/// A path as one folder sees it.
pub(super) struct Seen<'p> {
    pub(super) path: &'p str,
    /// Its last name, where it does not lie directly in the folder.
    pub(super) name: Option<&'p str>,
    pub(super) asked: Asked,
}

impl<'f> Rules<'f> {
    /// Nothing but what is left out everywhere, for a folder inside a package, and its ignore file.
    pub(super) fn of_folder(ignore_file: Option<&str>) -> Self {
        let mut first = parse(USUALLY_OUT.into_iter());
        first.extend(parse(ignore_file.unwrap_or_default().lines()));
        let last = parse(["/.git"].into_iter());
        Self {
            first,
            listed: None,
            last,
        }
    }

    /// Those of a package that is being packed. Its ignore file counts only where it has no `files`.
    pub(super) fn of_package(
        ignore_file: Option<&str>,
        listed: Option<Listed<'f>>,
        own: &[String],
    ) -> Self {
        let ignore_file = ignore_file.filter(|_| listed.is_none());
        let mut rules = Self::of_folder(ignore_file);
        rules.listed = listed;
        rules.last = parse(ALWAYS.into_iter().chain(own.iter().map(String::as_str)));
        rules
    }

    /// Those of a package that is bundled with another one: its author has left out already what is to be left out.
    pub(super) fn of_bundled(listed: Option<Listed<'f>>, own: &[String]) -> Self {
        let last = parse(ALWAYS.into_iter().chain(own.iter().map(String::as_str)));
        Self {
            first: Vec::new(),
            listed,
            last,
        }
    }

    /// What is to become of a path that was in or out so far.
    pub(super) fn apply(&self, is_in: bool, seen: &Seen<'_>) -> bool {
        let views = Views::new(seen);
        let mut is_in = is_in;
        for rule in &self.first {
            rule.apply(&mut is_in, &views);
        }
        if let Some(listed) = &self.listed {
            is_in = listed.has(seen.path.trim_end_matches('/'), seen.asked);
        }
        for rule in &self.last {
            rule.apply(&mut is_in, &views);
        }
        is_in
    }
}

/// A path in the ways in which rules are held against it.
struct Views {
    /// From the folder, with and without a slash before it.
    plain: [Components; 2],
    /// The same as a folder.
    folder: Option<[Components; 2]>,
    /// Its name alone, and that as a folder.
    name: Option<[[Components; 2]; 2]>,
}

impl Views {
    fn new(seen: &Seen<'_>) -> Self {
        let both = |text: &str| {
            [format!("/{text}"), text.to_owned()].map(|text| Components::new(&text, Case::Same))
        };
        let may_hold = seen.asked == Asked::MayHold;
        let name = seen.name.filter(|_| may_hold);
        Self {
            plain: both(seen.path),
            folder: may_hold.then(|| both(&format!("{}/", seen.path))),
            name: name.map(|name| [both(name), both(&format!("{name}/"))]),
        }
    }
}

impl Rule {
    fn apply(&self, is_in: &mut bool, views: &Views) {
        // What it would say is so already.
        if self.is_negated != *is_in && self.matches(views) {
            *is_in = self.is_negated;
        }
    }

    fn matches(&self, views: &Views) -> bool {
        let is = |paths: &[Components; 2], extent| {
            paths.iter().any(|path| self.pattern.matches(path, extent))
        };
        let begins = |paths| self.is_negated && is(paths, Extent::Beginning);
        if is(&views.plain, Extent::Whole) {
            return true;
        }
        let Some(folder) = &views.folder else {
            return false;
        };
        if is(folder, Extent::Whole) || begins(&views.plain) {
            return true;
        }
        views.name.as_ref().is_some_and(|[plain, folder]| {
            self.pattern.is_of_one_name() && (is(folder, Extent::Whole) || begins(plain))
        })
    }
}

fn parse<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<Rule> {
    let lines = lines.map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let text = line.trim_start_matches('!');
            Rule {
                is_negated: (line.len() - text.len()) % 2 == 1,
                pattern: Pattern::parse(text, Case::Same),
            }
        })
        .collect()
}
