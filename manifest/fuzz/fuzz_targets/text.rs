//! Any text as each of the small grammars: it is refused, or printed and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkg_manifest::{
    Integrity, Manifest, PackageArgument, PackageName, RelativePath, Specifier, expand, parse_ini,
    parse_time,
};
use pkg_range::Range;

fuzz_target!(|text: &str| {
    if let Ok(name) = text.parse::<PackageName>() {
        assert_eq!(name.as_str(), text);
    }
    if let Ok(path) = text.parse::<RelativePath>() {
        assert_eq!(path.as_str(), text);
    }
    if let Ok(integrity) = text.parse::<Integrity>() {
        assert_eq!(integrity.to_string().parse(), Ok(integrity));
    }
    if let Ok(Specifier::Range(range)) = Specifier::parse(text) {
        // Printed once, `>=0.0.0` may stand beside another comparator; read again, it says nothing and is gone, as in npm.
        let again = printed_and_read(&range);
        assert_eq!(printed_and_read(&again).to_string(), again.to_string());
    }
    if let Ok(argument) = PackageArgument::parse(text) {
        assert!(argument.name.is_some() || argument.specifier.is_some());
    }
    if let Ok(manifest) = Manifest::parse(text.as_bytes()) {
        assert!(
            manifest
                .bins
                .keys()
                .all(|command| !command.contains(['/', '\\']))
        );
    }
    drop(parse_ini(text));
    drop(expand(text, &|name| Some(name.to_owned())));
    assert!(parse_time(text).is_none() || text.len() >= 19);
});

fn printed_and_read(range: &Range) -> Range {
    let printed = range.to_string();
    match Specifier::parse(&printed) {
        Ok(Specifier::Range(again)) => again,
        other => panic!("`{printed}` is no range: {other:?}"),
    }
}
