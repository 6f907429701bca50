//! What the resolver does, on registries of a line of text.

mod dedupe;
mod failures;
mod observed_peers;
mod order;
mod peers;
mod pick_vectors;
mod plain;
mod stability;
mod support;
