//! Who asks for a package in a project that cannot be installed.

use pkg_resolver::Asked;

use super::Demand;

/// What somebody asks for, as far as the resolver came; `project` is what people call the project.
pub(super) fn demand_of(asked: &Asked, project: String) -> Demand {
    let package = asked.chain.packages.last().cloned();
    let packages = asked.chain.packages.iter().map(ToString::to_string);
    let (got, failure) = match &asked.outcome {
        Some(Ok(id)) => (Some(id.clone()), None),
        Some(Err(failure)) => (None, Some(failure.to_string())),
        None => (None, None),
    };
    Demand {
        asker: package
            .as_ref()
            .map_or_else(|| project.clone(), ToString::to_string),
        package,
        chain: std::iter::once(project).chain(packages).collect(),
        alias: asked.name.clone(),
        range: asked.specifier.clone(),
        is_peer: asked.is_peer,
        got,
        failure,
        newest: None,
    }
}
