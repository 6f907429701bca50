use pkg_manifest::{PackageName, Specifier, SpecifierError};
use serde_json::Value;

use crate::{Tally, document, rows};

/// The specifier's kind in the reference's words, as far as the two have the same kinds.
fn kind(text: &str) -> String {
    match Specifier::parse(text) {
        Ok(Specifier::Range(_)) => "range".to_owned(),
        Ok(Specifier::Tag(_)) => "tag".to_owned(),
        Ok(Specifier::Alias { name, specifier }) => {
            let inner = match *specifier {
                Specifier::Range(_) => "range",
                Specifier::Tag(_) => "tag",
                _ => "other",
            };
            format!("alias of {name} {inner}")
        }
        Ok(Specifier::Workspace(_)) => "workspace".to_owned(),
        Ok(Specifier::Catalog(_)) => "catalog".to_owned(),
        Ok(Specifier::Git(_)) => "git".to_owned(),
        Ok(Specifier::Tarball(url)) => format!("tarball {url}"),
        Ok(Specifier::File(_)) => "path".to_owned(),
        Ok(Specifier::Link(_)) => "link".to_owned(),
        Err(SpecifierError::Unsupported { .. }) => "unsupported".to_owned(),
        Err(SpecifierError::Invalid { .. }) => "invalid".to_owned(),
        // The reference has one code for both.
        Err(SpecifierError::Alias { .. } | SpecifierError::Git { .. }) => "bad alias".to_owned(),
    }
}

/// A version is a range of one here.
fn registry_kind(kind: &str) -> &str {
    if kind == "version" { "range" } else { kind }
}

fn wanted(result: &Value) -> String {
    match result["error"].as_str() {
        Some("EUNSUPPORTEDPROTOCOL") => return "unsupported".to_owned(),
        Some("EINVALIDTAGNAME") => return "invalid".to_owned(),
        Some("EINVALIDPACKAGENAME") => return "bad name".to_owned(),
        Some(_) => return "bad alias".to_owned(),
        None => {}
    }
    match result["type"].as_str().expect("it is a text") {
        "alias" => {
            let inner = registry_kind(result["sub"]["type"].as_str().expect("it is a text"));
            format!(
                "alias of {} {inner}",
                result["sub"]["name"].as_str().expect("it is a text")
            )
        }
        "remote" => format!(
            "tarball {}",
            result["fetchSpec"].as_str().expect("it is a text")
        ),
        "file" | "directory" => "path".to_owned(),
        kind => registry_kind(kind).to_owned(),
    }
}

#[test]
fn entries_of_manifests_are_classified_as_by_the_reference() {
    let Some(document) = document("specifiers-resolve.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let text = row[1].as_str().unwrap_or_default();
        let found = match row[0]
            .as_str()
            .expect("it is a text")
            .parse::<PackageName>()
        {
            Ok(_) => kind(text),
            Err(_) => "bad name".to_owned(),
        };
        let wanted = wanted(&row[2]);
        if text.starts_with("workspace:") {
            tally.differs("a protocol of pnpm and Yarn", text, &found, &wanted);
        } else {
            tally.compare(text, &found, &wanted);
        }
    }
    tally.finish(27, &[("a protocol of pnpm and Yarn", 1)]);
}

/// The specifier in an argument of the command line: what the reference says, or what is behind the name.
fn specifier_of(argument: &str, result: &Value) -> String {
    if let Some(specifier) = result["rawSpec"].as_str() {
        return specifier.to_owned();
    }
    let is_letter = |byte: u8| byte.is_ascii_alphabetic();
    let has_protocol = argument.split_once(':');
    if has_protocol.is_some_and(|(protocol, _)| protocol.bytes().all(is_letter)) {
        return argument.to_owned();
    }
    let at = argument.char_indices().skip(1).find(|(_, c)| *c == '@');
    at.map_or(argument, |(at, _)| &argument[at + 1..])
        .to_owned()
}

/// Why the reference's answer is not the one here.
fn known_difference(text: &str) -> Option<&'static str> {
    let others = ["workspace:", "catalog:", "link:", "ssh:"];
    if others.iter().any(|protocol| text.starts_with(protocol)) {
        return Some("a protocol of pnpm and Yarn");
    }
    match text {
        "npm:bar" => Some("an alias without a range is the tag, as in pnpm"),
        "github:u" | "github:" => Some("a repository has a name"),
        text if text.contains("user:tok@") => Some("a password in an address is refused"),
        text if text.starts_with("git+rsync:") => Some("a transport that is not supported"),
        _ => None,
    }
}

#[test]
fn specifiers_of_arguments_are_classified_as_by_the_reference() {
    let Some(document) = document("specifiers.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let argument = row[0].as_str().expect("it is a text");
        let text = specifier_of(argument, &row[1]);
        let (found, wanted) = (kind(&text), wanted(&row[1]));
        match known_difference(&text) {
            Some(reason) => tally.differs(reason, argument, &found, &wanted),
            None => tally.compare(argument, &found, &wanted),
        }
    }
    tally.finish(
        150,
        &[
            ("a protocol of pnpm and Yarn", 6),
            ("an alias without a range is the tag, as in pnpm", 1),
            ("a repository has a name", 2),
            ("a password in an address is refused", 1),
            ("a transport that is not supported", 1),
        ],
    );
}

#[test]
fn repositories_are_written_as_by_the_reference() {
    let Some(document) = document("specifiers.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let argument = row[0].as_str().expect("it is a text");
        let text = specifier_of(argument, &row[1]);
        let Ok(Specifier::Git(specifier)) = Specifier::parse(&text) else {
            continue;
        };
        let Some(wanted) = row[1]["saveSpec"].as_str() else {
            continue;
        };
        let found = specifier.to_string();
        if text.contains('%') {
            tally.differs("what was typed behind `#` stays", argument, &found, wanted);
        } else if text.starts_with("git+file:") {
            tally.differs("a path is written shortly", argument, &found, wanted);
        } else {
            tally.compare(argument, &found, wanted);
        }
    }
    tally.finish(
        39,
        &[
            ("a path is written shortly", 1),
            ("what was typed behind `#` stays", 1),
        ],
    );
}
