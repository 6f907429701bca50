//! Where a repository is, as `git` may be told.

use std::fmt;

/// Where a repository is: a transport of a short list, a host that is no option, and no password; or a path on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitAddress(Place);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    /// `https://host/path`, `ssh://user@host/path`, or `ssh://user@host:path` for a path below the user's home there.
    Remote(String),
    /// A path on this machine, as it was written: absolute, or from the project's folder.
    Path(String),
}

/// A text that was read: how `package.json` is to have it, the address, and a branch that stood in a web address.
pub(super) struct Read<'t> {
    pub(super) written: String,
    pub(super) address: GitAddress,
    pub(super) branch: Option<&'t str>,
}

/// A service that hosts repositories for everybody: its prefix, its host, and how addresses end.
struct Service {
    prefix: &'static str,
    host: &'static str,
    ending: &'static str,
}

const SERVICES: [Service; 5] = [
    Service {
        prefix: "github",
        host: "github.com",
        ending: ".git",
    },
    Service {
        prefix: "gitlab",
        host: "gitlab.com",
        ending: ".git",
    },
    Service {
        prefix: "bitbucket",
        host: "bitbucket.org",
        ending: ".git",
    },
    Service {
        prefix: "gist",
        host: "gist.github.com",
        ending: ".git",
    },
    Service {
        prefix: "sourcehut",
        host: "git.sr.ht",
        ending: "",
    },
];

const NO_HOST: &str = "its address has no host";
const NO_REPOSITORY: &str = "it does not name a repository";

impl GitAddress {
    /// The path, if the repository is on this machine.
    pub fn path(&self) -> Option<&str> {
        match &self.0 {
            Place::Path(path) => Some(path),
            Place::Remote(_) => None,
        }
    }

    /// What `git` takes, for a repository elsewhere.
    pub fn remote(&self) -> Option<String> {
        let Place::Remote(address) = &self.0 else {
            return None;
        };
        let Some(rest) = address.strip_prefix("ssh://") else {
            return Some(address.clone());
        };
        // `user@host:path`, in which no port stands behind the colon, is a form by itself.
        let authority = rest.split('/').next().unwrap_or_default();
        Some(match is_scp(authority) {
            true => rest.to_owned(),
            false => address.clone(),
        })
    }

    pub(super) fn with_path(self, path: &dyn Fn(&str) -> String) -> Self {
        match self.0 {
            Place::Path(from) => Self(Place::Path(path(&from))),
            Place::Remote(_) => self,
        }
    }

    /// Reads what [`GitAddress`] prints.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix("file:") {
            Some(path) => local(path),
            None => remote(text),
        }
    }
}

/// As the lockfile has it, behind `git+`.
impl fmt::Display for GitAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Remote(address) => formatter.write_str(address),
            Place::Path(path) => write!(formatter, "file:{path}"),
        }
    }
}

/// Reads a specifier without its fragment.
pub(super) fn read(text: &str) -> Result<Read<'_>, &'static str> {
    if let Some((prefix, rest)) = text.split_once(':') {
        let service = SERVICES
            .iter()
            .find(|service| service.prefix.eq_ignore_ascii_case(prefix));
        if let Some(service) = service {
            return hosted(service, rest);
        }
    }
    let rest = text.strip_prefix("git+").unwrap_or(text);
    if let Some(path) = rest.strip_prefix("file:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        let address = local(path)?;
        return Ok(Read {
            written: format!("git+{address}"),
            address,
            branch: None,
        });
    }
    match rest.split_once("://") {
        Some((scheme, _)) => by_url(text, rest, scheme),
        // `git@host:path`: with a user it is no shortcut.
        None if rest.contains('@') => by_url(text, &format!("ssh://{rest}"), "ssh"),
        None => hosted(&SERVICES[0], rest),
    }
}

/// A shortcut: `user/name` on a service.
fn hosted<'t>(service: &Service, rest: &str) -> Result<Read<'t>, &'static str> {
    let bare = rest.strip_suffix(".git").unwrap_or(rest);
    let mut parts: Vec<&str> = bare.split('/').collect();
    let is_gist = service.prefix == "gist";
    if is_gist && parts.len() == 2 {
        parts.remove(0);
    }
    let is_whole = match service.prefix {
        "gist" => parts.len() == 1,
        "gitlab" => parts.len() >= 2,
        _ => parts.len() == 2,
    };
    if !is_whole || !parts.iter().all(|part| is_word(part)) {
        return Err(NO_REPOSITORY);
    }
    let path = parts.join("/");
    Ok(Read {
        written: format!("{}:{path}", service.prefix),
        address: GitAddress(Place::Remote(format!(
            "https://{}/{path}{}",
            service.host, service.ending
        ))),
        branch: None,
    })
}

