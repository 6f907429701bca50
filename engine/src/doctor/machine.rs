//! Settings, programs, and what the system has for a jail.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use pkg_range::{Mode, Prereleases, Range};

use super::Finding;
use crate::{Host, LoadedSettings, Project, jail::landlock_version, node_version::node_version};

/// The most that is read of a file of the system.
const LIMIT: u64 = 64 << 10;

pub(super) fn settings(settings: &LoadedSettings) -> Finding {
    match settings.warnings.as_slice() {
        [] => Finding::ok("settings", "nothing odd"),
        [first, others @ ..] => {
            let more = match others.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            Finding::warn(
                "settings",
                format!("{}{more}", first.message),
                "`pkg config list` shows what is set where",
            )
        }
    }
}

pub(super) fn node(root: &Path, host: &Host, settings: &LoadedSettings) -> Finding {
    const TOPIC: &str = "node";
    let Some(path) = host.find_program("node") else {
        let help = "install Node.js, or add its folder to PATH";
        return Finding::bad(TOPIC, "there is no `node` on PATH", help);
    };
    let Some(version) = node_version(host, &settings.locations.cache) else {
        let message = format!("`{}` does not say its version", path.display());
        return Finding::bad(
            TOPIC,
            message,
            "run `node --version`, and install Node.js anew",
        );
    };
    let message = format!("{version} at `{}`", path.display());
    let project = Project::load(root).ok();
    let engines = project.as_ref().map(|project| &project.manifest.engines.0);
    let Some(wanted) = engines.and_then(|engines| engines.get("node")) else {
        return Finding::ok(TOPIC, message);
    };
    match Range::parse(wanted, Mode::Strict) {
        Ok(range) if !range.contains(&version, Prereleases::All) => Finding::warn(
            TOPIC,
            format!("{message}, but package.json asks for `{wanted}`"),
            "use another version of Node.js, or change `engines.node`",
        ),
        _ => Finding::ok(TOPIC, message),
    }
}

pub(super) fn git(host: &Host) -> Finding {
    const TOPIC: &str = "git";
    let help = "install git; only dependencies from git repositories need it";
    let Some(path) = host.find_program("git") else {
        return Finding::warn(TOPIC, "there is no `git` on PATH", help);
    };
    let output = Command::new(&path)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match text.ok().as_deref().map(str::trim) {
        Some(version) if version.starts_with("git version ") => {
            let version = version.trim_start_matches("git version ");
            Finding::ok(TOPIC, format!("{version} at `{}`", path.display()))
        }
        _ => Finding::warn(
            TOPIC,
            format!("`{}` does not say its version", path.display()),
            help,
        ),
    }
}

/// What the kernel has to keep install scripts in.
pub(super) fn sandbox() -> Vec<Finding> {
    if Host::os() != "linux" {
        return vec![Finding::warn(
            "sandbox",
            "install scripts are not kept in a jail on this system",
            "approve only scripts that you trust",
        )];
    }
    let actions = pkg_fs::read_regular_file(Path::new(ACTIONS), LIMIT).ok();
    let actions = actions.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    vec![landlock(landlock_version()), seccomp(actions.as_deref())]
}

/// Where the kernel tells what a filter of calls can answer.
const ACTIONS: &str = "/proc/sys/kernel/seccomp/actions_avail";

/// What each version of Landlock sees that the one before does not, as far as the jail asks for it.
const SINCE: [(u32, &str); 4] = [
    (2, "moving files between folders"),
    (3, "cutting files off"),
    (4, "TCP"),
    (6, "signals"),
];

fn landlock(version: Option<u32>) -> Finding {
    const TOPIC: &str = "landlock";
    let Some(version) = version else {
        return Finding::warn(
            TOPIC,
            "the kernel has none, or it is turned off",
            "install scripts then run without this part of their jail: set `sandbox=required` to refuse them",
        );
    };
    let missing = SINCE.iter().filter(|(since, _)| version < *since);
    let missing: Vec<&str> = missing.map(|(_, what)| *what).collect();
    let message = format!("version {version} of its interface");
    if missing.is_empty() {
        return Finding::ok(TOPIC, message);
    }
    Finding::ok(
        TOPIC,
        format!(
            "{message}: it does not see {}, which the filter of calls denies as far as it can",
            missing.join(", ")
        ),
    )
}

fn seccomp(actions: Option<&str>) -> Finding {
    const TOPIC: &str = "seccomp";
    let help = "install scripts then run without this part of their jail: set `sandbox=required` to refuse them";
    match actions {
        Some(actions) if actions.split_whitespace().any(|action| action == "errno") => {
            Finding::ok(TOPIC, "there")
        }
        _ => Finding::warn(TOPIC, "the kernel does not filter system calls", help),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn what_the_kernel_has_is_told_with_what_it_does_not_see() {
        for (version, health, text) in [
            (Some(7), Health::Ok, "version 7 of its interface"),
            (Some(4), Health::Ok, "does not see signals, which"),
            (
                Some(1),
                Health::Ok,
                "files between folders, cutting files off, TCP, signals",
            ),
            (None, Health::Warn, "turned off"),
        ] {
            let found = landlock(version);
            assert_eq!(found.health, health, "{version:?}");
            assert!(found.message.contains(text), "{}", found.message);
        }
        assert_eq!(seccomp(Some("kill_process trap errno")).health, Health::Ok);
        assert_eq!(seccomp(None).health, Health::Warn);
    }
}
