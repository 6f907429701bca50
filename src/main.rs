//! `pkg`: a package manager for Node.js projects.

fn main() {}
