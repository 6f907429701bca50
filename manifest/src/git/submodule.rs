//! Where a submodule is, by what `.gitmodules` of an untrusted repository says.

use super::{CommitHash, GitAddress, GitSource};

/// Transports that a repository may send git to, whatever its own is.
const SAFE: [&str; 2] = ["https", "ssh"];

impl GitSource {
    /// The commit of a submodule of this repository, at the address that its `.gitmodules` writes.
    ///
    /// A relative address is one from this repository. No submodule leads to this machine, nor, from a safe transport, to one
    /// that is less safe.
    ///
    /// # Errors
    /// Why it is not read, in words.
    pub fn submodule(&self, url: &str, commit: CommitHash) -> Result<Self, &'static str> {
        let address = address(self.address(), url.trim())?;
        Ok(Self::new(address, commit, None))
    }
}

fn address(above: &GitAddress, url: &str) -> Result<GitAddress, &'static str> {
    let on_this_machine = Err("a submodule that is on this machine");
    let above = above.to_string();
    if url.starts_with("./") || url.starts_with("../") || matches!(url, "." | "..") {
        return match above.split_once("://") {
            Some((scheme, rest)) => remote(&format!("{scheme}://{}", relative(rest, url)?)),
            None => on_this_machine,
        };
    }
    if url.starts_with(['/', '~']) || url.starts_with("file:") {
        return on_this_machine;
    }
    let Some((scheme, _)) = url.split_once("://") else {
        // `user@host:path`
        return remote(&format!("ssh://{url}"));
    };
    let own = above.split_once("://").map(|(own, _)| own);
    if !SAFE.contains(&scheme) && own != Some(scheme) {
        return Err("a submodule by a transport that is not safe");
    }
    remote(url)
}

fn remote(text: &str) -> Result<GitAddress, &'static str> {
    GitAddress::parse(text)
        .ok()
        .filter(|address| address.path().is_none())
        .ok_or("a submodule at an address that cannot be")
}

/// Applies a relative address to `host/path` or `host:path`.
fn relative(above: &str, url: &str) -> Result<String, &'static str> {
    let (authority, path) = above.split_once('/').unwrap_or((above, ""));
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    for part in url.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() => return Err("a submodule outside of its host"),
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(format!("{authority}/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn submodule(above: &str, url: &str) -> Result<String, &'static str> {
        let above: GitSource = format!("git+{above}#{COMMIT}").parse().unwrap();
        let source = above.submodule(url, COMMIT.parse().unwrap())?;
        assert_eq!(source.commit().as_str(), COMMIT);
        Ok(source.address().to_string())
    }

    #[test]
    fn a_submodule_is_beside_its_repository_or_where_it_says() {
        let https = "https://git.example.test/u/r.git";
        for (above, url, expected) in [
            (https, "../s.git", "https://git.example.test/u/s.git"),
            (https, "../../v/s", "https://git.example.test/v/s"),
            (https, "./s", "https://git.example.test/u/r.git/s"),
            (
                https,
                "ssh://git@h.example.test/s",
                "ssh://git@h.example.test/s",
            ),
            (
                https,
                "git@h.example.test:u/s.git",
                "ssh://git@h.example.test:u/s.git",
            ),
            (
                "file:../r",
                "https://h.example.test/s",
                "https://h.example.test/s",
            ),
            (
                "http://h.example.test/r",
                "http://h.example.test/s",
                "http://h.example.test/s",
            ),
            (
                "ssh://git@h.example.test:u/r.git",
                "../s.git",
                "ssh://git@h.example.test:u/s.git",
            ),
        ] {
            assert_eq!(
                submodule(above, url).as_deref(),
                Ok(expected),
                "{above} {url}"
            );
        }
    }

    #[test]
    fn a_submodule_leads_to_no_path_no_helper_and_no_option() {
        let https = "https://git.example.test/u/r.git";
        for (above, url) in [
            (https, "file:///home/me/secret"),
            (https, "/home/me/secret"),
            (https, "~/secret"),
            ("file:../r", "../secret"),
            ("file:../r", "./secret"),
            (https, "ext::sh -c id"),
            (https, "ext::sh"),
            (https, "ext://sh"),
            (https, "http://git.example.test/u/s.git"),
            (https, "git://git.example.test/u/s.git"),
            (https, "ssh://-oProxyCommand=x/s"),
            (https, "-u"),
            (https, "--upload-pack=x"),
            (https, "https://me:token@h.example.test/s"),
            (https, "../../../s"),
            (https, ""),
        ] {
            assert!(submodule(above, url).is_err(), "{above} {url:?}");
        }
    }
}
