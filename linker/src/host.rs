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
    /// Whether a package says that it works here.
    pub fn accepts(&self, platform: &Platform) -> bool {
        platform.allows(&self.os, &self.cpu, self.libc.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_for_another_platform_is_not_accepted() {
        let host = |os: &str, libc: Option<&str>| Host {
            os: os.to_owned(),
            cpu: "x64".to_owned(),
            libc: libc.map(str::to_owned),
        };
        let mut platform = Platform {
            libc: vec!["musl".to_owned()],
            ..Platform::default()
        };
        assert!(!host("linux", Some("glibc")).accepts(&platform));
        assert!(host("linux", Some("musl")).accepts(&platform));
        assert!(
            !host("darwin", None).accepts(&platform),
            "only Linux has a known C library"
        );
        platform = Platform {
            os: vec!["!linux".to_owned()],
            ..Platform::default()
        };
        assert!(!host("linux", Some("musl")).accepts(&platform));
        assert!(host("darwin", None).accepts(&platform));
    }
}
