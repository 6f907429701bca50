//! What happens when nothing is left to ask: missing peers are added, or the lockfile is written.

use std::collections::BTreeSet;

use pkg_lockfile::{Extra, ImporterId, Lockfile, PackageId};
use pkg_manifest::{PackageName, Version};
use pkg_range::{Mode, Prereleases, Range, compare};

use crate::{
    PeerIssues, ResolveError, Resolved, Resolver, Update, Warning,
    optional::{broken, dropped, fatal},
    output::lockfile,
    peers::{Entries, Graph, Missing, Walk, Wanted},
    plain::Target,
    specifier::Selector,
};

/// How often peers are added, whose own peers are missing, before that is given up.
const MOST_ROUNDS: usize = 200;

/// How often a result is resolved again until it comes of itself.
pub(crate) const MOST_DRAFTS: usize = 8;

impl Resolver {
    /// Goes on until something has to be asked, or there is a result.
    pub(crate) fn advance(&mut self) {
        while self.outcome.is_none() && self.waiting.is_empty() {
            match self.try_advance() {
                Ok(None) => {}
                Ok(Some(resolved)) => self.take(resolved),
                // What was found once can be had.
                Err(error) => self.outcome = Some(self.drafts.pop().ok_or(error)),
            }
        }
    }

    /// Takes a result, or begins again from it where it may not be what comes of itself.
    ///
    /// Peers are installed for what is in the graph at that moment, and some of it may be gone in the
    /// end, replaced by a peer. Then another choice may be right; so the law that a lockfile resolves
    /// to itself is made to hold by resolving it. Where two or more lead to one another, the first of
    /// them in the order of their texts is taken, from whichever of them one comes.
    fn take(&mut self, mut resolved: Resolved) {
        if self.locked.is_deduping() {
            return self.take_deduped(resolved);
        }
        if let Some(draft) = self.drafts.last() {
            // What was left out is not asked for again, so it is told from before.
            let told = draft
                .warnings
                .iter()
                .filter(|warning| warning.is_about_absence());
            resolved.warnings.extend(told.cloned());
            resolved.warnings.sort();
            resolved.warnings.dedup();
        }
        let is_first = self.drafts.is_empty();
        self.drafts
            .extend(self.confirmed_previous().filter(|_| is_first));
        let mut drafts = self.drafts.iter();
        let known = drafts.position(|draft| draft.lockfile == resolved.lockfile);
        if let Some(known) = known {
            let ring = self.drafts[known..].iter().map(|draft| &draft.lockfile);
            if let Some(first) = ring.min_by_key(|lockfile| lockfile.to_text()) {
                resolved.lockfile = first.clone();
            }
            self.outcome = Some(Ok(resolved));
        } else if self.drafts.is_empty() && !self.has_detours(&resolved.lockfile)
            || self.drafts.len() >= MOST_DRAFTS
        {
            self.outcome = Some(Ok(resolved));
        } else {
            self.options.update = Update::Nothing;
            self.begin_again(resolved);
        }
    }

    /// The lockfile that the resolution began from, if it says what the projects ask for.
    pub(crate) fn confirmed_previous(&self) -> Option<Resolved> {
        let previous = self.locked.lockfile();
        let projects = self.projects.iter().cloned().collect();
        let may_be_it = matches!(self.options.update, Update::Nothing | Update::Dedupe);
        let is_confirmed = may_be_it
            && !previous.importers.is_empty()
            && previous.check(&projects, self.options.settings()).is_ok();
        is_confirmed.then(|| Resolved {
            lockfile: Lockfile {
                extra: Extra::default(),
                ..previous.clone()
            },
            warnings: Vec::new(),
        })
    }

    /// Whether something was looked at that is not in the lockfile, or peers were installed.
    fn has_detours(&self, lockfile: &Lockfile) -> bool {
        let mut importers = self.plain.importers.iter();
        self.plain.packages.len() != lockfile.packages.len()
            || importers.any(|importer| !importer.hidden.is_empty())
    }

