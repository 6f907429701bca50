//! The resolved graph and its file format.
