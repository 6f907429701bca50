//! Building the packages of a plan: those of one level at once, each in the jail or from what the store kept.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt as _, stream};
use pkg_fs::Ownership;
use pkg_linker::{Entry, Tree};
use pkg_lockfile::{PackageId, SnapshotKey};
use pkg_store::Store;

use super::{
    Rebuild,
    approvals::{Approvals, key, key_in_a_shell},
    conditions::confinement,
    denial::{Denial, find_denials},
    effect::{apply_effect, keep_effect},
    environment::{Surroundings, variables},
    error::BuildError,
    grant::{Grant, granted_path},
    headers::{HeaderSource, with_headers},
    output::Output,
    places::{denied, network, refused, warning},
    plan::{Build, BuildPlan, Elsewhere},
    prepare::{Workplace, Workshop},
    private::{Private, clear, has_packages_inside},
    record::BuildRecord,
    script::{Script, in_words, signal_of},
    toolchain::Toolchain,
};
use crate::{
    EndedBySignal, Event, Host, Reporter, Settings, Warning,
    jail::{Confinement, JailEnd, JailPolicy, Refusal, read_refusals},
    node::{find_map, node_options},
};

/// Lines of a failed script's output that are shown.
const SHOWN: usize = 40;

/// What builds are run with.
#[derive(Clone, Copy)]
pub(crate) struct Building<'a> {
    pub(crate) root: &'a Path,
    pub(crate) host: &'a Host,
    pub(crate) settings: &'a Settings,
    pub(crate) store: &'a Store,
    pub(crate) approvals: &'a Approvals,
    pub(crate) rebuild: &'a Rebuild,
    pub(crate) tree: &'a Tree,
    pub(crate) elsewhere: &'a Elsewhere<'a>,
    /// Where packages of repositories are made.
    pub(crate) workshop: &'a dyn Workshop,
    pub(crate) headers: HeaderSource<'a>,
    pub(crate) reporter: &'a dyn Reporter,
}

/// What was built.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// Folders whose scripts ran.
    pub(crate) run: usize,
    /// Folders that were made from what the store kept.
    pub(crate) restored: usize,
    /// Optional packages that could not be built, and why.
    pub(crate) left_out: Vec<(PackageId, String)>,
    /// What the user should know.
    pub(crate) warnings: Vec<Warning>,
}

/// How one build came out.
enum Outcome {
    /// With what its scripts were refused.
    Run(Vec<Refusal>),
    Restored,
    Failed(BuildError),
}

/// Builds what the record does not have. What was built is in the record, on disk too, whatever else fails.
pub(crate) async fn run(
    building: &Building<'_>,
    plan: &BuildPlan,
    record: &mut BuildRecord,
) -> Result<Built, BuildError> {
    let is_wanted = |build: &&Build| !record.built.contains_key(&build.path);
    let wanted: Vec<&Build> = plan.builds.iter().filter(is_wanted).collect();
    let mut built = Built::default();
    if wanted.is_empty() {
        return Ok(built);
    }
    let owner = Ownership::of_somebody_else(building.root)?;
    let toolchain = plan.toolchain.as_ref().ok_or(BuildError::NoNode)?;
    let toolchain = &with_headers(building, toolchain, &wanted, &mut built.warnings).await?;
    let confinement = confinement(building, &mut built.warnings)?;
    clear(building.root);
    let mut errors = Vec::new();
    for level in wanted.chunk_by(|left, right| left.level == right.level) {
        let outcomes = build_level(building, level, (toolchain, confinement, owner)).await;
        for (build, outcome) in outcomes {
            match outcome? {
                Outcome::Run(refusals) => {
                    built.run += 1;
                    let warnings = refusals.iter().map(|refusal| warning(&build.id, refusal));
                    built.warnings.extend(warnings);
                }
                Outcome::Restored => built.restored += 1,
                Outcome::Failed(error) if build.is_optional => {
                    built.left_out.push((build.id.clone(), error.to_string()));
                    continue;
                }
                Outcome::Failed(error) => {
                    errors.push((build.id.to_string(), error));
                    continue;
                }
            }
            record
                .built
                .insert(build.path.clone(), build.key.to_string());
        }
        record.write(building.root)?;
    }
    building.store.seal()?;
    clear(building.root);
    match BuildError::of_all(errors) {
        None => Ok(built),
        Some(error) => {
            // It may have failed for that.
            let warnings = built.warnings.into_iter().map(Event::Warning);
            warnings.for_each(|warning| building.reporter.report(warning));
            Err(error)
        }
    }
}

