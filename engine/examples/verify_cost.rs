//! How fast a tree is held against its lockfile: bytes and files a second, of a project that is installed.
//!
//! `cargo run --release -p pkg-engine --example verify_cost -- PROJECT STORE [ROUNDS]`
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::{collections::BTreeMap, error::Error, path::PathBuf, time::Instant};

use pkg_engine::{Host, LoadedSettings, Project, SettingsRequest, verify};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(project), Some(store)) = (arguments.next(), arguments.next()) else {
        return Err("name a project and its store".into());
    };
    let rounds = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let directory = PathBuf::from(project).canonicalize()?;
    let host = Host {
        variables: BTreeMap::from([("PKG_HOME".to_owned(), "unused".to_owned())]),
        directory,
        program: None,
        now: 0,
    };
    let request = SettingsRequest {
        flags: vec![("store-dir".to_owned(), store)],
        userconfig: None,
    };
    let project = Project::load(&host.directory)?;
    for _ in 0..rounds {
        let settings = LoadedSettings::load(&project.root, &host, &request)?;
        let started = Instant::now();
        let report = verify(&project, &settings, &host)?;
        let seconds = started.elapsed().as_secs_f64();
        let counts = report.counts;
        let per_second = |count: u64| f64::from(u32::try_from(count >> 10).unwrap_or(u32::MAX)) / seconds;
        println!(
            "{:.0} ms: {} packages, {} files, {} links, {:.1} MB; {:.2} GB/s, {:.2} GB/s read, {} differences, {} unchecked",
            seconds * 1e3,
            counts.packages,
            counts.files,
            counts.links,
            per_second(counts.bytes) * seconds * 1024.0 / 1e6,
            per_second(counts.bytes) * 1024.0 / 1e9,
            per_second(counts.bytes_read) * 1024.0 / 1e9,
            report.differences(),
            report.unchecked.len()
        );
    }
    Ok(())
}