    /// One round: either peers were added, or the result is there.
    fn try_advance(&mut self) -> Result<Option<Resolved>, ResolveError> {
        let is_broken = broken(&self.plain);
        if let Some((failure, chain)) = fatal(&self.plain, &is_broken) {
            let failure = Box::new(self.with_suggestion(failure));
            return Err(ResolveError::Dependency { failure, chain });
        }
        let graph = Graph::new(&self.plain, &is_broken);
        let importers = &self.plain.importers;
        let root = importers
            .iter()
            .position(|importer| importer.id == ImporterId::root());
        let walk = Walk::new(&graph, root, self.options.budget)?;
        let missing = walk.missing();
        let is_added = self.options.auto_install_peers
            && self.install_missing(&missing, &walk, root, &is_broken);
        if is_added {
            self.rounds += 1;
            if self.rounds > MOST_ROUNDS {
                return Err(ResolveError::Budget {
                    what: "levels of peers that are missing",
                    limit: MOST_ROUNDS,
                });
            }
            self.expand();
            return Ok(None);
        }
        let mut warnings = self.missing_warnings(&missing);
        warnings.extend(walk.out_of_range(&self.plain));
        if self.options.peer_issues == PeerIssues::Refuse && !warnings.is_empty() {
            warnings.sort();
            warnings.dedup();
            return Err(ResolveError::Peers(warnings));
        }
        let entries = Entries::new(&walk, &self.plain);
        let lockfile = lockfile(&self.plain, &entries, self.options.settings());
        warnings.extend(dropped(&self.plain, &is_broken));
        warnings.extend(self.package_warnings(lockfile.packages.keys()));
        warnings.sort();
        warnings.dedup();
        Ok(Some(Resolved { lockfile, warnings }))
    }

    /// Adds what provides missing peers to the projects; whether anything was added.
    ///
    /// First come the peers of the project that provides for all others: what it has they do not miss.
    /// Optional peers come last: they take what is in the graph, which must be complete; and in the
    /// project's own part of it, since what another one has is none of its business.
    fn install_missing(
        &mut self,
        missing: &[Missing],
        walk: &Walk<'_>,
        base: Option<usize>,
        is_broken: &[bool],
    ) -> bool {
        let is_usable: Vec<bool> = is_broken.iter().map(|is_broken| !is_broken).collect();
        let (of_base, of_others): (Vec<_>, Vec<_>) = missing
            .iter()
            .partition(|missing| Some(missing.root) == base);
        for group in [of_base, of_others] {
            let (required, optional): (Vec<_>, Vec<_>) =
                group.into_iter().partition(|missing| missing.is_required());
            if self.install_peers(&required, |_| is_usable.clone())
                || self.install_peers(&optional, |root| walk.reached(root))
            {
                return true;
            }
        }
        false
    }

    /// Adds what provides some missing peers; whether anything was added. Of the packages in the graph
    /// those that are usable for a project may provide its peers.
    fn install_peers(&mut self, missing: &[&Missing], usable: impl Fn(usize) -> Vec<bool>) -> bool {
        let mut is_changed = false;
        for missing in missing {
            let importer = &self.plain.importers[missing.root];
            if importer
                .hidden
                .iter()
                .any(|(name, _)| *name == missing.peer)
            {
                continue;
            }
            if let Some(target) = self.provider(missing, &usable(missing.root)) {
                let importer = &mut self.plain.importers[missing.root];
                importer.hidden.push((missing.peer.clone(), target));
                is_changed = true;
            }
        }
        is_changed
    }

