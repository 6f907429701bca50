//! The protocol of the store as a model: every interleaving of writers and a pruner, each of which may be killed at any
//! step, over every state that an earlier process can have left. The steps are those of `contents.rs` (create, fill, stamp,
//! or a draft that is renamed over what is torn), `publish.rs` (the index comes last), `Store::check` (look, read where the
//! stamp is missing, link), `prune.rs` (indexes go before contents) and `locks.rs` (who uses, shares; who removes, is alone).
//!
//! Orders that are not the store's are explored too: each of them has a schedule that breaks a law.

use std::collections::HashSet;

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bytes {
    Nothing,
    Half,
    Right,
    Edited,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct File {
    bytes: Bytes,
    is_stamped: bool,
}

/// The contents of each package.
const PACKAGES: [&[usize]; 2] = [&[0], &[0, 1]];
const CONTENTS: usize = 2;
/// How many processes are killed in one schedule, at most; whatever they can leave, schedules also begin with.
const KILLS: u8 = 1;

/// The order of steps: the store's, or one that somebody might take for as good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Store,
    /// The index appears before its contents.
    IndexFirst,
    /// A file gets its stamp when it is created.
    StampFirst,
    /// What is torn is written anew in place, without a draft.
    InPlace,
    /// Files are linked without a look.
    Blind,
    /// The pruner does not wait for those who use the store.
    Unlocked,
    /// Contents go before the indexes that name them.
    ContentsFirst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Lock,
    Find,
    /// For the content of this place in the package.
    Create(usize),
    Fill(usize, usize),
    Stamp(usize, usize),
    Rename(usize, usize),
    Publish,
    Look(usize),
    /// The file that was opened, and whether it was right when it was read.
    Mark(usize, usize, bool),
    Link(usize),
    // The pruner's.
    RemoveIndex(usize),
    RemoveContent(usize),
    Unlock,
    Done,
    Killed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Process {
    /// What a writer writes and links; `None` for the pruner.
    package: Option<usize>,
    step: Step,
    has_lock: bool,
    /// Whether the file being filled is a draft.
    is_draft: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    /// All files that ever were, also those that have no name any more.
    files: Vec<File>,
    names: [Option<usize>; CONTENTS],
    indexes: [bool; 2],
    processes: Vec<Process>,
    kills: u8,
}

type Violation = &'static str;

impl World {
    fn new(found: [Option<File>; CONTENTS], indexes: [bool; 2], processes: Vec<Process>) -> Self {
        let mut files = Vec::new();
        let names = found.map(|file| {
            file.map(|file| {
                files.push(file);
                files.len() - 1
            })
        });
        Self {
            files,
            names,
            indexes,
            processes,
            kills: 0,
        }
    }

    fn create(&mut self, order: Order) -> usize {
        self.files.push(File {
            bytes: Bytes::Nothing,
            is_stamped: order == Order::StampFirst,
        });
        self.files.len() - 1
    }

    fn is_stamped(&self, content: usize) -> bool {
        self.names[content].is_some_and(|file| self.files[file].is_stamped)
    }

    /// What holds in every state, whoever was killed.
    fn check(&self) -> Result<(), Violation> {
        let is_lying = |file: &File| file.is_stamped && file.bytes != Bytes::Right;
        if self.files.iter().any(is_lying) {
            return Err("a file has its stamp and not its bytes");
        }
        for (index, contents) in PACKAGES.iter().enumerate() {
            if self.indexes[index]
                && contents
                    .iter()
                    .any(|content| self.names[*content].is_none())
            {
                return Err("an index names a content that is not there");
            }
        }
        Ok(())
    }

    /// Lets one process do its next step; tells whether it could.
    fn advance(&mut self, who: usize, order: Order) -> Result<bool, Violation> {
        let step = self.processes[who].step;
        let next = match step {
            Step::Done | Step::Killed => return Ok(false),
            Step::Lock => {
                if !self.may_lock(who, order) {
                    return Ok(false);
                }
                self.processes[who].has_lock = true;
                match (self.processes[who].package, order) {
                    (Some(_), _) => Step::Find,
                    (None, Order::ContentsFirst) => Step::RemoveContent(0),
                    (None, _) => Step::RemoveIndex(0),
                }
            }
            Step::Unlock => {
                self.processes[who].has_lock = false;
                Step::Done
            }
            Step::RemoveIndex(_) | Step::RemoveContent(_) => self.prune(step, order),
            _ => self.write(who, step, order)?,
        };
        self.processes[who].step = next;
        Ok(true)
    }

    fn may_lock(&self, who: usize, order: Order) -> bool {
        let is_pruner = self.processes[who].package.is_none();
        let mut holders = self.processes.iter().filter(|process| process.has_lock);
        match is_pruner {
            true if order == Order::Unlocked => true,
            true => holders.next().is_none(),
            false if order == Order::Unlocked => true,
            false => holders.all(|holder| holder.package.is_some()),
        }
    }

    /// The packages that a project has, which prune keeps.
    fn is_kept(&self, package: usize) -> bool {
        let mut projects = self.processes.iter();
        projects.any(|process| process.package == Some(package) && process.step == Step::Done)
    }

    fn prune(&mut self, step: Step, order: Order) -> Step {
        let (after_indexes, after_contents) = match order {
            Order::ContentsFirst => (Step::Unlock, Step::RemoveIndex(0)),
            _ => (Step::RemoveContent(0), Step::Unlock),
        };
        match step {
            Step::RemoveIndex(package) => {
                self.indexes[package] &= self.is_kept(package);
                if package + 1 < PACKAGES.len() {
                    Step::RemoveIndex(package + 1)
                } else {
                    after_indexes
                }
            }
            Step::RemoveContent(content) => {
                let mut needing = (0..PACKAGES.len()).filter(|package| {
                    let is_there = self.indexes[*package]
                        && (order != Order::ContentsFirst || self.is_kept(*package));
                    is_there && PACKAGES[*package].contains(&content)
                });
                if needing.next().is_none() {
                    self.names[content] = None;
                }
                if content + 1 < CONTENTS {
                    Step::RemoveContent(content + 1)
                } else {
                    after_contents
                }
            }
            _ => unreachable!("not a step of the pruner"),
        }
    }

    fn write(&mut self, who: usize, step: Step, order: Order) -> Result<Step, Violation> {
        let package = self.processes[who].package.expect("a writer");
        let contents = PACKAGES[package];
        let after_write = |at: usize| match (at + 1 < contents.len(), order) {
            (true, _) => Step::Create(at + 1),
            (false, Order::IndexFirst) => Step::Look(0),
            (false, _) => Step::Publish,
        };
        Ok(match step {
            Step::Find if self.indexes[package] => Step::Look(0),
            Step::Find if order == Order::IndexFirst => Step::Publish,
            Step::Find => Step::Create(0),
            Step::Create(at) => self.begin_file(who, (at, contents[at]), order, after_write(at)),
            Step::Fill(at, file) => {
                let bytes = &mut self.files[file].bytes;
                *bytes = match bytes {
                    Bytes::Nothing | Bytes::Edited => Bytes::Half,
                    Bytes::Half | Bytes::Right => Bytes::Right,
                };
                if *bytes == Bytes::Right {
                    Step::Stamp(at, file)
                } else {
                    step
                }
            }
            Step::Stamp(at, file) => {
                self.files[file].is_stamped = true;
                if self.processes[who].is_draft {
                    Step::Rename(at, file)
                } else {
                    after_write(at)
                }
            }
            Step::Rename(at, file) => {
                self.names[contents[at]] = Some(file);
                after_write(at)
            }
            Step::Publish => {
                self.indexes[package] = true;
                if order == Order::IndexFirst {
                    Step::Create(0)
                } else {
                    Step::Look(0)
                }
            }
            _ => return self.link(step, contents, order),
        })
    }

    /// Creates the file of a content under its own name, or a draft where something torn has that.
    fn begin_file(
        &mut self,
        who: usize,
        (at, content): (usize, usize),
        order: Order,
        after: Step,
    ) -> Step {
        let found = self.names[content];
        if found.is_some() && self.is_stamped(content) {
            return after;
        }
        self.processes[who].is_draft = found.is_some() && order != Order::InPlace;
        let file = match found {
            Some(file) if order == Order::InPlace => {
                self.files[file].bytes = Bytes::Nothing;
                file
            }
            Some(_) => self.create(order),
            None => {
                let file = self.create(order);
                self.names[content] = Some(file);
                file
            }
        };
        Step::Fill(at, file)
    }

    fn link(&mut self, step: Step, contents: &[usize], order: Order) -> Result<Step, Violation> {
        const GONE: Violation = "a content is gone while it is in use";
        Ok(match step {
            Step::Look(at) => {
                let file = self.names[contents[at]].ok_or(GONE)?;
                if self.files[file].is_stamped || order == Order::Blind {
                    Step::Link(at)
                } else {
                    Step::Mark(at, file, self.files[file].bytes == Bytes::Right)
                }
            }
            Step::Mark(at, file, is_right) => {
                // By the open file, whatever its name leads to by now.
                self.files[file].is_stamped = is_right;
                if is_right {
                    Step::Link(at)
                } else {
                    Step::Create(0)
                }
            }
            Step::Link(at) => {
                let file = self.names[contents[at]].ok_or(GONE)?;
                if self.files[file].bytes != Bytes::Right {
                    return Err("a project has bytes that are not the package's");
                }
                if at + 1 < contents.len() {
                    Step::Look(at + 1)
                } else {
                    Step::Unlock
                }
            }
            _ => unreachable!("not a step of linking"),
        })
    }

    fn kill(&mut self, who: usize) {
        self.processes[who].step = Step::Killed;
        self.processes[who].has_lock = false;
        self.kills += 1;
    }
}

fn process(package: Option<usize>) -> Process {
    Process {
        package,
        step: Step::Lock,
        has_lock: false,
        is_draft: false,
    }
}

/// Follows every schedule from one state; the number of states, or the law that one of them breaks.
fn explore(start: World, order: Order) -> Result<usize, Violation> {
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(world) = open.pop() {
        world.check()?;
        let mut is_stuck = true;
        for who in 0..world.processes.len() {
            let mut next = world.clone();
            if !next.advance(who, order)? {
                continue;
            }
            is_stuck = false;
            if seen.insert(next.clone()) {
                open.push(next);
            }
            let mut killed = world.clone();
            killed.kill(who);
            if killed.kills <= KILLS && seen.insert(killed.clone()) {
                open.push(killed);
            }
        }
        if is_stuck {
            repair(world, order)?;
        }
    }
    Ok(seen.len())
}

/// When all have ended, an install of each package succeeds by itself, whatever is left.
fn repair(mut world: World, order: Order) -> Result<(), Violation> {
    for package in 0..PACKAGES.len() {
        world.processes = vec![process(Some(package))];
        let mut steps = 0;
        while world.advance(0, order)? {
            steps += 1;
            if steps > 100 {
                return Err("an install does not end");
            }
        }
        if world.processes[0].step != Step::Done || !world.indexes[package] {
            return Err("an install is stuck");
        }
    }
    Ok(())
}

/// Every state that an earlier process, a loss of power or an edit can have left.
fn starts(processes: &[Process]) -> Vec<World> {
    let file = |bytes, is_stamped| Some(File { bytes, is_stamped });
    let found = [
        None,
        file(Bytes::Half, false),
        file(Bytes::Edited, false),
        file(Bytes::Right, false),
        file(Bytes::Right, true),
    ];
    let mut worlds = Vec::new();
    for first in &found {
        for second in &found {
            for indexes in [[false, false], [true, false], [false, true], [true, true]] {
                let names = [first.clone(), second.clone()];
                let world = World::new(names, indexes, processes.to_vec());
                if world.check().is_ok() {
                    worlds.push(world);
                }
            }
        }
    }
    worlds
}

/// Two writers, of one package or of two that share a content, and a pruner; the number of states, or the law that is broken.
fn explore_all(order: Order) -> Result<usize, Violation> {
    let casts = [
        vec![process(Some(0)), process(Some(1)), process(None)],
        vec![process(Some(1)), process(Some(1)), process(None)],
    ];
    let mut states = 0;
    for cast in casts {
        for start in starts(&cast) {
            states += explore(start, order)?;
        }
    }
    Ok(states)
}

/// CON-14, KIL-05.
#[test]
fn no_schedule_of_writers_and_a_pruner_breaks_a_law_of_the_store() {
    let states = explore_all(Order::Store);
    assert!(states.is_ok_and(|states| states > 10_000), "{states:?}");
}

/// CON-14: the model sees what is wrong with other orders.
#[test]
fn every_other_order_of_the_steps_has_a_schedule_that_breaks_a_law() {
    let broken = [
        (
            Order::IndexFirst,
            "an index names a content that is not there",
        ),
        (Order::StampFirst, "a file has its stamp and not its bytes"),
        (Order::InPlace, "a file has its stamp and not its bytes"),
        (
            Order::Blind,
            "a project has bytes that are not the package's",
        ),
        (
            Order::Unlocked,
            "an index names a content that is not there",
        ),
        (
            Order::ContentsFirst,
            "an index names a content that is not there",
        ),
    ];
    for (order, law) in broken {
        assert_eq!(explore_all(order).err(), Some(law), "{order:?}");
    }
}
