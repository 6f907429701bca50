//! Which calls of the system a script may make: a seccomp filter. Landlock confines files; this closes the ways around it.
//!
//! Without the network no socket can be made at all but a connected pair of streams: a program can then reach neither an
//! address nor a socket's file, whatever the kernel's version. With single places, streams of IPv4 and IPv6 can be made, and
//! what would give them an address is denied, but for `connect`, which `network/redirect.rs` answers. With all of it, only
//! IPv4 and IPv6, no raw packets.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter, sock_filter,
};

use super::network::Network;

/// The rules of one filter: the call, and when it is denied; always where there is no rule.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Result<T> = std::result::Result<T, seccompiler::BackendError>;

/// Calls that no build needs: they look into other processes, change the machine, or have been ways out of jails.
const DENIED: [i64; 48] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_userfaultfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_lookup_dcookie,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
];

/// Calls that some machines have besides.
#[cfg(target_arch = "x86_64")]
const OF_MACHINE: [i64; 4] = [
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const OF_MACHINE: [i64; 0] = [];

/// Calls that are not there for a script, so that programs take the older way: rings take other calls past this filter, and
/// the new `clone` and `open` hide their flags from it.
const ABSENT: [i64; 5] = [
    libc::SYS_openat2,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_clone3,
];

/// Calls that give files away. They seem to succeed and do nothing: archives are unpacked by programs that try to.
const OWNERS: [i64; 2] = [libc::SYS_fchown, libc::SYS_fchownat];
#[cfg(target_arch = "x86_64")]
const OWNERS_OF_MACHINE: [i64; 2] = [libc::SYS_chown, libc::SYS_lchown];
#[cfg(not(target_arch = "x86_64"))]
const OWNERS_OF_MACHINE: [i64; 0] = [];

/// Attributes of files, which Landlock does not see: there are none.
const ATTRIBUTES: [i64; 6] = [
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// Calls that give a file its mode, and which argument that is: none makes a program that runs as its owner.
const MODES: [(i64, u8); 5] = [
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (libc::SYS_fchmodat2, 2),
    (libc::SYS_openat, 3),
    (libc::SYS_mknodat, 2),
];
#[cfg(target_arch = "x86_64")]
const MODES_OF_MACHINE: [(i64, u8); 4] = [
    (libc::SYS_chmod, 1),
    (libc::SYS_open, 2),
    (libc::SYS_creat, 1),
    (libc::SYS_mknod, 1),
];
#[cfg(not(target_arch = "x86_64"))]
const MODES_OF_MACHINE: [(i64, u8); 0] = [];

/// Calls that send signals, for kernels that cannot keep signals inside the jail.
const SIGNALS: [i64; 6] = [
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// Flags of `clone` that make namespaces.
const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Writes into a terminal's input, or into that of the console.
const INJECTIONS: [libc::c_ulong; 2] = [libc::TIOCSTI, 0x541c];

/// The flags with which `open` makes a file: with a name, or without one (the bit that `O_TMPFILE` has besides a folder's).
const CREATING: [u64; 2] = [0o100, 0o20_000_000];

/// The bits of a socket's type that are no flags.
const TYPE: u64 = 0xf;
/// TCP over several paths, which Landlock does not see.
const MULTIPATH: u64 = 262;
/// The flag with which sending connects.
const OPENING: u64 = 0x2000_0000;

/// Calls by which others can reach a socket.
const OFFERS: [i64; 2] = [libc::SYS_bind, libc::SYS_listen];

/// What a script may do besides what all may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calls<'a> {
    /// Reach addresses.
    pub(super) network: &'a Network,
    /// Send signals: the kernel keeps them inside the jail.
    pub(super) signals: bool,
}

/// Confines this process and all that it starts to the calls that builds need.
pub(super) fn restrict(calls: Calls<'_>) -> std::result::Result<(), String> {
    let shown = |error: &dyn std::fmt::Display| format!("seccomp: {error}");
    let absent = ABSENT.into_iter().map(|call| (call, Vec::new())).collect();
    let denied = denied(calls).map_err(|error| shown(&error))?;
    let owners = OWNERS.into_iter().chain(OWNERS_OF_MACHINE);
    let owners = owners.map(|call| (call, Vec::new())).collect();
    let attributes = ATTRIBUTES.map(|call| (call, Vec::new())).into();
    for (rules, errno) in [
        (absent, libc::ENOSYS),
        (owners, 0),
        (attributes, libc::ENOTSUP),
        (denied, libc::EPERM),
    ] {
        let program = compile(rules, errno).map_err(|error| shown(&error))?;
        apply_filter(&program).map_err(|error| shown(&error))?;
    }
    Ok(())
}

fn compile(rules: Rules, errno: i32) -> Result<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let deny = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, deny, architecture)?;
    let program = BpfProgram::try_from(filter)?;
    Ok(without_second_numbers(program))
}

