//! Any bytes as a registry's answer and as a cache entry: refused, or kept by the cache without change.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkg_manifest::Packument;

fuzz_target!(|bytes: &[u8]| {
    let answers = [
        Packument::parse(bytes.to_vec()).ok(),
        Packument::from_cache_bytes(bytes.to_vec()),
    ];
    for packument in answers.into_iter().flatten() {
        let kept = Packument::from_cache_bytes(packument.to_cache_bytes());
        let kept = kept.expect("what is written to the cache is read");
        assert!(kept.versions().eq(packument.versions()));
        for version in packument.versions() {
            assert_eq!(kept.version(version), packument.version(version));
        }
    }
});
