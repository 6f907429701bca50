//! From the text of a lockfile to the graph.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use pkg_manifest::{Algorithm, Engines, Integrity, PackageName, Platform};

use crate::{
    DependencyRef, Importer, ImporterDependency, ImporterId, Lockfile, Package, PackageId,
    Resolution, Snapshot,
    ahead::{read_in_two, seem_to_begin},
    error::LockfileError,
    extra::{Fields, minified},
    intern::Interner,
    path::{check_address, check_path},
    reader::{Commas, Reader},
};

/// How large a text may be.
pub(crate) const SIZE: usize = 256 << 20;

type Read<T> = Result<T, LockfileError>;

impl Lockfile {
    /// Reads the text of a `pkg.lock`.
    ///
    /// A byte order mark, CRLF, other white space and another order are read like the spelling that
    /// [`Lockfile::to_text`] has. Names, versions, paths and addresses that could lead out of their
    /// place are refused here, before anything is made of them.
    ///
    /// # Errors
    /// [`LockfileError`]: broken JSON, a newer format, conflict markers, an entry without a strong
    /// hash (all of them are listed), an edge that leads nowhere (likewise).
    pub fn parse(text: &str) -> Result<Self, LockfileError> {
        let lockfile = read(text, Commas::Strict)?;
        lockfile.check_entries()?;
        Ok(lockfile)
    }
}

impl FromStr for Lockfile {
    type Err = LockfileError;

    fn from_str(text: &str) -> Result<Self, LockfileError> {
        Self::parse(text)
    }
}

/// Reads a text, without asking whether its edges lead anywhere.
pub(crate) fn read(text: &str, commas: Commas) -> Read<Lockfile> {
    let (lockfile, entries) = read_strong(text, commas)?;
    if entries.is_empty() {
        Ok(lockfile)
    } else {
        Err(LockfileError::MissingIntegrity { entries })
    }
}

/// Reads a text, and names the packages without a strong hash, which are left out.
pub(crate) fn read_strong(text: &str, commas: Commas) -> Read<(Lockfile, Vec<PackageId>)> {
    if text.len() > SIZE {
        return Err(LockfileError::TooLarge { bytes: text.len() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(LockfileError::Empty);
    }
    if commas == Commas::Strict
        && let Some(start) = seem_to_begin(text)
        && let Some(parser) = read_in_two(text, start)
    {
        return Ok((parser.lockfile, parser.weak));
    }
    let mut parser = Parser::default();
    match parser.document(&mut Reader::new(text, commas)) {
        Ok(()) => Ok((parser.lockfile, parser.weak)),
        Err(error) => Err(explained(text, error)),
    }
}

/// Reads as much of a text as can be read, without packages that have no strong hash; says whether that was all. What stands behind the first error is not looked at.
///
/// # Errors
/// Where the text is none of this format, or has something in it that may not stand there.
pub(crate) fn read_partial(text: &str) -> Read<(Lockfile, bool)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok((Lockfile::default(), false));
    }
    let mut parser = Parser::default();
    let error = match parser.document(&mut Reader::new(text, Commas::Strict)) {
        Ok(()) => return Ok((parser.lockfile, parser.weak.is_empty())),
        Err(error) => explained(text, error),
    };
    match error {
        LockfileError::Truncated { .. } | LockfileError::Syntax { .. } => {
            Ok((parser.lockfile, false))
        }
        error => Err(error),
    }
}

/// The reason behind an error: another program's text, or one that git left.
fn explained(text: &str, error: LockfileError) -> LockfileError {
    if let Some(line) = crate::merge::first_marker(text) {
        return LockfileError::Conflict { line };
    }
    let mut newer = None;
    let mut reader = Reader::new(text, Commas::Lenient);
    let walked = reader.object(|reader, key| {
        let value = reader.raw()?;
        if key == "lockfileVersion" {
            newer = check_version(value).err().flatten();
        }
        Ok(())
    });
    match (newer, walked) {
        (Some(version), _) => LockfileError::Newer { version },
        (None, Ok(()) | Err(_)) => error,
    }
}