/// On x86-64 the kernel may take a second set of numbers for the same calls, with this bit: none of them is let through.
/// The filter itself refuses the calls of another machine.
fn without_second_numbers(program: BpfProgram) -> BpfProgram {
    const SECOND: u32 = 0x4000_0000;
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let errno = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let mut whole = vec![
        step(LOAD_NUMBER, 0, 0),
        step(JUMP_IF_AT_LEAST, 1, SECOND),
        step(RETURN, 0, errno),
    ];
    whole.extend(program);
    whole
}

fn denied(calls: Calls<'_>) -> Result<Rules> {
    let always = DENIED.into_iter().chain(OF_MACHINE);
    let mut rules: Rules = always.map(|call| (call, Vec::new())).collect();
    if !calls.signals {
        rules.extend(SIGNALS.map(|call| (call, Vec::new())));
    }
    let namespaces = u64::from(NAMESPACES.unsigned_abs());
    let mut of_clone = Vec::new();
    for flag in (0..32)
        .map(|bit| 1_u64 << bit)
        .filter(|flag| namespaces & flag != 0)
    {
        of_clone.push(rule([(0, Is::MaskedEq(flag), flag)])?);
    }
    rules.insert(libc::SYS_clone, of_clone);
    let injections = INJECTIONS.map(|request| rule([(1, Is::Eq, request)]));
    rules.insert(
        libc::SYS_ioctl,
        injections.into_iter().collect::<Result<_>>()?,
    );
    modes(&mut rules)?;
    // Another process of the same user could be slowed down or starved.
    rules.insert(libc::SYS_prlimit64, vec![rule([(0, Is::Ne, 0)])?]);
    rules.insert(libc::SYS_setpriority, vec![rule([(1, Is::Ne, 0)])?]);
    let family = libc::AF_UNIX.unsigned_abs().into();
    rules.insert(
        libc::SYS_socketpair,
        vec![
            rule([(0, Is::Ne, family)])?,
            rule([(
                1,
                Is::MaskedEq(TYPE),
                libc::SOCK_DGRAM.unsigned_abs().into(),
            )])?,
            rule([(1, Is::MaskedEq(TYPE), libc::SOCK_RAW.unsigned_abs().into())])?,
        ],
    );
    sockets(&mut rules, calls.network)?;
    Ok(rules)
}

fn modes(rules: &mut Rules) -> Result<()> {
    for (call, argument) in MODES.into_iter().chain(MODES_OF_MACHINE) {
        let of_mode = [libc::S_ISUID, libc::S_ISGID].map(u64::from);
        // Without this flag, what stands in the place of the mode is no mode.
        let creating = match call {
            libc::SYS_openat => Some(2),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => Some(1),
            _ => None,
        };
        let mut rules_of_call = Vec::new();
        for bit in of_mode {
            let of_mode = || (argument, Is::MaskedEq(bit), bit);
            match creating {
                Some(flags) => {
                    for create in CREATING {
                        rules_of_call
                            .push(rule([of_mode(), (flags, Is::MaskedEq(create), create)])?);
                    }
                }
                None => rules_of_call.push(rule([of_mode()])?),
            }
        }
        rules.insert(call, rules_of_call);
    }
    Ok(())
}

fn sockets(rules: &mut Rules, network: &Network) -> Result<()> {
    match network {
        Network::Closed => {
            for call in OFFERS
                .into_iter()
                .chain([libc::SYS_socket, libc::SYS_connect])
            {
                rules.insert(call, Vec::new());
            }
            Ok(())
        }
        Network::Places(_) => streams(rules),
        Network::Open => open_sockets(rules),
    }
}

