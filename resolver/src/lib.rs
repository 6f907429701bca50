//! Manifests and packuments in, graph out: a state machine without I/O.
