//! One pick outside a resolution: what a specifier would install today.

use std::sync::Arc;

use pkg_manifest::{PackageName, PackageVersion, Packument};

use crate::{
    options::ResolveOptions,
    pick::{PickContext, pick},
    specifier::{Selector, Specifier},
};

/// The version that `specifier` would install if no lockfile held another, by the rules of a resolution.
///
/// `None` where nothing fits, or the specifier is of no registry. `name` is the package's own name, which an alias
/// among the specifiers may give.
pub fn pick_single(
    packument: &Packument,
    name: &PackageName,
    specifier: &str,
    options: &ResolveOptions,
) -> Option<Arc<PackageVersion>> {
    let Ok(Specifier::Registry { selector, .. }) = Specifier::parse(specifier) else {
        return None;
    };
    let direct: [Selector; 0] = [];
    let context = PickContext {
        name,
        text: specifier,
        direct: &direct,
        default_tag: &options.default_tag,
        cutoff: options.cutoff(name),
        undated: options.undated(name),
        preferred: &[],
    };
    pick(&context, packument, &selector).ok()
}
