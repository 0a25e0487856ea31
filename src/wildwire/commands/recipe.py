"""How a network is fitted to a table: everything but the rows.

Comes in: the options of the command line. Goes out: a `Recipe` that fits all rows, or
the train rows of a fold, in the same way. Called by `fitting.py` and `comparing.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.tables import Table


@dataclass(frozen=True, eq=False)
class Recipe:
    """A fit without its data.

    Attributes
    ----------
    targets : tuple of str
    network : Network or None
        The user's wiring.
    hidden, task, learner, epochs
        As `fit_table` takes them; None is its default.
    ignore : tuple of str
    weight, sigma, group : str or None
        Columns.
    """

    targets: tuple[str, ...]
    network: Any = None
    hidden: str | None = None
    task: Any = None
    learner: Any = None
    epochs: int | None = None
    ignore: tuple[str, ...] = ()
    weight: str | None = None
    sigma: str | None = None
    group: str | None = None

    def fit(self, table: Table, *, seed: int, time_limit: float | None) -> Any:
        """Fit the network to all rows of a table; see `fit_table`."""
        from wildwire.fitting import fit_table

        options = {"learner": self.learner, "epochs": self.epochs}
        return fit_table(
            table,
            list(self.targets),
            network=self.network,
            hidden=self.hidden,
            task=self.task,
            ignore=self.left_out(),
            weight=self.weights(table),
            time_limit=time_limit,
            seed=seed,
            **{name: value for name, value in options.items() if value is not None},
        )

    def left_out(self) -> tuple[str, ...]:
        """Columns that are neither inputs nor targets."""
        special = (self.weight, self.sigma, self.group)
        return (*self.ignore, *(name for name in special if name is not None))

    def inputs(self, table: Table) -> Table:
        """The columns that may be read."""
        return table.drop([*self.targets, *self.left_out()])

    def weights(self, table: Table) -> np.ndarray | None:
        """Weight of every row: the weight column, or 1/sigma^2.

        Raises
        ------
        DataError
            A value is missing, not finite, or out of range; its row is named.
        """
        if self.weight is not None:
            return _numbers(table, self.weight, "weight", least=0.0, open_end=False)
        if self.sigma is not None:
            return 1 / _numbers(table, self.sigma, "sigma", least=0.0, open_end=True) ** 2
        return None

    def groups(self, table: Table) -> np.ndarray | None:
        """A number per row, the same for rows that belong together."""
        if self.group is None:
            return None
        column = table.column(self.group)
        gaps = np.flatnonzero(column.missing)
        if len(gaps):
            raise DataError(
                f"{table.source}, {table.row_label(gaps[0])}: group '{column.name}' is "
                "missing; every row needs one"
            )
        return np.unique(column.values, return_inverse=True)[1]

    def check(self, table: Table) -> None:
        """Refuse unknown columns and columns that are asked to be two things.

        Raises
        ------
        DataError, SettingError
        """
        if self.weight is not None and self.sigma is not None:
            raise SettingError("give --weight or --sigma, not both")
        used: dict[int, str] = {}
        roles = [("target", name) for name in self.targets]
        roles += [("ignored", name) for name in self.ignore]
        roles += [
            (role, name)
            for role in ("weight", "sigma", "group")
            if (name := getattr(self, role)) is not None
        ]
        for role, name in roles:
            number = table.index(name)
            if used.get(number, role) != role or (number in used and role == "target"):
                raise SettingError(
                    f"column '{table.names[number]}' cannot be {used[number]} and {role}"
                )
            used[number] = role


def _numbers(
    table: Table, name: str, role: str, *, least: float, open_end: bool
) -> np.ndarray:
    column = table.column(name)
    if column.kind not in ("number", "boolean"):
        raise DataError(
            f"{table.source}: {role} column '{column.name}' holds text, not numbers"
        )
    values = column.values.astype(np.float64)
    low = values <= least if open_end else values < least
    bad = np.flatnonzero(~np.isfinite(values) | low)
    if len(bad):
        shown = column.text(int(bad[0])) or "missing"
        limit = "above 0" if open_end else "0 or more"
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: {role} '{column.name}' is "
            f"{shown}; it must be {limit}"
        )
    return values
