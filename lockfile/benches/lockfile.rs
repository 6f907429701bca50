//! How long a lockfile of 1,300 packages takes to be read, printed and asked.

use std::{fmt::Write, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use pkg_lockfile::{Groups, Lockfile};
use pkg_manifest::Integrity;

/// The text of a lockfile with `count` packages, five edges each.
fn document(count: usize) -> String {
    let version_of = |index: usize| format!("{}.{}.{}", index % 20, index % 7, index % 13);
    let mut importer = String::new();
    let (mut packages, mut snapshots) = (String::new(), String::new());
    for index in 0..count {
        let comma = if index + 1 == count { "" } else { "," };
        let (name, version) = (name_of(index), version_of(index));
        let hash = Integrity::sha512(name.as_bytes());
        let fields = r#""engines":{"node":"^18.0.0 || >=20.0.0"},"hasBin":true"#;
        let line = format!("\n\"{name}@{version}\": {{\"integrity\":\"{hash}\",{fields}}}{comma}");
        packages.push_str(&line);
        let edges: Vec<_> = (1..=5)
            .map(|step| (index * step + step * step) % count)
            .collect();
        let edges = edges.iter().collect::<std::collections::BTreeSet<_>>();
        let edges: Vec<_> = edges
            .into_iter()
            .map(|to| format!("\"{}\":\"{}\"", name_of(*to), version_of(*to)))
            .collect();
        write!(
            snapshots,
            "\n\"{name}@{version}\": {{\"dependencies\":{{{}}}}}{comma}",
            edges.join(",")
        )
        .expect("a string takes every text");
        if index % 20 == 0 {
            let comma = if index == 0 { "" } else { "," };
            write!(importer, "{comma}\"{name}\":[\"^{version}\",\"{version}\"]")
                .expect("a string takes every text");
        }
    }
    format!(
        "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n\".\": {{\"dependencies\":{{{importer}}}}}\n}},\n\
         \"packages\": {{{packages}\n}},\n\"snapshots\": {{{snapshots}\n}}\n}}\n"
    )
}

fn name_of(index: usize) -> String {
    match index % 5 {
        0 => format!("@scope-{}/package-{index}", index % 30),
        _ => format!("some-package-{index}"),
    }
}

fn measure(criterion: &mut Criterion) {
    let text = document(1_300);
    let lockfile = Lockfile::parse(&text).expect("the text is a lockfile");
    assert_eq!(lockfile.snapshots.len(), 1_300);
    criterion.bench_function("parse", |bencher| {
        bencher.iter_with_large_drop(|| Lockfile::parse(black_box(&text)));
    });
    criterion.bench_function("print", |bencher| {
        bencher.iter(|| black_box(&lockfile).to_text());
    });
    criterion.bench_function("select", |bencher| {
        bencher.iter(|| black_box(&lockfile).select(Groups::PROD).len());
    });
    criterion.bench_function("diff", |bencher| {
        bencher.iter(|| black_box(&lockfile).diff(&lockfile));
    });
}

criterion_group!(benches, measure);
criterion_main!(benches);
