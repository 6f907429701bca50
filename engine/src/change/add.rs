//! `add`: more packages, each with the range that will take its newer versions.

use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;
use pkg_manifest::{
    DistTag, GitSource, GitSpecifier, Manifest, PackageArgument, PackageName, Specifier,
    without_credentials,
};
use pkg_registry::{Detail, RegistryError};
use pkg_resolver::{Update, pick_single};
use pkg_store::{Expected, Store};
use url::Url;

use super::{ChangeError, Drafting, NOTHING, SaveStyle, groups, saved::saved_range, unlink};
use crate::{
    ProjectError,
    git::{Git, known, remember},
};

/// The most that a tarball may have, in bytes.
const TARBALL_LIMIT: u64 = 1 << 30;

/// Where a new dependency is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveGroup {
    /// `dependencies`.
    Prod,
    /// `devDependencies`.
    Dev,
    /// `optionalDependencies`.
    Optional,
    /// `peerDependencies`, and `devDependencies` so that it is there to work with.
    Peer,
}

/// What to add.
#[derive(Debug, Clone)]
pub struct AddRequest {
    /// `name`, `name@range`, `name@tag`, `alias@npm:name@range`, folders, tarballs, addresses.
    pub packages: Vec<String>,
    /// Where to save; where a package already is, else `dependencies`, by default.
    pub group: Option<SaveGroup>,
    /// How ranges are written where nothing was typed that says it; as the settings say by default.
    pub style: Option<SaveStyle>,
}

/// One package to add: the name that it is linked under, and what the manifest is to say.
struct Addition {
    name: PackageName,
    specifier: String,
    /// What was picked, exactly; `None` where that is no question.
    pin: Option<String>,
}

/// Puts the packages into the manifest.
pub(super) async fn draft(
    drafting: &mut Drafting<'_>,
    request: &AddRequest,
) -> Result<Update, ChangeError> {
    let shared = &*drafting;
    let settings = &shared.settings.settings;
    let style = request.style.unwrap_or(match settings.save_exact {
        true => SaveStyle::Exact,
        false => settings.save_prefix,
    });
    let additions = request
        .packages
        .iter()
        .map(|text| addition(shared, text, style));
    for Addition {
        name,
        specifier,
        pin,
    } in try_join_all(additions).await?
    {
        unlink::note(drafting, &name, &specifier);
        save(drafting, &name, &specifier, request.group);
        drafting.pins.extend(pin.map(|pin| (name, pin)));
    }
    Ok(NOTHING)
}

/// Writes one dependency where it belongs, and takes it out of the other groups.
fn save(
    drafting: &mut Drafting<'_>,
    name: &PackageName,
    specifier: &str,
    group: Option<SaveGroup>,
) {
    let manifest = &drafting.project.manifest;
    let known = groups(manifest)
        .into_iter()
        .take(3)
        .find(|(_, group)| group.contains_key(name))
        .map(|(field, _)| field);
    let field = match group {
        Some(SaveGroup::Prod) => "dependencies",
        Some(SaveGroup::Dev | SaveGroup::Peer) => "devDependencies",
        Some(SaveGroup::Optional) => "optionalDependencies",
        None => known.unwrap_or("dependencies"),
    };
    for other in ["dependencies", "devDependencies", "optionalDependencies"] {
        if other != field {
            drafting.editor.remove_dependency(other, name);
        }
    }
    drafting.editor.set_dependency(field, name, specifier);
    if group == Some(SaveGroup::Peer) {
        drafting
            .editor
            .set_dependency("peerDependencies", name, specifier);
    }
}

