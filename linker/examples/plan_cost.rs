//! What planning costs, for each layout that has folders.
//!
//! `cargo run --release -p pkg-linker --example plan_cost -- PKG_LOCK`
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use pkg_linker::{Host, Layout, LinkOptions, plan};
use pkg_lockfile::Lockfile;

const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a lockfile")?;
    let text = String::from_utf8(std::fs::read(Path::new(&path))?)?;
    let lockfile = Lockfile::parse(&text)?;
    let options = LinkOptions::for_host(Host {
        os: "linux".to_owned(),
        cpu: "x64".to_owned(),
        libc: Some("glibc".to_owned()),
    });
    println!("{} instances", lockfile.snapshots.len());
    for layout in [Layout::Isolated, Layout::Flat, Layout::Nested] {
        let mut best = Duration::MAX;
        let mut entries = 0;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            entries = plan(&lockfile, layout, &options)?.entries().len();
            best = best.min(begun.elapsed());
        }
        println!("{layout:?}  {best:.1?}  {entries} entries");
    }
    Ok(())
}
