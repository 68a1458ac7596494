"""Attacks the servers of this repository and prints the attempts and the bad results.

    cargo build --workspace --all-features --locked
    python3 scripts/attack             # about five minutes
    python3 scripts/attack --quick     # about one minute, as CI runs it
    python3 scripts/attack --only gates --list

It attacks only servers that it starts itself on loopback, and its time is limited. The exit
status is 1 if a row has more bad results than its limit. A row is a function with the decorator
`row` or `growth` in one of the files `rows_*.py`. To add a row, write such a function.
"""

import argparse
import os
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rows_files  # noqa: F401
import rows_gates  # noqa: F401
import rows_growth  # noqa: F401
import rows_guard  # noqa: F401
import rows_http  # noqa: F401
import rows_load  # noqa: F401
import rows_model  # noqa: F401
import rows_secrets  # noqa: F401
import rows_stdio  # noqa: F401
import rows_confirm  # noqa: F401
from servers import Run
from table import GROWTH, ROWS, Figure, Measure

ROOT = Path(__file__).resolve().parent.parent.parent
# With --quick a row has this share of its seconds, but at least two.
QUICK = 0.22


def arguments():
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="scripts/attack", description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=ROOT / "target/debug/cognito-mcp", type=Path,
                        help="the binary to attack [target/debug/cognito-mcp]")
    parser.add_argument("--quick", action="store_true", help="about a minute, for CI")
    parser.add_argument("--seed", type=int, default=1, help="the seed of what is random [1]")
    parser.add_argument("--jobs", type=int, default=3, help="rows at once; most of them wait [3]")
    parser.add_argument("--all", action="store_true", help="print every bad result, not four a row")
    parser.add_argument("--only", metavar="TEXT", help="rows whose file, function or title has this text")
    parser.add_argument("--list", action="store_true", help="print the rows and end")
    given = parser.parse_args()
    if not given.list and not os.access(given.binary, os.X_OK):
        parser.error(f"{given.binary} is missing: build it, or name one with --binary")
    given.binary = given.binary.resolve()
    return given


def attempt(given, entry, otherwise):
    """Runs one row; an exception is a bad result."""
    seconds = max(2.0, entry.seconds * QUICK) if given.quick else entry.seconds
    if getattr(entry, "background", False):
        seconds = entry.seconds
    began = time.monotonic()
    with Run(given.binary, given.quick, seconds, given.seed) as run:
        try:
            outcome = entry.function(run)
        except Exception as error:  # Any exception is a result.
            where = traceback.extract_tb(error.__traceback__)[-1]
            outcome = otherwise(f"{type(error).__name__}: {error} ({where.name}:{where.lineno})")
    return outcome, time.monotonic() - began


def crashed(why):
    """The figure of a row that could not be finished."""
    return Figure(1, [why])


def unmeasured(why):
    """The measure of a row that could not be finished."""
    return Measure(0, float("inf"), note=why)


def rows_of(given):
    """The selected rows and measures."""
    def chosen(entry):
        text = f"{entry.function.__module__} {entry.function.__name__} {entry.title}"
        return (not given.only or given.only in text) and (entry.quick or not given.quick)
    return [entry for entry in ROWS if chosen(entry)], [entry for entry in GROWTH if chosen(entry)]


def print_row(entry, figure, seconds, shown):
    """Prints a row of the table of figures."""
    count = len(figure.bad)
    verdict = "ok" if count <= entry.limit else "HIGH" if entry.high else "FAILED"
    bound = f" (limit {entry.limit})" if entry.limit else ""
    print(f"| {entry.area} | {entry.title} | {figure.tried:,} | {count:,}{bound} | {verdict} | "
          f"{seconds:.1f} s | {figure.note} |", flush=True)
    for line in figure.bad[:shown] if count > entry.limit else []:
        print(f"    {line}", flush=True)
    return count <= entry.limit


def print_growth(entry, measure, seconds):
    """Prints a row of the table of growth."""
    good = measure.growth <= entry.limit
    print(f"| {entry.title} | {measure.before:,.1f} | {measure.after:,.1f} | {measure.unit} | "
          f"{entry.limit:g} | {'ok' if good else 'FAILED'} | {seconds:.1f} s | {measure.note} |",
          flush=True)
    return good


def attack(given):
    """Runs all rows; returns the titles of those that failed."""
    rows, measures = rows_of(given)
    waiting = [entry for entry in rows if entry.background]
    failed = []

    def record(entry, figure, seconds):
        if not print_row(entry, figure, seconds, 1000 if given.all else 4):
            failed.append(entry.title)

    print("| | tried | count | bad | | time | |\n| --- | --- | --- | --- | --- | --- | --- |")
    with ThreadPoolExecutor(max(1, len(waiting))) as pool, ThreadPoolExecutor(given.jobs) as workers:
        later = [(entry, pool.submit(attempt, given, entry, crashed)) for entry in waiting]
        now = [(entry, workers.submit(attempt, given, entry, crashed)) for entry in rows
               if not entry.background]
        for entry, outcome in now:
            record(entry, *outcome.result())
        print("\n| growth | before | after | unit | limit | | time | |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |")
        for entry in measures:
            measure, seconds = attempt(given, entry, unmeasured)
            if not print_growth(entry, measure, seconds):
                failed.append(entry.title)
        print("\nRows that waited beside the others:")
        for entry, outcome in later:
            record(entry, *outcome.result())
    return failed


def main():
    """Runs the attack."""
    given = arguments()
    if given.list:
        for entry in ROWS + GROWTH:
            print(f"{entry.function.__name__:32} {entry.title}")
        return 0
    threading.excepthook = lambda _: None
    began = time.monotonic()
    failed = attack(given)
    print(f"\n{time.monotonic() - began:.0f} s. "
          + (f"{len(failed)} rows failed: " + "; ".join(failed) if failed else "No row failed."))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
