//! All files of a commit and of its submodules, each repository after the other, and no more than a package may hold.

use std::collections::BTreeMap;

use futures_util::future::LocalBoxFuture;
use pkg_manifest::{GitSource, GitWanted};
use pkg_store::SourceFile;

use super::{
    Git, GitError,
    error::Said,
    references::References,
    remote::{EVERYTHING, OUTPUT, Remote},
    scratch::Scratch,
    tree::{Listing, Room},
};

/// Submodules of submodules are read to this depth, and so many repositories for one package.
const DEPTH: usize = 8;
const REPOSITORIES: usize = 64;

/// The files of a commit.
pub(crate) struct CommitFiles {
    /// Those of submodules among them.
    pub(crate) files: Vec<SourceFile>,
    /// Paths of links, which are no files.
    pub(crate) links: Vec<String>,
    /// Submodules that were not read, and why not.
    pub(crate) refused: Vec<(String, &'static str)>,
    /// Folders that are submodules.
    pub(crate) submodules: Vec<String>,
    /// Repository and commit, for errors.
    pub(super) source_text: String,
}

/// What was read so far for one package.
pub(super) struct Gathering<'g> {
    git: &'g Git<'g>,
    found: CommitFiles,
    room: Room,
    repositories: usize,
}

/// One commit as it was read, its repository gone.
struct Commit {
    files: Vec<SourceFile>,
    links: Vec<String>,
    submodules: Vec<Submodule>,
}

/// A folder that is a commit of another repository.
struct Submodule {
    /// From the folder that is the package.
    path: String,
    /// Where it is to be had, unless the reason tells why it is not.
    source: Result<GitSource, &'static str>,
}

impl<'g> Gathering<'g> {
    pub(super) fn new(git: &'g Git<'g>, source: &GitSource) -> Self {
        let source_text = source.to_string();
        Self {
            git,
            room: Room::new(source_text.clone()),
            found: CommitFiles {
                files: Vec::new(),
                links: Vec::new(),
                refused: Vec::new(),
                submodules: Vec::new(),
                source_text,
            },
            repositories: 0,
        }
    }

    pub(super) fn finish(self) -> CommitFiles {
        self.found
    }

    /// Reads a commit into a folder of the package; `prefix` is empty or ends in a slash.
    pub(super) fn add<'s>(
        &'s mut self,
        source: &'s GitSource,
        prefix: String,
        depth: usize,
    ) -> LocalBoxFuture<'s, Result<(), GitError>> {
        Box::pin(async move {
            self.repositories += 1;
            if depth > DEPTH || self.repositories > REPOSITORIES {
                return Err(self.room.too_much("more submodules than are read"));
            }
            let commit = self.read(source).await?;
            let place = |path: &str| format!("{prefix}{path}");
            self.found
                .files
                .extend(commit.files.into_iter().map(|file| SourceFile {
                    path: place(&file.path),
                    ..file
                }));
            self.found
                .links
                .extend(commit.links.iter().map(|link| place(link)));
            for Submodule { path, source } in commit.submodules {
                let path = place(&path);
                match source {
                    Ok(source) => {
                        self.add(&source, format!("{path}/"), depth + 1).await?;
                        self.found.submodules.push(path);
                    }
                    Err(reason) => self.found.refused.push((path, reason)),
                }
            }
            Ok(())
        })
    }

    async fn read(&mut self, source: &GitSource) -> Result<Commit, GitError> {
        let remote = self.git.remote(source.address())?;
        let scratch = self.git.scratch()?;
        let tree = fetch(&remote, &scratch, source).await?;
        let arguments = [
            "ls-tree",
            "-r",
            "-l",
            "-z",
            "--full-tree",
            "--end-of-options",
            &tree,
        ];
        let printed = remote
            .read(&scratch, &arguments, (Vec::new(), OUTPUT))
            .await?;
        let mut listing = Listing::parse(&printed, &mut self.room)?;
        let links = std::mem::take(&mut listing.links);
        let linked = std::mem::take(&mut listing.submodules);
        let (objects, limit) = (listing.objects(), listing.printed_limit());
        let contents = remote
            .read(&scratch, &["cat-file", "--batch"], (objects, limit))
            .await?;
        let files = listing
            .with_contents(&contents)
            .ok_or_else(|| GitError::Failed {
                what: "read the files of",
                address: remote.shown.clone(),
                source: Said("its answer is not what was asked for".to_owned()),
            })?;
        let addresses = if linked.is_empty() {
            BTreeMap::new()
        } else {
            remote
                .submodules(&scratch, source.commit().as_str())
                .await?
        };
        let submodules = linked.into_iter().map(|(path, commit)| {
            let in_repository = match source.folder() {
                Some(folder) => format!("{folder}/{path}"),
                None => path.clone(),
            };
            let source = match (addresses.get(&in_repository), commit) {
                (Some(url), Some(commit)) => source.submodule(url, commit),
                (None, _) => Err("a submodule without an address in .gitmodules"),
                (_, None) => Err("a submodule without a commit"),
            };
            Submodule { path, source }
        });
        Ok(Commit {
            files,
            links,
            submodules: submodules.collect(),
        })
    }
}

/// Has the objects of a commit in a repository of our own, and gives the expression for the folder that is wanted.
async fn fetch(remote: &Remote, scratch: &Scratch, source: &GitSource) -> Result<String, GitError> {
    let commit = source.commit().as_str();
    remote.init(scratch, commit.len()).await?;
    let shallow = ["--depth=1", "--no-tags"];
    if remote.fetch(scratch, &shallow, &[commit]).await.is_err() {
        // Some servers give no commit that is not the end of a branch.
        remote.fetch(scratch, &["--no-tags"], &EVERYTHING).await?;
    }
    let exact = format!("{commit}^{{commit}}");
    let found = remote.parse_revision(scratch, &exact).await?;
    if found.as_deref() != Some(commit) {
        let wanted = GitWanted::Commit(source.commit().clone());
        return Err(remote.no_commit(&wanted, &References::default()));
    }
    let Some(folder) = source.folder() else {
        return Ok(commit.to_owned());
    };
    let tree = format!("{commit}:{folder}");
    if remote.is_folder(scratch, &tree).await? {
        return Ok(tree);
    }
    Err(GitError::NoFolder {
        source_text: source.to_string(),
        folder: folder.to_string(),
    })
}
