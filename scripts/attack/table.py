"""The table of rows: what each row tries, what it has found, and what is too much."""

import time
from dataclasses import dataclass, field

ROWS = []
GROWTH = []


@dataclass
class Figure:
    """The outcome of a row: how many attempts, and those with a bad result."""

    tried: int = 0
    bad: list = field(default_factory=list)
    note: str = ""

    def check(self, good, what):
        """Counts an attempt; `what` describes it if it was not good."""
        self.tried += 1
        if not good:
            self.bad.append(str(what)[:300])
        return good


@dataclass
class Row:
    """A row: a function of a `Run` that returns a `Figure`."""

    area: str
    title: str
    function: object
    seconds: float
    limit: int
    high: bool
    background: bool
    quick: bool


@dataclass
class Growth:
    """A row of the table of growth: a function of a `Run` that returns a `Measure`."""

    title: str
    function: object
    seconds: float
    limit: float
    quick: bool


@dataclass
class Measure:
    """A figure before and after, with its unit."""

    before: float
    after: float
    unit: str = "MB"
    note: str = ""

    @property
    def growth(self):
        """How much the figure has grown."""
        return self.after - self.before


def row(area, title, seconds=5, limit=0, high=False, background=False, quick=True):
    """Registers a row.

    `seconds` bounds the row, `limit` is the number of bad results that is still accepted,
    `high` marks what must never happen, `background` rows run beside the others because
    they mostly wait, and rows that are not `quick` are left out with `--quick`.
    """

    def register(function):
        ROWS.append(Row(area, title, function, seconds, limit, high, background, quick))
        return function

    return register


def growth(title, limit, seconds=6, quick=True):
    """Registers a row of the table of growth; more growth than `limit` fails."""

    def register(function):
        GROWTH.append(Growth(title, function, seconds, limit, quick))
        return function

    return register


class Clock:
    """A bound on the time of a row."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def over(self):
        """Whether the row has to end."""
        return time.monotonic() > self.end

    def left(self):
        """Seconds that are left, never negative."""
        return max(0.0, self.end - time.monotonic())
