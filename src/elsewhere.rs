//! Commands and flags that fingers know from npm, pnpm and Yarn and that are none here: what to do instead.
//!
//! Law: what stands here is no command and no flag of ours, and each command that an answer names can be typed.

use pkg_engine::Settings;
use pkg_manifest::NETWORK_KEYS;

/// Names, and what to do instead.
type Row = (&'static [&'static str], &'static str);

const NO_GLOBAL: &str = "nothing is installed for the whole machine: `pkg dlx NAME` runs a package's command, and \
                         `pkg -C DIR add NAME` keeps it in a folder of its own";
const NO_WORKSPACES: &str =
    "there are no workspaces yet: `pkg -C DIR install` works in the folder of one package";
const AT_THE_REGISTRY: &str =
    "what changes the registry is left to npm, which does it in the same folder";
const CREDENTIALS: &str = "write a token into your settings: \
                           `pkg config set //registry.example.test/:_authToken=TOKEN`; see `pkg help registry`";
const FOREIGN_NAMES: &str = "write `pkg` in its place, as in `pkg install`";
const PAGES: &str = "`pkg view NAME` shows its pages";
const NO_PATCHES: &str = "patches are not applied yet: depend on a copy, `pkg add ../NAME`";

const COMMANDS: [Row; 30] = [
    (
        &["ci", "clean-install", "install-clean", "ic"],
        "`pkg install --frozen-lockfile` installs exactly what pkg.lock says, or fails",
    ),
    (
        &["install-test", "it", "install-ci-test", "cit"],
        "run `pkg install`, then `pkg test`",
    ),
    (&["global"], NO_GLOBAL),
    (
        &["recursive", "multi", "m", "workspace", "workspaces", "ws"],
        NO_WORKSPACES,
    ),
    (
        &["audit"],
        "advisories are not asked for yet; `pkg outdated` shows what has newer versions",
    ),
    (&["publish", "pack", "stage", "version"], AT_THE_REGISTRY),
    (
        &[
            "dist-tag",
            "dist-tags",
            "deprecate",
            "undeprecate",
            "unpublish",
            "owner",
            "author",
            "access",
            "team",
            "org",
            "profile",
            "star",
            "unstar",
            "stars",
            "hook",
        ],
        AT_THE_REGISTRY,
    ),
    (
        &["login", "adduser", "add-user", "logout", "whoami", "token"],
        CREDENTIALS,
    ),
    (
        &["import"],
        "lockfiles of others are not read yet: `pkg install` resolves package.json and writes pkg.lock",
    ),
    (
        &["cache"],
        "the cache can be deleted: see `pkg help store`; `pkg store prune` takes out of the store what no project needs",
    ),
    (
        &["search", "find", "se"],
        "`pkg view NAME` shows one package; searching is left to the registry's own page",
    ),
    (&["docs", "home", "repo", "bugs", "issues"], PAGES),
    (
        &["fund"],
        "`pkg view NAME funding` shows who asks for money",
    ),
    (&["ping"], "`pkg doctor` looks whether the registry answers"),
    (
        &["shrinkwrap"],
        "pkg.lock is the lockfile, beside package.json: commit it",
    ),
    (
        &["pkg", "set-script"],
        "an editor changes package.json; `pkg add` and `pkg remove` change its dependencies",
    ),
    (&["patch", "patch-commit", "patch-remove"], NO_PATCHES),
    (
        &["deploy"],
        "copy the project's files without node_modules, and run `pkg install --prod --frozen-lockfile` there",
    ),
    (
        &["env", "runtime", "use"],
        "Node.js is not installed here; `pkg doctor` says which one runs",
    ),
    (
        &["setup"],
        "nothing is to be set up; `pkg doctor` says what an install needs, `pkg help completion` has the Tab key",
    ),
    (
        &["self-update"],
        "install it anew as you did the first time; `pkg --version` prints what runs",
    ),
    (
        &["fetch"],
        "`pkg install` fetches only what the store lacks; `pkg install --lockfile-only` fetches none",
    ),
    (
        &["upgrade-interactive"],
        "`pkg update --interactive --latest`",
    ),
    (
        &["clean", "autoclean"],
        "`pkg prune` takes out of node_modules what is not wanted; `pkg install --force` builds it anew",
    ),
    (
        &["check"],
        "`pkg verify` holds node_modules against pkg.lock",
    ),
    (
        &["ignored-builds"],
        "`pkg approve-builds --list` shows all install scripts, and what was decided",
    ),
    (&["find-dupes"], "`pkg dedupe --check`"),
    (
        &["sbom", "query"],
        "`pkg list --all --json` prints every package as JSON; `pkg licenses --json` the licences",
    ),
    (
        &["npx", "pnpx", "bunx"],
        "`pkg dlx NAME` runs a package's command",
    ),
    (&["npm", "pnpm", "yarn", "bun"], FOREIGN_NAMES),
];

