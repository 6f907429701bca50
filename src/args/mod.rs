//! The command line as data: one struct a command, flags as npm and pnpm spell them.

#[cfg(test)]
pub(crate) mod examples;
mod global;
mod install;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub(crate) use self::{
    global::{ColorChoice, ExitCodes, GlobalArgs, LogLevel, ReporterKind},
    install::{Group, InstallArgs, InstallCommandArgs},
};

use crate::commands::{
    create::CreateArgs, dlx::DlxArgs, exec::ExecArgs, init::InitArgs, named_script::ScriptArgs,
    run::RunArgs,
};
use crate::commands::{inside::InsideCommand, layout::LayoutArgs, semver::SemverArgs};

use crate::commands::{
    add::AddArgs,
    approve_builds::ApproveBuildsArgs,
    dedupe::{self, DedupeArgs},
    licenses::LicensesArgs,
    link::{self, LinkArgs, UnlinkArgs},
    list::ListArgs,
    outdated::OutdatedArgs,
    prune::{self, PruneArgs},
    rebuild::RebuildArgs,
    remove::RemoveArgs,
    size::SizeArgs,
    update::UpdateArgs,
    view::ViewArgs,
    why::WhyArgs,
};
use crate::commands::{store::StoreCommand, verify::VerifyArgs};

use crate::commands::{
    completion::{CompleteArgs, CompletionArgs},
    config::{ConfigArgs, GetArgs, SetCommandArgs},
    doctor::DoctorArgs,
    explain::ExplainArgs,
    help::HelpArgs,
    node::NodeArgs,
};

/// A package manager for Node.js projects.
#[derive(Debug, Parser)]
#[command(
    name = "pkg",
    version,
    disable_version_flag = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
