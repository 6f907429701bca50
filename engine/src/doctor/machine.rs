//! Settings, programs, and what the system has for a jail.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use pkg_range::{Mode, Prereleases, Range};

use super::Finding;
use crate::{Host, LoadedSettings, Project, node_version::node_version};

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
    let text = |path: &str| {
        let bytes = pkg_fs::read_regular_file(Path::new(path), LIMIT).ok();
        bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let release = text("/proc/sys/kernel/osrelease").unwrap_or_default();
    let modules = text("/sys/kernel/security/lsm");
    let actions = text("/proc/sys/kernel/seccomp/actions_avail");
    vec![
        landlock(release.trim(), modules.as_deref()),
        seccomp(actions.as_deref()),
    ]
}

/// The kernels from which on Landlock knows more.
const ABIS: [((u32, u32), u32); 7] = [
    ((6, 15), 7),
    ((6, 12), 6),
    ((6, 10), 5),
    ((6, 7), 4),
    ((6, 2), 3),
    ((5, 19), 2),
    ((5, 13), 1),
];

fn landlock(release: &str, modules: Option<&str>) -> Finding {
    const TOPIC: &str = "landlock";
    let help = "install scripts then run without this part of their jail: set `sandbox=required` to refuse them";
    let mut numbers = release.split(['.', '-']).map(str::parse::<u32>);
    let kernel = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    let abi = ABIS.iter().find(|(first, _)| kernel >= *first);
    let Some((_, abi)) = abi else {
        return Finding::warn(
            TOPIC,
            format!("the kernel ({release}) is older than Landlock"),
            help,
        );
    };
    match modules {
        Some(modules) if modules.trim().split(',').any(|module| module == "landlock") => {
            Finding::ok(
                TOPIC,
                format!("switched on; kernel {release} has ABI {abi}"),
            )
        }
        Some(_) => Finding::warn(
            TOPIC,
            format!("switched off in the kernel ({release})"),
            help,
        ),
        None => Finding::ok(
            TOPIC,
            format!("kernel {release} has ABI {abi}; whether it is switched on is not told here"),
        ),
    }
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
    fn landlock_is_told_by_kernel_and_modules() {
        for (release, modules, health, text) in [
            (
                "6.8.0-31-generic",
                Some("lockdown,landlock,yama\n"),
                Health::Ok,
                "ABI 4",
            ),
            ("6.15.1", Some("landlock"), Health::Ok, "ABI 7"),
            ("6.8.0", Some("yama"), Health::Warn, "switched off"),
            ("5.10.0", None, Health::Warn, "older"),
            ("5.13.0", None, Health::Ok, "ABI 1"),
            ("odd", None, Health::Warn, "older"),
        ] {
            let found = landlock(release, modules);
            assert_eq!(found.health, health, "{release}");
            assert!(found.message.contains(text), "{}", found.message);
        }
        assert_eq!(seccomp(Some("kill_process trap errno")).health, Health::Ok);
        assert_eq!(seccomp(None).health, Health::Warn);
    }
}
