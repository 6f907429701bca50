//! Laws of the parsers for every text, however odd.

use pkg_manifest::{
    Integrity, Manifest, PackageArgument, PackageName, Packument, RegistryUrl, RelativePath,
    Specifier, parse_ini, parse_time,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts of any characters, and texts of those that the grammars give a meaning.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,80}",
        "[a-c0-2@/.:#^~<>=*| _+!\\\\-]{0,40}",
        "(npm|file|link|workspace|catalog|https?|git|github|sha512|jsr):[a-c@/.:#^=-]{0,20}",
    ]
}

/// JSON of any shape, with the keys that manifests and packuments have.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        Just(Value::from("1.0.0")),
    ];
    let key = prop_oneof![
        "(name|version|versions|dist|dist-tags|latest|time|modified|tarball|integrity|shasum|1\\.0\\.0)",
        "(bin|os|cpu|libc|engines|dependencies|peerDependencies|peerDependenciesMeta|optional|scripts)",
        "(bundleDependencies|deprecated|directories|packageManager|optionalDependencies)",
        "[a-c@/.]{0,5}",
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

/// Whether a name or path could leave the folder that it is put in.
fn escapes(path: &str) -> bool {
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    path.contains(['\\', '\0']) || path.split('/').any(is_odd)
}

proptest! {
    #[test]
    fn a_name_stays_below_its_folder(text in text()) {
        if let Ok(name) = text.parse::<PackageName>() {
            prop_assert!(!escapes(name.as_str()));
            prop_assert_eq!(name.as_str(), &text);
            prop_assert_eq!(name.as_str().matches('/').count(), usize::from(name.scope().is_some()));
        }
    }

    #[test]
    fn a_relative_path_stays_below_its_folder(text in text()) {
        if let Ok(path) = text.parse::<RelativePath>() {
            prop_assert!(!escapes(path.as_str()));
        }
    }

    #[test]
    fn every_text_is_a_specifier_or_an_error(text in text()) {
        let parsed = Specifier::parse(&text);
        let padded = Specifier::parse(&format!(" {} ", text.trim()));
        prop_assert_eq!(parsed.is_ok(), padded.is_ok());
    }

    #[test]
    fn every_text_is_read_or_refused(text in text()) {
        parse_ini(&text);
        parse_time(&text);
        drop(text.parse::<Integrity>());
        drop(Manifest::parse(text.as_bytes()));
        drop(Packument::parse(text.clone().into_bytes()));
        drop(RegistryUrl::parse(&text));
    }

    #[test]
    fn a_registry_holds_no_credential_and_ends_in_a_slash(path in "[a-c/?#@:.%]{0,20}") {
        if let Ok(RegistryUrl::Http(url)) = RegistryUrl::parse(&format!("https://h.test/{path}")) {
            prop_assert!(url.path().ends_with('/'));
            prop_assert!(url.query().is_none() && url.username().is_empty());
        }
    }

    #[test]
    fn a_manifest_of_any_shape_has_commands_inside_the_package(fields in json()) {
        if let Ok(manifest) = Manifest::parse(fields.to_string().as_bytes()) {
            for (command, path) in &manifest.bins {
                prop_assert!(!escapes(command) && !command.contains('/'));
                prop_assert!(!escapes(path.as_str()));
            }
        }
    }

    #[test]
    fn a_packument_of_any_shape_is_cached_as_it_is(fields in json(), version in json()) {
        let document = json!({
            "name": "a",
            "versions": { "1.0.0": version },
            "time": fields["time"],
            "dist-tags": fields["dist-tags"],
        });
        let Ok(packument) = Packument::parse(document.to_string().into_bytes()) else {
            return Ok(());
        };
        let cached = Packument::from_cache_bytes(packument.to_cache_bytes());
        let cached = cached.expect("what was written is read");
        let version = pkg_manifest::Version::new(1, 0, 0);
        prop_assert_eq!(packument.version(&version).ok(), cached.version(&version).ok());
        prop_assert_eq!(packument.dist_tags(), cached.dist_tags());
    }

    #[test]
    fn a_damaged_cache_never_stops_the_program(
        version in json(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        end in any::<prop::sample::Index>(),
    ) {
        let document = json!({ "name": "a", "versions": { "1.0.0": version, "1.1.0": {} } });
        let Ok(packument) = Packument::parse(document.to_string().into_bytes()) else {
            return Ok(());
        };
        let mut bytes = packument.to_cache_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let short = bytes[..end.index(bytes.len())].to_vec();
        for bytes in [bytes, short] {
            if let Some(packument) = Packument::from_cache_bytes(bytes) {
                for version in packument.versions() {
                    drop(packument.version(version));
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_cache_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Packument::from_cache_bytes(bytes));
    }

    #[test]
    fn a_range_is_read_as_it_is_printed(text in text()) {
        if let Ok(Specifier::Range(range)) = Specifier::parse(&text) {
            let printed = range.to_string();
            let Ok(Specifier::Range(again)) = Specifier::parse(&printed) else {
                return Err(TestCaseError::fail(printed));
            };
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn an_integrity_prints_what_it_checks(bytes in any::<Vec<u8>>(), other in any::<Vec<u8>>()) {
        let integrity = Integrity::sha512(&bytes);
        let again: Integrity = integrity.to_string().parse().unwrap();
        prop_assert_eq!(&again, &integrity);
        prop_assert!(again.matches(&bytes));
        prop_assert_eq!(again.matches(&other), bytes == other);
    }

    #[test]
    fn an_argument_is_its_name_and_its_specifier(name in "[a-z][a-z0-9-]{0,8}", text in text()) {
        let argument = PackageArgument::parse(&format!("{name}@npm:{text}"));
        let specifier = Specifier::parse(&format!("npm:{text}"));
        match (argument, specifier) {
            (Ok(argument), Ok(specifier)) => {
                prop_assert_eq!(argument.name.unwrap().to_string(), name);
                prop_assert_eq!(argument.specifier, Some(specifier));
            }
            (argument, specifier) => prop_assert!(argument.is_err() && specifier.is_err()),
        }
    }

    #[test]
    fn every_version_comes_out_of_the_cache_as_it_was(deprecated in json(), bin in json(), time in text()) {
        let document = |version: &str| json!({
            "version": version,
            "deprecated": deprecated,
            "bin": bin,
            "dist": { "tarball": "https://files.example.test/a.tgz" },
        });
        let json = json!({
            "name": "a",
            "time": { "1.0.0": "2020-01-01T00:00:00.000Z", "2.0.0": time },
            "versions": { "2.0.0": document("2.0.0"), "1.0.0": document("1.0.0") },
        });
        let found = Packument::parse(json.to_string().into_bytes()).unwrap();
        let read = Packument::from_cache_bytes(found.to_cache_bytes()).unwrap();
        prop_assert_eq!(found.versions().len(), 2);
        prop_assert!(found.versions().eq(read.versions()));
        for version in found.versions() {
            let document = found.version(version).unwrap().unwrap();
            let again = read.version(version).unwrap();
            prop_assert_eq!(again.as_ref(), Some(&document));
            prop_assert_eq!(read.is_deprecated(version), document.deprecated.is_some());
            prop_assert_eq!(found.is_deprecated(version), document.deprecated.is_some());
            prop_assert_eq!(read.published(version), found.published(version));
        }
    }
}
