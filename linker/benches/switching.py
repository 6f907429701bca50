"""Times every switch between two layouts beside an install of what it leads to, with a warm store and a lockfile, offline.

    python3 switching.py PROGRAM PROJECT WORK [ROUNDS]

PROJECT has `package.json` and `pkg.lock`; PKG_HOME names the store, which has all packages. WORK is a new folder on the
disk of the store. Each round makes, for each pair of layouts and in another order each time, a project in the first,
switches it to the second, and right before that installs the second from nothing beside it; a switch may cost as much as
that install, and BOUND more. The two are neighbours in time, since what the disk did before makes all that follows slower:
a file system that has just lost many files is slow to create new ones. What the program deletes itself is waited for, and
nothing else is deleted. Medians of the time that passes, of the switch and of its install, and of the processor's time of
the switch in brackets, in milliseconds.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

LAYOUTS = {
    "isolated": ("isolated", "project"),
    "shared": ("isolated", "shared"),
    "flat": ("flat", "project"),
    "nested": ("nested", "project"),
    "pnp": ("pnp", "project"),
}
PAIRS = [(before, after) for before in LAYOUTS for after in LAYOUTS if before != after]
BOUND = 0.050
PATIENCE = 120.0


def timed(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Runs the program, and gives the time that passed and what the processor did meanwhile."""
    with open(folder.parent / "output", "wb") as output:
        began = time.perf_counter()
        child = subprocess.Popen([PROGRAM, *arguments], cwd=folder, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        passed = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{arguments} failed:\n{(folder.parent / 'output').read_text()}")
    return passed, usage.ru_utime + usage.ru_stime


def wait_for_sweep(folder: Path) -> None:
    """Waits until what the program moved away is deleted."""
    old = folder / "node_modules/.pkg/trash.old"
    end = time.monotonic() + PATIENCE
    while old.exists() and time.monotonic() < end:
        time.sleep(0.02)
    if old.exists():
        sys.exit(f"{old} is still there")


def new_project(source: Path, folder: Path, layout: str) -> None:
    folder.mkdir(parents=True)
    for name in ("package.json", "pkg.lock"):
        shutil.copyfile(source / name, folder / name)
    name, store = LAYOUTS[layout]
    (folder / ".npmrc").write_text(f"layout={name}\nvirtual-store={store}\n")


def measure(source: Path, work: Path, pair: tuple[str, str], found: dict) -> None:
    """One install of the second layout, and one switch from the first to it."""
    before, after = pair
    name, store = LAYOUTS[after]
    switched, installed = work / f"{before}-{after}", work / f"{after}-beside-{before}"
    install = ["install", "--ignore-scripts", "--offline"]
    new_project(source, switched, before)
    timed(switched, install)
    new_project(source, installed, after)
    fresh = timed(installed, install)
    found.setdefault(pair, []).append((timed(switched, ["layout", name, f"--virtual-store={store}"]), fresh))
    wait_for_sweep(switched)


def median(times: list[tuple[float, float]], which: int) -> float:
    return statistics.median(time[which] for time in times)


def report(found: dict) -> bool:
    """Prints a table, a row for what was there before; tells whether all switches keep the bound."""
    print("from".ljust(10) + "".join(to.rjust(18) for to in LAYOUTS))
    is_kept = True
    for before in LAYOUTS:
        row = before.ljust(10)
        for after in LAYOUTS:
            if before == after:
                row += "".rjust(18)
                continue
            switches, installs = zip(*found[before, after])
            is_over = median(switches, 0) > median(installs, 0) + BOUND
            is_kept = is_kept and not is_over
            passed, fresh, processor = median(switches, 0), median(installs, 0), median(switches, 1)
            cell = f"{passed * 1000:.0f}/{fresh * 1000:.0f} ({processor * 1000:.0f}){'!' if is_over else ' '}"
            row += cell.rjust(18)
        print(row)
    return is_kept


def main() -> None:
    source, work = Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    found: dict = {}
    # The first installs make the slots of the store, and are not counted.
    for layout in LAYOUTS:
        new_project(source, work / "warm" / layout, layout)
        timed(work / "warm" / layout, ["install", "--ignore-scripts", "--offline"])
    for number in range(rounds):
        random.seed(number)
        for pair in random.sample(PAIRS, len(PAIRS)):
            measure(source, work / f"round-{number}", pair, found)
    sys.exit(0 if report(found) else 1)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv[1]).resolve())
    main()
