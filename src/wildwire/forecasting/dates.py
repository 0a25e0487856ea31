"""Dates as tables write them: read, counted on, and written in the same way.

Comes in: the texts of a time column. Goes out: `Dates`, and a `DateAxis` whose times look like those before. Called by
`times.py`. Any year from 1 to 9999, to the microsecond.
"""

import calendar
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError

_PARTS = re.compile(
    r"(?:(?P<first>\d{1,4})(?:(?P<separator>[-/.])(?P<second>\d{1,2})(?:(?P=separator)(?P<third>\d{1,4}))?)?)??"
    r"(?:(?P<mark>(?<=\d)[ T]|^)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<sec>\d{2})"
    r"(?:(?P<point>[.,])(?P<fraction>\d{1,9}))?)?)?(?P<space>\s*)(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_START = datetime.datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DateAxis:
    """Equally spaced dates.

    Parameters
    ----------
    name : str
        Of the column.
    step : int
        Between rows.
    unit : {"microseconds", "months"}
    last : datetime
        The last time, without offset.
    day : int
        With months: the day that every date has as far as its month is long; 31 where all are ends of months.
    style : str
        How dates are written: a format of `str.format`.
    """

    name: str
    step: int
    unit: str
    last: datetime.datetime
    day: int
    style: str

    def after(self, count: int) -> list[str]:
        """The next `count` times, as texts.

        Raises
        ------
        DataError
            Behind the year 9999.
        """
        try:
            later = [self._later(k * self.step) for k in range(1, count + 1)]
        except (OverflowError, ValueError):
            raise DataError(
                f"'{self.name}': {count} steps after {self.last} lie behind the year 9999: give a shorter horizon, or "
                "leave the time column out"
            ) from None
        return [_written(time, self.style) for time in later]

    def _later(self, steps: int) -> datetime.datetime:
        if self.unit == "microseconds":
            return self.last + datetime.timedelta(microseconds=steps)
        month = 12 * self.last.year + self.last.month - 1 + steps
        year, month = month // 12, month % 12 + 1
        day = min(self.day, _length(year, month))
        return self.last.replace(year=year, month=month, day=day)


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """A column of dates that have been read.

    Parameters
    ----------
    times : list of datetime
        As they are written, without offset.
    offset : ndarray of int
        From UTC, in microseconds; 0 where none is written.
    style : str
        How to write times that follow, with the last offset.
    """

    times: list[datetime.datetime]
    offset: np.ndarray
    style: str

    @property
    def stamps(self) -> np.ndarray:
        """Microseconds in UTC, int64."""
        unit = datetime.timedelta(microseconds=1)
        local = [(time - _START) // unit for time in self.times]
        return np.array(local, dtype=np.int64) - self.offset

    def axis(self, name: str, step: int) -> DateAxis:
        """What follows if rows are `step` microseconds apart."""
        return DateAxis(name, step, "microseconds", self.times[-1], 0, self.style)

    def months(self, name: str) -> DateAxis | None:
        """What follows if rows are whole months apart; None if they are not."""
        if len(self.times) < 2 or len(set(self.offset.tolist())) > 1:
            return None
        steps = np.diff([12 * time.year + time.month for time in self.times])
        ends = [_length(time.year, time.month) for time in self.times]
        days = [time.day for time in self.times]
        day = 31 if days == ends else max(days)
        same_day = all(
            one == min(day, end) for one, end in zip(days, ends, strict=True)
        )
        regular = steps[0] > 0 and bool(np.all(steps == steps[0]))
        if not (regular and same_day and len({t.time() for t in self.times}) == 1):
            return None
        return DateAxis(name, int(steps[0]), "months", self.times[-1], day, self.style)


def read_dates(texts: Sequence[str]) -> Dates | int:
    """Read a column of dates; or the row of the first that cannot be read."""
    found = [_PARTS.fullmatch(text) for text in texts]
    order = _order(texts)
    times, offsets = [], []
    for row, match in enumerate(found):
        time = None if match is None else _time(match, order)
        if match is None or time is None:
            return row
        times.append(time)
        offsets.append(_offset(match["zone"]))
    matches = [match for match in found if match is not None]
    return Dates(times, np.array(offsets, dtype=np.int64), _style(matches, order))


def _order(texts: Sequence[str]) -> tuple[str, ...]:
    """What the parts of a date are that does not begin with the year.

    3.4.2024 is the third of April where dots separate, or where a first part is above 12.
    """
    firsts = [re.split(r"[-/.]", text, maxsplit=1)[0] for text in texts]
    above = any(first.isdecimal() and 12 < int(first) <= 31 for first in firsts)
    if above or "." in texts[0].partition(" ")[0]:
        return ("day", "month", "year")
    return ("month", "day", "year")


def _fields(match: re.Match, order: tuple[str, ...]) -> dict[str, str]:
    """Year, month and day as texts, in the order in which they are written; without what is not written."""
    parts = [match[part] for part in ("first", "second", "third")]
    if parts[0] is not None and len(parts[0]) == 4:
        order = ("year", "month", "day")
    return {
        name: part for name, part in zip(order, parts, strict=True) if part is not None
    }


def _time(match: re.Match, order: tuple[str, ...]) -> datetime.datetime | None:
    """The time, without offset; None where there is no such day or hour."""
    fields = _fields(match, order)
    if not fields and match["hour"] is None:
        return None
    if fields and len(fields.get("year", "")) not in (2, 4):
        return None
    fraction = (match["fraction"] or "").ljust(9, "0")
    if fraction[6:] != "000":
        return None
    try:
        return datetime.datetime(
            _year(fields.get("year", "1970")),
            int(fields.get("month", 1)),
            int(fields.get("day", 1)),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["sec"] or 0),
            int(fraction[:6]),
        )
    except ValueError:
        return None


def _year(text: str) -> int:
    """Two digits are 1969 to 2068, as for the function strptime."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year > 68 else 2000)


def _offset(zone: str | None) -> int:
    """Microseconds from UTC."""
    if zone is None or zone == "Z":
        return 0
    minutes = 60 * int(zone[1:3]) + int(zone[-2:])
    return (-1 if zone[0] == "-" else 1) * minutes * 60_000_000


def _style(matches: Sequence[re.Match], order: tuple[str, ...]) -> str:
    """How the longest text is written, with the offset of the last; zeros only where they stand everywhere."""
    longest = max(matches, key=lambda match: len(match[0]))
    written = {
        (name, len(text))
        for match in matches
        for name, text in _fields(match, order).items()
    }
    width = 1 if {("day", 1), ("month", 1)} & written else 2
    year = "short:02d" if ("year", 2) in written else "t.year:04d"
    style = (longest["separator"] or "").join(
        f"{{{year}}}" if name == "year" else f"{{t.{name}:0{width}d}}"
        for name in _fields(longest, order)
    )
    if longest["hour"] is None:
        return style
    hours = min(len(match["hour"]) for match in matches if match["hour"] is not None)
    style += f"{longest['mark']}{{t.hour:0{hours}d}}"
    if longest["minute"] is not None:
        style += ":{t.minute:02d}"
    if longest["sec"] is not None:
        style += ":{t.second:02d}"
    if longest["fraction"] is not None:
        digits = max(len(match["fraction"] or "") for match in matches)
        style += f"{longest['point']}{{fraction:.{digits}}}"
    return style + (matches[-1]["space"] or "") + (matches[-1]["zone"] or "")


def _written(time: datetime.datetime, style: str) -> str:
    fraction = f"{time.microsecond:06d}000"
    return style.format(t=time, fraction=fraction, short=time.year % 100)


def _length(year: int, month: int) -> int:
    """Days of a month."""
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year}")
    return calendar.monthrange(year, month)[1]
