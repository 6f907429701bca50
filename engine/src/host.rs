//! The machine that an operation works on, as its caller sees it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Facts about the machine and the process; read by the caller, once.
#[derive(Debug, Clone)]
pub struct Host {
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// The current folder: absolute.
    pub directory: PathBuf,
    /// The program's own file.
    pub program: Option<PathBuf>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Variables that CI services set. AWS CodeBuild sets none that is its alone.
const CI_VARIABLES: [&str; 12] = [
    "CI",
    "CONTINUOUS_INTEGRATION",
    "BUILD_NUMBER",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "CIRCLECI",
    "TRAVIS",
    "BUILDKITE",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
    "JENKINS_URL",
];

/// Whether these are the variables of a CI job.
pub fn is_ci(variables: &BTreeMap<String, String>) -> bool {
    let value = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let is_off = |value: &String| matches!(value.as_str(), "0" | "false");
    let is_set = || CI_VARIABLES.iter().any(|name| value(name).is_some());
    !value("CI").is_some_and(is_off) && is_set()
}

impl Host {
    /// A variable's value, if it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether this is a CI job.
    pub fn is_ci(&self) -> bool {
        is_ci(&self.variables)
    }

    /// The user's home folder, if it is known and absolute.
    pub fn home(&self) -> Option<&Path> {
        self.variable("HOME")
            .map(Path::new)
            .filter(|home| home.is_absolute())
    }

    /// `process.platform` of Node.js.
    pub fn os() -> &'static str {
        match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            os => os,
        }
    }

    /// `process.arch` of Node.js.
    pub fn cpu() -> &'static str {
        match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            "x86" => "ia32",
            "powerpc64" => "ppc64",
            "loongarch64" => "loong64",
            arch => arch,
        }
    }

    /// The C library, on Linux: `glibc` or `musl`.
    pub fn libc() -> Option<&'static str> {
        if Self::os() != "linux" {
            return None;
        }
        let musl = format!("/lib/ld-musl-{}.so.1", std::env::consts::ARCH);
        let glibc = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
        let has_glibc = glibc.iter().any(|path| Path::new(path).exists());
        Some(if !has_glibc && Path::new(&musl).exists() {
            "musl"
        } else {
            "glibc"
        })
    }

    /// Finds a program on PATH; relative and empty entries of PATH are not searched.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.variable("PATH")?;
        path.split(':')
            .map(Path::new)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    }
}
