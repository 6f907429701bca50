//! The machine that packages are installed for.

use pkg_manifest::Platform;

/// A platform, in the words that packages use: `linux`, `x64`, `glibc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub os: String,
    pub cpu: String,
    /// `glibc` or `musl`; `None` where that means nothing.
    pub libc: Option<String>,
}

impl Host {
    /// Whether a package says that it works here. A list of `libc` counts on Linux only.
    pub fn accepts(&self, platform: &Platform) -> bool {
        let libc = self.libc.as_deref();
        is_listed(&platform.os, &self.os)
            && is_listed(&platform.cpu, &self.cpu)
            && (self.os != "linux" || libc.is_none_or(|libc| is_listed(&platform.libc, libc)))
    }
}

/// An entry with `!` forbids; without any entry that allows, all others are allowed.
fn is_listed(list: &[String], value: &str) -> bool {
    let mut has_allowed = false;
    let mut is_allowed = false;
    for entry in list {
        match entry.strip_prefix('!') {
            Some(forbidden) if forbidden == value => return false,
            Some(_) => {}
            None => {
                has_allowed = true;
                is_allowed |= entry == value || entry == "any";
            }
        }
    }
    is_allowed || !has_allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_allow_and_forbid() {
        for (list, is_allowed) in [
            ("", true),
            ("linux", true),
            ("darwin", false),
            ("darwin linux", true),
            ("!linux", false),
            ("!darwin", true),
            ("linux !linux", false),
            ("any", true),
            ("!darwin win32", false),
        ] {
            let list: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
            assert_eq!(is_listed(&list, "linux"), is_allowed, "{list:?}");
        }
    }

    #[test]
    fn libc_counts_on_linux_only() {
        let platform = Platform {
            libc: vec!["musl".to_owned()],
            ..Platform::default()
        };
        let host = |os: &str, libc: Option<&str>| Host {
            os: os.to_owned(),
            cpu: "x64".to_owned(),
            libc: libc.map(str::to_owned),
        };
        assert!(!host("linux", Some("glibc")).accepts(&platform));
        assert!(host("linux", Some("musl")).accepts(&platform));
        assert!(host("darwin", None).accepts(&platform));
    }
}