/// A URL, `git+` before it or not.
fn by_url<'t>(text: &'t str, url: &str, scheme: &str) -> Result<Read<'t>, &'static str> {
    let address = remote(url)?;
    let mut branch = None;
    let mut normal = address.to_string();
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    if let Some(service) = SERVICES.iter().find(|service| service.host == host) {
        let path = rest[authority.len()..].trim_matches('/');
        // Of `git@host:user/name` the first half of the path stands with the host.
        let path = match authority.split_once(':') {
            Some((_, first)) if is_scp(authority) => format!("{first}/{path}"),
            _ => path.to_owned(),
        };
        let mut parts: Vec<&str> = path.split('/').collect();
        if let Some(tree) = parts
            .iter()
            .position(|part| *part == "tree")
            .filter(|at| *at >= 2)
        {
            parts.truncate(tree);
            branch = text
                .split_once("/tree/")
                .map(|(_, branch)| branch.trim_end_matches('/'));
        }
        let bare = parts.join("/");
        let found = hosted(service, bare.trim_end_matches('/'))?;
        let user = match scheme {
            "ssh" => "git@",
            _ => "",
        };
        let path = found.written.split_once(':').map_or("", |(_, path)| path);
        normal = format!("{scheme}://{user}{host}/{path}{}", service.ending);
    }
    let prefix = if scheme == "git" { "" } else { "git+" };
    Ok(Read {
        written: format!("{prefix}{normal}"),
        address: GitAddress::parse(&normal)?,
        branch,
    })
}

/// A repository elsewhere.
fn remote(text: &str) -> Result<GitAddress, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or(NO_HOST)?;
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return Err("its transport is not supported: there are https, ssh, git, http and file");
    }
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || r"()\".contains(c);
    if text.len() > 2048 || rest.contains(is_odd) {
        return Err("its address has characters that no address has");
    }
    if rest.contains(['?', '#']) {
        return Err("the address of a repository has no `?`");
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) if scheme == "ssh" && is_word(user) => host,
        Some(_) => {
            return Err(
                "it holds a password or a token: keep it in git's credential helper instead",
            );
        }
    };
    let name = match (host.strip_prefix('['), host.split_once(':')) {
        (Some(inner), _) => {
            let (inside, port) = inner.split_once(']').ok_or(NO_HOST)?;
            let is_address = inside
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            if !is_address || !is_port(port) {
                return Err(NO_HOST);
            }
            inside
        }
        (None, Some((name, _))) if scheme == "ssh" && is_scp(authority) => name,
        (None, Some((name, port))) if is_port(&format!(":{port}")) => name,
        (None, Some(_)) => return Err(NO_HOST),
        (None, None) => host,
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_host) {
        return Err(NO_HOST);
    }
    if path.is_empty() && !is_scp(authority) {
        return Err(NO_REPOSITORY);
    }
    Ok(GitAddress(Place::Remote(text.to_owned())))
}

/// Whether an authority is `user@host:path`: behind the colon is no port.
fn is_scp(authority: &str) -> bool {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let behind = match host.starts_with('[') {
        true => None,
        false => host.split_once(':'),
    };
    behind.is_some_and(|(_, path)| is_word(path) && !path.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':');
    text.is_empty() || digits.is_some_and(|digits| digits.parse::<u16>().is_ok())
}

/// A repository on this machine.
fn local(path: &str) -> Result<GitAddress, &'static str> {
    let is_odd = path.is_empty()
        || path.len() > 4096
        || path.starts_with("//")
        || path.starts_with('-')
        || path.contains(['(', ')', '#', '\\'])
        || path.chars().any(char::is_control);
    if is_odd {
        return Err("what stands behind `file:` is no path");
    }
    Ok(GitAddress(Place::Path(normal(path))))
}

/// A path without `.`, and without `..` behind a name.
fn normal(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && *last != "~") =>
            {
                parts.pop();
            }
            ".." if parts.is_empty() && !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    match parts.is_empty() {
        true if root.is_empty() => ".".to_owned(),
        _ => format!("{root}{}", parts.join("/")),
    }
}

/// Whether a text may be a user's name, or a part of a repository's.
fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-~".contains(c);
    !text.is_empty()
        && text != "."
        && text != ".."
        && !text.starts_with('-')
        && text.chars().all(is_plain)
}
