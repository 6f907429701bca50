//! Fewer versions of one package, from what the lockfile has.

use pkg_lockfile::Lockfile;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{prop_assert_eq, test_runner::TestCaseError};

use super::order::{Numbers, projects, registry};
use super::support::{Packages, drive, graph, packages, resolve, root, run};
use crate::{ResolveOptions, Resolver, Update};

fn options(update: Update) -> ResolveOptions {
    ResolveOptions {
        update,
        ..ResolveOptions::default()
    }
}

fn deduped(registry: &Packages, wanted: &str, previous: &Lockfile) -> String {
    let options = options(Update::Dedupe);
    let outcome = run(registry, &root(wanted), Some(previous), options);
    graph(&outcome.result.unwrap().lockfile)
}

#[test]
fn a_range_takes_the_highest_version_that_something_needs() {
    let old = packages("c@1.0.0   a@1.0.0 → c@^1");
    let previous = resolve(&old, "a@1");
    let registry = packages("c@1.0.0   c@1.1.0   c@1.2.0   a@1.0.0 → c@^1   b@1.0.0 → c@1.1.0");
    let both = run(
        &registry,
        &root("a@1 b@1"),
        Some(&previous),
        options(Update::Nothing),
    );
    let both = both.result.unwrap().lockfile;
    assert_eq!(
        graph(&both),
        ". → a@1.0.0 b@1.0.0\na@1.0.0 → c@1.0.0\nb@1.0.0 → c@1.1.0\nc@1.0.0\nc@1.1.0"
    );
    // Not the newest one, which nothing needs.
    assert_eq!(
        deduped(&registry, "a@1 b@1", &both),
        ". → a@1.0.0 b@1.0.0\na@1.0.0 → c@1.1.0\nb@1.0.0 → c@1.1.0\nc@1.1.0"
    );
}

/// Where an older version would do for both, as pnpm takes it for what stands beside it.
#[test]
fn a_range_never_goes_to_an_older_version_that_something_else_needs() {
    let registry = packages("c@1.1.0   c@1.2.0   a@1.0.0 → b@1 c@~1.1.0   b@1.0.0 → c@^1.0.0");
    let previous = resolve(&registry, "a@1");
    assert_eq!(
        graph(&previous),
        ". → a@1.0.0\na@1.0.0 → b@1.0.0 c@1.1.0\nb@1.0.0 → c@1.2.0\nc@1.1.0\nc@1.2.0"
    );
    assert_eq!(deduped(&registry, "a@1", &previous), graph(&previous));
}

#[test]
fn a_projects_own_dependency_moves_too() {
    let registry = packages("c@1.0.0   c@1.1.0   b@1.0.0 → c@1.1.0");
    let previous = resolve(&packages("c@1.0.0"), "c@^1");
    let both = run(
        &registry,
        &root("c@^1 b@1"),
        Some(&previous),
        options(Update::Nothing),
    );
    let both = both.result.unwrap().lockfile;
    assert!(graph(&both).starts_with(". → b@1.0.0 c@1.0.0\n"));
    assert_eq!(
        deduped(&registry, "c@^1 b@1", &both),
        ". → b@1.0.0 c@1.1.0\nb@1.0.0 → c@1.1.0\nc@1.1.0"
    );
}

#[test]
fn versions_that_exclude_one_another_stay() {
    let registry = packages("c@1.0.0   c@2.0.0   a@1.0.0 → c@^1   b@1.0.0 → c@^2");
    let previous = resolve(&registry, "a@1 b@1");
    assert_eq!(deduped(&registry, "a@1 b@1", &previous), graph(&previous));
}

#[test]
fn a_version_that_the_registry_no_longer_has_stays() {
    let previous = resolve(&packages("c@1.0.0   a@1.0.0 → c@^1"), "a@1");
    let registry = packages("c@1.1.0   a@1.0.0 → c@^1");
    assert_eq!(deduped(&registry, "a@1", &previous), graph(&previous));
    let registry = packages("a@1.0.0 → c@^1");
    assert_eq!(deduped(&registry, "a@1", &previous), graph(&previous));
}

#[test]
fn a_tag_keeps_the_version_that_it_had() {
    let previous = resolve(&packages("c@1.0.0"), "c@latest");
    let registry = packages("c@1.0.0   c@2.0.0");
    assert_eq!(deduped(&registry, "c@latest", &previous), graph(&previous));
}

/// A registry as it was once: the versions up to a major number that the seed says.
fn older(registry: &Packages, seed: u64) -> Packages {
    let mut numbers = Numbers(seed);
    let mut older = Packages::default();
    for published in registry.packuments.values() {
        let most = 1 + numbers.below(published.versions.len());
        for version in published.versions.iter().take(most) {
            older.add(version.clone());
        }
    }
    older
}

fn check_laws(seed: u64, order: u64) -> Result<(), TestCaseError> {
    let (registry, projects) = (registry(seed), projects(seed));
    let resolve = |registry: &Packages, previous: Option<&Lockfile>, update: Update| {
        let resolver = Resolver::new(&projects, previous, options(update));
        drive(registry, resolver, |_| 0).result.ok()
    };
    // What was just installed has nothing to be deduplicated.
    if let Some(fresh) = resolve(&registry, None, Update::Nothing) {
        let again = resolve(&registry, Some(&fresh.lockfile), Update::Dedupe).unwrap();
        prop_assert_eq!(graph(&again.lockfile), graph(&fresh.lockfile));
        prop_assert_eq!(&again.lockfile, &fresh.lockfile);
    }
    // A lockfile that grew over time.
    let past = older(&registry, order);
    let Some(mut lockfile) = resolve(&past, None, Update::Nothing).map(|past| past.lockfile) else {
        return Ok(());
    };
    for name in ["p1", "p5", "p7"] {
        let update = Update::Names([name.parse().unwrap()].into());
        if let Some(next) = resolve(&registry, Some(&lockfile), update) {
            lockfile = next.lockfile;
        }
    }
    let new = || Resolver::new(&projects, Some(&lockfile), options(Update::Dedupe));
    let first = drive(&registry, new(), |_| 0).result;
    let mut numbers = Numbers(order);
    let second = drive(&registry, new(), |open| numbers.below(open)).result;
    prop_assert_eq!(&first, &second);
    let Ok(deduped) = first else { return Ok(()) };
    let again = resolve(&registry, Some(&deduped.lockfile), Update::Dedupe);
    prop_assert_eq!(graph(&again.unwrap().lockfile), graph(&deduped.lockfile));
    let plain = resolve(&registry, Some(&deduped.lockfile), Update::Nothing);
    prop_assert_eq!(graph(&plain.unwrap().lockfile), graph(&deduped.lockfile));
    Ok(())
}

/// A new lockfile in which an optional peer came and went with the order of rounds.
#[test]
fn a_lockfile_that_once_moved_stays() {
    check_laws(5_422_002_600_637_189_706, 0).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A case is up to nine resolutions.
        cases: ProptestConfig::default().cases.div_ceil(8),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_deduplicated_stays(seed in any::<u64>(), order in any::<u64>()) {
        check_laws(seed, order)?;
    }
}