const FLAGS: [Row; 19] = [
    (&["-g", "--global"], NO_GLOBAL),
    (
        &[
            "-r",
            "--recursive",
            "-F",
            "--filter",
            "--filter-prod",
            "-w",
            "-W",
            "--workspace",
            "--workspaces",
            "--workspace-root",
            "--include-workspace-root",
            "--ignore-workspace",
            "--ignore-workspace-root-check",
            "--workspace-concurrency",
            "--fail-if-no-match",
        ],
        NO_WORKSPACES,
    ),
    (
        &[
            "--legacy-peer-deps",
            "--strict-peer-deps",
            "--no-strict-peer-dependencies",
        ],
        "leave it away: a peer that does not fit is a warning, and an error with `--config.strict-peer-dependencies=true`",
    ),
    (
        &["--no-save"],
        "what is added is saved; `pkg dlx NAME` runs a package's command without adding it",
    ),
    (
        &[
            "--no-lockfile",
            "--no-package-lock",
            "--pure-lockfile",
            "--no-shrinkwrap",
        ],
        "pkg.lock is always written; with `--frozen-lockfile` it stays as it is",
    ),
    (
        &["--only"],
        "`--prod` leaves devDependencies out, `--dev` the others",
    ),
    (
        &["--verbose", "-d", "-dd", "-ddd"],
        "`--reporter=ndjson` tells of every event; `pkg doctor` looks for what is wrong",
    ),
    (&["-q", "--quiet"], "`--silent` prints nothing but errors"),
    (&["--cwd"], "`-C DIR` works in another folder"),
    (&["--cache", "--cache-folder"], "`--cache-dir DIR`"),
    (&["--store"], "`--store-dir DIR`"),
    (
        &["--network-timeout"],
        "`--config.fetch-timeout=MILLISECONDS`",
    ),
    (
        &["--ignore-engines", "--engines-strict"],
        "leave it away: what a package says of Node.js is no error unless `--config.engine-strict=true`",
    ),
    (
        &["-B", "--save-bundle"],
        "write `bundleDependencies` into package.json by hand",
    ),
    (
        &["--ignore-pnpmfile", "--pnpmfile"],
        "there are no hooks: leave it away",
    ),
    (
        &["--flat", "--hoisted"],
        "`--layout=flat` lays packages out as npm does",
    ),
    (
        &[
            "--save-workspace-protocol",
            "--save-catalog",
            "--save-catalog-name",
        ],
        "there are no catalogs and workspaces yet: leave it away, and the range is saved",
    ),
    (
        &[
            "--check-cache",
            "--check-files",
            "--integrity",
            "--verify-tree",
        ],
        "`pkg verify` holds every file against its hash",
    ),
    (
        &["--audit-level", "--audit"],
        "advisories are not asked for yet; `pkg outdated` shows what has newer versions",
    ),
];

fn find(rows: &[Row], name: &str) -> Option<&'static str> {
    let found = rows.iter().find(|(names, _)| names.contains(&name));
    found.map(|(_, instead)| *instead)
}

/// What to do instead of a command of other managers.
pub(crate) fn command(name: &str) -> Option<&'static str> {
    find(&COMMANDS, name)
}

/// What to do instead of a flag of other managers, or one that is a setting here.
pub(crate) fn flag(name: &str) -> Option<String> {
    if let Some(instead) = find(&FLAGS, name) {
        return Some(instead.to_owned());
    }
    let long = name.strip_prefix("--")?;
    let (key, value) = match long.strip_prefix("no-") {
        Some(key) => (key, "false"),
        None => (long, "VALUE"),
    };
    let rows = Settings::rows();
    let row = rows.iter().find(|row| row.key == key);
    let is_switch = row.is_some_and(|row| row.takes.contains("true"));
    if row.is_none() && !NETWORK_KEYS.contains(&key) {
        return None;
    }
    let value = if is_switch && value == "VALUE" {
        "true"
    } else {
        value
    };
    Some(format!("it is a setting: `--config.{key}={value}`"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::{Cli, examples::misunderstood};

    #[test]
    fn what_is_ours_is_not_elsewhere() {
        let mut root = Cli::command();
        root.build();
        for name in COMMANDS.iter().flat_map(|(names, _)| *names) {
            assert!(root.find_subcommand(name).is_none(), "{name}");
        }
        let global: Vec<_> = root
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .collect();
        for name in FLAGS.iter().flat_map(|(names, _)| *names) {
            assert!(!global.contains(&name.trim_start_matches('-')), "{name}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        for rows in [&COMMANDS[..], &FLAGS[..]] {
            let mut names: Vec<_> = rows.iter().flat_map(|(names, _)| *names).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }
    }

    /// What stands between backticks and begins as a command line does can be typed.
    #[test]
    fn what_an_answer_says_can_be_typed() {
        let answers = COMMANDS.iter().chain(&FLAGS).map(|(_, instead)| *instead);
        let mut count = 0;
        for answer in answers {
            for typed in answer.split('`').skip(1).step_by(2) {
                let words: Vec<_> = match typed.strip_prefix("pkg ") {
                    Some(words) => words.split(' ').map(str::to_owned).collect(),
                    None if typed.starts_with('-') => {
                        let words = std::iter::once("install").chain(typed.split(' '));
                        words.map(str::to_owned).collect()
                    }
                    None => continue,
                };
                assert_eq!(misunderstood(&words), None, "{typed}");
                count += 1;
            }
        }
        assert!(count > 30, "{count}");
    }

    #[test]
    fn settings_say_how_they_are_set() {
        assert_eq!(
            flag("--fetch-retries").as_deref(),
            Some("it is a setting: `--config.fetch-retries=VALUE`")
        );
        assert_eq!(
            flag("--no-strict-ssl").as_deref(),
            Some("it is a setting: `--config.strict-ssl=false`")
        );
        assert_eq!(flag("--nonsense"), None);
    }
}