/// What one argument asks for.
async fn addition(
    drafting: &Drafting<'_>,
    text: &str,
    style: SaveStyle,
) -> Result<Addition, ChangeError> {
    let argument = PackageArgument::parse(text).map_err(|source| ChangeError::Argument {
        text: without_credentials(text),
        source,
    })?;
    let typed = typed_specifier(text, argument.name.as_ref());
    let specifier = argument
        .specifier
        .unwrap_or_else(|| Specifier::Tag(DistTag::latest()));
    if let Some(kind) = specifier.not_yet() {
        return Err(ChangeError::NotYet {
            text: text.to_owned(),
            kind,
        });
    }
    match (&specifier, argument.name) {
        (Specifier::File(path) | Specifier::Link(path), name) => {
            let place = Place::of(drafting, path);
            let own = place.name(drafting)?;
            Ok(Addition {
                name: named(name.or(own), text)?,
                specifier: place.specifier(matches!(specifier, Specifier::Link(_))),
                pin: None,
            })
        }
        (Specifier::Tarball(url), name) => {
            refuse_secrets(url)?;
            let name = match name {
                Some(name) => Some(name),
                None => remote_name(drafting, url).await?,
            };
            Ok(Addition {
                name: named(name, text)?,
                specifier: url.to_string(),
                pin: None,
            })
        }
        (Specifier::Git(specifier), name) => from_commit(drafting, specifier, name, text).await,
        (Specifier::Alias { name, specifier }, Some(alias)) => {
            let asked = (&**specifier, inner_specifier(&typed));
            let (saved, pin) = registry_specifier(drafting, name, asked, style).await?;
            let aliased = |range: String| format!("npm:{name}@{range}");
            Ok(Addition {
                name: alias,
                specifier: aliased(saved),
                pin: pin.map(aliased),
            })
        }
        (specifier, name) => {
            let (name, asked) = (named(name, text)?, (specifier, typed.as_str()));
            let (specifier, pin) = registry_specifier(drafting, &name, asked, style).await?;
            Ok(Addition {
                name,
                specifier,
                pin,
            })
        }
    }
}

/// What parts of an address are called that only their owner may know.
const SECRETS: [&str; 8] = [
    "token",
    "password",
    "passwd",
    "secret",
    "auth",
    "apikey",
    "api_key",
    "private_token",
];

/// Refuses an address that must not be written down (LCK-26).
fn refuse_secrets(url: &Url) -> Result<(), ChangeError> {
    let is_secret = |key: &str| {
        let key = key.to_ascii_lowercase();
        SECRETS.contains(&key.as_str()) || key.ends_with("_token")
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !has_user && !url.query_pairs().any(|(key, _)| is_secret(&key)) {
        return Ok(());
    }
    let mut shown = url.clone();
    shown.set_query(None);
    Err(ChangeError::Secret {
        address: without_credentials(shown.as_str()),
    })
}

/// A commit of a repository: which one, and what it is called.
async fn from_commit(
    drafting: &Drafting<'_>,
    specifier: &GitSpecifier,
    name: Option<PackageName>,
    text: &str,
) -> Result<Addition, ChangeError> {
    let git = Git::new(&drafting.project.root, drafting.settings, drafting.host);
    let source = git.resolve(specifier).await?;
    let name = match name {
        Some(name) => Some(name),
        None => commit_name(drafting, &git, &source).await?,
    };
    Ok(Addition {
        name: named(name, text)?,
        specifier: specifier.to_string(),
        pin: Some(source.to_string()),
    })
}

/// The name that a package is linked under: typed, or its own.
fn named(name: Option<PackageName>, text: &str) -> Result<PackageName, ChangeError> {
    name.ok_or_else(|| ChangeError::NoName {
        text: text.to_owned(),
    })
}

/// What was typed after the name.
fn typed_specifier(text: &str, name: Option<&PackageName>) -> String {
    let text = text.trim();
    let rest = name.and_then(|name| text.strip_prefix(name.as_str()));
    let rest = rest.map_or(text, |rest| rest.strip_prefix('@').unwrap_or(rest));
    rest.trim().to_owned()
}

/// What stands after the name in `npm:name@range`.
fn inner_specifier(alias: &str) -> &str {
    let inner = alias.get(4..).unwrap_or_default();
    match inner.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => &inner[at + 1..],
        None => "",
    }
}

/// The range to save for a package of a registry, and the version that was picked. Where nothing can be picked, what was typed: the resolution that
/// follows says why.
async fn registry_specifier(
    drafting: &Drafting<'_>,
    name: &PackageName,
    (specifier, typed): (&Specifier, &str),
    style: SaveStyle,
) -> Result<(String, Option<String>), ChangeError> {
    let asked = if typed.is_empty() { "latest" } else { typed };
    loop {
        let packument = match drafting.registry.packument(name, Detail::Full).await {
            Ok(packument) => packument,
            Err(RegistryError::NotFound { .. }) => return Ok((asked.to_owned(), None)),
            Err(error) => return Err(error.into()),
        };
        if let Some(document) = pick_single(&packument, name, asked, &drafting.resolving()) {
            let version = &document.version;
            let saved = saved_range(specifier, typed, version, style);
            return Ok((saved, Some(version.to_string())));
        }
        if !drafting.registry.distrust_cache() {
            return Ok((asked.to_owned(), None));
        }
    }
}

/// A folder or a tarball on disk.
struct Place {
    path: PathBuf,
    /// As it is written in the manifest.
    written: String,
    is_folder: bool,
}

