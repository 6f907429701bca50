//! How the plain graph grows: dependencies become questions, answers become packages.

use std::{collections::BTreeMap, sync::Arc};

use pkg_lockfile::{DependencyRef, Package, PackageId, Resolution};
use pkg_manifest::{Integrity, PackageName, PackageVersion, Packument};

use crate::{
    Need, Picked, ResolveError, Resolver, Step,
    error::Failure,
    locked::LockedEdge,
    pick::{PickContext, pick},
    plain::{Edge, PlainPackage, Request, RequestState, Target},
    record::{dependencies, record},
    resolver::Waiter,
    specifier::{Selector, Specifier},
};

/// A package whose dependencies are to be added: those of a document, of which the locked ones
/// stay if they may; or the locked ones.
pub(crate) struct Expansion {
    package: usize,
    version: Option<Arc<PackageVersion>>,
    locked: Vec<LockedEdge>,
}

/// A locked package to add, and the dependent and the number of its dependency that lead there.
type PendingEdge = (PackageId, usize, usize);

impl Resolver {
    /// What the specifier of a package's dependency leads to.
    fn transitive_target(&mut self, alias: &PackageName, text: &str) -> Target {
        match Specifier::parse(text) {
            Ok(Specifier::Registry { name, selector }) => {
                let name = name.unwrap_or_else(|| alias.clone());
                self.request(&name, text, selector)
            }
            Ok(_) => Target::Failed(Failure::Exotic {
                name: alias.clone(),
                specifier: text.to_owned(),
            }),
            Err(reason) => Target::Failed(invalid(alias, text, reason)),
        }
    }

    /// The version of a registry's package that a selector means: a locked one, or a question.
    pub(crate) fn request(&mut self, name: &PackageName, text: &str, selector: Selector) -> Target {
        let key = (name.clone(), text.to_owned());
        if let Some(request) = self.plain.request_index.get(&key) {
            return Target::Request(*request);
        }
        let direct = self.direct.get(name).map_or(&[][..], Vec::as_slice);
        // Which of the locked ones is best when all ranges choose anew, its packument says.
        let is_deduping = self.locked.is_deduping();
        let locked = if is_deduping {
            None
        } else {
            self.locked.best(name, &selector, direct)
        };
        let request = self.plain.requests.len();
        self.plain.request_index.insert(key, request);
        self.plain.requests.push(Request {
            name: name.clone(),
            text: text.to_owned(),
            selector,
            state: RequestState::Pending,
        });
        if let Some(id) = locked {
            let package = self.add_locked(&id);
            self.plain.requests[request].state = RequestState::Picked(package);
        } else if self.packuments.contains_key(name) {
            self.pick_request(request);
        } else {
            self.ask_packument(name, Waiter::Request(request));
        }
        Target::Request(request)
    }

    /// Tells those that waited for a packument.
    pub(crate) fn wake(&mut self, name: &PackageName, waiters: Vec<Waiter>) {
        for waiter in waiters {
            match waiter {
                Waiter::Request(request) => self.pick_request(request),
                Waiter::Package(package) => self.look_up_again(name, package),
                Waiter::Direct { .. } | Waiter::Integrity(_) => {}
            }
        }
    }

    /// Answers a question with the packument, which is there.
    fn pick_request(&mut self, request: usize) {
        let Request {
            name,
            text,
            selector,
            ..
        } = &self.plain.requests[request];
        let direct = self.direct.get(name).map_or(&[][..], Vec::as_slice);
        let is_deduping = self.locked.is_deduping();
        let context = PickContext {
            name,
            text,
            direct,
            default_tag: &self.options.default_tag,
            cutoff: self.options.cutoff(name),
            undated: self.options.undated(name),
            preferred: match is_deduping {
                true => self.locked.versions(name),
                false => &[],
            },
        };
        let picked = match self.packuments.get(name) {
            Some(Ok(packument)) => pick(&context, packument, selector),
            Some(Err(failure)) => Err(failure.clone()),
            None => return,
        };
        // What the registry no longer has stays where it is in range.
        let is_preferred = picked
            .as_ref()
            .is_ok_and(|picked| context.is_preferred(&picked.version));
        let kept = (is_deduping && !is_preferred)
            .then(|| self.locked.best(name, selector, direct))
            .flatten();
        self.plain.requests[request].state = match (picked, kept) {
            (_, Some(locked)) => RequestState::Picked(self.add_locked(&locked)),
            (Ok(version), None) => RequestState::Picked(self.add_version(&version)),
            (Err(failure), None) => RequestState::Failed(failure),
        };
    }