/// Builds what can be built at once.
async fn build_level<'b>(
    building: &Building<'_>,
    level: &[&'b Build],
    with: (&Toolchain, Confinement, Option<Ownership>),
) -> Vec<(&'b Build, Result<Outcome, BuildError>)> {
    stream::iter(level)
        .map(|build| async move { (*build, build_one(building, build, with).await) })
        .buffer_unordered(building.settings.child_concurrency.max(1))
        .collect()
        .await
}

async fn build_one(
    building: &Building<'_>,
    build: &Build,
    (toolchain, confinement, owner): (&Toolchain, Confinement, Option<Ownership>),
) -> Result<Outcome, BuildError> {
    let folder = build.path.below(building.root);
    let store = building.store;
    if !building.rebuild.has(build.id.name())
        && let Some(result) = store.build_result(&build.key)?
        && apply_effect(store, &result, &folder)?
    {
        return Ok(Outcome::Restored);
    }
    let private = Private::make(building.root, toolchain)?;
    let made_with = (&private, toolchain, confinement, owner);
    let mut refusals = match prepare(building, build, made_with).await? {
        Ran::Well(refusals) => refusals,
        Ran::Badly(failure) => return Ok(Outcome::Failed(failure)),
    };
    let held = if has_packages_inside(building.tree, &build.path) {
        Some(private.hold(&folder)?)
    } else {
        None
    };
    if let Some(owner) = owner {
        private.give(&folder, owner)?;
    }
    let site = Site {
        owner,
        building,
        build,
        folder: &folder,
        workplace: None,
        private: &private,
        toolchain,
        confinement,
    };
    let failure = site.run_all().await;
    if let Some(held) = held {
        held.put_back()?;
    }
    match failure? {
        Ran::Well(more) => refusals.extend(more),
        Ran::Badly(failure) => return Ok(Outcome::Failed(failure)),
    }
    refusals.sort();
    refusals.dedup();
    let writes_elsewhere = |grant: &&Grant| matches!(grant, Grant::Write(_));
    if confinement == Confinement::Full
        && !building
            .approvals
            .grants(&build.id)
            .any(|grant| writes_elsewhere(&grant))
        && let Some(result) = keep_effect(store, &build.files, &folder)?
    {
        store.keep_build(&build.key, &build.files.integrity, &result)?;
    }
    Ok(Outcome::Run(refusals))
}

/// Makes a package out of its sources, where it is one of those, and puts what came of it into its folder.
async fn prepare(
    building: &Building<'_>,
    build: &Build,
    (private, toolchain, confinement, owner): (
        &Private,
        &Toolchain,
        Confinement,
        Option<Ownership>,
    ),
) -> Result<Ran, BuildError> {
    let Some(source) = &build.sources else {
        return Ok(Ran::Well(Vec::new()));
    };
    if owner.is_some() {
        // It is made below the cache of whoever runs this program, which the owner does not reach.
        return Ok(Ran::Badly(BuildError::PrepareForOwner));
    }
    let workplace = match building.workshop.set_up(source).await {
        Ok(workplace) => workplace,
        Err(failure) => return Ok(Ran::Badly(failure)),
    };
    let site = Site {
        building,
        build,
        folder: &workplace.package(),
        workplace: Some(&workplace),
        private,
        toolchain,
        confinement,
        owner,
    };
    let ran = site.run_all().await?;
    if let Ran::Well(_) = ran {
        workplace.deliver(&build.files, &build.path.below(building.root))?;
    }
    Ok(ran)
}

/// How the scripts of a package came out.
enum Ran {
    /// All succeeded; with what they were refused.
    Well(Vec<Refusal>),
    /// One did not.
    Badly(BuildError),
}

