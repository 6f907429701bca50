//! Packages from git repositories, by the `git` program itself.
//!
//! git gets an address that is no option and no helper, a whole commit, an environment of ours, and nobody to ask. What
//! it brings is read object by object and walked as strictly as a tarball; submodules and links are left out; scripts
//! of the package, `prepare` among them, are not run.

mod error;
mod known;
mod program;
mod references;
mod scratch;
mod tree;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pkg_manifest::{CommitHash, GitAddress, GitSource, GitSpecifier, GitWanted, nearest};
use pkg_store::SourceFile;

pub use self::error::GitError;
pub(crate) use self::known::{known, remember};
use self::{
    program::{Call, Program},
    references::{References, is_abbreviation},
    scratch::Scratch,
    tree::Listing,
};
use crate::{Host, LoadedSettings, install::path_on_disk};

/// How long a repository may take to list its names, and to send objects.
const LISTING: Duration = Duration::from_secs(120);
const FETCHING: Duration = Duration::from_secs(600);
/// The most that git may print, in bytes; contents of files have a limit of their own.
const OUTPUT: u64 = 64 << 20;

/// All that is needed to ask repositories.
pub(crate) struct Git<'a> {
    host: &'a Host,
    cache: &'a Path,
    /// The folder that paths are relative to.
    root: &'a Path,
    is_offline: bool,
}

/// The files of a commit.
pub(crate) struct CommitFiles {
    pub(crate) files: Vec<SourceFile>,
    /// Links and submodules.
    pub(crate) left_out: Vec<String>,
}

/// A repository about to be asked.
struct Remote {
    program: Program,
    /// What git is told.
    address: String,
    /// What people are told.
    shown: String,
}

impl<'a> Git<'a> {
    /// Asks repositories for a project.
    pub(crate) fn new(root: &'a Path, settings: &'a LoadedSettings, host: &'a Host) -> Self {
        Self {
            host,
            cache: &settings.locations.cache,
            root,
            is_offline: settings.settings.offline,
        }
    }

    /// Finds the commit that a specifier means now.
    pub(crate) async fn resolve(&self, specifier: &GitSpecifier) -> Result<GitSource, GitError> {
        if let GitWanted::Commit(commit) = specifier.wanted() {
            return Ok(specifier.at(commit.clone()));
        }
        let remote = self.remote(specifier.address())?;
        let listed = remote
            .program
            .run(Call {
                what: "list the names of",
                folder: None,
                arguments: &["ls-remote", "--quiet", "--end-of-options", &remote.address],
                input: Vec::new(),
                limit: OUTPUT,
                patience: LISTING,
            })
            .await?;
        let references = References::parse(&listed);
        if let Some(commit) = references.find(specifier.wanted()) {
            return Ok(specifier.at(commit));
        }
        if let GitWanted::Name(name) = specifier.wanted()
            && is_abbreviation(name)
            && let Some(commit) = self.expanded(&remote, name).await?
        {
            return Ok(specifier.at(commit));
        }
        Err(remote.no_commit(specifier.wanted(), &references))
    }

    /// Reads the files of a commit.
    pub(crate) async fn files(&self, source: &GitSource) -> Result<CommitFiles, GitError> {
        let remote = self.remote(source.address())?;
        let scratch = Scratch::new(self.cache)?;
        let commit = source.commit().as_str();
        remote.init(&scratch, commit.len()).await?;
        let shallow = ["--depth=1", "--no-tags"];
        if remote.fetch(&scratch, &shallow, &[commit]).await.is_err() {
            // Some servers give no commit that is not the end of a branch.
            remote.fetch(&scratch, &["--no-tags"], &EVERYTHING).await?;
        }
        let exact = format!("{commit}^{{commit}}");
        let found = remote.parse_revision(&scratch, &exact).await?;
        if found.as_deref() != Some(commit) {
            let wanted = GitWanted::Commit(source.commit().clone());
            return Err(remote.no_commit(&wanted, &References::default()));
        }
        let tree = match source.folder() {
            Some(folder) => format!("{commit}:{folder}"),
            None => commit.to_owned(),
        };
        if let Some(folder) = source.folder() {
            let is_folder = remote.is_folder(&scratch, &tree).await?;
            if !is_folder {
                return Err(GitError::NoFolder {
                    source_text: source.to_string(),
                    folder: folder.to_string(),
                });
            }
        }
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
        let mut listing = Listing::parse(&printed, source)?;
        let left_out = std::mem::take(&mut listing.left_out);
        let (objects, limit) = (listing.objects(), listing.printed_limit());
        let contents = remote
            .read(&scratch, &["cat-file", "--batch"], (objects, limit))
            .await?;
        let files = listing
            .with_contents(&contents)
            .ok_or_else(|| GitError::Failed {
                what: "read the files of",
                address: remote.shown.clone(),
                source: error::Said("its answer is not what was asked for".to_owned()),
            })?;
        Ok(CommitFiles { files, left_out })
    }

