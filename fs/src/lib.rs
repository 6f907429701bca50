//! Atomic writes, links, locks: the one home of system calls on files.
