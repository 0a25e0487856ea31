"""What was measured, looked up by row and system.

Comes in: rows with their figures. Goes out: medians, ratios, fractions of the machine's limits; None where something
was not measured. Called by `suite.py`, `targets.py` and `report.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.measure import Figure, Row, best_of, with_facts

OURS = "wildwire"


@dataclass(frozen=True)
class Result:
    """A row and a figure per system."""

    row: Row
    figures: Mapping[str, Figure]

    @property
    def systems(self) -> list[str]:
        """Systems, forms taken together, in the order of the row."""
        return list(dict.fromkeys(name.partition(":")[0] for name in self.figures))

    def best(self, system: str) -> Figure | None:
        """The figure of the system's fastest form."""
        return best_of(self.figures, system)[1]


@dataclass(frozen=True)
class Results:
    """All results of a run."""

    results: tuple[Result, ...]
    _by_title: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        self._by_title.update({r.row.title: r for r in self.results})

    def median(self, name, dtype="", system=OURS) -> float | None:
        """Median in the row's unit."""
        result = self._by_title.get(f"{name} {dtype}".strip())
        figure = result.best(system) if result else None
        return figure.median if figure else None

    def fact(self, name, dtype, fact) -> float | None:
        """A derived number of our figure, such as `gflops`."""
        result = self._by_title.get(f"{name} {dtype}".strip())
        figure = result.best(OURS) if result else None
        return figure.facts.get(fact) if figure else None

    def ratio(self, name, dtype, peer) -> float | None:
        """The peer's figure over ours."""
        return divided(self.median(name, dtype, peer), self.median(name, dtype))

    def best_peer(self, name, dtype) -> float | None:
        """The lowest figure of any other system."""
        result = self._by_title.get(f"{name} {dtype}".strip())
        peers = [self.median(name, dtype, s) for s in result.systems] if result else []
        others = [
            m
            for s, m in zip(result.systems if result else [], peers, strict=True)
            if s != OURS and m is not None
        ]
        return min(others, default=None)


def divided(above: float | None, below: float | None) -> float | None:
    """A ratio, or None where one of the two is missing."""
    return None if above is None or not below else above / below


def related(row: Row, figure: Figure, limits) -> Figure:
    """The figure with its rates and their fractions of what the machine can do.

    Parameters
    ----------
    row : Row
    figure : Figure
    limits : module or object
        With `dense_peak(dtype)` and `random_rows(rows, row_bytes)`.
    """
    if figure.median is None:
        return figure
    facts, seconds = {}, figure.median / row.scale
    if row.flop:
        facts["gflops"] = row.flop / seconds / 1e9
        facts["fraction_of_peak"] = (
            row.flop / seconds / limits.dense_peak(row.dtype or "float64")
        )
    row_bytes = figure.facts.get("row_bytes")
    if row.traffic and row_bytes:
        limit = limits.random_rows(row.traffic.rows, int(row_bytes))
        facts["random_rows_limit"] = limit
        facts["fraction_of_random_rows"] = row.traffic.bytes / seconds / limit
    return with_facts(figure, **facts)