/// Streams only, which get an address by `connect` and by nothing else.
fn streams(rules: &mut Rules) -> Result<()> {
    let [four, six]: [u64; 2] =
        [libc::AF_INET, libc::AF_INET6].map(|family| family.unsigned_abs().into());
    let mut of_socket = vec![
        rule([(0, Is::Ne, four), (0, Is::Ne, six)])?,
        rule([
            (2, Is::Ne, 0),
            (2, Is::Ne, libc::IPPROTO_TCP.unsigned_abs().into()),
        ])?,
    ];
    let stream: u64 = libc::SOCK_STREAM.unsigned_abs().into();
    for other in (0..=TYPE).filter(|other| *other != stream) {
        of_socket.push(rule([(1, Is::MaskedEq(TYPE), other)])?);
    }
    rules.insert(libc::SYS_socket, of_socket);
    for call in OFFERS {
        rules.insert(call, Vec::new());
    }
    // Whoever sends to an address connects by it; an address is a pointer, of which each half counts.
    let has_address = |length| {
        let condition = SeccompCondition::new(4, length, Is::Ne, 0)?;
        SeccompRule::new(vec![condition])
    };
    rules.insert(libc::SYS_sendto, vec![has_address(Length::Qword)?]);
    for (call, flags) in [(libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
        rules.insert(call, vec![rule([(flags, Is::MaskedEq(OPENING), OPENING)])?]);
    }
    Ok(())
}

fn open_sockets(rules: &mut Rules) -> Result<()> {
    let [four, six, netlink]: [u64; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]
        .map(|family| family.unsigned_abs().into());
    let raw = libc::SOCK_RAW.unsigned_abs().into();
    let of_socket = vec![
        rule([(0, Is::Ne, four), (0, Is::Ne, six), (0, Is::Ne, netlink)])?,
        rule([(0, Is::Eq, four), (1, Is::MaskedEq(TYPE), raw)])?,
        rule([(0, Is::Eq, six), (1, Is::MaskedEq(TYPE), raw)])?,
        // Of netlink only what tells which addresses the machine has.
        rule([(0, Is::Eq, netlink), (2, Is::Ne, 0)])?,
        rule([(2, Is::Eq, MULTIPATH)])?,
    ];
    rules.insert(libc::SYS_socket, of_socket);
    Ok(())
}

/// A call is denied when all of these hold: which argument, how it is compared, with what.
fn rule<const N: usize>(conditions: [(u8, Is, u64); N]) -> Result<SeccompRule> {
    let conditions = conditions.map(|(argument, operation, value)| {
        SeccompCondition::new(argument, Length::Dword, operation, value)
    });
    SeccompRule::new(conditions.into_iter().collect::<Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Calls<'_> = Calls {
        network: &Network::Closed,
        signals: false,
    };

    #[test]
    fn every_filter_compiles_and_begins_with_the_second_numbers() {
        let networks = [Network::Closed, Network::Places(Vec::new()), Network::Open];
        for (network, signals) in networks
            .iter()
            .flat_map(|network| [(network, false), (network, true)])
        {
            let rules = denied(Calls { network, signals }).unwrap();
            let program = compile(rules, libc::EPERM).unwrap();
            assert!(program.len() > 100 && program.len() < 4096);
            assert_eq!(program[1].k, 0x4000_0000);
        }
    }

    #[test]
    fn signals_are_denied_only_where_the_kernel_cannot_keep_them_inside() {
        let inside = Calls {
            signals: true,
            ..NONE
        };
        assert!(!denied(inside).unwrap().contains_key(&libc::SYS_kill));
        assert!(denied(NONE).unwrap().contains_key(&libc::SYS_kill));
    }

    #[test]
    fn without_the_network_no_socket_is_made_at_all() {
        let rules = denied(NONE).unwrap();
        let of_socket = &rules[&libc::SYS_socket];
        assert!(of_socket.is_empty(), "denied whatever its arguments are");
        let network = Calls {
            network: &Network::Open,
            ..NONE
        };
        assert_eq!(denied(network).unwrap()[&libc::SYS_socket].len(), 5);
    }
}
