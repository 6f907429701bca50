//! Building the packages of a plan: those of one level at once, each in the jail or from what the store kept.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt as _, stream};
use pkg_linker::{Entry, Tree};
use pkg_lockfile::{PackageId, SnapshotKey};
use pkg_manifest::RelativePath;
use pkg_store::Store;

use super::{
    Rebuild,
    approvals::{Approvals, key},
    denial::find_denials,
    effect::{apply_effect, keep_effect},
    environment::{Surroundings, variables},
    error::BuildError,
    grant::{Grant, granted_path},
    output::Output,
    plan::{Build, BuildPlan, Elsewhere},
    prepare::{Workplace, Workshop},
    private::{Private, clear},
    record::BuildRecord,
    script::{Script, in_words},
    toolchain::Toolchain,
};
use crate::{
    Event, Host, Reporter, Sandbox, Settings, Warning,
    jail::{Confinement, JailEnd, JailPolicy, has_landlock},
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
    Run,
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
    check_owner(building.root)?;
    let toolchain = plan.toolchain.as_ref().ok_or(BuildError::NoNode)?;
    let confinement = confinement(building, &mut built.warnings)?;
    clear(building.root);
    let mut errors = Vec::new();
    for level in wanted.chunk_by(|left, right| left.level == right.level) {
        let outcomes: Vec<(&Build, Result<Outcome, BuildError>)> = stream::iter(level)
            .map(|build| async move {
                (
                    *build,
                    build_one(building, build, (toolchain, confinement)).await,
                )
            })
            .buffer_unordered(building.settings.child_concurrency.max(1))
            .collect()
            .await;
        for (build, outcome) in outcomes {
            match outcome? {
                Outcome::Run => built.run += 1,
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
    match errors.len() {
        0 => Ok(built),
        1 => Err(errors.remove(0).1),
        count => Err(BuildError::Several {
            count,
            packages: errors.into_iter().map(|(package, _)| package).collect(),
        }),
    }
}

/// Root is everybody: what a script of its own project may do must not follow from who owns the project.
fn check_owner(root: &Path) -> Result<(), BuildError> {
    let owner = pkg_fs::stat(root)?.owner;
    if pkg_fs::current_user() == 0 && owner != 0 {
        return Err(BuildError::AsRoot { owner });
    }
    Ok(())
}

/// How much of the jail there is to be, and a word to the user where that is not all.
fn confinement(
    building: &Building<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Confinement, BuildError> {
    let is_hidden =
        cfg!(debug_assertions) && building.host.variable("PKG_TEST_NO_LANDLOCK").is_some();
    let is_there = has_landlock() && !is_hidden;
    let reason = "this kernel has no Landlock, or it is turned off";
    match building.settings.sandbox {
        Sandbox::Off => Ok(Confinement::Off),
        Sandbox::Auto | Sandbox::Required if is_there => Ok(Confinement::Full),
        Sandbox::Required => Err(BuildError::NoSandbox { reason }),
        Sandbox::Auto => {
            let message = format!(
                "{reason}: scripts of packages run with a clean environment and no network, but can reach your files; \
                 `sandbox=required` refuses that"
            );
            warnings.push(Warning::new("WARN_PKG_NO_SANDBOX", message));
            Ok(Confinement::Calls)
        }
    }
}

async fn build_one(
    building: &Building<'_>,
    build: &Build,
    (toolchain, confinement): (&Toolchain, Confinement),
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
    let made_with = (&private, toolchain, confinement);
    if let Some(failure) = prepare(building, build, made_with).await? {
        return Ok(Outcome::Failed(failure));
    }
    let held = if has_packages_inside(building.tree, &build.path) {
        Some(private.hold(&folder)?)
    } else {
        None
    };
    let site = Site {
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
    if let Some(failure) = failure? {
        return Ok(Outcome::Failed(failure));
    }
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
    Ok(Outcome::Run)
}

/// Makes a package out of its sources, where it is one of those, and puts what came of it into its folder.
async fn prepare(
    building: &Building<'_>,
    build: &Build,
    (private, toolchain, confinement): (&Private, &Toolchain, Confinement),
) -> Result<Option<BuildError>, BuildError> {
    let Some(source) = &build.sources else {
        return Ok(None);
    };
    let workplace = match building.workshop.set_up(source).await {
        Ok(workplace) => workplace,
        Err(failure) => return Ok(Some(failure)),
    };
    let site = Site {
        building,
        build,
        folder: &workplace.sources(),
        workplace: Some(&workplace),
        private,
        toolchain,
        confinement,
    };
    let failure = site.run_all().await?;
    if failure.is_none() {
        workplace.deliver(&build.files, &build.path.below(building.root))?;
    }
    Ok(failure)
}

/// Whether the tree has packages in the folder of this one.
fn has_packages_inside(tree: &Tree, path: &RelativePath) -> bool {
    let inside = format!("{path}/node_modules/");
    let is_inside = |(path, entry): (&RelativePath, &Entry)| {
        path.as_str().starts_with(&inside) && matches!(entry, Entry::Package { .. })
    };
    tree.entries().any(is_inside)
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
}

impl Site<'_> {
    /// Runs its scripts, one after the other, and gives the first failure.
    async fn run_all(&self) -> Result<Option<BuildError>, BuildError> {
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
            };
            let (end, output) = script.run().await?;
            if end != JailEnd::Code(0) {
                return Ok(Some(self.failure(event, &end, output)));
            }
        }
        Ok(None)
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
            Grant::Network | Grant::Write(_) | Grant::Variable(_) => None,
        });
        let mut write = granted(&|grant| match grant {
            Grant::Write(path) => Some(path.as_str()),
            Grant::Network | Grant::Read(_) | Grant::Variable(_) => None,
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
            network: grants.contains(&Grant::Network),
            seconds: self.building.settings.build_timeout,
        }
    }

    /// The folders of all packages that this one can reach.
    fn reachable(&self) -> Vec<PathBuf> {
        if let Some(workplace) = self.workplace {
            return vec![workplace.modules()];
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
    fn failure(&self, event: &str, end: &JailEnd, mut output: Output) -> BuildError {
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
        let name = key(&self.build.id);
        let mut help: Vec<String> = denials
            .iter()
            .map(|denial| {
                let (tried, grant) = (&denial.tried, &denial.grant);
                format!(
                    "by its output it wanted {tried}, which the jail denies; if it may: \
                     `pkg approve-builds {name} --grant '{grant}'`"
                )
            })
            .collect();
        if help.is_empty() {
            help.push(format!(
                "run it again with `pkg rebuild {}`, or deny it: `pkg approve-builds '!{name}'`",
                self.build.id.name()
            ));
        }
        BuildError::Failed {
            package,
            script: event.to_owned(),
            end: in_words(end, self.building.settings.build_timeout),
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
