//! What putting a tree in place costs beside the system calls that it cannot do without: links, folders, symbolic links.
//!
//! `cargo run --release -p pkg-linker --example link_cost -- FOLDER [PACKAGES] [FILES]`, on the file system to measure.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pkg_fs::{Placer, Preference, create_directory_all, create_symlink, remove_tree};
use pkg_linker::{
    ApplyOptions, Entry, Host, Layout, LinkOptions, Trash, Tree, TreeRecord, apply, plan,
};
use pkg_lockfile::{Lockfile, PackageId};
use pkg_store::{Expected, PackageFiles, Store};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

type Packages = BTreeMap<PackageId, Arc<PackageFiles>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, default| arguments.get(at).map_or(Ok(default), |text| text.parse());
    let folder = Path::new(arguments.get(1).ok_or("name a folder to work in")?);
    let (packages, files) = (number(2, 1300)?, number(3, 30)?);
    let store = Store::open(&folder.join("store"))?;
    let stored = import(&store, packages, files)?;
    let lockfile = Lockfile::parse(&lockfile_text(&stored))?;
    let host = Host {
        os: "linux".to_owned(),
        cpu: "x64".to_owned(),
        libc: None,
    };
    let begun = Instant::now();
    let tree = plan(&lockfile, Layout::Isolated, &LinkOptions::for_host(host))?;
    println!(
        "plan     {:>9.1?}  {} entries",
        begun.elapsed(),
        tree.entries().len()
    );
    let (mut best, mut best_raw) = (Duration::MAX, Duration::MAX);
    for round in 0..5 {
        let [root, raw] = ["project", "raw"].map(|name| folder.join(format!("{name}-{round}")));
        create_directory_all(&root, 0o755)?;
        let begun = Instant::now();
        let record = put(&tree, &root, &store, &stored)?;
        best = best.min(begun.elapsed());
        let begun = Instant::now();
        put_raw(&tree, &raw, &store, &stored)?;
        best_raw = best_raw.min(begun.elapsed());
        if round == 0 {
            show_record(&record)?;
        }
        remove_tree(&root)?;
        remove_tree(&raw)?;
    }
    let ratio = best.as_secs_f64() / best_raw.as_secs_f64();
    println!("apply    {best:>9.1?}\nraw      {best_raw:>9.1?}  ratio {ratio:.2}");
    Ok(())
}

fn import(store: &Store, packages: usize, files: usize) -> Result<Packages, Box<dyn Error>> {
    let mut stored = Packages::new();
    for package in 0..packages {
        let mut archive = tar::Builder::new(Vec::new());
        let manifest = format!(r#"{{"name":"p{package}","version":"1.0.0"}}"#);
        let mut append = |path: String, text: &str| {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, format!("package/{path}"), text.as_bytes())
        };
        for file in 1..files {
            let text = format!("{package} {file}");
            append(format!("lib/{}/file-{file}.js", file / 8), &text)?;
        }
        append("package.json".to_owned(), &manifest)?;
        let bytes = archive.into_inner()?;
        let imported = store.import_tarball(&bytes, &Expected::default())?;
        let id = format!("p{package}@1.0.0").parse()?;
        stored.insert(id, Arc::new(imported.files));
    }
    Ok(stored)
}

/// Every package depends on up to four that come later, and the project on one in twelve.
fn lockfile_text(stored: &Packages) -> String {
    let count = stored.len();
    let (mut direct, mut packages, mut snapshots) = (Vec::new(), Vec::new(), Vec::new());
    let mut sorted: Vec<usize> = (0..count).collect();
    sorted.sort_by_key(|number| format!("p{number}@1.0.0"));
    for number in sorted {
        if number % 12 == 0 {
            direct.push(format!(r#""p{number}":["1.0.0","1.0.0"]"#));
        }
        let id: PackageId = format!("p{number}@1.0.0").parse().expect("it is an id");
        packages.push(format!(
            r#""{id}": {{"integrity":"{}"}}"#,
            stored[&id].integrity
        ));
        let mut below: Vec<String> = (1..=4)
            .map(|step| number * 2 + step)
            .filter(|to| *to < count)
            .map(|to| format!(r#""p{to}":"1.0.0""#))
            .collect();
        below.sort();
        let dependencies = match below.len() {
            0 => String::new(),
            _ => format!(r#""dependencies":{{{}}}"#, below.join(",")),
        };
        snapshots.push(format!(r#""{id}": {{{dependencies}}}"#));
    }
    direct.sort();
    format!(
        "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n\".\": {{\"dependencies\":{{{}}}}}\n}},\n\"packages\": {{\n{}\n}},\n\"snapshots\": {{\n{}\n}}\n}}\n",
        direct.join(","),
        packages.join(",\n"),
        snapshots.join(",\n"),
    )
}

fn put(
    tree: &Tree,
    root: &Path,
    store: &Store,
    stored: &Packages,
) -> Result<TreeRecord, Box<dyn Error>> {
    let options = ApplyOptions {
        root,
        store,
        packages: &|id| stored.get(id).cloned(),
        preference: &|_| Preference::Hardlink,
        previous: None,
        trash: Trash::Empty,
    };
    Ok(apply(tree, &options, &|_| {})?.record)
}

/// The same result by the same calls, without a look at anything; packages in parallel.
fn put_raw(
    tree: &Tree,
    root: &Path,
    store: &Store,
    stored: &Packages,
) -> Result<(), Box<dyn Error>> {
    let placer = Placer::new(Preference::Hardlink);
    let entries: Vec<_> = tree.entries().collect();
    let put = |(path, entry): &(&pkg_manifest::RelativePath, &Entry)| {
        let place = path.below(root);
        if let Some(parent) = place.parent() {
            create_directory_all(parent, 0o755)?;
        }
        match entry {
            Entry::Package { snapshot, .. } => {
                let files = &stored[snapshot.id()];
                create_directory_all(&place, 0o755)?;
                for directory in &files.directories {
                    create_directory_all(&directory.below(&place), 0o755)?;
                }
                for file in &files.files {
                    placer.place(&store.path(file), &file.path.below(&place))?;
                }
                Ok(())
            }
            Entry::Symlink { target } => create_symlink(target.as_ref(), &place),
            Entry::Archive { .. } | Entry::Bin { .. } | Entry::File { .. } => Ok(()),
        }
    };
    entries.par_iter().try_for_each(put)?;
    Ok(())
}

fn show_record(record: &TreeRecord) -> Result<(), Box<dyn Error>> {
    let bytes = record.to_bytes();
    let begun = Instant::now();
    let read = TreeRecord::from_bytes(&bytes)?;
    println!(
        "record   {:>9.1?}  {} entries, {} bytes",
        begun.elapsed(),
        read.len(),
        bytes.len()
    );
    Ok(())
}
