//! One repository elsewhere, asked by the `git` program into a repository of our own.

use std::{collections::BTreeMap, time::Duration};

use pkg_manifest::{GitWanted, nearest};

use super::{
    GitError,
    program::{Call, Program},
    references::References,
    scratch::Scratch,
};

/// How long a repository may take to list its names, and to send objects.
const LISTING: Duration = Duration::from_secs(120);
const FETCHING: Duration = Duration::from_secs(600);
/// The most that git may print, in bytes; contents of files have a limit of their own.
pub(super) const OUTPUT: u64 = 64 << 20;

/// A repository about to be asked.
pub(super) struct Remote {
    pub(super) program: Program,
    /// What git is told.
    pub(super) address: String,
    /// What people are told.
    pub(super) shown: String,
}

/// All branches and tags.
pub(super) const EVERYTHING: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

impl Remote {
    /// Its branches and tags.
    pub(super) async fn names(&self) -> Result<References, GitError> {
        let call = Call {
            what: "list the names of",
            folder: None,
            arguments: &["ls-remote", "--quiet", "--end-of-options", &self.address],
            input: Vec::new(),
            limit: OUTPUT,
            patience: LISTING,
        };
        Ok(References::parse(&self.program.run(call).await?))
    }

    /// Makes an empty repository for objects with hashes of this length.
    pub(super) async fn init(&self, scratch: &Scratch, length: usize) -> Result<(), GitError> {
        let format = match length {
            64 => "--object-format=sha256",
            _ => "--object-format=sha1",
        };
        let arguments = ["init", "--quiet", "--bare", "--template=", format];
        self.read(scratch, &arguments, (Vec::new(), OUTPUT)).await?;
        Ok(())
    }

    pub(super) async fn fetch(
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
    pub(super) async fn read(
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
    pub(super) async fn parse_revision(
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
    pub(super) async fn is_folder(&self, scratch: &Scratch, path: &str) -> Result<bool, GitError> {
        let Some(object) = self.parse_revision(scratch, path).await? else {
            return Ok(false);
        };
        let tree = format!("{object}^{{tree}}");
        Ok(self.parse_revision(scratch, &tree).await?.is_some())
    }

    /// The addresses of its submodules by their paths, as a commit writes them. What cannot be read says nothing.
    pub(super) async fn submodules(
        &self,
        scratch: &Scratch,
        commit: &str,
    ) -> Result<BTreeMap<String, String>, GitError> {
        let expression = format!("{commit}:.gitmodules");
        let Some(object) = self.parse_revision(scratch, &expression).await? else {
            return Ok(BTreeMap::new());
        };
        let arguments = [
            "config",
            "--null",
            "--blob",
            &object,
            "--get-regexp",
            r"^submodule\..*\.(path|url)$",
        ];
        match self.read(scratch, &arguments, (Vec::new(), OUTPUT)).await {
            Ok(printed) => Ok(parse_submodules(&printed)),
            Err(GitError::Failed { .. }) => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn no_commit(&self, wanted: &GitWanted, references: &References) -> GitError {
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

/// Reads what `git config` prints of `.gitmodules`: of a key that stands twice, the last counts.
fn parse_submodules(printed: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(printed);
    let mut modules: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
    for entry in text.split('\0') {
        let Some((key, value)) = entry.split_once('\n') else {
            continue;
        };
        let Some((name, field)) = key.rsplit_once('.') else {
            continue;
        };
        let place = usize::from(field == "url");
        modules.entry(name).or_default()[place] = Some(value);
    }
    let whole = modules
        .into_values()
        .filter_map(|[path, url]| Some((path?, url?)));
    whole
        .map(|(path, url)| (path.to_owned(), url.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodule_has_a_path_and_an_address() {
        let printed =
            b"submodule.a.b.path\nlib/sub\0submodule.a.b.url\n../sub.git\0submodule.c.path\nc\0";
        let expected = [("lib/sub".to_owned(), "../sub.git".to_owned())];
        assert_eq!(parse_submodules(printed), expected.into());
        assert_eq!(parse_submodules(b""), BTreeMap::new());
    }
}
