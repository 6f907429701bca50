//! Package names: the only text that may become a folder below `node_modules`.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use miette::Diagnostic;
use thiserror::Error;

/// A validated package name, `bare` or `@scope/bare`.
///
/// Valid is what npm's validator calls valid for old packages (upper case and 214+ characters are
/// legacy, but installable), except whatever could escape a folder: see [`NameError`]. Names order
/// by bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageName(CompactString);

/// Why a text is no package name.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` is not a package name: {reason}", text.escape_debug())]
#[diagnostic(
    code(ERR_PKG_INVALID_NAME),
    help("a name is `name` or `@scope/name`, of URL-safe characters")
)]
pub struct NameError {
    /// The refused text, as given.
    pub text: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl PackageName {
    /// The name as text, with its scope.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope with its `@`, if the name has one.
    pub fn scope(&self) -> Option<&str> {
        self.0.split_once('/').map(|(scope, _)| scope)
    }

    /// The part after the scope.
    pub fn bare(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(_, bare)| bare)
    }
}

/// Checks one component (a scope without `@`, or a bare name).
fn check_component(component: &str) -> Result<(), &'static str> {
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    if component.is_empty() {
        Err("a part of it is empty")
    } else if component.starts_with('.') {
        Err("it starts with a dot")
    } else if !component.bytes().all(url_safe) {
        Err("it holds characters that are not safe in a URL")
    } else {
        Ok(())
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > 255 {
        return Err("it is longer than 255 bytes");
    }
    let bare = match text.strip_prefix('@') {
        Some(scoped) => {
            let (scope, bare) = scoped
                .split_once('/')
                .ok_or("a scope needs a name after it")?;
            check_component(scope)?;
            bare
        }
        None => text,
    };
    check_component(bare)?;
    if !text.starts_with('@') && text.starts_with(['_', '-']) {
        return Err("it starts with `_` or `-`");
    }
    let reserved = ["node_modules", "favicon.ico", "__proto__"];
    if reserved.iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Err("it is reserved");
    }
    Ok(())
}

impl FromStr for PackageName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match check(text) {
            Ok(()) => Ok(Self(CompactString::new(text))),
            Err(reason) => Err(NameError {
                text: text.chars().take(300).collect(),
                reason,
            }),
        }
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for PackageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), formatter)
    }
}