/// Whether a format is known; else its version, if it is a newer one.
fn check_version(text: &str) -> Result<(), Option<String>> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    match (major.parse::<u64>(), minor.parse::<u64>()) {
        (Ok(1), Ok(_)) => Ok(()),
        (Ok(0), _) | (_, Err(_)) | (Err(_), _) => Err(None),
        (Ok(_), Ok(_)) => Err(Some(text.chars().take(40).collect())),
    }
}

/// Reads a document, section by section.
#[derive(Default)]
pub(crate) struct Parser {
    pub(crate) lockfile: Lockfile,
    interner: Interner,
    has_version: bool,
    /// Packages that have no strong hash.
    weak: Vec<PackageId>,
    /// Where snapshots begin that somebody else reads.
    others: Option<usize>,
    /// Where those end, once they were passed over.
    passed: Option<usize>,
}

impl Parser {
    /// One that passes over the snapshots, if they begin there.
    pub(crate) fn that_passes(start: usize) -> Self {
        Self {
            others: Some(start),
            ..Self::default()
        }
    }

    /// Takes the snapshots that another one has read; tells whether they are those that were passed over.
    pub(crate) fn take_snapshots(&mut self, other: Self, end: usize) -> bool {
        self.lockfile.snapshots = other.lockfile.snapshots;
        self.lockfile.extra.snapshots = other.lockfile.extra.snapshots;
        self.passed == Some(end)
    }

