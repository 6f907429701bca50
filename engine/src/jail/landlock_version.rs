//! Which Landlock the kernel has: it is asked, not its version, which says nothing of what is built in or turned on.
#![expect(
    unsafe_code,
    reason = "a call of the system that no safe interface has"
)]

/// Asks the kernel. `None` where it has no Landlock, or where it is turned off.
pub(super) fn ask() -> Option<u32> {
    /// With this flag nothing is made.
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes no memory: the pointer must be null and the size zero.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0_usize,
            VERSION,
        )
    };
    u32::try_from(version).ok().filter(|version| *version > 0)
}

#[cfg(test)]
mod tests {
    /// What the kernel says of itself is what can be had of it.
    #[test]
    fn a_version_is_told_where_rules_can_be_made_and_only_there() {
        let version = super::ask();
        assert_eq!(version.is_some(), crate::jail::files::can_make_rules());
        let has_scope = version.is_some_and(|version| version >= 6);
        assert_eq!(has_scope, crate::jail::files::has_signal_scope());
    }
}
