//! What happens with a result of which all ranges chose anew among the locked versions.

use pkg_lockfile::Lockfile;

use crate::{Resolved, Resolver, Update, advance::MOST_DRAFTS};

impl Resolver {
    /// Takes a deduplicated result, or begins again from it while ranges still move: a version that came
    /// from the registry because none was in range may be a better one for others too.
    ///
    /// Where no version moves, what was there stays as it is, peers included. Where results lead to one
    /// another, the first of them in the order of their texts is taken, from whichever of them one comes.
    pub(crate) fn take_deduped(&mut self, resolved: Resolved) {
        let is_first = self.drafts.is_empty();
        let previous = self.confirmed_previous().filter(|_| is_first);
        if let Some(mut previous) = previous {
            if has_same_versions(&previous.lockfile, &resolved.lockfile) {
                previous.warnings = resolved.warnings;
                self.outcome = Some(Ok(previous));
                return;
            }
            self.drafts.push(previous);
        }
        let mut drafts = self.drafts.iter();
        let known = drafts.position(|draft| has_same_versions(&draft.lockfile, &resolved.lockfile));
        let settled = match known {
            Some(known) => {
                let ring = self.drafts.drain(known..);
                ring.min_by_key(|draft| draft.lockfile.to_text())
            }
            None if self.drafts.len() >= MOST_DRAFTS => None,
            None => return self.begin_again(resolved),
        };
        // From here on it is confirmed as any other result is.
        self.drafts.clear();
        self.options.update = Update::Nothing;
        self.begin_again(settled.unwrap_or(resolved));
    }
}

/// Whether two lockfiles have the same packages, and each dependency leads to the same of them.
fn has_same_versions(left: &Lockfile, right: &Lockfile) -> bool {
    left.packages.keys().eq(right.packages.keys()) && left.moves(right).is_empty()
}
