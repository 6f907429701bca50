//! Several scripts by one pattern.

use globset::GlobBuilder;
use regress::Regex;

use super::{RunError, Runner, no_script};

impl Runner<'_> {
    /// The scripts that a name or a pattern means, in the order of the manifest: a name that is there is a name, whatever
    /// it looks like.
    ///
    /// `/regex/` is a regular expression of JavaScript, as in pnpm. In `build:*` a `*` stands for anything but a colon, and
    /// `**` for anything. Scripts that run before or after another one of them anyway are left out.
    ///
    /// # Errors
    /// [`RunError::Pattern`] for a pattern that cannot be read, [`RunError::NoScript`] where none matches.
    pub fn select(&self, text: &str) -> Result<Vec<String>, RunError> {
        let scripts = &self.project.manifest.scripts;
        if scripts.contains_key(text) {
            return Ok(vec![text.to_owned()]);
        }
        let Some(is_match) = matcher(text)? else {
            return Err(no_script(self.project, text));
        };
        let found: Vec<String> = scripts
            .keys()
            .filter(|name| is_match(name))
            .cloned()
            .collect();
        let is_around = |name: &String| {
            let others = ["pre", "post"]
                .iter()
                .filter_map(|prefix| name.strip_prefix(prefix));
            others
                .into_iter()
                .any(|other| found.iter().any(|name| name == other))
        };
        let selected: Vec<String> = found
            .iter()
            .filter(|name| !is_around(name))
            .cloned()
            .collect();
        if selected.is_empty() {
            return Err(no_script(self.project, text));
        }
        Ok(selected)
    }
}

type Matcher = Box<dyn Fn(&str) -> bool>;

/// What a pattern matches; `None` for a text that is none.
fn matcher(text: &str) -> Result<Option<Matcher>, RunError> {
    let fail = |reason: String| RunError::Pattern {
        pattern: text.to_owned(),
        reason,
    };
    if let Some((expression, flags)) = regular_expression(text) {
        if !flags.chars().all(|flag| "imsu".contains(flag)) {
            return Err(fail(format!("`{}` are no flags", flags.escape_debug())));
        }
        let expression =
            Regex::with_flags(expression, flags).map_err(|error| fail(error.to_string()))?;
        return Ok(Some(Box::new(move |name| expression.find(name).is_some())));
    }
    if !text.contains('*') {
        return Ok(None);
    }
    // A colon parts the words of a name as a slash parts those of a path.
    let glob = GlobBuilder::new(&text.replace(':', "/"))
        .literal_separator(true)
        .build()
        .map_err(|error| fail(error.kind().to_string()))?
        .compile_matcher();
    Ok(Some(Box::new(move |name| {
        glob.is_match(name.replace(':', "/"))
    })))
}

/// The two halves of `/expression/flags`.
fn regular_expression(text: &str) -> Option<(&str, &str)> {
    let (expression, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    let is_flags = flags.chars().all(|flag| flag.is_ascii_lowercase());
    (!expression.is_empty() && is_flags).then_some((expression, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = [
        "build",
        "build:css",
        "build:css:min",
        "build:js",
        "Build:x",
        "test",
    ];

    fn matching(pattern: &str) -> Vec<&'static str> {
        let is_match = matcher(pattern).unwrap().unwrap();
        NAMES.into_iter().filter(|name| is_match(name)).collect()
    }

    #[test]
    fn a_star_stands_for_one_word_and_two_for_all() {
        assert_eq!(matching("build:*"), ["build:css", "build:js"]);
        assert_eq!(
            matching("build:**"),
            ["build:css", "build:css:min", "build:js"]
        );
        assert_eq!(matching("*"), ["build", "test"]);
    }

    #[test]
    fn a_regular_expression_is_one_of_javascript() {
        assert_eq!(matching("/^build:(?!js)/"), ["build:css", "build:css:min"]);
        assert_eq!(
            matching("/^build:[a-z]+$/i"),
            ["build:css", "build:js", "Build:x"]
        );
        assert!(matcher("/(/").is_err());
        assert!(matcher("/a/x").is_err());
        assert!(matcher("/usr/bin/x1").unwrap().is_none());
    }
}