    /// What to install for a missing peer: what the lockfile had for it; else the highest version
    /// that is known and fits all; else, unless it is optional, what the registry has.
    ///
    /// What the lockfile had need only fit those that are new.
    fn provider(&mut self, missing: &Missing, is_usable: &[bool]) -> Option<Target> {
        let is_required = missing.is_required();
        let wanted = missing.wanted.iter();
        let wanted = wanted.filter(|wanted| !(is_required && wanted.is_optional));
        let wanted: Vec<(usize, Range)> = wanted
            .map(|wanted| Some((wanted.package, peer_range(wanted)?)))
            .collect::<Option<_>>()?;
        let fits = |version: &Version| {
            let mut wanted = wanted.iter();
            wanted.all(|(_, range)| range.contains(version, Prereleases::Gated))
        };
        let still_fits = |version: &Version| {
            let mut wanted = wanted.iter();
            wanted.all(|(package, range)| {
                range.contains(version, Prereleases::Gated)
                    || self.locked.has(&self.plain.packages[*package].id)
            })
        };
        let mut known = self.known_versions(&missing.peer, is_usable);
        if is_required {
            known.extend(self.locked.versions(&missing.peer).iter().cloned());
        }
        let importer = &self.plain.importers[missing.root].id;
        let previous = self.locked.installed_peer(importer, &missing.peer);
        let stays = previous
            .filter(|version| is_required || known.contains(version))
            .filter(|version| still_fits(version));
        let fitting = known.iter().filter(|version| fits(version));
        let best = stays.or_else(|| fitting.max_by(|a, b| compare(a, b)));
        if let Some(version) = best.cloned() {
            let id = PackageId::registry(&missing.peer, &version);
            if let Some(package) = self.plain.package_index.get(&id) {
                return Some(Target::Package(*package));
            }
            if self.locked.package(&id).is_some() {
                return Some(Target::Package(self.add_locked(&id)));
            }
        }
        let ranges: Vec<Range> = wanted.into_iter().map(|(_, range)| range).collect();
        if !is_required || !intersect(&ranges) {
            return None;
        }
        let mut texts: Vec<String> = ranges.iter().map(ToString::to_string).collect();
        texts.sort();
        texts.dedup();
        let text = texts.join(" and ");
        Some(self.request(&missing.peer, &text, Selector::All(ranges)))
    }

    /// The usable versions of a package that are in the graph.
    fn known_versions(&self, name: &PackageName, is_usable: &[bool]) -> BTreeSet<Version> {
        let packages = self.plain.packages.iter().zip(is_usable);
        let in_graph = packages
            .filter(|(package, is_usable)| package.id.name() == name && **is_usable)
            .filter_map(|(package, _)| package.id.version().cloned());
        in_graph.collect()
    }

    fn missing_warnings(&self, missing: &[Missing]) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for missing in missing.iter().filter(|missing| missing.is_required()) {
            let importer = self.plain.importers[missing.root].id.clone();
            let required = missing.wanted.iter().filter(|wanted| !wanted.is_optional);
            let ranges: Option<Vec<Range>> = required.clone().map(peer_range).collect();
            if ranges.is_some_and(|ranges| !intersect(&ranges)) {
                let mut wanted: Vec<String> = required.map(|wanted| wanted.text.clone()).collect();
                wanted.sort();
                wanted.dedup();
                let peer = missing.peer.clone();
                warnings.push(Warning::PeerConflict {
                    importer,
                    peer,
                    wanted,
                });
                continue;
            }
            warnings.extend(required.map(|wanted| Warning::PeerMissing {
                importer: importer.clone(),
                package: self.plain.packages[wanted.package].id.clone(),
                peer: missing.peer.clone(),
                wanted: wanted.text.clone(),
            }));
        }
        warnings
    }

    /// What to say of the packages that are installed.
    fn package_warnings<'k>(&self, ids: impl Iterator<Item = &'k PackageId>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for id in ids {
            let Some(package) = self.plain.package_index.get(id) else {
                continue;
            };
            let record = &self.plain.packages[*package].record;
            if let Some(message) = &record.deprecated {
                warnings.push(Warning::Deprecated {
                    package: id.clone(),
                    message: message.clone(),
                });
            }
            let wanted = record.engines.0.get("node");
            if let (Some(wanted), Some(node)) = (wanted, &self.options.node_version)
                && !engine_fits(wanted, node)
            {
                warnings.push(Warning::Engine {
                    package: id.clone(),
                    wanted: wanted.clone(),
                });
            }
        }
        warnings
    }
}

/// The range of a peer; a peer that is asked for by something else cannot be installed.
fn peer_range(wanted: &Wanted) -> Option<Range> {
    wanted.range.clone()
}

fn intersect(ranges: &[Range]) -> bool {
    let mut rest = ranges.iter().enumerate();
    rest.all(|(index, range)| ranges[..index].iter().all(|other| range.intersects(other)))
}

/// Whether a version of Node.js is one that a package asks for; prereleases count, and what is no
/// range fits nothing, as in npm.
fn engine_fits(wanted: &str, node: &Version) -> bool {
    Range::parse(wanted, Mode::Loose).is_ok_and(|range| range.contains(node, Prereleases::All))
}