impl Place {
    fn of(drafting: &Drafting<'_>, typed: &str) -> Self {
        let home = drafting.host.home();
        if let (Some(rest), Some(home)) = (typed.strip_prefix("~/"), home) {
            let path = home.join(rest);
            return Self {
                is_folder: path.is_dir(),
                written: typed.to_owned(),
                path,
            };
        }
        let path = drafting.host.directory.join(typed);
        let written = if Path::new(typed).is_absolute() {
            typed.to_owned()
        } else {
            relative(&drafting.project.root, &path)
        };
        Self {
            is_folder: path.is_dir(),
            written,
            path,
        }
    }

    /// A folder is linked, so that what changes in it is seen; a tarball is unpacked.
    fn specifier(&self, is_link: bool) -> String {
        let protocol = if self.is_folder || is_link {
            "link"
        } else {
            "file"
        };
        format!("{protocol}:{}", self.written)
    }

    fn name(&self, drafting: &Drafting<'_>) -> Result<Option<PackageName>, ChangeError> {
        if self.is_folder {
            let path = self.path.join("package.json");
            let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, 8 << 20)? else {
                return Ok(None);
            };
            let manifest = Manifest::parse(&bytes)
                .map_err(|source| ProjectError::Manifest { path, source })?;
            return Ok(manifest.name);
        }
        let bytes = pkg_fs::read_regular_file(&self.path, TARBALL_LIMIT)?;
        tarball_name(drafting, &bytes)
    }
}

/// The name that a tarball at an address gives itself.
async fn remote_name(
    drafting: &Drafting<'_>,
    url: &Url,
) -> Result<Option<PackageName>, ChangeError> {
    let fresh = pkg_registry::Freshness::Cached;
    let tarball = drafting.registry.remote_tarball(url, fresh).await?;
    tarball_name(drafting, tarball.bytes())
}

/// The name that the package in a commit gives itself: it goes into the store, where the install finds it.
async fn commit_name(
    drafting: &Drafting<'_>,
    git: &Git<'_>,
    source: &GitSource,
) -> Result<Option<PackageName>, ChangeError> {
    let cache = &drafting.settings.locations.cache;
    let store = Store::open(&drafting.settings.locations.store)?;
    if let Some(integrity) = known(cache, source)
        && let Some(files) = store.get(&integrity)?
    {
        return Ok(files.name.clone());
    }
    let packed = git.files(source).await?.packed()?;
    let expected = Expected {
        name: None,
        version: None,
        integrity: None,
    };
    let files = store.import_files(packed.files, &expected)?.files;
    // The install that follows tells what was left out: it is to look itself.
    if packed.left_out.is_empty() {
        remember(cache, source, &files.integrity);
    }
    Ok(files.name.clone())
}

/// Puts a tarball into the store, and gives the name that it has there.
fn tarball_name(drafting: &Drafting<'_>, bytes: &[u8]) -> Result<Option<PackageName>, ChangeError> {
    let store = Store::open(&drafting.settings.locations.store)?;
    let expected = Expected {
        name: None,
        version: None,
        integrity: None,
    };
    Ok(store.import_tarball(bytes, &expected)?.files.name.clone())
}

/// The way from a folder to a path, by their texts.
fn relative(from: &Path, to: &Path) -> String {
    let normal = |path: &Path| {
        path.components()
            .fold(Vec::<String>::new(), |mut parts, component| {
                match component {
                    std::path::Component::ParentDir => drop(parts.pop()),
                    std::path::Component::Normal(part) => {
                        parts.push(part.to_string_lossy().into_owned());
                    }
                    _ => {}
                }
                parts
            })
    };
    let (from, to) = (normal(from), normal(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let down = to[shared..].iter().map(String::as_str);
    let way: Vec<&str> = up.chain(down).collect();
    match way.first() {
        None => ".".to_owned(),
        Some(&"..") => way.join("/"),
        Some(_) => format!("./{}", way.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_from_the_project() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b", "/a/b/./c"), "./c");
        assert_eq!(way("/a/b", "/a/c"), "../c");
        assert_eq!(way("/a/b", "/a/b/../../x/y.tgz"), "../../x/y.tgz");
        assert_eq!(way("/a", "/a"), ".");
    }

    #[test]
    fn what_was_typed_after_a_name_is_found() {
        let typed = |text: &str, name: &str| typed_specifier(text, Some(&name.parse().unwrap()));
        assert_eq!(typed("ms", "ms"), "");
        assert_eq!(typed("ms@^2", "ms"), "^2");
        assert_eq!(typed("@s/a@next", "@s/a"), "next");
        assert_eq!(inner_specifier("npm:@s/a@^1"), "^1");
        assert_eq!(inner_specifier("npm:a"), "");
    }
}
