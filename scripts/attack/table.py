"""The table of rows: the attempts of each row, its bad results, and its limit."""

import time
from dataclasses import dataclass, field

ROWS = []
GROWTH = []


@dataclass
class Figure:
    """The outcome of a row: the number of attempts, and a description of each bad result."""

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
        """Growth of the figure."""
        return self.after - self.before


def row(area, title, seconds=5, limit=0, high=False, background=False, quick=True):
    """Registers a row.

    `seconds` is the row's time. `limit` is the number of bad results that is still accepted.
    `high` marks rows whose bad results are severe. `background` rows run at the same time as the
    others, because they mostly wait. Rows that are not `quick` are left out with `--quick`.
    """

    def register(function):
        ROWS.append(Row(area, title, function, seconds, limit, high, background, quick))
        return function

    return register


def growth(title, limit, seconds=6, quick=True):
    """Registers a row of the table of growth, which fails if the growth is above `limit`."""

    def register(function):
        GROWTH.append(Growth(title, function, seconds, limit, quick))
        return function

    return register


class Clock:
    """A time limit for a row."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def over(self):
        """Whether the row has to end."""
        return time.monotonic() > self.end

    def left(self):
        """Seconds that are left, never negative."""
        return max(0.0, self.end - time.monotonic())
