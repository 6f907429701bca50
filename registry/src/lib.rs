//! HTTP and folder registries: packuments and tarballs.
