//! What is said where a version cannot be taken.

use super::{
    plain::{aged, with_ages},
    support::{graph, id, name, packages, refuse, resolve, root, run},
};
use crate::{Registries, ResolveOptions, Resolver, Step};

/// PKU-25: what has no date of publishing is never old enough, unless nothing of the package is younger.
#[test]
fn versions_without_a_date_are_refused_where_an_age_is_asked_for() {
    let mut registry = packages("a@1.0.0   a@1.1.0   a@1.2.0");
    with_ages(&mut registry, &[("1.0.0", 10)]);
    let lockfile = |registry: &_, wanted| {
        let result = run(registry, &root(wanted), None, aged(25)).result;
        result.map(|resolved| resolved.lockfile)
    };
    let oldest = lockfile(&registry, "a@^1").unwrap();
    assert!(oldest.packages.contains_key(&id("a@1.0.0")));
    for wanted in ["a@1.2.0", "a@^1.1"] {
        let error = lockfile(&registry, wanted).unwrap_err();
        let code = miette::Diagnostic::code(&error).unwrap().to_string();
        assert_eq!(code, "ERR_PKG_NO_PUBLISH_TIME", "{wanted}");
    }
    // Without any dates, in the full document too.
    let a = name("a");
    registry.packuments.get_mut(&a).unwrap().times = None;
    let error = lockfile(&registry, "a@*").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no version of `a` that matches `*` has a time of publishing, so none is known to be old enough\n  \
         wanted by the project"
    );
    // Nothing was published since.
    registry.packuments.get_mut(&a).unwrap().modified = Some(20);
    let newest = lockfile(&registry, "a@*").unwrap();
    assert!(newest.packages.contains_key(&id("a@1.2.0")));
    // A folder is the user's own.
    registry.packuments.get_mut(&a).unwrap().modified = None;
    let options = ResolveOptions {
        registries: Registries {
            default: "file:///packages/".to_owned(),
            ..Registries::default()
        },
        ..aged(25)
    };
    assert!(run(&registry, &root("a@*"), None, options).result.is_ok());
}

#[test]
fn a_tag_that_does_not_exist_is_answered_with_the_tags() {
    let mut registry = packages("a@1.0.0   a@1.1.0   a@2.0.0-rc.1");
    let tags = &mut registry.packuments.get_mut(&name("a")).unwrap().tags;
    tags.insert("latest".to_owned(), "1.0.0".parse().unwrap());
    tags.insert("next".to_owned(), "2.0.0-rc.1".parse().unwrap());
    let error = refuse(&registry, "a@nxt");
    assert_eq!(
        error.to_string(),
        "no version of `a` matches `nxt`\n  wanted by the project\n  \
         published 2.0.0-rc.1 (next), 1.0.0 (latest), 1.1.0"
    );
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(
        help,
        "ask for `next`, or list all with `pkg view a versions`"
    );
}

#[test]
fn of_many_versions_the_nearest_are_listed_and_the_others_counted() {
    let registry = packages(
        "a@1.0.0   a@1.1.0   a@2.0.0   a@2.0.1   a@2.4.0   a@3.0.0   a@3.1.0-rc.1   a@9.0.0",
    );
    let error = refuse(&registry, "a@~2.3.0");
    assert_eq!(
        error.to_string(),
        "no version of `a` matches `~2.3.0`\n  wanted by the project\n  \
         published 2.4.0, 2.0.1, 2.0.0, 3.1.0-rc.1, 3.0.0 and 3 more"
    );
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(
        help,
        "ask for `^2.4.0`, or list all with `pkg view a versions`"
    );
}

#[test]
fn a_name_that_is_known_elsewhere_is_suggested() {
    let registry = packages("express@1.0.0");
    let error = refuse(&registry, "exprss@1");
    assert_eq!(error.unknown_name(), Some(&name("exprss")));
    let error = error.with_known_names(&[name("koa"), name("express")]);
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(help, "did you mean `express`?");
    let error = refuse(&registry, "@scope/missing@1").with_known_names(&[name("@scope/bin")]);
    assert_eq!(error.unknown_name(), Some(&name("@scope/missing")));
}

/// The package stands already where such a dependency would be linked; under another name it is linked.
#[test]
fn a_package_that_depends_on_itself_has_no_such_link() {
    let registry = packages("a@1.0.0 → a@* other@npm:a@1 b@*   b@1.0.0");
    let lockfile = resolve(&registry, "a@1");
    assert_eq!(
        graph(&lockfile),
        ". → a@1.0.0\na@1.0.0 → b@1.0.0 other=a@1.0.0\nb@1.0.0"
    );
}

#[test]
fn who_asks_for_a_package_is_known_where_it_cannot_be_had() {
    let registry = packages(
        "a@1.0.0 → core@^1   b@1.0.0 → core@^9   c@1.0.0 → !core@2   core@1.0.0   core@1.1.0",
    );
    let projects = root("a@1 b@1 c@1 core@1.0.0");
    let mut resolver = Resolver::new(&projects, None, ResolveOptions::default());
    while let Some(step) = resolver.step() {
        if let Step::Need(need) = step {
            resolver.answer(&need, registry.answer(&need)).unwrap();
        }
    }
    let asked = resolver.asked(|name| name.as_str() == "core");
    let shown: Vec<_> = asked
        .iter()
        .map(|asked| {
            let outcome = match &asked.outcome {
                Some(Ok(id)) => id.to_string(),
                Some(Err(failure)) => failure.to_string(),
                None => "-".to_owned(),
            };
            let range = asked.specifier.as_deref().unwrap_or("?");
            format!("{} asks {range}: {outcome}", asked.chain)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "the project asks 1.0.0: core@1.0.0",
            "the project > a@1.0.0 asks ^1: core@1.0.0",
            "the project > b@1.0.0 asks ^9: no version of `core` matches `^9`",
            "the project > c@1.0.0 asks 2: -",
        ]
    );
    assert!(resolver.finish().is_err());
}
