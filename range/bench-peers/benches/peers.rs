//! The same three pieces of work with this crate, two other crates, and the reference under Node.js.
//!
//! `cargo bench` in this folder. The ranges are those of a large program's dependencies, in their
//! frequency; the versions to choose from are the 1,000 of one package, prereleases included.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

const RANGES: &str = include_str!("../data/ranges.txt");
const VERSIONS: &str = include_str!("../data/versions.txt");
const PUBLISHED: &str = include_str!("../data/published.txt");
/// Ranges for which the best of all published versions is looked for.
const WANTED: &str = include_str!("../data/wanted.txt");

/// What one library does with the texts.
struct Peer<R, V> {
    name: &'static str,
    range: fn(&str) -> R,
    version: fn(&str) -> V,
    contains: fn(&R, &V) -> bool,
    best: for<'v> fn(&R, &'v [V]) -> Option<&'v V>,
}

fn bench<R, V>(criterion: &mut Criterion, peer: &Peer<R, V>) {
    let texts: Vec<&str> = RANGES.lines().collect();
    let ranges: Vec<R> = texts.iter().map(|text| (peer.range)(text)).collect();
    let versions: Vec<V> = VERSIONS.lines().map(peer.version).collect();
    let published: Vec<V> = PUBLISHED.lines().map(peer.version).collect();
    let wanted: Vec<R> = WANTED.lines().map(peer.range).collect();
    assert_eq!(
        (texts.len(), versions.len(), published.len()),
        (1000, 100, 1000)
    );
    criterion.bench_function(&format!("parse 1,000 ranges/{}", peer.name), |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box((peer.range)(black_box(text)));
            }
        });
    });
    criterion.bench_function(&format!("parse 1,000 versions/{}", peer.name), |bencher| {
        bencher.iter(|| {
            for text in PUBLISHED.lines() {
                black_box((peer.version)(black_box(text)));
            }
        });
    });
    criterion.bench_function(
        &format!("satisfies, 100,000 pairs/{}", peer.name),
        |bencher| {
            bencher.iter(|| {
                let pairs = ranges
                    .iter()
                    .flat_map(|range| versions.iter().map(move |v| (range, v)));
                black_box(
                    pairs
                        .filter(|(range, version)| (peer.contains)(range, version))
                        .count(),
                )
            });
        },
    );
    criterion.bench_function(
        &format!("best of 1,000 versions/{}", peer.name),
        |bencher| {
            bencher.iter(|| {
                for range in &wanted {
                    black_box((peer.best)(black_box(range), black_box(&published)));
                }
            });
        },
    );
}

/// The reference measures itself; an iteration is a whole round there, too.
fn bench_reference(criterion: &mut Criterion) {
    let work = [
        "parse 1,000 ranges",
        "parse 1,000 versions",
        "satisfies, 100,000 pairs",
        "best of 1,000 versions",
    ];
    for (index, work) in work.iter().enumerate() {
        criterion.bench_function(&format!("{work}/reference, Node.js"), |bencher| {
            bencher.iter_custom(|rounds| {
                let output = Command::new("node")
                    .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/reference.cjs"))
                    .args([index.to_string(), rounds.to_string()])
                    .output()
                    .expect("node runs");
                let nanoseconds = String::from_utf8(output.stdout).expect("a number");
                Duration::from_nanos(nanoseconds.trim().parse().expect("a number"))
            });
        });
    }
}

fn ours() -> Peer<pkg_range::Range, pkg_range::Version> {
    use pkg_range::{Mode, Prereleases, Range};
    Peer {
        name: "pkg-range",
        range: |text| Range::parse(text, Mode::Strict).expect("a range"),
        version: |text| pkg_range::parse_version(text, Mode::Strict).expect("a version"),
        contains: |range, version| range.contains(version, Prereleases::Gated),
        best: |range, versions| range.max_satisfying(versions, Prereleases::Gated),
    }
}

fn node_semver() -> Peer<node_semver::Range, node_semver::Version> {
    Peer {
        name: "node-semver",
        range: |text| node_semver::Range::parse(text).expect("a range"),
        version: |text| node_semver::Version::parse(text).expect("a version"),
        contains: |range, version| range.satisfies(version),
        best: |range, versions| {
            versions
                .iter()
                .filter(|version| range.satisfies(version))
                .max()
        },
    }
}

fn nodejs_semver() -> Peer<nodejs_semver::Range, nodejs_semver::Version> {
    Peer {
        name: "nodejs-semver",
        range: |text| nodejs_semver::Range::parse(text).expect("a range"),
        version: |text| nodejs_semver::Version::parse(text).expect("a version"),
        contains: |range, version| range.satisfies(version),
        best: |range, versions| range.max_satisfying(versions),
    }
}

fn all(criterion: &mut Criterion) {
    bench(criterion, &ours());
    bench(criterion, &node_semver());
    bench(criterion, &nodejs_semver());
    bench_reference(criterion);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = all
}
criterion_main!(benches);
