//! Which of a package's own files its scripts name: those are part of what is approved.
//!
//! A word of a script's text that is a file of the package, as Node.js or a shell would find it, and of those files again
//! the relative paths that stand in them. What a script puts together while it runs cannot be found this way.

use std::collections::BTreeSet;

/// Endings that a name may be found with.
const ENDINGS: [&str; 8] = [
    "",
    ".js",
    ".cjs",
    ".mjs",
    ".json",
    ".sh",
    "/index.js",
    "/index.cjs",
];
/// The most files that are followed.
const MOST: usize = 500;

/// The files of a package by their paths, and their contents where they can be read as text.
pub(crate) trait PackageText {
    /// Whether the package has this file.
    fn has(&self, path: &str) -> bool;
    /// What it holds; `None` for what is no text, or too large to be a script.
    fn text(&self, path: &str) -> Option<String>;
}

/// Finds all files that the texts of scripts name, and those that they name in turn.
pub(crate) fn find_references<'t>(
    texts: impl Iterator<Item = &'t str>,
    package: &dyn PackageText,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<String> = texts
        .flat_map(words)
        .filter_map(|word| resolve("", word, package))
        .collect();
    while let Some(path) = waiting.pop() {
        if found.len() >= MOST || !found.insert(path.clone()) {
            continue;
        }
        let Some(text) = package.text(&path) else {
            continue;
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let relative =
            words(&text).filter(|word| word.starts_with("./") || word.starts_with("../"));
        waiting.extend(relative.filter_map(|word| resolve(folder, word, package)));
    }
    found
}

/// The words of a text: whatever could be a path.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_alphanumeric() || "._-/@+".contains(character);
    text.split(move |character| !is_part(character))
        .filter(|word| !word.is_empty())
}

/// The file of the package that a word means in a folder of it.
fn resolve(folder: &str, word: &str, package: &dyn PackageText) -> Option<String> {
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in word.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()?),
            part => path.push(part),
        }
    }
    if word.starts_with('/') || path.is_empty() {
        return None;
    }
    let path = path.join("/");
    let mut names = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
    names.find(|name| package.has(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl PackageText for BTreeMap<&str, &str> {
        fn has(&self, path: &str) -> bool {
            self.contains_key(path)
        }

        fn text(&self, path: &str) -> Option<String> {
            self.get(path).map(|text| (*text).to_owned())
        }
    }

    fn found(script: &str, files: &[(&'static str, &'static str)]) -> Vec<String> {
        let files: BTreeMap<&str, &str> = files.iter().copied().collect();
        find_references([script].into_iter(), &files)
            .into_iter()
            .collect()
    }

    #[test]
    fn a_file_is_found_as_node_finds_it_with_all_that_it_names() {
        let files = [
            ("install.js", "require('./lib/go'); require('fs')"),
            (
                "lib/go.js",
                "import x from \"../data.json\"; require('./go')",
            ),
            ("data.json", "{}"),
            ("other.js", ""),
        ];
        assert_eq!(
            found("node install", &files),
            ["data.json", "install.js", "lib/go.js"]
        );
        assert_eq!(found("node ./install.js||true", &files).len(), 3);
        assert_eq!(
            found("node -e \"require('./other')\"", &files),
            ["other.js"]
        );
        assert_eq!(found("sh -c 'cd lib; node go'", &files), [""; 0]);
    }

    #[test]
    fn what_lies_outside_is_none_of_the_packages() {
        assert_eq!(found("node ../x.js /x.js", &[("x.js", "")]), [""; 0]);
    }
}
