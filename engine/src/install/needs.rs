//! Answers to what the resolver needs: packuments from the registry, manifests of folders and tarballs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use pkg_lockfile::{PackageId, Resolution};
use pkg_manifest::{Dist, GitSpecifier, Manifest, PackageName, without_credentials};
use pkg_registry::{Detail, RegistryError};
use pkg_resolver::{Answer, Need};
use url::Url;

use super::{
    fetch::{Fetched, Source, Wanted, fetch},
    session::Session,
};
use crate::{
    GitError, Host, InstallError, ProjectError,
    builds::is_prepared_by,
    git::{Git, known},
};

/// The most that a manifest may have, in bytes.
pub(super) const MANIFEST_LIMIT: u64 = 8 << 20;

/// Finds out what the resolver needs. What does not exist is an answer too.
pub(super) async fn answer(
    session: &Session<'_>,
    need: Need,
) -> (Need, Result<Answer, InstallError>) {
    let answer = match &need {
        Need::Packument { name, detail } => packument(session, name, *detail).await,
        Need::Directory { alias, path } => directory(session, alias, path),
        Need::File { alias, path } => file(session, alias, path).await,
        Need::Tarball { alias, url } => tarball(session, alias, url).await,
        Need::Git { alias, specifier } => commit(session, alias, specifier).await,
        Need::Integrity { id } => integrity(session, id).await,
    };
    (need, answer)
}

async fn packument(
    session: &Session<'_>,
    name: &PackageName,
    detail: pkg_resolver::Detail,
) -> Result<Answer, InstallError> {
    let detail = match detail {
        pkg_resolver::Detail::Install => Detail::Abbreviated,
        pkg_resolver::Detail::Full => Detail::Full,
    };
    match session.registry.packument(name, detail).await {
        Ok(packument) => Ok(Answer::Packument(packument)),
        // What a registry writes below a 404 only says so once more.
        Err(RegistryError::NotFound { url, status, .. }) => {
            let url = url.to_string();
            let reason = match url.strip_prefix("file://") {
                Some(folder) => format!("there is none in `{folder}`"),
                None => format!("{url} answered {status}"),
            };
            Ok(Answer::Missing(reason))
        }
        Err(error) => Err(error.into()),
    }
}

/// A folder: its manifest, read now; its files are copied when the tree is made.
fn directory(
    session: &Session<'_>,
    alias: &PackageName,
    path: &str,
) -> Result<Answer, InstallError> {
    let file = local_path(session, path).join("package.json");
    let Some(bytes) = pkg_fs::read_regular_file_if_exists(&file, MANIFEST_LIMIT)? else {
        return Ok(Answer::Missing(format!("there is no `{}`", file.display())));
    };
    let version = parse_manifest(&bytes, &file)?.to_package_version(alias);
    let resolution = Resolution::Directory {
        path: path.to_owned(),
    };
    Ok(Answer::Manifest {
        version: Arc::new(version),
        resolution,
    })
}

/// A tarball on disk: it goes into the store at once, and its manifest is read from there.
async fn file(
    session: &Session<'_>,
    alias: &PackageName,
    path: &str,
) -> Result<Answer, InstallError> {
    let fetched = exotic(
        session,
        alias,
        path,
        Source::File(local_path(session, path)),
    )
    .await?;
    let integrity = fetched.files.integrity.clone();
    let version = stored_manifest(session, &fetched)?.to_package_version(alias);
    let resolution = Resolution::File {
        integrity,
        path: path.to_owned(),
    };
    Ok(Answer::Manifest {
        version: Arc::new(version),
        resolution,
    })
}

async fn tarball(
    session: &Session<'_>,
    alias: &PackageName,
    url: &str,
) -> Result<Answer, InstallError> {
    let Ok(address) = Url::parse(url) else {
        return Ok(Answer::Missing(format!(
            "`{}` is no address",
            url.escape_debug()
        )));
    };
    let fetched = exotic(session, alias, url, Source::Url(address)).await?;
    let integrity = fetched.files.integrity.clone();
    let version = stored_manifest(session, &fetched)?.to_package_version(alias);
    Ok(Answer::Manifest {
        version: Arc::new(version),
        resolution: Resolution::Tarball { integrity },
    })
}

