//! Stand-ins until the types of `pkg_manifest` are there.
use std::fmt;
use std::str::FromStr;
macro_rules! text {
    ($t:ident) => {
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $t(String);
        impl $t {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text!(PackageName);
text!(RelativePath);
impl FromStr for PackageName {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        if s.is_empty() || s.contains("..") {
            Err(())
        } else {
            Ok(Self(s.into()))
        }
    }
}
impl FromStr for RelativePath {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        if s.split('/').any(|c| matches!(c, "" | "." | "..")) || s.contains(['\\', '\0']) {
            Err(())
        } else {
            Ok(Self(s.into()))
        }
    }
}
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);
impl Digest {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
impl From<[u8; 32]> for Digest {
    fn from(b: [u8; 32]) -> Self {
        Self(b)
    }
}
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integrity(String);
impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for Integrity {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        Ok(Self(s.into()))
    }
}
