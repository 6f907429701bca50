//! Repositories beside the project, and programs that stand in for others.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use super::Sandbox;

/// A repository that tests write to.
pub(crate) struct Repository<'s> {
    sandbox: &'s Sandbox,
    name: &'static str,
}

impl<'s> Repository<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox, name: &'static str) -> Self {
        let repository = Self { sandbox, name };
        sandbox.write(&format!("../{name}/README.md"), "read me\n");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn path(&self) -> PathBuf {
        let path = self.sandbox.path(&format!("../{}", self.name));
        path.canonicalize().unwrap()
    }

    /// Runs git in it, as somebody without settings.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", "/nowhere")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "me")))
            .envs(
                ["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "me@example.test")),
            )
            .envs(
                ["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), "1700000000 +0000")),
            )
            .output()
            .expect("there is a git");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits a version of the package, and gives the commit.
    pub(crate) fn commit(&self, version: &str) -> String {
        let manifest = json!({"name": "lib", "version": version, "bin": "cli.js"});
        self.write("package.json", &manifest.to_string());
        self.write("index.js", &format!("module.exports = '{version}';\n"));
        self.write(
            "cli.js",
            "#!/usr/bin/env node\nconsole.log(require('./index.js'));\n",
        );
        self.commit_all(version)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.sandbox
            .write(&format!("../{}/{path}", self.name), text);
    }

    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Puts a commit of another repository into a folder.
    pub(crate) fn link(&self, path: &str, address: &str, commit: &str) {
        let file = self.path().join(".gitmodules");
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        let section = format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {address}\n");
        self.write(".gitmodules", &(before + &section));
        // `git add --all` would take the commit out where there is no folder.
        std::fs::create_dir_all(self.path().join(path)).unwrap();
        self.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{commit},{path}"),
        ]);
    }

    /// Commits a version and gives it a tag that is an object of its own.
    pub(crate) fn release(&self, version: &str) -> String {
        let commit = self.commit(version);
        self.git(&[
            "tag",
            "--annotate",
            "--message",
            "x",
            &format!("v{version}"),
        ]);
        commit
    }
}

/// A program in the sandbox.
pub(crate) fn program(sandbox: &Sandbox, name: &str, text: &str) -> PathBuf {
    let path = format!("../programs/{name}");
    sandbox.write(&path, format!("#!/bin/sh\n{text}\n"));
    let path = sandbox.path(&path);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.parent().unwrap().canonicalize().unwrap()
}

/// The usual PATH with a folder before it.
pub(crate) fn path_with(folder: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", folder.display())
}

/// A stand-in for ssh that notes what it was asked for and runs it here.
pub(crate) const SSH: &str =
    r#"printf '%s\n' "$@" >> "$HOME/asked"; shift $(($# - 1)); exec sh -c "$1""#;
