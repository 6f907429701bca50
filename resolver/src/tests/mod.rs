//! What the resolver does, on registries of a line of text.

mod observed_peers;
#[expect(dead_code, reason = "x")]
mod support;