    fn remote(&self, address: &GitAddress) -> Result<Remote, GitError> {
        let shown = format!("git+{address}");
        let path = address
            .path()
            .map(|path| path_on_disk(self.root, self.host, path));
        if path.is_none() && self.is_offline {
            return Err(GitError::Offline { address: shown });
        }
        let program = Program::find(self.host, &shown, path.is_some())?;
        let local = path.map(|path: PathBuf| path.to_string_lossy().into_owned());
        let address = local.or_else(|| address.remote()).unwrap_or_default();
        Ok(Remote {
            program,
            address,
            shown,
        })
    }

    /// The commit whose hash begins so, wherever in the repository it is.
    async fn expanded(&self, remote: &Remote, text: &str) -> Result<Option<CommitHash>, GitError> {
        let scratch = Scratch::new(self.cache)?;
        remote.init(&scratch, 40).await?;
        remote.fetch(&scratch, &["--no-tags"], &EVERYTHING).await?;
        let found = remote
            .parse_revision(&scratch, &format!("{text}^{{commit}}"))
            .await?;
        Ok(found.and_then(|found| found.parse().ok()))
    }
}

/// All branches and tags.
const EVERYTHING: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

impl Remote {
    /// Makes an empty repository for objects with hashes of this length.
    async fn init(&self, scratch: &Scratch, length: usize) -> Result<(), GitError> {
        let format = match length {
            64 => "--object-format=sha256",
            _ => "--object-format=sha1",
        };
        let arguments = ["init", "--quiet", "--bare", "--template=", format];
        self.read(scratch, &arguments, (Vec::new(), OUTPUT)).await?;
        Ok(())
    }

    async fn fetch(
        &self,
        scratch: &Scratch,
        flags: &[&str],
        names: &[&str],
    ) -> Result<(), GitError> {
        let fixed = [
            "fetch",
            "--quiet",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        let address = ["--end-of-options", &self.address];
        let arguments = [&fixed, flags, &address, names].concat();
        let call = Call {
            what: "fetch from",
            folder: Some(scratch.path()),
            arguments: &arguments,
            input: Vec::new(),
            limit: OUTPUT,
            patience: FETCHING,
        };
        self.program.run(call).await.map(drop)
    }

    /// Runs git on the objects that were fetched.
    async fn read(
        &self,
        scratch: &Scratch,
        arguments: &[&str],
        (input, limit): (Vec<u8>, u64),
    ) -> Result<Vec<u8>, GitError> {
        let call = Call {
            what: "read the files of",
            folder: Some(scratch.path()),
            arguments,
            input,
            limit,
            patience: FETCHING,
        };
        self.program.run(call).await
    }

    /// What an expression stands for among the objects that were fetched.
    async fn parse_revision(
        &self,
        scratch: &Scratch,
        expression: &str,
    ) -> Result<Option<String>, GitError> {
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            expression,
        ];
        match self.read(scratch, &arguments, (Vec::new(), OUTPUT)).await {
            Ok(printed) => Ok(Some(String::from_utf8_lossy(&printed).trim().to_owned())),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether what is at a path in a commit is a folder.
    async fn is_folder(&self, scratch: &Scratch, path: &str) -> Result<bool, GitError> {
        let Some(object) = self.parse_revision(scratch, path).await? else {
            return Ok(false);
        };
        let tree = format!("{object}^{{tree}}");
        Ok(self.parse_revision(scratch, &tree).await?.is_some())
    }

    fn no_commit(&self, wanted: &GitWanted, references: &References) -> GitError {
        let names = references.names();
        let (wanted, help) = match wanted {
            GitWanted::Default => ("commits".to_owned(), "it may be empty".to_owned()),
            GitWanted::Commit(commit) => (
                format!("commit `{commit}`"),
                "it may have been taken out of all branches".to_owned(),
            ),
            GitWanted::Range(range) => (
                format!("tag that is a version in `{range}`"),
                format!("it has {}", shown(&names)),
            ),
            GitWanted::Name(name) => {
                let near = nearest(name, names.iter().copied());
                let help = match near.as_slice() {
                    [] => format!("it has {}", shown(&names)),
                    [near, ..] => format!("did you mean `{near}`?"),
                };
                (format!("branch, tag or commit `{name}`"), help)
            }
        };
        GitError::NoCommit {
            address: self.shown.clone(),
            wanted,
            help,
        }
    }
}

/// Some names, for a message.
fn shown(names: &[&str]) -> String {
    let first: Vec<String> = names
        .iter()
        .take(5)
        .map(|name| format!("`{name}`"))
        .collect();
    match (first.len(), names.len()) {
        (0, _) => "no branches and no tags".to_owned(),
        (few, all) if few == all => first.join(", "),
        (few, all) => format!("{} and {} more", first.join(", "), all - few),
    }
}
