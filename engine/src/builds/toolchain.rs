//! The programs that builds need, where this machine has them: Node.js, its headers, and node-gyp.

use std::path::{Path, PathBuf};

use pkg_manifest::Version;

use super::headers::are_of;
use crate::{Host, node_version::node_version};

/// Where npm has its node-gyp, below the folder that Node.js is installed to.
const GYP: [&str; 3] = [
    "lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js",
    "lib/node_modules/node-gyp/bin/node-gyp.js",
    "share/nodejs/node-gyp/bin/node-gyp.js",
];
/// Folders of it that scripts may read.
const SHARED: [&str; 4] = [
    "include/node",
    "lib/node_modules/npm",
    "lib/node_modules/node-gyp",
    "share/nodejs",
];
/// The most that `node_version.h` may have, in bytes.
const LIMIT: u64 = 1 << 20;
/// How a program of the system's own form begins.
const NATIVE: [u8; 4] = *b"\x7fELF";

/// Node.js, as scripts are to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The program itself: no link, and no script that looks for it.
    pub(crate) node: PathBuf,
    pub(crate) version: Version,
    /// The folder with `include/node`, where the headers are there.
    pub(crate) headers: Option<PathBuf>,
    /// The program file of node-gyp.
    pub(crate) gyp: Option<PathBuf>,
    /// What scripts may read of it.
    pub(crate) read: Vec<PathBuf>,
}

impl Toolchain {
    /// Finds the Node.js on PATH. Its version is remembered below `cache`.
    pub(crate) fn find(host: &Host, cache: &Path) -> Option<Self> {
        let version = node_version(host, cache)?;
        let found = host.find_program("node")?.canonicalize().ok()?;
        let node = if is_native(&found) {
            found
        } else {
            ask(&found)?
        };
        let prefix = node.parent()?.parent()?.to_path_buf();
        let beside = prefix.join("include/node");
        let text = pkg_fs::read_regular_file(&beside.join("node_version.h"), LIMIT).ok();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
        // Those of another version lie there where the system's were changed by hand.
        let has_headers =
            beside.join("node.h").is_file() && text.is_some_and(|text| are_of(&text, &version));
        let gyp = GYP
            .iter()
            .map(|path| prefix.join(path))
            .find(|path| path.is_file());
        let mut read: Vec<PathBuf> = SHARED.iter().map(|path| prefix.join(path)).collect();
        read.push(node.clone());
        Some(Self {
            version,
            headers: has_headers.then_some(prefix),
            gyp,
            read,
            node,
        })
    }
}

fn is_native(program: &Path) -> bool {
    use std::io::Read as _;
    let mut beginning = [0; 4];
    let read = std::fs::File::open(program).and_then(|mut file| file.read_exact(&mut beginning));
    // Programs of other systems begin otherwise, and those have no launchers of this kind.
    read.is_ok() && (beginning == NATIVE || cfg!(not(target_os = "linux")))
}

/// Asks a launcher, as version managers put them on PATH, for the program that it starts.
fn ask(launcher: &Path) -> Option<PathBuf> {
    let output = std::process::Command::new(launcher)
        .args(["-p", "process.execPath"])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let program = Path::new(text.trim()).canonicalize().ok()?;
    is_native(&program).then_some(program)
}