    pub(crate) fn document(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let unknown = record(reader, |reader, key| {
            match key {
                "lockfileVersion" => self.version(reader)?,
                "settings" => self.settings(reader)?,
                "importers" => self.importers(reader)?,
                "packages" => self.packages(reader)?,
                "snapshots" if self.others == Some(reader.at()) => {
                    reader.raw()?;
                    self.passed = Some(reader.at());
                }
                "snapshots" => self.snapshots(reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.end()?;
        self.lockfile.extra.top = unknown;
        if self.has_version {
            Ok(())
        } else {
            Err(reader.value(&"`lockfileVersion` is missing"))
        }
    }

    fn version(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let text = reader.raw()?;
        self.has_version = true;
        match check_version(text) {
            Ok(()) => {
                self.lockfile.extra.version = (text != "1").then(|| text.to_owned());
                Ok(())
            }
            Err(Some(version)) => Err(LockfileError::Newer { version }),
            Err(None) => Err(reader.value(&"`lockfileVersion` is not a version that is known")),
        }
    }

    fn settings(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let settings = &mut self.lockfile.settings;
        self.lockfile.extra.settings = record(reader, |reader, key| {
            match key {
                "autoInstallPeers" => settings.auto_install_peers = reader.boolean()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(())
    }

    fn importers(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        reader.object(|reader, key| {
            let id: ImporterId = key.parse().map_err(|error| reader.value(&error))?;
            let mut importer = Importer::default();
            let unknown = record(reader, |reader, field| {
                match field {
                    "dependencies" => importer.dependencies = self.direct(reader, None)?,
                    "devDependencies" => importer.dev_dependencies = self.direct(reader, None)?,
                    "optionalDependencies" => {
                        let left_out = Some(&mut importer.left_out);
                        importer.optional_dependencies = self.direct(reader, left_out)?;
                    }
                    "peers" => importer.peers = map(reader, |reader, _| parsed(reader))?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            keep(&mut self.lockfile.extra.importers, &key, unknown);
            match self.lockfile.importers.insert(id, importer) {
                None => Ok(()),
                Some(_) => Err(reader.duplicate(&key)),
            }
        })
    }

    /// Reads the dependencies of a project: `"name":["specifier","target"]`. Where they may be
    /// `left_out`, one of them has no target.
    fn direct(
        &mut self,
        reader: &mut Reader<'_>,
        mut left_out: Option<&mut BTreeMap<PackageName, String>>,
    ) -> Read<BTreeMap<PackageName, ImporterDependency>> {
        let all = map(reader, |reader, name| {
            let mut parts = Vec::with_capacity(2);
            reader.array(|reader| {
                parts.push(reader.string()?);
                Ok(())
            })?;
            let (specifier, target) = match (parts.as_slice(), &mut left_out) {
                ([specifier, target], _) => (specifier, target),
                ([specifier], Some(left_out)) => {
                    left_out.insert(name.clone(), specifier.clone().into_owned());
                    return Ok(None);
                }
                _ => return Err(reader.value(&"a dependency is `[specifier, target]`")),
            };
            let target = self.interner.target(name, target);
            Ok(Some(ImporterDependency {
                specifier: specifier.clone().into_owned(),
                target: target.map_err(|error| reader.value(&error))?,
            }))
        })?;
        let all = all.into_iter();
        Ok(all
            .filter_map(|(name, found)| Some((name, found?)))
            .collect())
    }

    fn packages(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        reader.object(|reader, key| {
            let id = self.interner.id(&key);
            let id = id.map_err(|error| reader.value(&error))?;
            let mut draft = Draft::default();
            let unknown = record(reader, |reader, field| draft.field(reader, field))?;
            keep(&mut self.lockfile.extra.packages, &key, unknown);
            let package = draft.finish(&id);
            let Some(package) = package.map_err(|reason| reader.value(&reason))? else {
                self.weak.push(id);
                return Ok(());
            };
            match self.lockfile.packages.insert(id, package) {
                None => Ok(()),
                Some(_) => Err(reader.duplicate(&key)),
            }
        })
    }

    pub(crate) fn snapshots(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        reader.object(|reader, key| {
            let id = self.interner.key(&key);
            let id = id.map_err(|error| reader.value(&error))?;
            let mut snapshot = Snapshot::default();
            let unknown = record(reader, |reader, field| {
                match field {
                    "dependencies" => snapshot.dependencies = self.edges(reader)?,
                    "optionalDependencies" => {
                        snapshot.optional_dependencies = self.edges(reader)?;
                    }
                    "transitivePeers" => snapshot.transitive_peers = names(reader)?,
                    "optional" => snapshot.optional = reader.boolean()?,
                    "dev" => snapshot.dev = reader.boolean()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            keep(&mut self.lockfile.extra.snapshots, &key, unknown);
            match self.lockfile.snapshots.insert(id, snapshot) {
                None => Ok(()),
                Some(_) => Err(reader.duplicate(&key)),
            }
        })
    }

    fn edges(&mut self, reader: &mut Reader<'_>) -> Read<BTreeMap<PackageName, DependencyRef>> {
        map(reader, |reader, name| {
            let text = reader.string()?;
            let target = self.interner.target(name, &text);
            target.map_err(|error| reader.value(&error))
        })
    }
}

/// The fields of a package that were read so far.
#[derive(Default)]
struct Draft {
    integrity: Option<Integrity>,
    tarball: Option<String>,
    file: Option<String>,
    directory: Option<String>,
    version: Option<pkg_manifest::Version>,
    engines: Engines,
    platform: Platform,
    deprecated: Option<String>,
    has_bin: bool,
    has_install_scripts: bool,
    bundled: Vec<PackageName>,
    peer_dependencies: BTreeMap<PackageName, String>,
    optional_peers: BTreeSet<PackageName>,
}

impl Draft {
    /// Reads one field, if it is known.
    fn field(&mut self, reader: &mut Reader<'_>, field: &str) -> Read<bool> {
        match field {
            "integrity" => self.integrity = Some(parsed(reader)?),
            "tarball" => self.tarball = Some(checked(reader, check_address)?),
            "file" => self.file = Some(checked(reader, check_path)?),
            "directory" => self.directory = Some(checked(reader, check_path)?),
            "version" => self.version = Some(parsed(reader)?),
            "engines" => {
                let engines = &mut self.engines.0;
                reader.object(|reader, key| {
                    let range = reader.string()?.into_owned();
                    match engines.insert(key.clone().into_owned(), range) {
                        None => Ok(()),
                        Some(_) => Err(reader.duplicate(&key)),
                    }
                })?;
            }
            "os" => self.platform.os = strings(reader)?,
            "cpu" => self.platform.cpu = strings(reader)?,
            "libc" => self.platform.libc = strings(reader)?,
            "deprecated" => self.deprecated = Some(reader.string()?.into_owned()),
            "hasBin" => self.has_bin = reader.boolean()?,
            "hasInstallScript" => self.has_install_scripts = reader.boolean()?,
            "bundled" => {
                let bundled = &mut self.bundled;
                reader.array(|reader| {
                    bundled.push(parsed(reader)?);
                    Ok(())
                })?;
            }
            "peerDependencies" => {
                self.peer_dependencies =
                    map(reader, |reader, _| Ok(reader.string()?.into_owned()))?;
            }
            "optionalPeers" => self.optional_peers = names(reader)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The package; `None` where it has no strong hash and needs one.
    fn finish(self, id: &PackageId) -> Result<Option<Package>, &'static str> {
        let integrity = self
            .integrity
            .filter(|integrity| integrity.algorithm() != Algorithm::Sha1);
        let is_registry = id.version().is_some() || id.reference().starts_with("registry+");
        let is_remote = is_registry || !id.reference().starts_with("file:");
        let resolution = match (self.directory, self.file, integrity) {
            (Some(path), None, None) if !is_registry => Resolution::Directory { path },
            (Some(_), _, _) => return Err("only a folder that is no registry's has a `directory`"),
            (None, Some(_), _) if is_registry => return Err("a registry's package has a `file`"),
            (None, _, None) => return Ok(None),
            (None, Some(path), Some(integrity)) => Resolution::File { integrity, path },
            (None, None, Some(integrity)) if is_registry => Resolution::Registry {
                integrity,
                tarball: self.tarball,
            },
            (None, None, Some(_)) if !is_remote => {
                return Err("a file's package has no `file` and no `directory`");
            }
            (None, None, Some(integrity)) => Resolution::Tarball { integrity },
        };
        Ok(Some(Package {
            resolution,
            version: self.version,
            engines: self.engines,
            platform: self.platform,
            deprecated: self.deprecated,
            has_bin: self.has_bin,
            has_install_scripts: self.has_install_scripts,
            bundled: self.bundled,
            peer_dependencies: self.peer_dependencies,
            optional_peers: self.optional_peers,
        }))
    }
}

/// Remembers the unknown fields of an entry.
fn keep(extra: &mut BTreeMap<String, Fields>, key: &str, unknown: Fields) {
    if !unknown.is_empty() {
        extra.insert(key.to_owned(), unknown);
    }
}

/// Reads an object whose fields `known` reads, and gives the others.
fn record<'t>(
    reader: &mut Reader<'t>,
    mut known: impl FnMut(&mut Reader<'t>, &str) -> Read<bool>,
) -> Read<Fields> {
    let mut seen = Vec::new();
    let mut unknown = Fields::new();
    reader.object(|reader, key| {
        if seen.contains(&key) || unknown.contains_key(key.as_ref()) {
            return Err(reader.duplicate(&key));
        }
        if known(reader, &key)? {
            seen.push(key);
        } else {
            unknown.insert(key.into_owned(), minified(reader.raw()?));
        }
        Ok(())
    })?;
    Ok(unknown)
}

/// Reads an object whose keys are names of packages.
fn map<'t, V>(
    reader: &mut Reader<'t>,
    mut value: impl FnMut(&mut Reader<'t>, &PackageName) -> Read<V>,
) -> Read<BTreeMap<PackageName, V>> {
    let mut entries = BTreeMap::new();
    reader.object(|reader, key| {
        let name: PackageName = key.parse().map_err(|error| reader.value(&error))?;
        let value = value(reader, &name)?;
        match entries.insert(name, value) {
            None => Ok(()),
            Some(_) => Err(reader.duplicate(&key)),
        }
    })?;
    Ok(entries)
}

fn parsed<T: FromStr<Err: ToString>>(reader: &mut Reader<'_>) -> Read<T> {
    let text = reader.string()?;
    text.parse().map_err(|error: T::Err| reader.value(&error))
}

fn checked(reader: &mut Reader<'_>, check: fn(&str) -> Result<(), &'static str>) -> Read<String> {
    let text = reader.string()?;
    match check(&text) {
        Ok(()) => Ok(text.into_owned()),
        Err(reason) => Err(reader.value(&reason)),
    }
}

fn strings(reader: &mut Reader<'_>) -> Read<Vec<String>> {
    let mut strings = Vec::new();
    reader.array(|reader| {
        strings.push(reader.string()?.into_owned());
        Ok(())
    })?;
    Ok(strings)
}

fn names(reader: &mut Reader<'_>) -> Read<BTreeSet<PackageName>> {
    let mut names = BTreeSet::new();
    reader.array(|reader| {
        names.insert(parsed(reader)?);
        Ok(())
    })?;
    Ok(names)
}
