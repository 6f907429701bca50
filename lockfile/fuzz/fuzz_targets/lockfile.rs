//! Any text as a lockfile: it is refused, or read and printed in the one spelling, which is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkg_lockfile::{Groups, Lockfile};

fuzz_target!(|text: &str| {
    for parse in [Lockfile::parse, Lockfile::merge_conflicts, Lockfile::salvage] {
        let Ok(mut lockfile) = parse(text) else {
            continue;
        };
        let printed = lockfile.to_text();
        let again = Lockfile::parse(&printed).expect("what is printed is a lockfile");
        assert_eq!(again, lockfile);
        assert_eq!(again.to_text(), printed);
        assert!(lockfile.diff(&again).is_empty());
        lockfile.prune_unreachable();
        assert_eq!(lockfile.select(Groups::ALL).len(), lockfile.snapshots.len());
        lockfile.check_entries().expect("pruning drops no entry that is referred to");
    }
});
