//! Why scripts of packages could not be approved, or run.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use pkg_store::StoreError;
use thiserror::Error;

use crate::{EndedBySignal, GitError, InstallError, ProjectError, jail::JailError};

/// Why nothing was approved.
#[derive(Debug, Error, Diagnostic)]
pub enum ApprovalError {
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// A file cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The store cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The approvals of the project cannot be read.
    #[error("`{}` cannot be used: {reason}", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_BUILDS_FILE),
        help("mend it, or remove it and approve again by `pkg approve-builds`")
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// There is no lockfile to find packages by.
    #[error("nothing is installed here")]
    #[diagnostic(code(ERR_PKG_NOT_INSTALLED), help("run `pkg install` first"))]
    NotInstalled,
    /// A package is to be approved in passing whose scripts never run.
    #[error("the scripts of `{}` are denied in pkg-builds.json", name.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_BUILD_DENIED),
        help("leave out `--allow-build`, or decide anew: `pkg approve-builds {name}`")
    )]
    Denied {
        /// The package.
        name: String,
    },
    /// A package that is none, or that has no scripts.
    #[error("`{}` is no package with install scripts here", name.escape_debug())]
    #[diagnostic(code(ERR_PKG_NO_BUILD))]
    NoBuild {
        /// What was asked for.
        name: String,
        /// Those that there are.
        #[help]
        help: String,
    },
}

/// Why a package could not be built.
#[derive(Debug, Error, Diagnostic)]
pub enum BuildError {
    /// A script failed.
    #[error("the script `{script}` of `{package}` {end}")]
    #[diagnostic(code(ERR_PKG_BUILD_FAILED))]
    Failed {
        /// The package.
        package: String,
        /// Its script.
        script: String,
        /// How it ended, in words.
        end: String,
        /// The signal that ended it, which those words name.
        #[source]
        signal: Option<EndedBySignal>,
        /// What to do.
        #[help]
        help: String,
    },
    /// Several packages failed.
    #[error("{count} packages could not be built: {}", packages.join(", "))]
    #[diagnostic(
        code(ERR_PKG_BUILD_FAILED),
        help("each tells above why; `pkg rebuild NAME` tries one again")
    )]
    Several {
        /// How many.
        count: usize,
        /// Which.
        packages: Vec<String>,
    },
    /// The jail is asked for and cannot be had.
    #[error("scripts of packages are to run in the jail, and {reason}")]
    #[diagnostic(
        code(ERR_PKG_NO_SANDBOX),
        help(
            "`sandbox=auto` in your own settings runs them with a clean environment only; `--ignore-scripts` runs none"
        )
    )]
    NoSandbox {
        /// What is missing.
        reason: &'static str,
    },
    /// There is no Node.js.
    #[error("there is no Node.js on PATH to run scripts of packages with")]
    #[diagnostic(
        code(ERR_PKG_NO_NODE),
        help("put `node` on PATH, or install with `--ignore-scripts`")
    )]
    NoNode,
    /// This program does not know where it is.
    #[error("this program's own file cannot be found, so that no jail can be put up")]
    #[diagnostic(code(ERR_PKG_NO_PROGRAM), help("start it by its path"))]
    NoProgram,
    /// Scripts that nobody looked at, where that fails the install.
    #[error("install scripts that nobody approved: {}", packages.join(", "))]
    #[diagnostic(
        code(ERR_PKG_UNREVIEWED_BUILDS),
        help(
            "look at them and decide: `pkg approve-builds`, or `pkg approve-builds '!NAME'` to deny"
        )
    )]
    Unreviewed {
        /// The packages.
        packages: Vec<String>,
    },
    /// A package of a repository is to be made by root in the project of another user.
    #[error(
        "a package of a repository is not prepared by root in a project that is another user's"
    )]
    #[diagnostic(
        code(ERR_PKG_PREPARE),
        help(
            "run this as the owner of the project, or deny the package's scripts to use it as it was committed"
        )
    )]
    PrepareForOwner,
    /// What a package of a repository is made with is not to be had.
    #[error("`{package}` cannot be prepared: what it asks for to be made is not to be had")]
    #[diagnostic(
        code(ERR_PKG_PREPARE),
        help(
            "the package needs it while it is made, not later; deny its scripts to use it as it was committed"
        )
    )]
    Workshop {
        /// The package.
        package: String,
        /// What came in between.
        #[source]
        source: Box<InstallError>,
    },
    /// It asks for something to be made with that a package of a repository may not ask for.
    #[error("`{package}` cannot be prepared: its `{name}` comes from no registry")]
    #[diagnostic(
        code(ERR_PKG_PREPARE),
        help(
            "what a package is made with comes from a registry only; deny its scripts to use it as it was committed"
        )
    )]
    Exotic {
        /// The package.
        package: String,
        /// The dependency.
        name: String,
    },
    /// What its scripts made is no package.
    #[error("what was prepared cannot be packed: it has {reason}")]
    #[diagnostic(code(ERR_PKG_PREPARE))]
    Unpackable {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The repository does not give its commit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// A file of the jail cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Jail(#[from] JailError),
    /// A file cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The store cannot keep what was made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
}