#[command(after_help = "Without a command, `pkg` installs. Examples:\n  \
    pkg install                     install what package.json asks for\n  \
    pkg install --frozen-lockfile   install exactly what pkg.lock says, or fail\n  \
    pkg run build --watch           run a script of package.json")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) install: InstallArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install what package.json asks for; with packages, as `pkg add`
    #[command(
        visible_alias = "i",
        after_help = "Examples:\n  pkg install --prod\n  \
        pkg install --frozen-lockfile\n  pkg install --offline"
    )]
    Install(InstallCommandArgs),
    /// Add packages to package.json and install them
    #[command(
        visible_alias = "a",
        after_help = "Examples:\n  pkg add express\n  pkg add -D typescript@next\n  \
        pkg add -E left-pad@1.3.0 shades@npm:colour-mix ../lib"
    )]
    Add(AddArgs),
    /// Take packages out of package.json and out of the tree
    #[command(
        visible_aliases = ["rm", "un", "uninstall", "r"],
        after_help = "Examples:\n  pkg remove express\n  pkg rm -D typescript"
    )]
    Remove(RemoveArgs),
    /// Move packages to newer versions
    #[command(
        visible_aliases = ["up", "upgrade"],
        after_help = "Examples:\n  pkg update               all, as far as package.json allows\n  \
        pkg update --latest '@types/*'\n  pkg update --patch express --no-save\n  pkg update -i            choose what moves"
    )]
    Update(UpdateArgs),
    /// Let each range take the highest version that is there already, so that fewer versions are left
    #[command(visible_alias = "ddp", after_help = dedupe::EXAMPLES)]
    Dedupe(DedupeArgs),
    /// Take out of the tree what package.json and pkg.lock do not want
    #[command(after_help = prune::EXAMPLES)]
    Prune(PruneArgs),
    /// Depend on a folder as it is: what changes in it is seen at once
    #[command(visible_alias = "ln", after_help = link::EXAMPLES)]
    Link(LinkArgs),
    /// Take links to folders back, to what stood before; without names all of them
    #[command(after_help = link::UNLINK_EXAMPLES)]
    Unlink(UnlinkArgs),
    /// Run a script of package.json, with the project's commands on PATH
    #[command(
        visible_alias = "run-script",
        after_help = "Examples:\n  pkg run\n  \
        pkg run build\n  pkg run test --grep 'a b'\n  \
        pkg run 'build:*'              all of them, four at a time\n  \
        pkg run --parallel '/^watch:/'"
    )]
    Run(RunArgs),
    /// Run the script `test`
    #[command(visible_aliases = ["t", "tst"], after_help = "Examples:\n  pkg test\n  pkg t --watch")]
    Test(ScriptArgs),
    /// Run the script `start`; without one, `node server.js`
    #[command(after_help = "Examples:\n  pkg start\n  pkg start --port 8080")]
    Start(ScriptArgs),
    /// Run the script `stop`
    #[command(after_help = "Examples:\n  pkg stop")]
    Stop(ScriptArgs),
    /// Run the script `restart`; without one, `stop` and `start`
    #[command(after_help = "Examples:\n  pkg restart")]
    Restart(ScriptArgs),
    /// Run a command of the project's packages, or any other, in their surroundings
    #[command(after_help = "Examples:\n  pkg exec eslint .\n  pkg exec -c 'eslint . | less'")]
    Exec(ExecArgs),
    /// Run a package's command without adding the package to the project
    #[command(
        visible_alias = "x",
        after_help = "What was fetched is kept for a day (`dlx-cache-max-age`). Started by the name `pkgx`, this program does \
        the same. Examples:\n  pkg dlx cowsay hello\n  pkg x -p typescript@next tsc --version\n  \
        pkg dlx -p cowsay -p lolcatjs -c 'cowsay hi | lolcatjs'"
    )]
    Dlx(DlxArgs),
    /// Make a project with a package made for that: `pkg create vite` runs `create-vite`
    #[command(after_help = "Examples:\n  pkg create vite my-app\n  pkg create @scope/app@latest")]
    Create(CreateArgs),
    /// Write a package.json; with a name, as `pkg create`
    #[command(
        after_help = "Examples:\n  pkg init\n  pkg init -y\n  pkg init --bare\n  pkg init vite my-app"
    )]
    Init(InitArgs),
    /// Hold node_modules against pkg.lock and the store, file by file, by hash
    #[command(
        after_help = "Nothing is changed without `--fix`. Exits with 1 where anything differs. Examples:\n  \
        pkg verify\n  pkg verify --json\n  pkg verify --fix"
    )]
    Verify(VerifyArgs),
    /// Run a program with Node.js, which finds the project's packages in every layout
    #[command(after_help = "Examples:\n  pkg node app.js\n  pkg node --test")]
    Node(NodeArgs),
    /// Print how packages are laid out, or lay them out otherwise and keep it so
    #[command(
        after_help = "The same versions from the store, without the network; written to .npmrc. Examples:\n  \
        pkg layout            print the layout, and where it was set\n  \
        pkg layout flat       as npm does\n  \
        pkg layout isolated   as pnpm does (the default)\n  \
        pkg layout nested     as npm 2 did\n  \
        pkg layout pnp        a map in place of node_modules, as Yarn does"
    )]
    Layout(LayoutArgs),
    #[command(flatten)]
    Inside(InsideCommand),
    /// Show install scripts of packages and decide which may run, in the jail
    #[command(
        visible_aliases = ["approve", "trust"],
        after_help = "Without NAMES it asks about each. An approval holds for the package and the content of its scripts, and \
        stands in pkg-builds.json. Examples:\n  pkg approve-builds\n  pkg approve-builds esbuild '!core-js'\n  \
        pkg approve-builds cypress --grant network:downloads.example.test --grant write:~/.cache/Cypress"
    )]
    ApproveBuilds(ApproveBuildsArgs),
    /// Run the install scripts of packages again, those that may run
    #[command(
        visible_alias = "rb",
        after_help = "Examples:\n  pkg rebuild\n  pkg rebuild esbuild"
    )]
    Rebuild(RebuildArgs),
    /// List what the project depends on
    #[command(
        visible_aliases = ["ls", "la", "ll"],
        after_help = "Examples:\n  pkg list\n  pkg list --depth=1 --prod\n  \
        pkg list 'qs@<6.14'   every way to it, as a tree"
    )]
    List(ListArgs),
    /// Say why a package is there: every way to it, the shortest first
    #[command(after_help = "Examples:\n  pkg why qs\n  pkg why qs@6 --limit 3")]
    Why(WhyArgs),
    /// Say why a package has its version: who asks for what, and what stands in the way of another
    #[command(
        after_help = "Works from what is cached; asks the registry only where that is nothing. Examples:\n  \
        pkg explain qs\n  pkg explain react@19   what stands in its way"
    )]
    Explain(ExplainArgs),
    /// List direct dependencies that have newer versions; exit code 1 where there is one
    #[command(after_help = "Examples:\n  pkg outdated\n  pkg outdated --compatible '@types/*'")]
    Outdated(OutdatedArgs),
    /// Show what the registry says of a package
    #[command(
        visible_aliases = ["info", "show", "v"],
        after_help = "Examples:\n  pkg view left-pad\n  pkg view left-pad versions --json\n  \
        pkg view left-pad@^1 version dist.integrity"
    )]
    View(ViewArgs),
    /// List the licences of what the project depends on
    #[command(after_help = "Examples:\n  pkg licenses --prod\n  pkg licenses --json")]
    Licenses(LicensesArgs),
    /// Say how big the packages are, and why they are there
    #[command(after_help = "Examples:\n  pkg size\n  pkg size --prod --limit 50")]
    Size(SizeArgs),
    /// Print the folder of the project's commands
    #[command(after_help = "Examples:\n  pkg bin\n  PATH=$(pkg bin):$PATH")]
    Bin,
    /// Print the folder of the project's packages
    #[command(after_help = "Examples:\n  du -sh $(pkg root)")]
    Root,
    /// Print the project's folder
    #[command(after_help = "Examples:\n  cd $(pkg prefix)")]
    Prefix,
    /// Show settings and who set them, or change a settings file
    #[command(
        visible_alias = "c",
        after_help = "Examples:\n  pkg config list\n  pkg config why registry\n  \
        pkg config set layout=flat --location project\n  pkg config delete layout -L project"
    )]
    Config(ConfigArgs),
    /// Print the value of settings, as `pkg config get`
    #[command(hide = true, after_help = "Examples:\n  pkg get registry")]
    Get(GetArgs),
    /// Write settings, as `pkg config set`
    #[command(
        hide = true,
        after_help = "Examples:\n  pkg set layout=flat --location project"
    )]
    Set(SetCommandArgs),
    /// Look at what an install needs of this machine, and say what is wrong and what to do
    #[command(
        after_help = "Exit code 1 where something is bad. Examples:\n  pkg doctor\n  pkg doctor --json\n  \
        pkg doctor --offline   do not ask the registry"
    )]
    Doctor(DoctorArgs),
    /// Look at the store
    #[command(after_help = "Examples:\n  pkg store verify\n  pkg store prune --dry-run")]
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Check versions against ranges, as npm's `semver` program does
    #[command(after_help = "Examples:\n  pkg semver 1.2.3 --range '^1.0.0'")]
    Semver(SemverArgs),
    /// Print what a shell reads to complete commands, flags, scripts and dependencies
    #[command(after_help = "Examples:\n  source <(pkg completion bash)\n  \
        pkg completion fish > ~/.config/fish/completions/pkg.fish\n  \
        pkg help completion   for all shells")]
    Completion(CompletionArgs),
    /// Print the words that may stand at a shell's cursor; completions ask this
    #[command(name = "__complete", hide = true)]
    Complete(CompleteArgs),
    /// Print help of a command, of a topic, or of the code of an error
    #[command(
        after_help = "Topics: settings, config, layouts, lockfile, store, scripts, registry, environment, \
        exit-codes,\nerrors, completion. Examples:\n  pkg help install\n  pkg help settings\n  \
        pkg help ERR_PKG_NO_SCRIPT\n  pkg help --man ./man   write man pages"
    )]
    Help(HelpArgs),
    /// A script of the project, by its name
    #[command(external_subcommand)]
    Implicit(Vec<OsString>),
}
