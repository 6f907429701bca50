//! Strong components: which nodes of a graph can all reach one another.

/// Where a node is in the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    /// It was reached as the n-th, and is among the open ones; the lowest of those that it reaches.
    Open {
        order: usize,
        lowest: usize,
    },
    Done,
}

/// Parts a graph, given by what each node leads to, into its strong components. What is reached comes before what
/// reaches it; the nodes of a component are in ascending order. Linear, and without recursion: Tarjan's algorithm.
pub(crate) fn strong_components(targets: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut walk = Walk {
        targets,
        visits: vec![Visit::Not; targets.len()],
        open: Vec::new(),
        reached: 0,
        components: Vec::new(),
    };
    for node in 0..targets.len() {
        if walk.visits[node] == Visit::Not {
            walk.from(node);
        }
    }
    walk.components
}

struct Walk<'a> {
    targets: &'a [Vec<usize>],
    visits: Vec<Visit>,
    /// Nodes whose component is not known yet, as they were reached.
    open: Vec<usize>,
    reached: usize,
    components: Vec<Vec<usize>>,
}

impl Walk<'_> {
    fn from(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(target) = self.targets[node].get(*next).copied() else {
                path.pop();
                self.leave(node);
                if let Some((above, _)) = path.last() {
                    self.lower(*above, node);
                }
                continue;
            };
            *next += 1;
            if self.visits[target] == Visit::Not {
                self.enter(target);
                path.push((target, 0));
            } else {
                self.lower(node, target);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        let order = self.reached;
        self.visits[node] = Visit::Open {
            order,
            lowest: order,
        };
        self.open.push(node);
        self.reached += 1;
    }

    /// A node reaches what an open target of it reaches.
    fn lower(&mut self, node: usize, target: usize) {
        if let Visit::Open { lowest: other, .. } = self.visits[target]
            && let Visit::Open { lowest, .. } = &mut self.visits[node]
        {
            *lowest = other.min(*lowest);
        }
    }

    /// A node that reaches nothing above it closes its component.
    fn leave(&mut self, node: usize) {
        let Visit::Open { order, lowest } = self.visits[node] else {
            return;
        };
        if order != lowest {
            return;
        }
        let first = self.open.iter().rposition(|open| *open == node);
        let mut component = self.open.split_off(first.unwrap_or_default());
        for member in &component {
            self.visits[*member] = Visit::Done;
        }
        component.sort_unstable();
        self.components.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_reached_comes_first() {
        let targets = [vec![1], vec![2, 3], vec![1], vec![], vec![4, 0]];
        assert_eq!(
            strong_components(&targets),
            [vec![3], vec![1, 2], vec![0], vec![4]]
        );
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let count = 200_000;
        let targets: Vec<Vec<usize>> = (1..=count)
            .map(|next| if next < count { vec![next] } else { vec![] })
            .collect();
        assert_eq!(strong_components(&targets).len(), count);
    }

    proptest! {
        #[test]
        fn two_are_together_when_each_reaches_the_other(
            targets in (1_usize..9).prop_flat_map(|count| {
                prop::collection::vec(prop::collection::vec(0..count, 0..4), count)
            })
        ) {
            let count = targets.len();
            let mut reaches = vec![vec![false; count]; count];
            for (start, reached) in reaches.iter_mut().enumerate() {
                let mut open = vec![start];
                while let Some(node) = open.pop() {
                    if !std::mem::replace(&mut reached[node], true) {
                        open.extend(&targets[node]);
                    }
                }
            }
            let components = strong_components(&targets);
            let mut place = vec![usize::MAX; count];
            for (number, component) in components.iter().enumerate() {
                for node in component {
                    prop_assert_eq!(place[*node], usize::MAX);
                    place[*node] = number;
                }
            }
            for left in 0..count {
                for right in 0..count {
                    let together = reaches[left][right] && reaches[right][left];
                    prop_assert_eq!(place[left] == place[right], together);
                    if reaches[left][right] {
                        prop_assert!(place[right] <= place[left]);
                    }
                }
            }
        }
    }
}
