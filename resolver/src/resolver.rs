//! The state machine: what is asked for, what was answered, and what follows.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use pkg_lockfile::{Group, ImporterId, Lockfile, Wanted};
use pkg_manifest::{PackageName, Packument};
use rustc_hash::FxHashMap;

use crate::{
    Answer, Detail, Need, Project, ResolveError, ResolveOptions, Resolved, Step,
    error::{Failure, nearest_name},
    grow::Expansion,
    locked::Locked,
    plain::{Direct, Edge, Plain, PlainImporter, Target},
    specifier::{Selector, Specifier},
};

/// Resolves the dependencies of projects, step by step.
///
/// The caller asks for steps until there are none, answers needs in whatever order the answers come,
/// asks again after each, and takes the result when nothing is left to answer. The order of answers
/// has no influence on the result.
pub struct Resolver {
    pub(crate) options: ResolveOptions,
    pub(crate) locked: Locked,
    pub(crate) plain: Plain,
    /// What the projects ask of each package.
    pub(crate) direct: FxHashMap<PackageName, Vec<Selector>>,
    pub(crate) packuments: FxHashMap<PackageName, Result<Arc<Packument>, Failure>>,
    /// Who waits for the answer to what was asked.
    pub(crate) waiting: BTreeMap<Need, Vec<Waiter>>,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) expansions: Vec<Expansion>,
    /// How often missing peers were added.
    pub(crate) rounds: usize,
    /// What each project asks for.
    pub(crate) projects: Vec<(ImporterId, Wanted)>,
    /// The results so far: the last is the one to be confirmed.
    pub(crate) drafts: Vec<Resolved>,
    /// The result, as soon as nothing is left to ask.
    pub(crate) outcome: Option<Result<Resolved, ResolveError>>,
}

/// Who waits for an answer.
pub(crate) enum Waiter {
    /// A question for a version.
    Request(usize),
    /// A package whose dependencies are looked up again.
    Package(usize),
    /// A dependency of a project that is in no registry.
    Direct { importer: usize, dependency: usize },
    /// A package whose hash is not known.
    Integrity(usize),
}

impl Resolver {
    /// Begins to resolve; `previous` is the lockfile, whose versions stay where they may.
    pub fn new(
        importers: &BTreeMap<ImporterId, Project>,
        previous: Option<&Lockfile>,
        options: ResolveOptions,
    ) -> Self {
        let mut resolver = Self {
            locked: Locked::new(previous, &options),
            options,
            plain: Plain::default(),
            direct: FxHashMap::default(),
            packuments: FxHashMap::default(),
            waiting: BTreeMap::new(),
            steps: VecDeque::new(),
            expansions: Vec::new(),
            rounds: 0,
            projects: Vec::new(),
            drafts: Vec::new(),
            outcome: None,
        };
        let projects = importers.iter();
        let projects =
            projects.map(|(id, project)| (id.clone(), project.wanted(&resolver.options)));
        resolver.projects = projects.collect();
        resolver.begin();
        resolver
    }

    /// Adds the projects, and what the lockfile has of their dependencies.
    fn begin(&mut self) {
        let projects = std::mem::take(&mut self.projects);
        let wanted = projects.iter().map(|(_, wanted)| wanted);
        let groups = wanted.flat_map(|wanted| Group::ALL.map(|group| wanted.group(group)));
        for (alias, text) in groups.flatten() {
            self.add_direct_selector(alias, text);
        }
        for (id, wanted) in &projects {
            self.add_importer(id, wanted);
        }
        self.projects = projects;
        self.expand();
    }

    /// Begins once more, from a result, with what may move as the options say now; what the registry
    /// answered stays known.
    pub(crate) fn begin_again(&mut self, draft: Resolved) {
        self.locked = Locked::new(Some(&draft.lockfile), &self.options);
        self.plain = Plain::default();
        self.rounds = 0;
        self.drafts.push(draft);
        self.begin();
    }

    /// The next thing to do; `None` when the resolver waits for answers, or has ended.
    pub fn step(&mut self) -> Option<Step> {
        if self.steps.is_empty() && self.waiting.is_empty() && self.outcome.is_none() {
            self.advance();
        }
        self.steps.pop_front()
    }

    /// Takes what the caller found out.
    ///
    /// # Errors
    /// [`ResolveError::Answer`] if nothing like it was asked. What the answer means for the
    /// dependencies is said at the end, by [`Resolver::finish`].
    pub fn answer(&mut self, need: &Need, answer: Answer) -> Result<(), ResolveError> {
        let waiters = self
            .waiting
            .remove(need)
            .ok_or_else(|| ResolveError::Answer(need.clone()))?;
        match (need, answer) {
            (Need::Packument { name, detail }, Answer::Packument(packument)) => {
                self.answer_packument(name, *detail, packument, waiters);
            }
            (Need::Packument { name, .. }, Answer::Missing(reason)) => {
                let failure = not_found(name, reason);
                self.packuments.insert(name.clone(), Err(failure));
                self.wake(name, waiters);
            }
            (Need::Integrity { .. }, Answer::Integrity(integrity)) => {
                self.set_integrity(&waiters, &integrity);
            }
            (Need::Integrity { id }, Answer::Missing(reason)) => {
                let failure = not_found(id.name(), reason);
                self.fail_packages(&waiters, &failure);
            }
            (
                _,
                Answer::Manifest {
                    version,
                    resolution,
                },
            ) => {
                self.answer_manifest(need, &version, resolution, &waiters);
            }
            (Need::Directory { alias, .. } | Need::File { alias, .. }, Answer::Missing(reason))
            | (Need::Tarball { alias, .. }, Answer::Missing(reason)) => {
                let failure = Failure::NoSource {
                    name: alias.clone(),
                    reason,
                };
                self.set_direct(&waiters, &Target::Failed(failure));
            }
            (_, Answer::Packument(_) | Answer::Integrity(_)) => {
                return Err(ResolveError::Answer(need.clone()));
            }
        }
        self.expand();
        Ok(())
    }

