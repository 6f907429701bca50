//! `pkg link` and `pkg unlink`.

use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use pkg_engine::{Change, Project, UnlinkRequest};
use thiserror::Error;

use super::{
    Context,
    add::SaveArgs,
    change::{self, FollowArgs},
};

/// What stands below the help of `pkg link`.
pub(crate) const EXAMPLES: &str = "Written to package.json as `link:DIR`. Examples:\n  pkg link ../lib\n  \
    pkg link -D ../lib ../tools";
/// What stands below the help of `pkg unlink`.
pub(crate) const UNLINK_EXAMPLES: &str = "A range that `pkg link` took the place of stands in `pkg.linked` of \
    package.json\nmeanwhile; a package that was not asked for before goes. Examples:\n  pkg unlink\n  pkg unlink lib";

/// Arguments of `pkg link`.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Folders of packages
    #[arg(value_name = "DIR")]
    folders: Vec<String>,
    #[command(flatten)]
    save: SaveArgs,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Arguments of `pkg unlink`.
#[derive(Debug, Args)]
pub(crate) struct UnlinkArgs {
    /// Names as they stand in package.json; all that are linked by default
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Why nothing was linked or unlinked.
#[derive(Debug, Error, Diagnostic)]
enum LinkError {
    /// npm's meaning: offer this package to all projects of the user.
    #[error("nothing says which folder to link")]
    #[diagnostic(
        code(ERR_PKG_NO_GLOBAL_LINKS),
        help(
            "there is no list of packages for all projects: go to the project that is to use this one, and run `pkg link DIR` with this folder there"
        )
    )]
    NoFolder,
    /// npm's other half: a name that was offered.
    #[error("there is no folder `{}`", text.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_NO_GLOBAL_LINKS),
        help("packages are linked by their folders, not by names: `pkg link ../{text}`")
    )]
    NotAFolder {
        /// What was typed.
        text: String,
    },
    /// Nothing to take out.
    #[error("package.json links no folder")]
    #[diagnostic(
        code(ERR_PKG_NOT_A_DEPENDENCY),
        help("`pkg list` shows what it asks for")
    )]
    NothingLinked,
}

/// Links folders as dependencies: what changes in them is seen at once.
pub(crate) fn run(context: &Context<'_>, args: &LinkArgs) -> ExitCode {
    if args.folders.is_empty() {
        return context.output.error(&LinkError::NoFolder);
    }
    let mut folders = Vec::new();
    for text in &args.folders {
        // As an argument of `add` a bare name would be a package of the registry.
        let is_path = text.starts_with(['.', '/', '~']);
        let path = if is_path {
            text.clone()
        } else {
            format!("./{text}")
        };
        let place = match (path.strip_prefix("~/"), context.host.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => context.host.directory.join(&path),
        };
        if !place.is_dir() {
            return context
                .output
                .error(&LinkError::NotAFolder { text: text.clone() });
        }
        folders.push(path);
    }
    let request = args.save.request(folders);
    change::run(context, &Change::Add(request), &args.follow)
}

/// Takes links back: what stood before comes back, and what was nothing goes. Names that are no links go too, as with npm.
pub(crate) fn run_unlink(context: &Context<'_>, args: &UnlinkArgs) -> ExitCode {
    let mut packages = args.packages.clone();
    if packages.is_empty() {
        let project = match Project::load(&context.host.directory) {
            Ok(project) => project,
            Err(error) => return context.output.error(&error),
        };
        let manifest = &project.manifest;
        let groups = [
            &manifest.dependencies,
            &manifest.dev_dependencies,
            &manifest.optional_dependencies,
        ];
        let linked = groups.into_iter().flatten();
        let linked = linked.filter(|(_, specifier)| specifier.trim().starts_with("link:"));
        packages = linked.map(|(name, _)| name.to_string()).collect();
        packages.sort_unstable();
        packages.dedup();
        if packages.is_empty() {
            return context.output.error(&LinkError::NothingLinked);
        }
    }
    let request = UnlinkRequest { packages };
    change::run(context, &Change::Unlink(request), &args.follow)
}
