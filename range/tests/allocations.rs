//! Matching allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use pkg_range::{Mode, Prereleases, Range, Version, compare, compare_build, parse_version};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting.
struct Counting;

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The result of `work` and the number of allocations that it made.
fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    (result, ALLOCATIONS.with(Cell::get) - before)
}

#[test]
fn matching_and_comparing_allocate_nothing() {
    let ranges = [
        "*",
        "^1.2.3 || 3.x",
        "1.2 - 2.3",
        ">=1.0.0-alpha.beta.gamma.delta <2.0.0-90071992547409910 || 4",
        ">9007199254740990",
    ];
    let versions = [
        "1.2.3",
        "1.0.0-alpha.beta.gamma.epsilon+build.of.a.long.name",
        "2.0.0-90071992547409911",
        "9007199254740991.0.0",
        "3.0.0-0",
    ];
    let ranges = ranges.map(|text| Range::parse(text, Mode::Strict).unwrap());
    let versions = versions.map(|text| parse_version(text, Mode::Strict).unwrap());
    let (matches, allocations) = counted(|| {
        let mut matches = 0;
        for prereleases in [Prereleases::Gated, Prereleases::All] {
            for range in &ranges {
                let inside = versions.iter().filter(|v| range.contains(v, prereleases));
                matches += inside.count();
                matches += usize::from(range.max_satisfying(&versions, prereleases).is_some());
                matches += usize::from(range.min_satisfying(&versions, prereleases).is_some());
            }
        }
        matches
    });
    assert_eq!((matches > 20, allocations), (true, 0));
    let order = |left: &Version| {
        versions
            .iter()
            .filter(|right| compare(left, right).is_lt() && compare_build(left, right).is_lt())
            .count()
    };
    let (lower, allocations) = counted(|| versions.iter().map(order).sum::<usize>());
    assert_eq!((lower, allocations), (10, 0));
}

#[test]
fn a_simple_range_takes_one_allocation() {
    let (range, allocations) = counted(|| Range::parse("^1.2.3", Mode::Strict).unwrap());
    assert_eq!(
        (range.to_string().as_str(), allocations),
        (">=1.2.3 <2.0.0-0", 1)
    );
    let (version, allocations) = counted(|| parse_version("v1.2.3-rc.1", Mode::Strict).unwrap());
    assert_eq!((version.patch, allocations), (3, 0));
}