/// One package whose scripts run.
struct Site<'a> {
    building: &'a Building<'a>,
    build: &'a Build,
    folder: &'a Path,
    /// Where it is made out of its sources; else its folder is one of the tree.
    workplace: Option<&'a Workplace>,
    private: &'a Private,
    toolchain: &'a Toolchain,
    confinement: Confinement,
    /// Who runs them, where that is not who this process is.
    owner: Option<Ownership>,
}

impl Site<'_> {
    /// Runs its scripts, one after the other, to the first failure.
    async fn run_all(&self) -> Result<Ran, BuildError> {
        let program = self
            .building
            .host
            .program
            .as_deref()
            .ok_or(BuildError::NoProgram)?;
        let grants: Vec<Grant> = self
            .building
            .approvals
            .grants(&self.build.id)
            .cloned()
            .collect();
        let bins = self.bins();
        let mut policy = self.policy(program, &grants, &bins);
        let mut refusals = Vec::new();
        for (event, text) in self.events() {
            self.building.reporter.report(Event::PackageScript {
                package: self.build.id.to_string(),
                name: event.to_owned(),
                command: text.to_owned(),
            });
            let surroundings = Surroundings {
                host: self.building.host,
                toolchain: self.toolchain,
                store: self.building.store,
                files: &self.build.files,
                folder: self.folder,
                private: &self.private.folder,
                bins: &bins,
                grants: &grants,
            };
            let mut variables = variables(&surroundings, (event, text));
            if let Some(map) = find_map(self.building.root).filter(|_| self.workplace.is_none()) {
                variables.insert(
                    "NODE_OPTIONS".to_owned(),
                    node_options(&map, &plain(self.building.host)),
                );
            }
            policy.script = text.to_owned();
            let script = Script {
                program,
                policy: &policy,
                private: &self.private.folder,
                folder: self.folder,
                variables,
                owner: self.owner,
            };
            let (end, output) = script.run().await?;
            let new = read_refusals(&self.private.folder);
            if end != JailEnd::Code(0) {
                return Ok(Ran::Badly(self.failure(event, &end, (output, &new))));
            }
            refusals.extend(new);
        }
        Ok(Ran::Well(refusals))
    }

    /// What runs here, in this order.
    fn events(&self) -> Vec<(&'static str, &str)> {
        let scripts = &self.build.scripts;
        match self.workplace {
            Some(_) => scripts.preparation(&self.build.id),
            None => scripts.events().collect(),
        }
    }

    fn policy(&self, program: &Path, grants: &[Grant], bins: &[PathBuf]) -> JailPolicy {
        let (root, home) = (self.building.root, self.building.host.home());
        let granted = |pick: &dyn Fn(&Grant) -> Option<&str>| {
            let texts = grants
                .iter()
                .filter_map(|grant| pick(grant).map(str::to_owned));
            texts
                .filter_map(|text| granted_path(&text, root, home))
                .collect::<Vec<_>>()
        };
        let mut read = granted(&|grant| match grant {
            Grant::Read(path) => Some(path.as_str()),
            Grant::Network | Grant::Place(_) | Grant::Write(_) | Grant::Variable(_) => None,
        });
        let mut write = granted(&|grant| match grant {
            Grant::Write(path) => Some(path.as_str()),
            Grant::Network | Grant::Place(_) | Grant::Read(_) | Grant::Variable(_) => None,
        });
        read.extend(self.toolchain.read.iter().cloned());
        read.extend(bins.iter().cloned());
        read.extend(["bin", "node_modules"].map(|inside| self.private.folder.join(inside)));
        read.extend(self.reachable());
        read.extend(
            [
                ".pnp.cjs",
                ".pnp.data.json",
                ".pnp.loader.mjs",
                ".pkg/cache",
            ]
            .map(|file| root.join(file)),
        );
        // Scripts may run others of their package by it.
        read.push(program.to_path_buf());
        write.extend(self.private.writable());
        write.push(self.folder.to_path_buf());
        JailPolicy {
            script: String::new(),
            program: program.to_path_buf(),
            directory: self.folder.to_path_buf(),
            confinement: self.confinement,
            read,
            write,
            network: network(grants),
            seconds: self.building.settings.build_timeout,
        }
    }

    /// The folders of all packages that this one can reach.
    fn reachable(&self) -> Vec<PathBuf> {
        if let Some(workplace) = self.workplace {
            return vec![workplace.modules(), workplace.sources()];
        }
        let mut folders: BTreeMap<&SnapshotKey, Vec<PathBuf>> = BTreeMap::new();
        for (path, entry) in self.building.tree.entries() {
            if let Entry::Package { snapshot, .. } = entry {
                let folder = path.below(self.building.root);
                folders.entry(snapshot).or_default().push(folder);
            }
        }
        let found = |key: &SnapshotKey| match folders.get(key) {
            Some(folders) => folders.clone(),
            None => (self.building.elsewhere)(key).into_iter().collect(),
        };
        self.build.closure.iter().flat_map(found).collect()
    }

    /// Folders with commands: the package's own, then those of the folders that it lies in. In the project's own folder
    /// are commands of packages that this one has nothing to do with, unless it lies there too.
    fn bins(&self) -> Vec<PathBuf> {
        if let Some(workplace) = self.workplace {
            return vec![workplace.modules().join(".bin"), self.private.bin()];
        }
        let mut bins = vec![self.folder.join("node_modules/.bin"), self.private.bin()];
        let path = self.build.path.as_str();
        let own = path.find(".pkg/").unwrap_or_default();
        let ends = path
            .match_indices("node_modules/")
            .map(|(start, _)| start + "node_modules".len());
        let above = ends.filter(|end| *end > own).map(|end| &path[..end]);
        let mut above: Vec<&str> = above.collect();
        above.reverse();
        bins.extend(
            above
                .into_iter()
                .map(|folder| self.building.root.join(folder).join(".bin")),
        );
        bins
    }

    /// Tells the end of what a script printed, keeps the rest of it in a file, and says what to do.
    fn failure(
        &self,
        event: &str,
        end: &JailEnd,
        (mut output, refusals): (Output, &[Refusal]),
    ) -> BuildError {
        let package = self.build.id.to_string();
        let lines = output.lines();
        for line in &lines[lines.len().saturating_sub(SHOWN)..] {
            self.building.reporter.report(Event::PackageOutput {
                package: package.clone(),
                name: event.to_owned(),
                line: line.clone(),
            });
        }
        let is_own =
            |path: &Path| path.starts_with(self.folder) || path.starts_with(&self.private.folder);
        let denials = match self.confinement {
            Confinement::Off => Vec::new(),
            Confinement::Full | Confinement::Calls => find_denials(&lines, &is_own),
        };
        let key = key(&self.build.id);
        let name = &key_in_a_shell(&self.build.id);
        // The broker knows better than the output what of the network was refused.
        let is_told = |denial: &&Denial| {
            refusals.is_empty() || !matches!(denial.grant, Grant::Network | Grant::Place(_))
        };
        let mut help: Vec<String> = refusals
            .iter()
            .take(3)
            .map(|refusal| refused(name, refusal))
            .collect();
        let grants: Vec<&Grant> = self.building.approvals.grants(&self.build.id).collect();
        let told = denials.iter().filter(is_told);
        help.extend(told.map(|denial| denied(name, denial, &grants)));
        if help.is_empty() {
            help.push(format!(
                "run it again with `pkg rebuild {}`, or deny it: `pkg approve-builds '!{key}'`",
                self.build.id.name()
            ));
        }
        BuildError::Failed {
            package,
            script: event.to_owned(),
            end: in_words(end, self.building.settings.build_timeout),
            signal: signal_of(end).map(EndedBySignal),
            help: help.join("\n        "),
        }
    }
}

/// The host without the user's own options for Node.js, which are not for scripts of packages.
fn plain(host: &Host) -> Host {
    let mut plain = host.clone();
    plain.variables.remove("NODE_OPTIONS");
    plain
}
