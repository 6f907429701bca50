//! Whether a lockfile still says what the manifests ask for: the gate of a frozen install.

use std::{collections::BTreeMap, fmt};

use miette::Diagnostic;
use pkg_manifest::{Manifest, PackageName};
use thiserror::Error;

use crate::{Importer, ImporterDependency, ImporterId, LockedSettings, Lockfile};

/// A group of direct dependencies, named as the field of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    Prod,
    Dev,
    Optional,
}

impl Group {
    /// All groups, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Prod, Self::Dev, Self::Optional];

    /// The field of the manifest.
    pub fn field(self) -> &'static str {
        match self {
            Self::Prod => "dependencies",
            Self::Dev => "devDependencies",
            Self::Optional => "optionalDependencies",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.field())
    }
}

impl Importer {
    /// The dependencies of one group.
    pub fn group(&self, group: Group) -> &BTreeMap<PackageName, ImporterDependency> {
        match group {
            Group::Prod => &self.dependencies,
            Group::Dev => &self.dev_dependencies,
            Group::Optional => &self.optional_dependencies,
        }
    }

    /// The specifiers of one group, those of what was left out among them.
    fn specifiers(&self, group: Group) -> BTreeMap<&PackageName, &String> {
        let left_out = (group == Group::Optional).then_some(&self.left_out);
        let dependencies = self.group(group).iter();
        let found = dependencies.map(|(name, dependency)| (name, &dependency.specifier));
        left_out.into_iter().flatten().chain(found).collect()
    }

    /// Every direct dependency with its group and the name that it is linked under.
    pub fn all(&self) -> impl Iterator<Item = (Group, &PackageName, &ImporterDependency)> {
        Group::ALL.into_iter().flat_map(|group| {
            let dependencies = self.group(group).iter();
            dependencies.map(move |(name, dependency)| (group, name, dependency))
        })
    }
}

/// What the manifest of one project asks for: specifiers by name, each name in one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub dependencies: BTreeMap<PackageName, String>,
    pub dev_dependencies: BTreeMap<PackageName, String>,
    pub optional_dependencies: BTreeMap<PackageName, String>,
}

impl Wanted {
    /// Takes the groups of a manifest. A name in several counts once: as optional, else as
    /// production, else as development dependency, as npm and pnpm have it.
    pub fn new(
        mut dependencies: BTreeMap<PackageName, String>,
        mut dev_dependencies: BTreeMap<PackageName, String>,
        optional_dependencies: BTreeMap<PackageName, String>,
    ) -> Self {
        dependencies.retain(|name, _| !optional_dependencies.contains_key(name));
        dev_dependencies.retain(|name, _| {
            !optional_dependencies.contains_key(name) && !dependencies.contains_key(name)
        });
        Self {
            dependencies,
            dev_dependencies,
            optional_dependencies,
        }
    }

    /// The specifiers of one group.
    pub fn group(&self, group: Group) -> &BTreeMap<PackageName, String> {
        match group {
            Group::Prod => &self.dependencies,
            Group::Dev => &self.dev_dependencies,
            Group::Optional => &self.optional_dependencies,
        }
    }
}

impl From<&Manifest> for Wanted {
    /// What a `package.json` asks for. Peers are not among it.
    fn from(manifest: &Manifest) -> Self {
        Self::new(
            manifest.dependencies.clone(),
            manifest.dev_dependencies.clone(),
            manifest.optional_dependencies.clone(),
        )
    }
}

/// One direct dependency about which lockfile and manifest disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub importer: ImporterId,
    pub group: Group,
    pub name: PackageName,
    /// The specifier in the lockfile, if it has the dependency in this group.
    pub lockfile: Option<String>,
    /// The specifier in the manifest, likewise.
    pub manifest: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.importer != ImporterId::root() {
            write!(formatter, "{}: ", self.importer)?;
        }
        let has = |side: &Option<String>| match side {
            Some(specifier) => format!("has {}", specifier.escape_debug()),
            None => "lacks it".to_owned(),
        };
        write!(
            formatter,
            "{}.{}: lockfile {}, package.json {}",
            self.group,
            self.name,
            has(&self.lockfile),
            has(&self.manifest)
        )
    }
}

/// One setting that shaped the lockfile and is another now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDifference {
    /// The setting's key.
    pub key: &'static str,
    /// What it was when the lockfile was made.
    pub lockfile: String,
    /// What it is now.
    pub now: String,
}

impl fmt::Display for SettingDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, lockfile, now } = self;
        write!(
            formatter,
            "setting {key}: lockfile has {lockfile}, it is {now}"
        )
    }
}

/// The lockfile does not say what the manifests ask for.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error(
    "the lockfile is not up to date:{}{}",
    Lines(settings),
    Lines(differences)
)]
#[diagnostic(
    code(ERR_PKG_OUTDATED_LOCKFILE),
    help("run `pkg install` without `--frozen-lockfile`, and commit the lockfile")
)]
pub struct Outdated {
    /// Settings that are not what they were.
    pub settings: Vec<SettingDifference>,
    /// All direct dependencies that differ, by importer, group and name.
    pub differences: Vec<Difference>,
}

/// A list below a message.
struct Lines<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Lines<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|difference| write!(formatter, "\n  {difference}"))
    }
}

impl Lockfile {
    /// Checks that every project has in the lockfile what its manifest asks for, and that the
    /// settings are those that shaped it.
    ///
    /// Projects that the lockfile has and `importers` has not are none of its business: a sparse
    /// checkout or a container may hold a part of the workspace.
    ///
    /// # Errors
    /// [`Outdated`] lists every difference.
    pub fn check(
        &self,
        importers: &BTreeMap<ImporterId, Wanted>,
        settings: LockedSettings,
    ) -> Result<(), Outdated> {
        let settings = self.settings.differences(settings);
        let nothing = Importer::default();
        let mut differences = Vec::new();
        for (id, wanted) in importers {
            let locked = self.importers.get(id).unwrap_or(&nothing);
            for group in Group::ALL {
                compare(id, group, locked, wanted, &mut differences);
            }
        }
        if differences.is_empty() && settings.is_empty() {
            Ok(())
        } else {
            Err(Outdated {
                settings,
                differences,
            })
        }
    }
}

impl LockedSettings {
    fn differences(self, now: Self) -> Vec<SettingDifference> {
        if self == now {
            return Vec::new();
        }
        vec![SettingDifference {
            key: "auto-install-peers",
            lockfile: self.auto_install_peers.to_string(),
            now: now.auto_install_peers.to_string(),
        }]
    }
}

/// Adds the differences of one group of one project, sorted by name.
fn compare(
    importer: &ImporterId,
    group: Group,
    locked: &Importer,
    wanted: &Wanted,
    differences: &mut Vec<Difference>,
) {
    let locked = locked.specifiers(group);
    let wanted = wanted.group(group);
    let added = wanted.keys().filter(|name| !locked.contains_key(*name));
    let mut names: Vec<_> = locked.keys().copied().chain(added).collect();
    names.sort_unstable();
    for name in names {
        let lockfile = locked.get(name).copied();
        let manifest = wanted.get(name);
        if lockfile != manifest {
            differences.push(Difference {
                importer: importer.clone(),
                group,
                name: name.clone(),
                lockfile: lockfile.cloned(),
                manifest: manifest.cloned(),
            });
        }
    }
}