/// A commit: its files go into the store at once, and its manifest is read from there.
async fn commit(
    session: &Session<'_>,
    alias: &PackageName,
    specifier: &GitSpecifier,
) -> Result<Answer, InstallError> {
    let git = Git::new(&session.project.root, session.settings, session.host);
    let source = match git.resolve(specifier).await {
        Ok(source) => source,
        Err(error) => return missing(error),
    };
    let text = source.to_string();
    let id = PackageId::exotic(alias, &text).map_err(|error| InstallError::BadAddress {
        text: without_credentials(&error.text),
    })?;
    let wanted = Wanted {
        id,
        name: None,
        version: None,
        integrity: known(&session.settings.locations.cache, &source),
        source: Source::Git(Box::new(source.clone())),
        dependencies: None,
        is_damaged: false,
    };
    let fetched = match fetch(session, wanted).await {
        Ok(fetched) => fetched,
        Err(InstallError::Git(error)) => return missing(error),
        Err(error) => return Err(error),
    };
    session.note_fetched(fetched.bytes);
    let manifest = stored_manifest(session, &fetched)?;
    let mut version = manifest.to_package_version(alias);
    version.has_install_scripts |= is_prepared_by(manifest.scripts.keys().map(String::as_str));
    Ok(Answer::Commit {
        version: Arc::new(version),
        source: Box::new(source),
        integrity: fetched.files.integrity.clone(),
    })
}

/// What a repository does not have is missing; whatever else is wrong fails the install.
fn missing(error: GitError) -> Result<Answer, InstallError> {
    match error.absence() {
        Some(reason) => Ok(Answer::Missing(reason)),
        None => Err(error.into()),
    }
}

/// The hash of a registry's tarball that the registry does not tell: that of what it serves now.
async fn integrity(session: &Session<'_>, id: &PackageId) -> Result<Answer, InstallError> {
    let tarball = session.tarball_address(id, None)?;
    let dist = Dist {
        tarball,
        integrity: None,
        unpacked_size: None,
        file_count: None,
    };
    let wanted = Wanted {
        id: id.clone(),
        name: Some(id.name().clone()),
        version: id.version().cloned(),
        integrity: None,
        source: Source::Registry(Box::new(dist)),
        dependencies: None,
        is_damaged: false,
    };
    let fetched = fetch(session, wanted).await?;
    session.note_fetched(fetched.bytes);
    Ok(Answer::Integrity(fetched.files.integrity.clone()))
}

/// Brings a package into the store whose name is not known yet.
async fn exotic(
    session: &Session<'_>,
    alias: &PackageName,
    source_text: &str,
    source: Source,
) -> Result<Fetched, InstallError> {
    let prefix = if matches!(source, Source::Url(_)) {
        ""
    } else {
        "file:"
    };
    let id = PackageId::exotic(alias, &format!("{prefix}{source_text}")).map_err(|error| {
        InstallError::BadAddress {
            text: without_credentials(&error.text),
        }
    })?;
    let wanted = Wanted {
        id,
        name: None,
        version: None,
        integrity: None,
        source,
        dependencies: None,
        is_damaged: false,
    };
    let fetched = fetch(session, wanted).await?;
    session.note_fetched(fetched.bytes);
    Ok(fetched)
}

/// Reads the manifest of a package out of the store; without one it says nothing.
fn stored_manifest(session: &Session<'_>, fetched: &Fetched) -> Result<Manifest, InstallError> {
    let Some(file) = fetched.files.file("package.json") else {
        return parse_manifest(b"{}", &PathBuf::from("package.json"));
    };
    let path = session.store.path(file);
    let bytes = pkg_fs::read_regular_file(&path, MANIFEST_LIMIT)?;
    parse_manifest(&bytes, &path)
}

fn parse_manifest(bytes: &[u8], path: &Path) -> Result<Manifest, InstallError> {
    let manifest = Manifest::parse(bytes).map_err(|source| ProjectError::Manifest {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(manifest)
}

/// A path of a specifier or lockfile, from the project's folder.
pub(super) fn local_path(session: &Session<'_>, path: &str) -> PathBuf {
    path_on_disk(&session.project.root, session.host, path)
}

/// Where a path of a lockfile is: below the project, or below the user's home where it begins with `~/`.
pub(crate) fn path_on_disk(root: &Path, host: &Host, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), host.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => root.join(path),
    }
}
