//! The operations: install, run, verify.
