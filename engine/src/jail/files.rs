//! Which files a script reaches: Landlock. Everything that is not listed is out of reach, for reading too.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};

use super::{network::Network, policy::JailPolicy};

/// The newest version of the kernel's interface whose rules are set; of an older kernel those that it has.
const NEWEST: ABI = ABI::V6;

/// What every program needs of the system, to read and to execute.
const SYSTEM: [&str; 40] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/ld-musl-x86_64.path",
    "/etc/ld-musl-aarch64.path",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/lsb-release",
    "/etc/debian_version",
    "/etc/alpine-release",
    "/etc/redhat-release",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs",
    "/etc/pki/tls",
    "/etc/ca-certificates",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/version",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/osrelease",
    "/dev/random",
    "/dev/urandom",
];

/// Read with all of the network only.
const NETWORK: [&str; 5] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
];

/// Devices that are written to.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];

/// Whether rules of the oldest kind can be made.
#[cfg(test)]
pub(super) fn can_make_rules() -> bool {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1));
    ruleset.and_then(Ruleset::create).is_ok()
}

/// Whether the kernel can keep signals inside the jail.
pub(super) fn has_signal_scope() -> bool {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::Signal);
    ruleset.and_then(Ruleset::create).is_ok()
}

/// Confines this process and all that it starts to the files of a policy.
pub(super) fn restrict(policy: &JailPolicy) -> Result<(), String> {
    let ruleset = ruleset(policy).map_err(|error| format!("Landlock: {error}"))?;
    let status = ruleset
        .restrict_self()
        .map_err(|error| format!("Landlock: {error}"))?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("the kernel enforces no Landlock rule".to_owned()),
        _ => Ok(()),
    }
}

fn ruleset(policy: &JailPolicy) -> Result<RulesetCreated, landlock::RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?;
    let is_open = policy.network == Network::Open;
    // With single places too: the script's own calls connect to nothing.
    if !is_open {
        ruleset = ruleset.handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?;
    }
    let mut created = ruleset.create()?;
    let reading = AccessFs::from_read(NEWEST);
    let system = SYSTEM.iter().chain(NETWORK.iter().filter(|_| is_open));
    for path in system
        .map(std::path::Path::new)
        .chain(policy.read.iter().map(AsRef::as_ref))
    {
        created = allow(created, path, reading)?;
    }
    // Devices and device files are nothing that a script makes.
    let special = AccessFs::MakeBlock | AccessFs::MakeChar | AccessFs::IoctlDev;
    let writing = AccessFs::from_all(NEWEST) & !special;
    let devices = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    for path in DEVICES {
        created = allow(created, path.as_ref(), devices)?;
    }
    for path in &policy.write {
        created = allow(created, path, writing)?;
    }
    Ok(created)
}

/// Adds a rule for what is there; what is not there needs none.
fn allow(
    created: RulesetCreated,
    path: &std::path::Path,
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, landlock::RulesetError> {
    let Ok(opened) = PathFd::new(path) else {
        return Ok(created);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    };
    created.add_rule(PathBeneath::new(opened, access))
}
