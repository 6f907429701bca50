//! What importing tarballs costs in time and memory.
//!
//! `cargo run --release -p pkg-store --example import_cost -- FOLDER [PACKAGE]`, on the file system to measure. Memory is that of
//! the whole process at its peak, with the tarball itself; so the largest package comes last.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel's figures are read where it has them"
)]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use pkg_store::{Expected, Store};

/// Name, how many files, and how large each is.
const PACKAGES: [(&str, usize, usize); 4] = [
    ("small", 30, 6 << 10),
    ("middle", 600, 20 << 10),
    ("large", 4000, 32 << 10),
    ("one-file", 1, 120 << 20),
];
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder to work in")?;
    let only = std::env::args().nth(2);
    for (name, files, size) in PACKAGES {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let tarball = tarball(name, files, size)?;
        let mut best = Duration::MAX;
        for round in 0..ROUNDS {
            let store = Store::open(&Path::new(&folder).join(format!("{name}-{round}")))?;
            let begun = Instant::now();
            let imported = store.import_tarball(&tarball, &Expected::default())?;
            best = best.min(begun.elapsed());
            assert_eq!(imported.files.files.len(), files + 1);
        }
        println!(
            "{name:<9} {files:>5} files, {:>4} MiB: {best:>9.1?}  peak {}",
            (files * size) >> 20,
            peak()
        );
    }
    Ok(())
}

/// The most memory that the process had.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}

fn tarball(name: &str, files: usize, size: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let manifest = format!("{{\"name\":\"{name}\",\"version\":\"1.0.0\"}}");
    add(&mut archive, "package/package.json", manifest.as_bytes())?;
    for number in 0..files {
        let path = format!("package/lib/{:02}/file-{number}.js", number % 50);
        add(&mut archive, &path, &text(number, size))?;
    }
    Ok(archive.into_inner()?.finish()?)
}

fn add(
    archive: &mut tar::Builder<GzEncoder<Vec<u8>>>,
    path: &str,
    bytes: &[u8],
) -> std::io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, path, bytes)
}

/// Text that compresses about as programs do.
fn text(seed: usize, size: usize) -> Vec<u8> {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut text = Vec::with_capacity(size + 64);
    while text.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        writeln!(text, "export const value{} = {state};", state % 997).expect("memory");
    }
    text.truncate(size);
    text
}
