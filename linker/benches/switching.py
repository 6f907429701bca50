"""Times installs from nothing and every switch between two layouts, with a warm store and a lockfile, offline.

    python3 switching.py PROGRAM PROJECT WORK [ROUNDS]

PROJECT has `package.json` and `pkg.lock`; PKG_HOME names the store, which has all packages. WORK is a new folder on the
disk of the store. Each round makes every layout from nothing, and walks once through all switches in one project, in
another order each time; a switch may cost as much as the install of what it leads to, and BOUND more. Nothing is
deleted between two measurements but what the program deletes itself, and that is waited for: it makes the creation of
files slow. Medians of the time that passes, and of the processor's time of the program in brackets, in milliseconds.
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


def walk() -> list[str]:
    """Layouts in an order that has every pair of them once, and ends where it begins: Hierholzer's way."""
    left = {name: random.sample([to for to in LAYOUTS if to != name], len(LAYOUTS) - 1) for name in LAYOUTS}
    path, open_ends = [], [random.choice(list(LAYOUTS))]
    while open_ends:
        if left[open_ends[-1]]:
            open_ends.append(left[open_ends[-1]].pop())
        else:
            path.append(open_ends.pop())
    return path[::-1]


def install_all(source: Path, work: Path, found: dict) -> None:
    for layout in random.sample(list(LAYOUTS), len(LAYOUTS)):
        folder = work / layout
        new_project(source, folder, layout)
        found.setdefault(layout, []).append(timed(folder, ["install", "--ignore-scripts", "--offline"]))


def switch_all(source: Path, work: Path, found: dict) -> None:
    path = walk()
    folder = work / "switched"
    new_project(source, folder, path[0])
    timed(folder, ["install", "--ignore-scripts", "--offline"])
    for before, after in zip(path, path[1:]):
        name, store = LAYOUTS[after]
        arguments = ["layout", name, f"--virtual-store={store}"]
        found.setdefault((before, after), []).append(timed(folder, arguments))
        wait_for_sweep(folder)


def median(found: list[tuple[float, float]], which: int) -> float:
    return statistics.median(times[which] for times in found)


def cell(found: list[tuple[float, float]]) -> str:
    return f"{median(found, 0) * 1000:.0f} ({median(found, 1) * 1000:.0f})"


def report(installs: dict, switches: dict) -> bool:
    """Prints a table, a row for what was there before; tells whether all switches keep the bound."""
    print("from".ljust(10) + "".join(to.rjust(15) for to in LAYOUTS))
    print("nothing".ljust(10) + "".join(cell(installs[to]).rjust(15) for to in LAYOUTS))
    is_kept = True
    for before in LAYOUTS:
        row = before.ljust(10)
        for after in LAYOUTS:
            if before == after:
                row += "".rjust(15)
                continue
            found = switches[before, after]
            is_over = median(found, 0) > median(installs[after], 0) + BOUND
            is_kept = is_kept and not is_over
            row += (cell(found) + ("!" if is_over else "")).rjust(15)
        print(row)
    return is_kept


def main() -> None:
    source, work = Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    installs: dict = {}
    switches: dict = {}
    # The first round makes the slots of the store, and is not counted.
    for number in range(rounds + 1):
        random.seed(number)
        folder = work / f"round-{number}"
        install_all(source, folder, installs)
        switch_all(source, folder, switches)
        if number == 0:
            installs.clear()
            switches.clear()
    sys.exit(0 if report(installs, switches) else 1)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv[1]).resolve())
    main()
