//! A project and a store on disk, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pkg_fs::Preference;
use pkg_lockfile::PackageId;
use pkg_store::{Expected, PackageFiles, Store};
use tempfile::TempDir;

use crate::apply::{ApplyOptions, Trash, apply};
use crate::bins::plan_bins;
use crate::error::LinkError;
use crate::layout::{Layout, LinkOptions, plan};
use crate::record::TreeRecord;
use crate::report::{LinkEvent, LinkReport};
use crate::test_graph::{graph, key, linux};
use crate::tree::{BinOwner, Tree};

/// A project, a store, and what was last put in place.
pub(crate) struct TestSite {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) packages: BTreeMap<PackageId, Arc<PackageFiles>>,
    pub(crate) record: Option<TreeRecord>,
    pub(crate) preference: Preference,
    pub(crate) layout: Layout,
    pub(crate) trash: Trash,
}

impl TestSite {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Self {
            folder,
            store,
            packages: BTreeMap::new(),
            record: None,
            preference: Preference::Hardlink,
            layout: Layout::Isolated,
            trash: Trash::Empty,
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// Stores a package. `manifest` is what its `package.json` has besides name and version.
    pub(crate) fn package(&mut self, id: &str, manifest: &str, files: &[(&str, &str)]) {
        let id = key(id).id().clone();
        let (name, version) = (id.name(), id.version().unwrap());
        let manifest = format!(r#"{{"name":"{name}","version":"{version}"{manifest}}}"#);
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files.iter().chain(&[("package.json", &*manifest)]) {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            let path = format!("package/{path}");
            archive
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        let bytes = archive.into_inner().unwrap();
        let imported = self
            .store
            .import_tarball(&bytes, &Expected::default())
            .unwrap();
        self.packages.insert(id, Arc::new(imported.files));
    }

    /// Stores a package of two files for every id.
    pub(crate) fn packages(&mut self, ids: &str) {
        for id in ids.split_whitespace() {
            self.package(id, "", &[("lib/deep/index.js", id)]);
        }
    }

    pub(crate) fn tree(&self, text: &str) -> Tree {
        let tree = plan(&graph(text), self.layout, &LinkOptions::for_host(linux())).unwrap();
        let lookup = |owner: &BinOwner| match owner {
            BinOwner::Package(id) => {
                let files = self.packages.get(id);
                let bins = files.into_iter().flat_map(|files| &files.bins);
                bins.map(|bin| (bin.name.clone(), bin.path.clone()))
                    .collect()
            }
            BinOwner::Folder(_) => Vec::new(),
        };
        plan_bins(tree, &lookup).unwrap().0
    }

    pub(crate) fn apply(
        &self,
        tree: &Tree,
        on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
    ) -> Result<LinkReport, LinkError> {
        let options = ApplyOptions {
            root: &self.root(),
            store: &self.store,
            packages: &|id| self.packages.get(id).cloned(),
            preference: &|_| self.preference,
            previous: self.record.as_ref(),
            trash: self.trash,
        };
        apply(tree, &options, on_event)
    }

    pub(crate) fn link(&mut self, text: &str) -> LinkReport {
        let report = self.apply(&self.tree(text), &|_| {}).unwrap();
        self.record = Some(report.record.clone());
        report
    }

    /// All that is below the project: folders end in a slash, links tell their text.
    pub(crate) fn listing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        list(&self.root(), "", &mut lines);
        lines
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        String::from_utf8(std::fs::read(self.path(relative)).unwrap()).unwrap()
    }
}

fn list(folder: &Path, before: &str, lines: &mut Vec<String>) {
    for (name, kind) in pkg_fs::list_directory(folder).unwrap() {
        let name = name.into_string().unwrap();
        let (path, shown) = (folder.join(&name), format!("{before}{name}"));
        match kind {
            pkg_fs::FileKind::Directory => {
                lines.push(format!("{shown}/"));
                list(&path, &format!("{shown}/"), lines);
            }
            pkg_fs::FileKind::Symlink => {
                let target = std::fs::read_link(&path).unwrap();
                lines.push(format!("{shown} -> {}", target.display()));
            }
            _ => {
                let bytes = std::fs::read(&path).unwrap();
                lines.push(format!("{shown} {}", String::from_utf8_lossy(&bytes).len()));
            }
        }
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    pkg_fs::write_new(path, text.as_bytes(), 0o644).unwrap();
}

/// A graph with a scope, and two versions of a package.
pub(crate) const GRAPH: &str = ". a@1 @s/b@1; a@1 -> @s/b@1 c@1; @s/b@1 -> c@2; c@1; c@2";
/// Its packages.
pub(crate) const IDS: &str = "a@1 @s/b@1 c@1 c@2";

/// A site with the graph in place.
pub(crate) fn linked() -> TestSite {
    let mut site = TestSite::new();
    site.packages(IDS);
    site.link(GRAPH);
    site
}
