//! Dependencies of projects that are in no registry: what is asked about them, and what the answers add.

use std::sync::Arc;

use pkg_lockfile::{ImporterId, PackageId, Resolution};
use pkg_manifest::{PackageName, PackageVersion};

use crate::{
    Need, Resolver, error::Failure, grow::invalid, plain::Target, record::record, resolver::Waiter,
    specifier::Specifier,
};

impl Resolver {
    /// What the specifier of a project's dependency leads to.
    pub(crate) fn direct_target(
        &mut self,
        importer: usize,
        alias: &PackageName,
        text: &str,
    ) -> Target {
        let base = &self.plain.importers[importer].id;
        let need = match Specifier::parse(text) {
            Err(reason) => return Target::Failed(invalid(alias, text, reason)),
            Ok(Specifier::Registry { name, selector }) => {
                let name = name.unwrap_or_else(|| alias.clone());
                return self.request(&name, text, selector);
            }
            Ok(Specifier::NotYet(kind)) => {
                return Target::Failed(Failure::NotYet {
                    name: alias.clone(),
                    specifier: text.to_owned(),
                    kind,
                });
            }
            Ok(Specifier::Link(path)) => return Target::Link(join(base, &path)),
            Ok(Specifier::Directory(path)) => Need::Directory {
                alias: alias.clone(),
                path: join(base, &path),
            },
            Ok(Specifier::File(path)) => Need::File {
                alias: alias.clone(),
                path: join(base, &path),
            },
            Ok(Specifier::Tarball(url)) => Need::Tarball {
                alias: alias.clone(),
                url,
            },
        };
        let dependency = self.plain.importers[importer].direct.len();
        let waiter = Waiter::Direct {
            importer,
            dependency,
        };
        self.ask(need, vec![waiter]);
        // Replaced by the answer; until then the need is open, and nobody looks here.
        Target::Failed(invalid(alias, text, "it has no answer".to_owned()))
    }

    /// Takes the manifest of a project's dependency that is in no registry.
    pub(crate) fn answer_manifest(
        &mut self,
        need: &Need,
        version: &Arc<PackageVersion>,
        resolution: Resolution,
        waiters: &[Waiter],
    ) {
        let source = match need {
            Need::Directory { path, .. } | Need::File { path, .. } => format!("file:{path}"),
            Need::Tarball { url, .. } => url.clone(),
            Need::Packument { .. } | Need::Integrity { .. } => return,
        };
        let target = match PackageId::exotic(&version.name, &source) {
            Ok(id) => Target::Package(self.add_exotic(id, version, resolution)),
            Err(error) => Target::Failed(error.into()),
        };
        self.set_direct(waiters, &target);
    }

    fn add_exotic(
        &mut self,
        id: PackageId,
        version: &Arc<PackageVersion>,
        resolution: Resolution,
    ) -> usize {
        if let Some(known) = self.plain.package_index.get(&id) {
            return *known;
        }
        let record = record(version, resolution, true);
        let package = self.add_package(id, record, None);
        self.expand_later(package, Some(version), Vec::new());
        package
    }

    pub(crate) fn set_direct(&mut self, waiters: &[Waiter], target: &Target) {
        for waiter in waiters {
            if let Waiter::Direct {
                importer,
                dependency,
            } = waiter
            {
                let direct = &mut self.plain.importers[*importer].direct[*dependency];
                direct.edge.target = target.clone();
            }
        }
    }
}

/// A path of a project's manifest, relative to the lockfile's folder.
fn join(importer: &ImporterId, path: &str) -> String {
    if path.starts_with('/') || path.starts_with('~') || path.get(1..2) == Some(":") {
        return path.to_owned();
    }
    let base = importer.path().map(|path| path.as_str().split('/'));
    let mut parts: Vec<&str> = base.into_iter().flatten().collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}