    /// Adds a version from a packument. What the lockfile knows is taken from there, however the
    /// version was picked: otherwise the order of answers would show.
    fn add_version(&mut self, version: &Arc<PackageVersion>) -> usize {
        let id = PackageId::registry(&version.name, &version.version);
        if self.locked.package(&id).is_some() {
            return self.add_locked(&id);
        }
        if let Some(known) = self.plain.package_index.get(&id) {
            return *known;
        }
        let integrity = version
            .dist
            .as_ref()
            .and_then(|dist| dist.integrity.clone());
        let url = version.dist.as_ref().map(|dist| dist.tarball.as_str());
        let registries = &self.options.registries;
        let tarball = url.and_then(|url| registries.shorten(&version.name, &version.version, url));
        let resolution = Resolution::Registry {
            integrity: integrity.clone().unwrap_or_else(|| Integrity::sha512(b"")),
            tarball,
        };
        let record = record(version, resolution, false);
        let package = self.add_package(id.clone(), record, version.dist.clone());
        if integrity.is_none() {
            self.ask(Need::Integrity { id }, vec![Waiter::Integrity(package)]);
        }
        self.expand_later(package, Some(version), Vec::new());
        package
    }

    /// Adds a package of the lockfile, with the dependencies that it has there.
    pub(crate) fn add_locked(&mut self, id: &PackageId) -> usize {
        if let Some(known) = self.plain.package_index.get(id) {
            return *known;
        }
        let mut pending = Vec::new();
        let package = self.add_locked_alone(id, &mut pending);
        self.add_pending(pending);
        package
    }

    /// Adds locked packages and all that is below them, and tells their dependents.
    fn add_pending(&mut self, mut pending: Vec<PendingEdge>) {
        while let Some((id, parent, edge)) = pending.pop() {
            let package = match self.plain.package_index.get(&id) {
                Some(known) => *known,
                None => self.add_locked_alone(&id, &mut pending),
            };
            self.plain.packages[parent].edges[edge].target = Target::Package(package);
        }
    }

    /// Adds a locked package; its dependencies are left to the caller.
    fn add_locked_alone(&mut self, id: &PackageId, pending: &mut Vec<PendingEdge>) -> usize {
        let record = self.locked.package(id).cloned();
        let record = record.expect("only packages of the lockfile are added as locked");
        let edges = self.locked.edges(id);
        let is_without_edges = edges.is_none();
        let locked = edges.unwrap_or_default();
        let looks_up = id.version().is_some()
            && (is_without_edges || self.locked.needs_manifest(&record, &locked));
        let package = self.add_package(id.clone(), record, None);
        if looks_up {
            if self.packuments.contains_key(id.name()) {
                self.look_up_again(id.name(), package);
            } else {
                self.ask_packument(id.name(), Waiter::Package(package));
            }
            return package;
        }
        self.set_locked_edges(package, locked, pending);
        package
    }

    /// Gives a package the dependencies of the lockfile.
    fn set_locked_edges(
        &mut self,
        package: usize,
        locked: Vec<LockedEdge>,
        pending: &mut Vec<PendingEdge>,
    ) {
        for LockedEdge {
            alias,
            is_optional,
            target,
        } in locked
        {
            let index = self.plain.packages[package].edges.len();
            let missing = invalid(&alias, "", "the lockfile lacks it".to_owned());
            let target = match &target {
                DependencyRef::Snapshot(key) if self.locked.package(key.id()).is_some() => {
                    pending.push((key.id().clone(), package, index));
                    Target::Failed(missing)
                }
                reference => Target::of_link(reference).unwrap_or(Target::Failed(missing)),
            };
            self.plain.packages[package].edges.push(Edge {
                alias,
                is_optional,
                target,
            });
        }
    }