    /// The result, when nothing is left to answer.
    ///
    /// # Errors
    /// The first dependency, breadth first, that cannot be had and is not optional; or else what
    /// the options forbid.
    pub fn finish(mut self) -> Result<Resolved, ResolveError> {
        if self.waiting.is_empty() && self.outcome.is_none() {
            self.advance();
        }
        match self.outcome {
            Some(outcome) => outcome,
            None => Err(ResolveError::Unfinished(self.waiting.into_keys().collect())),
        }
    }

    /// Remembers what a project asks of a package.
    fn add_direct_selector(&mut self, alias: &PackageName, text: &str) {
        let Ok(Specifier::Registry { name, selector }) = Specifier::parse(text) else {
            return;
        };
        let selectors = self
            .direct
            .entry(name.unwrap_or_else(|| alias.clone()))
            .or_default();
        if !selectors.contains(&selector) {
            selectors.push(selector);
        }
    }

    fn add_importer(&mut self, id: &ImporterId, wanted: &Wanted) {
        let importer = self.plain.importers.len();
        self.plain.importers.push(PlainImporter {
            id: id.clone(),
            direct: Vec::new(),
            hidden: Vec::new(),
            left_out: BTreeMap::new(),
        });
        let groups = Group::ALL.into_iter();
        let all = groups.flat_map(|group| {
            let entries = wanted.group(group).iter();
            entries.map(move |(alias, text)| (group, alias, text))
        });
        for (group, alias, text) in all {
            if group == Group::Optional && self.locked.is_left_out(id, alias, text) {
                let left_out = &mut self.plain.importers[importer].left_out;
                left_out.insert(alias.clone(), text.clone());
                continue;
            }
            let target = match self.locked.direct(id, alias, text).cloned() {
                Some(locked) => Target::Package(self.add_locked(&locked)),
                None => self.direct_target(importer, alias, text),
            };
            self.plain.importers[importer].direct.push(Direct {
                group,
                specifier: text.clone(),
                edge: Edge {
                    alias: alias.clone(),
                    is_optional: group == Group::Optional,
                    target,
                },
            });
        }
    }

    fn answer_packument(
        &mut self,
        name: &PackageName,
        detail: Detail,
        packument: Arc<Packument>,
        waiters: Vec<Waiter>,
    ) {
        let cutoff = self.options.cutoff(name);
        let lacks_times = cutoff.is_some_and(|cutoff| packument.lacks_times(cutoff));
        if packument.name() != name {
            let reason = format!("the registry answered with `{}`", packument.name());
            let failure = not_found(name, reason);
            self.packuments.insert(name.clone(), Err(failure));
        } else if detail == Detail::Install && lacks_times {
            return self.ask(
                Need::Packument {
                    name: name.clone(),
                    detail: Detail::Full,
                },
                waiters,
            );
        } else {
            self.packuments.insert(name.clone(), Ok(packument));
        }
        self.wake(name, waiters);
    }

    /// Asks for something, once; `waiters` are told the answer.
    pub(crate) fn ask(&mut self, need: Need, waiters: Vec<Waiter>) {
        if let Some(known) = self.waiting.get_mut(&need) {
            return known.extend(waiters);
        }
        self.steps.push_back(Step::Need(need.clone()));
        self.waiting.insert(need, waiters);
    }

    /// Asks for the versions of a package.
    pub(crate) fn ask_packument(&mut self, name: &PackageName, waiter: Waiter) {
        let full = Need::Packument {
            name: name.clone(),
            detail: Detail::Full,
        };
        if let Some(waiters) = self.waiting.get_mut(&full) {
            return waiters.push(waiter);
        }
        let need = Need::Packument {
            name: name.clone(),
            detail: Detail::Install,
        };
        self.ask(need, vec![waiter]);
    }

    /// Adds to a failure which known name looks like the missing one.
    pub(crate) fn with_suggestion(&self, mut failure: Failure) -> Failure {
        if let Failure::NotFound { name, nearest, .. } = &mut failure {
            let packages = self.plain.packages.iter();
            let known = packages.map(|package| package.id.name());
            *nearest = nearest_name(name, known.chain(self.locked.names()));
        }
        failure
    }
}

fn not_found(name: &PackageName, reason: String) -> Failure {
    Failure::NotFound {
        name: name.clone(),
        reason,
        nearest: None,
    }
}
