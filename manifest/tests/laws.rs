//! What holds for every text: nothing stops a parser, and what a parser accepts it accepts as it prints it.

use pkg_manifest::{
    Integrity, Manifest, PackageArgument, PackageName, Packument, RelativePath, Specifier,
    parse_time,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Texts made of the pieces that the grammars are made of, which random letters seldom hit.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "@",
            "/",
            ":",
            "#",
            "..",
            ".",
            "~",
            "^",
            ">=",
            " ",
            "||",
            "*",
            "1.2.3",
            "-rc.1",
            "+b",
            "npm",
            "npm:",
            "file:",
            "link:",
            "workspace:",
            "git+ssh://",
            "https://",
            "github:",
            "a",
            "B",
            "é",
            "\u{feff}",
            "\0",
            "\\",
            "%2f",
            ".tgz",
            "latest",
            "host.test",
            "git@",
        ])
        .prop_map(str::to_owned),
        ".",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Values of JSON as manifests have them, at the wrong places too.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        pieces().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((pieces(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn documents() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec![
        "name",
        "version",
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
        "peerDependenciesMeta",
        "bundleDependencies",
        "bundledDependencies",
        "os",
        "cpu",
        "libc",
        "engines",
        "bin",
        "scripts",
        "packageManager",
        "deprecated",
        "dist",
        "hasInstallScript",
        "time",
        "modified",
        "dist-tags",
        "versions",
    ]);
    prop::collection::vec((field, values()), 0..8).prop_map(|fields| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_text_stops_a_parser(text in pieces()) {
        let has_brace = text.contains('{');
        prop_assert!(has_brace || Manifest::parse(text.as_bytes()).is_err());
        prop_assert!(Packument::parse(text.clone().into_bytes()).is_err());
        prop_assert!(Packument::from_cache_bytes(text.clone().into_bytes()).is_none());
        prop_assert!(parse_time(&text).is_none_or(|_| text.len() >= 19));
        let trimmed = Specifier::parse(text.trim());
        prop_assert_eq!(Specifier::parse(&text), trimmed);
    }

    #[test]
    fn what_is_printed_is_read_again(text in pieces()) {
        if let Ok(name) = text.parse::<PackageName>() {
            prop_assert_eq!(name.to_string(), text.clone());
        }
        if let Ok(path) = text.parse::<RelativePath>() {
            prop_assert_eq!(path.to_string(), text.clone());
        }
        if let Ok(Specifier::Range(range)) = Specifier::parse(&text) {
            let again = Specifier::parse(&range.to_string());
            prop_assert_eq!(again, Ok(Specifier::Range(range)));
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
    fn an_argument_is_its_name_and_its_specifier(name in "[a-z][a-z0-9-]{0,8}", text in pieces()) {
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
    fn commands_and_their_files_stay_inside(document in documents()) {
        let Ok(manifest) = Manifest::parse(document.to_string().as_bytes()) else {
            return Ok(());
        };
        for (command, path) in &manifest.bins {
            prop_assert!(!command.contains(['/', '\\', ':', '\0']) && command != ".." && command != ".");
            prop_assert!(path.as_str().split('/').all(|part| part != ".." && part != ""));
        }
        let name: PackageName = "fallback".parse().unwrap();
        let version = manifest.to_package_version(&name);
        prop_assert_eq!(version.name, manifest.name.unwrap_or(name));
    }

    #[test]
    fn a_packument_from_the_cache_is_the_one_that_was_put_in(documents in prop::collection::vec(documents(), 0..4)) {
        let versions = documents.into_iter().enumerate().map(|(at, mut document)| {
            let version = format!("1.{at}.0");
            document["version"] = Value::from(version.as_str());
            document["dist"] = json!({ "tarball": "https://files.example.test/a.tgz" });
            (version, document)
        });
        let versions: serde_json::Map<_, _> = versions.collect();
        let json = json!({ "name": "a", "dist-tags": { "latest": "1.0.0" }, "versions": versions });
        let found = Packument::parse(json.to_string().into_bytes()).unwrap();
        let read = Packument::from_cache_bytes(found.to_cache_bytes()).unwrap();
        prop_assert_eq!(found.versions().len(), versions.len());
        prop_assert!(found.versions().eq(read.versions()));
        prop_assert_eq!(found.dist_tags(), read.dist_tags());
        for version in found.versions() {
            prop_assert_eq!(found.version(version), read.version(version));
            prop_assert_eq!(found.is_deprecated(version), read.is_deprecated(version));
            if let Ok(Some(document)) = found.version(version) {
                prop_assert_eq!(document.deprecated.is_some(), found.is_deprecated(version));
            }
        }
    }
}
