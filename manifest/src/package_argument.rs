//! What an argument of the command line names: `name`, `name@specifier`, or a specifier alone. The split is npm's.

use miette::Diagnostic;
use thiserror::Error;

use crate::{NameError, PackageName, Specifier, SpecifierError};

/// A package as people type it: at least one of the two is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageArgument {
    /// `None` where only the package itself can tell: a path, a repository, an address.
    pub name: Option<PackageName>,
    /// `None` for a name alone, and for `name@`: what that means is the command's choice.
    pub specifier: Option<Specifier>,
}

/// Why an argument names no package.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ArgumentError {
    /// What stands before the `@` is no name.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] NameError),
    /// What stands after it is no specifier.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Specifier(#[from] SpecifierError),
}

impl PackageArgument {
    /// Parses an argument.
    ///
    /// # Errors
    /// [`ArgumentError`], for the half that cannot be.
    pub fn parse(text: &str) -> Result<Self, ArgumentError> {
        let text = text.trim();
        if is_address(text) {
            return Self::nameless(text);
        }
        if is_scp(text) {
            return Self::nameless(&format!("git+ssh://{text}"));
        }
        let at = text.char_indices().skip(1).find(|(_, c)| *c == '@');
        let (name, wanted) = match at {
            Some((at, _)) => (&text[..at], &text[at + 1..]),
            None => (text, ""),
        };
        let is_tarball = [".tgz", ".tar.gz", ".tar"]
            .iter()
            .any(|ending| name.to_ascii_lowercase().ends_with(ending));
        if !name.starts_with('@') && (name.contains('/') || is_tarball) {
            return Self::nameless(text);
        }
        let name: PackageName = match name.parse() {
            Ok(name) => name,
            Err(_) if at.is_none() && !text.starts_with('@') => return Self::nameless(text),
            Err(error) => return Err(ArgumentError::Name(error)),
        };
        let specifier = match wanted.trim() {
            "" => None,
            wanted => Some(Specifier::parse(wanted)?),
        };
        Ok(Self {
            name: Some(name),
            specifier,
        })
    }

    /// A specifier that is enough by itself. A range or a tag is not: it is a name that cannot be.
    fn nameless(text: &str) -> Result<Self, ArgumentError> {
        let specifier = Specifier::parse(text)?;
        if matches!(specifier, Specifier::Range(_) | Specifier::Tag(_)) {
            text.parse::<PackageName>()?;
        }
        Ok(Self {
            name: None,
            specifier: Some(specifier),
        })
    }
}

/// Letters and a colon, as a protocol starts; `git+` may stand before them.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("git+").unwrap_or(text);
    rest.split_once(':').is_some_and(|(protocol, _)| {
        !protocol.is_empty() && protocol.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// `user@host.example:path`, as secure copy writes a repository.
fn is_scp(text: &str) -> bool {
    let Some((user, rest)) = text.split_once('@') else {
        return false;
    };
    let Some((host, path)) = rest.split_once(':') else {
        return false;
    };
    let has_dot = host
        .split_once('.')
        .is_some_and(|(first, last)| !first.is_empty() && !last.is_empty());
    !user.is_empty() && has_dot && !path.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<String>, Option<Specifier>) {
        let argument = PackageArgument::parse(text).unwrap();
        (
            argument.name.map(|name| name.to_string()),
            argument.specifier,
        )
    }

    #[test]
    fn name_and_specifier_part_at_the_first_at_sign() {
        let rows = [
            ("a", Some("a"), None),
            ("a@", Some("a"), None),
            ("@s/a", Some("@s/a"), None),
            ("a@^1", Some("a"), Some("^1")),
            ("@s/a@next", Some("@s/a"), Some("next")),
            ("a@npm:b@1", Some("a"), Some("npm:b@1")),
            ("a@file:../b", Some("a"), Some("file:../b")),
            ("a@user/repository", Some("a"), Some("user/repository")),
            ("npm:b@1", None, Some("npm:b@1")),
            ("user/repository@x", None, Some("user/repository@x")),
            ("./a@1", None, Some("./a@1")),
            ("..", None, Some("..")),
            ("a-1.0.0.tgz", None, Some("a-1.0.0.tgz")),
            (
                "git@host.test:a/b.git",
                None,
                Some("git+ssh://git@host.test:a/b.git"),
            ),
            (
                "https://files.example.test/a.tgz",
                None,
                Some("https://files.example.test/a.tgz"),
            ),
        ];
        for (text, name, specifier) in rows {
            let specifier = specifier.map(|text| Specifier::parse(text).unwrap());
            assert_eq!(
                parse(text),
                (name.map(str::to_owned), specifier),
                "{text:?}"
            );
        }
    }

    /// Arguments that the reference reads otherwise: as a folder, or as a tag of no package.
    const REFUSED: [&str; 8] = [
        "",
        "@s/",
        "@/foo",
        "@s/foo/bar",
        "_foo",
        "-foo",
        "node_modules",
        "favicon.ico",
    ];

    #[test]
    #[expect(clippy::print_stderr, reason = "a test says that it checks nothing")]
    #[expect(
        clippy::disallowed_methods,
        reason = "it reads vectors beside the repository"
    )]
    fn arguments_split_as_in_the_reference() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/spec/specifiers.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: the vectors are not there");
            return;
        };
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut wrong = Vec::new();
        let (mut same, mut refused, mut spaced) = (0, 0, 0);
        for row in document["vectors"].as_array().unwrap() {
            let text = row[0].as_str().unwrap();
            if text != text.trim() {
                // The reference makes a tag of the name and the space, which no registry has.
                spaced += 1;
                continue;
            }
            let found = PackageArgument::parse(text);
            let Some(kind) = row[1]["type"].as_str() else {
                let is_error = found.is_err() || found.is_ok_and(|found| is_only_ours(&found));
                wrong.extend((!is_error).then(|| text.to_owned()));
                continue;
            };
            match found {
                Err(ArgumentError::Name(_)) if REFUSED.contains(&text) => refused += 1,
                // Without a name, with a password, by a transport of old: see the module of git.
                Err(ArgumentError::Specifier(SpecifierError::Git { .. })) => refused += 1,
                Ok(found)
                    if found.name.as_ref().map(PackageName::as_str) == row[1]["name"].as_str() =>
                {
                    same += 1;
                }
                found => wrong.push(format!("{text} ({kind}): {found:?}")),
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!((same, refused, spaced), (120, 12, 4));
    }

    /// Protocols of the other managers, which the reference does not know.
    fn is_only_ours(found: &PackageArgument) -> bool {
        matches!(
            found.specifier,
            Some(
                Specifier::Workspace(_)
                    | Specifier::Catalog(_)
                    | Specifier::Link(_)
                    | Specifier::Git(_)
            )
        )
    }

    #[test]
    fn the_half_that_cannot_be_is_the_error() {
        let error = |text| PackageArgument::parse(text).unwrap_err();
        assert!(matches!(error(".a@1"), ArgumentError::Name(_)));
        assert!(matches!(error("@s"), ArgumentError::Name(_)));
        assert!(matches!(error("a@patch:b"), ArgumentError::Specifier(_)));
        assert!(matches!(error("a b"), ArgumentError::Specifier(_)));
        assert!(matches!(error("_a"), ArgumentError::Name(_)));
        assert!(matches!(error("node_modules"), ArgumentError::Name(_)));
        assert!(matches!(error("npm:^1"), ArgumentError::Name(_)));
        assert!(matches!(error(""), ArgumentError::Name(_)));
    }
}
