//! The door through which packuments come in: what is none, or is about another package, stays out.

use pkg_manifest::{PackageName, Packument};

/// The most versions that a packument may list.
const VERSIONS: usize = 100_000;

/// Why a document is no packument of the package asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    NotJson,
    Wrong(String),
}

/// Reads the packument of `asked` out of `json`.
pub(crate) fn parse(asked: &PackageName, json: &[u8]) -> Result<Packument, Unusable> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(Unusable::NotJson);
    }
    let packument = Packument::parse(json).map_err(|error| Unusable::Wrong(error.to_string()))?;
    check(asked, &packument)?;
    Ok(packument)
}

/// Checks that a packument is about `asked` and of bearable size.
pub(crate) fn check(asked: &PackageName, packument: &Packument) -> Result<(), Unusable> {
    let answered = packument.name();
    if answered != asked {
        return Err(Unusable::Wrong(format!(
            "asked for `{asked}`, it describes `{answered}`"
        )));
    }
    let count = packument.versions().len();
    if count > VERSIONS {
        return Err(Unusable::Wrong(format!(
            "it lists {count} versions, more than the limit of {VERSIONS}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Packument, Unusable> {
        super::parse(&"greet".parse().unwrap(), json.as_bytes())
    }

    #[test]
    fn a_document_about_another_package_is_refused() {
        assert!(parse(r#"{"name":"greet","versions":{}}"#).is_ok());
        let error = parse(r#"{"name":"grunt","versions":{}}"#).unwrap_err();
        assert_eq!(
            error,
            Unusable::Wrong("asked for `greet`, it describes `grunt`".to_owned())
        );
        assert!(parse(r#"{"name":"gree\u001bt","versions":{}}"#).is_err());
    }

    #[test]
    fn a_page_is_told_from_broken_json() {
        assert_eq!(parse("<html>").unwrap_err(), Unusable::NotJson);
        assert!(matches!(
            parse("{\"name\"").unwrap_err(),
            Unusable::Wrong(_)
        ));
    }

    /// PKU-19.
    #[test]
    fn deep_nesting_makes_a_version_unusable_without_a_crash() {
        let deep = format!(
            r#"{{"name":"greet","versions":{{"1.0.0":{{"version":"1.0.0","x":{}{}}}}}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let packument = parse(&deep).unwrap();
        let version = "1.0.0".parse().unwrap();
        assert!(packument.version(&version).is_err());
    }

    /// PKU-18.
    #[test]
    fn too_many_versions_are_refused() {
        let versions: Vec<String> = (0..200_000).map(|n| format!("\"{n}.0.0\":0")).collect();
        let json = format!(
            r#"{{"name":"greet","versions":{{{}}}}}"#,
            versions.join(",")
        );
        let error = parse(&json).err();
        assert!(matches!(error, Some(Unusable::Wrong(_))), "{error:?}");
    }
}
