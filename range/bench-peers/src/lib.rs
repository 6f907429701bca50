//! Nothing: see the benchmark and the examples.
