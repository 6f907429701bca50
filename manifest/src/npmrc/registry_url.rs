//! Where packages come from.

use miette::Diagnostic;
use thiserror::Error;
use url::Url;

/// A registry: a server, or a folder that holds what a server would answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryUrl {
    /// An `http:` or `https:` address without credentials, query or fragment; its path ends in a slash.
    Http(Url),
    /// `file:DIRECTORY`.
    Folder {
        /// The text after `file:`, as written.
        directory: String,
        /// The `shown_origin` of the layer that set it, to whose folder a relative one belongs.
        declared_in: Option<String>,
    },
}

/// Why a text is no address of a registry. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("not the address of a registry: {reason}")]
#[diagnostic(
    code(ERR_PKG_INVALID_REGISTRY),
    help("write `https://HOST/` or `file:DIRECTORY`")
)]
pub struct RegistryUrlError {
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl RegistryUrl {
    /// Parses an address as settings and `--registry` hold it; a missing last slash is added.
    ///
    /// # Errors
    /// [`RegistryUrlError`] for anything but `http:`, `https:` and `file:`, and for an address with a
    /// user, a password, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, RegistryUrlError> {
        let text = text.trim();
        let scheme = text.get(..5).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("file:") {
            return parse_folder(&text[5..]);
        }
        let refuse = |reason| RegistryUrlError { reason };
        let mut url = Url::parse(text).map_err(|_| refuse("it is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("its protocol is none of `http:`, `https:`, `file:`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "it holds credentials, which belong in `//HOST/:…` keys",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it has a query or a fragment"));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self::Http(url))
    }

    /// The same address, with the layer that set it.
    pub(super) fn declared_in(self, shown_origin: &str) -> Self {
        match self {
            Self::Http(url) => Self::Http(url),
            Self::Folder { directory, .. } => Self::Folder {
                directory,
                declared_in: Some(shown_origin.to_owned()),
            },
        }
    }
}

fn parse_folder(directory: &str) -> Result<RegistryUrl, RegistryUrlError> {
    if directory.is_empty() || directory.contains('\0') {
        return Err(RegistryUrlError {
            reason: "`file:` needs a folder after it",
        });
    }
    Ok(RegistryUrl::Folder {
        directory: directory.to_owned(),
        declared_in: None,
    })
}
