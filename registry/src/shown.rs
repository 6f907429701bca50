//! Foreign text made fit for a terminal: addresses without secrets, answers without control characters.

use std::fmt;

use url::Url;

/// An address as messages may show it: no user, no password, no query, no fragment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShownUrl(String);

impl ShownUrl {
    /// Takes the parts of `url` that hold no secret.
    pub fn new(url: &Url) -> Self {
        let mut text = format!("{}:", url.scheme());
        if let Some(host) = url.host_str() {
            text.push_str("//");
            text.push_str(host);
        } else if url.scheme() == "file" {
            text.push_str("//");
        }
        if let Some(port) = url.port() {
            text.push_str(&format!(":{port}"));
        }
        text.extend(url.path().chars().take(500));
        Self(text)
    }

    /// The text to show.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ShownUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The beginning of a server's text on one line, escaped, with every known secret taken out.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The longest excerpt, in characters before escaping.
    const LENGTH: usize = 200;

    /// Takes the start of `bytes`; each of `secrets` becomes `***`.
    pub fn new(bytes: &[u8], secrets: &[&str]) -> Self {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for secret in secrets.iter().filter(|secret| secret.len() > 3) {
            text = text.replace(secret, "***");
        }
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let start: String = words.chars().take(Self::LENGTH).collect();
        let dots = if start.len() < words.len() { "…" } else { "" };
        Self(format!("{}{dots}", start.escape_debug()))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_address_has_no_secret() {
        let url: Url = "https://user:pass@registry.example.test:8443/a/b.tgz?signature=s#f"
            .parse()
            .unwrap();
        assert_eq!(
            ShownUrl::new(&url).to_string(),
            "https://registry.example.test:8443/a/b.tgz"
        );
    }

    #[test]
    fn an_excerpt_is_one_escaped_line_without_secrets() {
        let excerpt = Excerpt::new(b"bad \x1b[31mtoken\n  secret-1!", &["secret-1"]);
        assert_eq!(excerpt.to_string(), "bad \\u{1b}[31mtoken ***!");
    }

    #[test]
    fn a_long_text_is_cut() {
        let excerpt = Excerpt::new(&[b'x'; 5000], &[]);
        assert_eq!(excerpt.to_string().chars().count(), 201);
    }
}
