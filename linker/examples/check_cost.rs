//! How fast a tree is held against its lockfile and the store: of a project that is installed, isolated and with all
//! groups, without what cannot be had here.
//!
//! `cargo run --release -p pkg-linker --example check_cost -- PROJECT STORE [ROUNDS]`
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use pkg_linker::{
    BinOwner, CheckOptions, Host, Layout, LinkOptions, TreeCheck, check_tree, plan, plan_bins,
};
use pkg_lockfile::{Lockfile, PackageId};
use pkg_store::{PackageFiles, Store, StoreError};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(project), Some(store)) = (arguments.next(), arguments.next()) else {
        return Err("name a project and its store".into());
    };
    let rounds = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let store = Store::open(Path::new(&store))?;
    for _ in 0..rounds {
        let started = Instant::now();
        let (check, planned) = look(Path::new(&project), &store, &started)?;
        print(&check, planned, started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// All that `pkg verify` does but for settings; tells also when the plan was ready, in seconds.
fn look(
    project: &Path,
    store: &Store,
    started: &Instant,
) -> Result<(TreeCheck, f64), Box<dyn Error>> {
    let bytes = pkg_fs::read_regular_file(&project.join("pkg.lock"), 1 << 30)?;
    let lockfile = Lockfile::parse(std::str::from_utf8(&bytes)?)?;
    let options = LinkOptions::for_host(Host {
        os: "linux".to_owned(),
        cpu: "x64".to_owned(),
        libc: Some("glibc".to_owned()),
    });
    let tree = plan(&lockfile, Layout::Isolated, &options)?;
    let found: Vec<_> = tree
        .packages()
        .into_par_iter()
        .map(|id| {
            let integrity = lockfile.packages[id].resolution.integrity();
            let files = integrity.map(|integrity| store.describe(integrity));
            Ok((id.clone(), files.transpose()?.flatten()))
        })
        .collect::<Result<_, StoreError>>()?;
    let packages: BTreeMap<PackageId, Arc<PackageFiles>> = found
        .into_iter()
        .filter_map(|(id, files)| Some((id, Arc::new(files?))))
        .collect();
    let lookup = |owner: &BinOwner| match owner {
        BinOwner::Package(id) => {
            let bins = packages.get(id).into_iter().flat_map(|files| &files.bins);
            bins.map(|bin| (bin.name.clone(), bin.path.clone()))
                .collect()
        }
        BinOwner::Folder(_) => Vec::new(),
    };
    let (tree, _) = plan_bins(tree, &lookup)?;
    let planned = started.elapsed().as_secs_f64();
    let options = CheckOptions {
        root: project,
        store,
        packages: &|id| packages.get(id).cloned(),
    };
    Ok((check_tree(&tree, &options)?, planned))
}

#[expect(clippy::cast_precision_loss, reason = "a measurement has few digits")]
fn print(check: &TreeCheck, planned: f64, seconds: f64) {
    let counts = check.counts;
    let gigabytes = counts.bytes as f64 / 1e9;
    println!(
        "{:.0} ms ({:.0} ms until the plan was ready): {} packages, {} files, {} links, {:.1} MB: {:.2} GB/s ({:.2} read), {} differences",
        seconds * 1e3,
        planned * 1e3,
        counts.packages,
        counts.files,
        counts.links,
        gigabytes * 1e3,
        gigabytes / seconds,
        counts.bytes_read as f64 / 1e9 / seconds,
        check.differences.len()
    );
}
