//! Which packages must lie in a folder of their own in the project: those that change themselves, or that hold what
//! only the system can load.

use pkg_manifest::{PackageName, Platform};

/// Endings of files that something else than Node.js opens.
const NATIVE: [&str; 11] = [
    ".exe", ".bin", ".h", ".hh", ".hpp", ".c", ".cc", ".cpp", ".java", ".jar", ".node",
];
/// Packages that hand their own files to other programs.
const OPENERS: [&str; 2] = ["open", "opn"];

/// What is known of a package that decides.
#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    pub name: &'a PackageName,
    pub platform: &'a Platform,
    /// What its manifest says as `preferUnplugged`.
    pub prefers: Option<bool>,
    /// Whether a command of it is started by something else than Node.js.
    pub has_native_bin: bool,
}

/// Whether a package is unplugged, unless the project says otherwise. `files` are the paths in the package.
pub fn is_unplugged<'a>(traits: &Traits<'_>, mut files: impl Iterator<Item = &'a str>) -> bool {
    if OPENERS.contains(&traits.name.as_str()) || is_conditional(traits.platform) {
        return true;
    }
    if let Some(prefers) = traits.prefers {
        return prefers;
    }
    traits.has_native_bin || files.any(|path| NATIVE.iter().any(|ending| path.ends_with(ending)))
}

/// Whether a package is for some machines only.
fn is_conditional(platform: &Platform) -> bool {
    !(platform.os.is_empty() && platform.cpu.is_empty() && platform.libc.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(name: &str, os: &[&str], prefers: Option<bool>, files: &[&str]) -> bool {
        let platform = Platform {
            os: os.iter().map(|os| (*os).to_owned()).collect(),
            ..Platform::default()
        };
        let traits = Traits {
            name: &name.parse().unwrap(),
            platform: &platform,
            prefers,
            has_native_bin: false,
        };
        is_unplugged(&traits, files.iter().copied())
    }

    #[test]
    fn the_first_rule_that_speaks_decides() {
        let plain = &["index.js", "lib/x.json"][..];
        let native = &["index.js", "build/x.node"][..];
        assert!(!decide("a", &[], None, plain));
        assert!(decide("a", &[], None, native));
        assert!(!decide("a", &[], Some(false), native));
        assert!(decide("a", &[], Some(true), plain));
        assert!(decide("a", &["linux"], Some(false), plain));
        assert!(decide("open", &[], Some(false), plain));
    }
}