    /// Looks the dependencies of a locked package up again, because one of them may move.
    fn look_up_again(&mut self, name: &PackageName, package: usize) {
        let id = self.plain.packages[package].id.clone();
        let locked = self.locked.edges(&id).unwrap_or_default();
        let packument: Option<&Packument> = match self.packuments.get(name) {
            Some(Ok(packument)) => Some(packument),
            Some(Err(_)) | None => None,
        };
        let version = id
            .version()
            .and_then(|version| packument?.version(version).ok()?);
        if version.is_none() && !self.locked.has(&id) {
            // Only its document could say what it depends on.
            let failure = match self.packuments.get(name) {
                Some(Err(failure)) => failure.clone(),
                Some(Ok(_)) | None => Failure::Unusable {
                    reason: format!("the registry has no `{id}`"),
                },
            };
            self.plain.packages[package].edges.push(Edge {
                alias: name.clone(),
                is_optional: false,
                target: Target::Failed(failure),
            });
            return;
        }
        self.expand_later(package, version.as_ref(), locked);
    }

    /// Notes that the dependencies of a package are to be added: not at once, since packages that
    /// lead to one another would fill the stack.
    pub(crate) fn expand_later(
        &mut self,
        package: usize,
        version: Option<&Arc<PackageVersion>>,
        locked: Vec<LockedEdge>,
    ) {
        self.expansions.push(Expansion {
            package,
            version: version.cloned(),
            locked,
        });
    }

    /// Adds the dependencies of all packages that wait for it.
    pub(crate) fn expand(&mut self) {
        while let Some(expansion) = self.expansions.pop() {
            if self.plain.packages.len() > self.options.budget {
                self.outcome = Some(Err(ResolveError::Budget {
                    what: "packages",
                    limit: self.options.budget,
                }));
                self.waiting.clear();
                self.steps.clear();
                return;
            }
            let Expansion {
                package,
                version,
                locked,
            } = expansion;
            if let Some(version) = version {
                self.add_dependencies(package, &version, &locked);
                continue;
            }
            // Its document is gone, so nothing of it can move.
            let mut pending = Vec::new();
            self.set_locked_edges(package, locked, &mut pending);
            self.add_pending(pending);
        }
    }

    pub(crate) fn add_package(
        &mut self,
        id: PackageId,
        record: Package,
        dist: Option<pkg_manifest::Dist>,
    ) -> usize {
        let package = self.plain.packages.len();
        self.steps.push_back(Step::Picked(Box::new(Picked {
            id: id.clone(),
            resolution: record.resolution.clone(),
            platform: record.platform.clone(),
            dist,
        })));
        self.plain.package_index.insert(id.clone(), package);
        self.plain.packages.push(PlainPackage {
            id,
            record,
            edges: Vec::new(),
        });
        package
    }

    /// Adds the dependencies that a version's document has; `locked` stay if they may.
    fn add_dependencies(
        &mut self,
        package: usize,
        version: &Arc<PackageVersion>,
        locked: &[LockedEdge],
    ) {
        let record = &self.plain.packages[package].record;
        let installs_peers = self.options.auto_install_peers;
        let wanted: BTreeMap<_, _> = dependencies(version, record, installs_peers);
        for (alias, (text, is_optional)) in wanted {
            let known = locked.iter().find(|edge| edge.alias == *alias);
            let stays = known.and_then(|edge| match &edge.target {
                DependencyRef::Snapshot(key) => {
                    self.locked.stays(key.id(), text).then(|| key.id().clone())
                }
                DependencyRef::Link(_) => None,
            });
            let target = match stays {
                Some(id) => Target::Package(self.add_locked(&id)),
                None => self.transitive_target(alias, text),
            };
            self.plain.packages[package].edges.push(Edge {
                alias: alias.clone(),
                is_optional,
                target,
            });
        }
    }

    pub(crate) fn set_integrity(&mut self, waiters: &[Waiter], found: &Integrity) {
        for waiter in waiters {
            if let Waiter::Integrity(package) = waiter
                && let Resolution::Registry { integrity, .. } =
                    &mut self.plain.packages[*package].record.resolution
            {
                *integrity = found.clone();
            }
        }
    }

    /// Packages whose tarball cannot be had.
    pub(crate) fn fail_packages(&mut self, waiters: &[Waiter], failure: &Failure) {
        for waiter in waiters {
            if let Waiter::Integrity(package) = waiter {
                let alias = self.plain.packages[*package].id.name().clone();
                self.plain.packages[*package].edges.push(Edge {
                    alias,
                    is_optional: false,
                    target: Target::Failed(failure.clone()),
                });
            }
        }
    }
}

pub(crate) fn invalid(name: &PackageName, text: &str, reason: String) -> Failure {
    Failure::Invalid {
        name: name.clone(),
        specifier: text.to_owned(),
        reason,
    }
}
