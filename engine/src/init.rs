//! A new `package.json`, and the names of packages that make whole projects.

use std::{path::Path, str::FromStr as _};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use pkg_manifest::PackageName;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::Settings;

/// The longest name that a package may have.
const LONGEST_NAME: usize = 214;

/// What a new manifest is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitAnswers {
    /// A valid name.
    pub name: String,
    pub version: String,
    pub description: String,
    /// The file that the package is.
    pub main: String,
    /// What `npm test` runs.
    pub test: String,
    pub keywords: Vec<String>,
    pub author: String,
    pub license: String,
    /// `commonjs` or `module`.
    pub kind: String,
    pub is_private: bool,
}

/// Why there is no new manifest.
#[derive(Debug, Error, Diagnostic)]
pub enum InitError {
    /// There is one.
    #[error("`{}` is there already", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_MANIFEST_EXISTS),
        help("change it as it is, or go to an empty folder")
    )]
    Exists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// It cannot be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// A name that no package may have.
    #[error("`{}` is no name for a package: {reason}", name.escape_debug())]
    #[diagnostic(code(ERR_PKG_INVALID_NAME))]
    Name {
        /// The refused text.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl InitAnswers {
    /// What is said without asking: what settings say, and a name from the folder's.
    pub fn usual(folder: &Path, settings: &Settings) -> Self {
        Self {
            name: name_of(folder),
            version: settings.init_version.clone(),
            description: String::new(),
            main: "index.js".to_owned(),
            test: "echo \"Error: no test specified\" && exit 1".to_owned(),
            keywords: Vec::new(),
            author: author(settings),
            license: settings.init_license.clone(),
            kind: settings.init_type.clone(),
            is_private: settings.init_private,
        }
    }

    /// Refuses a name that no package may have.
    ///
    /// # Errors
    /// [`InitError::Name`].
    pub fn check_name(name: &str) -> Result<(), InitError> {
        PackageName::from_str(name)
            .map(drop)
            .map_err(|error| InitError::Name {
                name: name.to_owned(),
                reason: error.to_string(),
            })
    }

    /// The manifest, in npm's order; the least that a package needs where that is all that is wanted.
    pub fn to_text(&self, is_bare: bool) -> String {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        set("name", json!(self.name));
        set("version", json!(self.version));
        if self.is_private {
            set("private", json!(true));
        }
        if !is_bare {
            set("description", json!(self.description));
            set("main", json!(self.main));
            set("scripts", json!({"test": self.test}));
            set("keywords", json!(self.keywords));
            set("author", json!(self.author));
            set("license", json!(self.license));
        }
        if !is_bare || self.kind != "commonjs" {
            set("type", json!(self.kind));
        }
        format!("{:#}\n", Value::Object(fields))
    }
}

/// Writes a new manifest; one that is there stays as it is.
///
/// # Errors
/// [`InitError::Exists`], or what the disk says.
pub fn write_manifest(folder: &Path, text: &str) -> Result<(), InitError> {
    let path = folder.join("package.json");
    match pkg_fs::write_new(&path, text.as_bytes(), 0o644) {
        Err(error) if error.is_already_exists() => Err(InitError::Exists { path }),
        written => Ok(written?),
    }
}

/// `Name <address> (page)`, of what is known.
fn author(settings: &Settings) -> String {
    let mut author = settings.init_author_name.clone();
    let marks = [
        (&settings.init_author_email, '<', '>'),
        (&settings.init_author_url, '(', ')'),
    ];
    for (text, open, close) in marks {
        if !text.is_empty() && !author.is_empty() {
            author.push_str(&format!(" {open}{text}{close}"));
        }
    }
    author
}

/// A folder's name as the name of a package: what cannot be in one becomes a dash.
fn name_of(folder: &Path) -> String {
    let text = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut name = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        let is_plain = character.is_ascii_alphanumeric() || "._-".contains(character);
        match is_plain {
            true => name.push(character),
            false if name.ends_with('-') => {}
            false => name.push('-'),
        }
    }
    let name = name.trim_matches(['.', '_', '-']);
    let name = &name[..name.len().min(LONGEST_NAME)];
    match InitAnswers::check_name(name) {
        Ok(()) => name.to_owned(),
        Err(_) => "my-package".to_owned(),
    }
}

/// The package that makes a project of a kind: `x` is `create-x`, `@a` is `@a/create`, `@a/x` is `@a/create-x`; a version
/// behind it stays. A path or an address is itself.
pub fn initializer(text: &str) -> String {
    let is_plain = !text.contains("://") && !text.starts_with(['.', '/']);
    if !is_plain || text.contains(':') {
        return text.to_owned();
    }
    let (scope, rest) = match text.strip_prefix('@') {
        None => (None, text),
        Some(scoped) => match scoped.split_once('/') {
            Some((scope, rest)) => (Some(scope), rest),
            None => match scoped.split_once('@') {
                Some((scope, version)) => return format!("@{scope}/create@{version}"),
                None => return format!("@{scoped}/create"),
            },
        },
    };
    let (name, version) = match rest.split_once('@') {
        Some((name, version)) => (name, format!("@{version}")),
        None => (rest, String::new()),
    };
    let is_one = name == "create" || name.starts_with("create-");
    let name = match is_one {
        true => name.to_owned(),
        false => format!("create-{name}"),
    };
    match scope {
        Some(scope) => format!("@{scope}/{name}{version}"),
        None => format!("{name}{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initializer_is_named_as_npm_names_it() {
        for (text, wanted) in [
            ("app", "create-app"),
            ("app@latest", "create-app@latest"),
            ("create-app", "create-app"),
            ("@scope", "@scope/create"),
            ("@scope@2", "@scope/create@2"),
            ("@scope/app", "@scope/create-app"),
            ("@scope/app@1.2.3", "@scope/create-app@1.2.3"),
            ("@scope/create-app", "@scope/create-app"),
            ("./here", "./here"),
            ("file:../there", "file:../there"),
        ] {
            assert_eq!(initializer(text), wanted);
        }
    }

    #[test]
    fn any_folder_gives_a_name() {
        for (folder, wanted) in [
            ("/a/My App", "my-app"),
            ("/a/.hidden", "hidden"),
            ("/a/été", "t"),
            ("/a/node_modules", "my-package"),
            ("/a/日本", "my-package"),
            ("/", "my-package"),
            ("/a/ok-1.2", "ok-1.2"),
        ] {
            assert_eq!(name_of(Path::new(folder)), wanted, "{folder}");
        }
    }
}
