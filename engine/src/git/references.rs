//! What a repository lists: its branches and tags, and which of them is wanted.

use pkg_manifest::{CommitHash, GitWanted};

/// One name of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    name: String,
    commit: CommitHash,
}

/// The names that a repository lists, each with the commit that it leads to.
#[derive(Debug, Default)]
pub(super) struct References(Vec<Reference>);

impl References {
    /// Reads the output of `git ls-remote`. Behind a tag that is an object of its own stands its commit.
    pub(super) fn parse(printed: &[u8]) -> Self {
        let text = String::from_utf8_lossy(printed);
        let mut references: Vec<Reference> = Vec::new();
        for line in text.lines() {
            let Some((hash, name)) = line.split_once('\t') else {
                continue;
            };
            let Ok(commit) = hash.parse::<CommitHash>() else {
                continue;
            };
            if let Some(tag) = name.strip_suffix("^{}") {
                references.retain(|known| known.name != tag);
                references.push(Reference {
                    name: tag.to_owned(),
                    commit,
                });
            } else {
                references.push(Reference {
                    name: name.to_owned(),
                    commit,
                });
            }
        }
        Self(references)
    }

    /// The commit that is wanted, if a name leads to it, or the beginning of its hash is that of exactly one.
    pub(super) fn find(&self, wanted: &GitWanted) -> Option<CommitHash> {
        match wanted {
            GitWanted::Commit(commit) => Some(commit.clone()),
            GitWanted::Default => self.named("HEAD"),
            GitWanted::Range(_) => {
                let tags = self.tags();
                let versions =
                    tags.filter_map(|(tag, commit)| Some((wanted.version_of(tag)?, commit)));
                let best = versions.max_by(|(a, _), (b, _)| pkg_range::compare(a, b));
                best.map(|(_, commit)| commit.clone())
            }
            GitWanted::Name(name) => {
                let forms = ["refs/tags/", "refs/heads/", "refs/", ""];
                let mut forms = forms.iter().map(|form| format!("{form}{name}"));
                forms
                    .find_map(|full| self.named(&full))
                    .or_else(|| self.abbreviated(name))
            }
        }
    }

    /// The names that may be meant, for an error.
    pub(super) fn names(&self) -> Vec<&str> {
        let short = |reference: &'_ Reference| {
            let name = &reference.name;
            name.strip_prefix("refs/tags/")
                .or(name.strip_prefix("refs/heads/"))
                .is_some()
        };
        let known = self.0.iter().filter(|reference| short(reference));
        known
            .filter_map(|reference| reference.name.splitn(3, '/').nth(2))
            .collect()
    }

    fn named(&self, name: &str) -> Option<CommitHash> {
        let found = self.0.iter().find(|reference| reference.name == name);
        found.map(|reference| reference.commit.clone())
    }

    fn tags(&self) -> impl Iterator<Item = (&str, &CommitHash)> {
        self.0.iter().filter_map(|reference| {
            let tag = reference.name.strip_prefix("refs/tags/")?;
            Some((tag, &reference.commit))
        })
    }

    fn abbreviated(&self, text: &str) -> Option<CommitHash> {
        if !is_abbreviation(text) {
            return None;
        }
        let mut found: Vec<&CommitHash> = self
            .0
            .iter()
            .map(|reference| &reference.commit)
            .filter(|commit| commit.as_str().starts_with(text))
            .collect();
        found.dedup();
        match found.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => Some((*first).clone()),
            _ => None,
        }
    }
}

/// Whether a text may be the beginning of a commit's hash.
pub(super) fn is_abbreviation(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (7..64).contains(&text.len()) && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn listed() -> References {
        let lines = [
            (hash('a'), "HEAD"),
            (hash('a'), "refs/heads/main"),
            (hash('b'), "refs/heads/next"),
            (hash('c'), "refs/tags/next"),
            (hash('1'), "refs/tags/v1.0.0"),
            (hash('2'), "refs/tags/v1.2.0"),
            (hash('3'), "refs/tags/v1.2.0^{}"),
            (hash('4'), "refs/tags/2.0.0-rc.1"),
            (hash('5'), "refs/pull/7/head"),
        ];
        let text: String = lines
            .iter()
            .map(|(hash, name)| format!("{hash}\t{name}\n"))
            .collect();
        References::parse(text.as_bytes())
    }

    #[test]
    fn names_and_ranges_lead_to_commits() {
        let listed = listed();
        let name = |text: &str| listed.find(&GitWanted::Name(text.to_owned()));
        let range = |text: &str| listed.find(&GitWanted::Range(text.to_owned()));
        let commit = |digit| Some(hash(digit).parse().unwrap());
        assert_eq!(listed.find(&GitWanted::Default), commit('a'));
        assert_eq!(name("main"), commit('a'));
        // A tag wins over a branch, as for git itself.
        assert_eq!(name("next"), commit('c'));
        assert_eq!(name("refs/heads/next"), commit('b'));
        assert_eq!(name("pull/7/head"), commit('5'));
        assert_eq!(name("aaaaaaa"), commit('a'));
        assert_eq!(name("ddddddd"), None);
        assert_eq!(name("aaaa"), None);
        // Of a tag that is an object the commit counts.
        assert_eq!(range("^1"), commit('3'));
        assert_eq!(range("1.0.x"), commit('1'));
        assert_eq!(range("^2"), None);
        assert_eq!(range(">=2.0.0-rc"), commit('4'));
    }
}
