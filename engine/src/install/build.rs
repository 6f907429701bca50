//! The scripts of packages in an install: what is planned before the tree is made, and run after it.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use pkg_linker::{Tree, TreeRecord};
use pkg_lockfile::{Lockfile, PackageId, SnapshotKey};

use super::{gather::Packages, link::Linked, session::Session, workshop::SessionWorkshop};
use crate::{
    BuildError, InstallError, Warning,
    builds::{BuildPlan, BuildRecord, Building, Elsewhere, HeaderSource, Planned, Toolchain, run},
};

/// What is to be built of a tree, and what the record says that is.
pub(super) struct Builds {
    plan: BuildPlan,
    record: BuildRecord,
    /// Packages whose folders were made anew: whatever was built in them is gone.
    made: Mutex<BTreeSet<PackageId>>,
}

impl Builds {
    /// Plans, and forgets what is not to be there any more: from here on the record on disk vouches for what stays.
    ///
    /// `known` is what an earlier install made; where that is not sure, nothing is known to be built.
    pub(super) fn plan(
        session: &Session<'_>,
        (lockfile, tree, packages): (&Lockfile, &Tree, &Packages),
        known: Option<TreeRecord>,
    ) -> Result<(Self, Option<TreeRecord>), InstallError> {
        let cache = &session.settings.locations.cache;
        let planned = Planned {
            store: &session.store,
            approvals: &session.approvals,
            lockfile,
            tree,
            packages,
            toolchain: &|| Toolchain::find(session.host, cache),
        };
        let root = &session.project.root;
        let plan = BuildPlan::new(&planned);
        let mut record = BuildRecord::read(root)?;
        let before = record.clone();
        let is_sure = known.as_ref().is_some_and(|known| !known.is_unfinished());
        if !is_sure || session.options.force {
            record.built.clear();
        }
        let doubtful = if session.settings.settings.ignore_scripts {
            plan.outdated(&record)
        } else {
            plan.doubtful(&record, &session.options.rebuild)
        };
        record
            .built
            .retain(|path, _| doubtful.binary_search(path).is_err());
        if record != before {
            record.write(root)?;
        }
        let known = known.map(|known| known.doubting(&doubtful));
        let made = Mutex::default();
        Ok((Self { plan, record, made }, known))
    }

    /// Whether the files of a package are its own in this project, so that scripts can change them.
    pub(super) fn has(&self, id: &PackageId) -> bool {
        self.plan.has(id)
    }

    /// Takes note that a folder of a package was made anew.
    pub(super) fn note_made(&self, id: &PackageId) {
        if self.has(id) {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.insert(id.clone());
        }
    }

    /// Runs what has to run, and says what came of it.
    pub(super) async fn run(
        mut self,
        session: &Session<'_>,
        (tree, elsewhere): (&Tree, &Elsewhere<'_>),
        linked: &mut Linked,
    ) -> Result<(), InstallError> {
        let texts = |ids: &[PackageId]| ids.iter().map(ToString::to_string).collect();
        linked.unbuilt = texts(&self.plan.unreviewed);
        linked.changed_builds = texts(&self.plan.changed);
        linked.approved = self
            .plan
            .builds
            .iter()
            .map(|build| build.id.clone())
            .collect();
        let root = &session.project.root;
        let made = self
            .made
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let remade = self
            .plan
            .builds
            .iter()
            .filter(|build| made.contains(&build.id));
        for build in remade {
            self.record.built.remove(&build.path);
        }
        if !made.is_empty() {
            self.record.write(root)?;
        }
        if session.settings.settings.ignore_scripts {
            return Ok(());
        }
        let building = Building {
            root,
            host: session.host,
            settings: &session.settings.settings,
            store: &session.store,
            approvals: &session.approvals,
            rebuild: &session.options.rebuild,
            tree,
            elsewhere,
            workshop: &SessionWorkshop(session),
            headers: header_source(session),
            reporter: session.reporter,
        };
        let built = run(&building, &self.plan, &mut self.record).await?;
        linked.is_unchanged &= built.run + built.restored + built.left_out.len() == 0;
        linked.built += built.run;
        linked.restored += built.restored;
        for warning in built.warnings {
            session.warn(warning);
        }
        for (id, why) in built.left_out {
            let message = format!("left out the optional `{id}`: {why}");
            session.warn(Warning::new("WARN_PKG_OPTIONAL_LEFT_OUT", message));
            linked.left_out.push(id);
        }
        Ok(())
    }
}

fn header_source<'s>(session: &'s Session<'_>) -> HeaderSource<'s> {
    HeaderSource {
        registry: &session.registry,
        store: &session.store,
        cache: &session.settings.locations.cache,
        mirror: &session.settings.settings.disturl,
        reporter: session.reporter,
    }
}

/// The packages with scripts that nobody decided about, as the lockfile tells, where the packages themselves are not read.
pub(super) fn unreviewed<'p>(
    session: &Session<'_>,
    lockfile: &Lockfile,
    installed: impl IntoIterator<Item = &'p PackageId>,
    approved: &BTreeSet<PackageId>,
) -> Vec<String> {
    let is_open = |id: &&PackageId| {
        let package = lockfile.packages.get(*id);
        package.is_some_and(|package| package.has_install_scripts)
            && !session.approvals.is_denied(id)
            && !approved.contains(*id)
    };
    let open = installed.into_iter().filter(is_open);
    open.map(ToString::to_string).collect()
}

/// Fails where scripts that nobody decided about are not to be passed over.
pub(super) fn check_reviewed(session: &Session<'_>, linked: &Linked) -> Result<(), InstallError> {
    let settings = &session.settings.settings;
    if !settings.strict_dep_builds || settings.ignore_scripts || linked.unbuilt.is_empty() {
        return Ok(());
    }
    let packages = linked.unbuilt.clone();
    Err(BuildError::Unreviewed { packages }.into())
}

/// For trees that have all their packages.
pub(super) fn nowhere(_key: &SnapshotKey) -> Option<PathBuf> {
    None
}
