"""How a network is fitted to a table: everything but the rows.

Comes in: the options of the command line. Goes out: a `Recipe` that fits all rows, or
the train rows of a fold, in the same way. Called by `fitting.py` and `comparing.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.preparation import Task
from wildwire.tables import Table


@dataclass(frozen=True, eq=False)
class Recipe:
    """A fit without its data.

    Attributes
    ----------
    targets : tuple of str
    network : Network or None
        The user's wiring.
    hidden, task, learner, loss, penalty, epochs
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
    loss: Any = None
    penalty: str | None = None
    epochs: int | None = None
    ignore: tuple[str, ...] = ()
    weight: str | None = None
    sigma: str | None = None
    group: str | None = None

    def fit(
        self,
        table: Table,
        *,
        seed: int,
        time_limit: float | None,
        progress: bool | None = False,
        standard_errors: bool = True,
    ) -> Any:
        """Fit the network to all rows of a table; see `fit_table`."""
        from wildwire.procedure import fit_table

        return fit_table(
            table,
            list(self.targets),
            network=self.network,
            hidden=self.hidden,
            task=self.task,
            ignore=self.left_out(),
            weight=self.weight,
            sigma=self.sigma,
            learner=self.learner,
            loss=self.loss,
            penalty=self.penalty,
            epochs=self.epochs,
            time_limit=time_limit,
            seed=seed,
            progress=progress,
            standard_errors=standard_errors,
            # Columns of a table without names are found by position, so all must stay.
            keep_all=not table.named,
        )

    def for_folds(self, table: Table, read: Iterable[str], task: Task) -> "Recipe":
        """The same fit where some rows must not decide what all rows decided.

        Parameters
        ----------
        read : iterable of str
            Columns that the network of all rows reads: a column that only counts the
            rows does not look so in a shuffled half of them.
        task : {"regression", "classification"}
        """
        kept = {table.index(name) for name in (*read, *self.targets)}
        unread = [name for i, name in enumerate(table.names) if i not in kept]
        if not table.named:
            unread = list(self.ignore)
        special = {table.index(name) for name in self._special()}
        ignore = [name for name in unread if table.index(name) not in special]
        return replace(self, ignore=tuple(ignore), task=task)

    def left_out(self) -> tuple[str, ...]:
        """Columns that are neither inputs nor targets."""
        return (*self.ignore, *self._special())

    def _special(self) -> list[str]:
        roles = (self.weight, self.sigma, self.group)
        return [name for name in roles if name is not None]

    def inputs(self, table: Table) -> Table:
        """The columns that may be read."""
        return table.drop([*self.targets, *self.left_out()])

    def weights(self, table: Table) -> np.ndarray | None:
        """Weight of every row: the weight column, or 1/sigma^2; None for equal ones."""
        from wildwire.procedure import row_weights

        return row_weights(table, self.weight, self.sigma)[0]

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
        """Refuse unknown columns, columns that are to be two things, gaps in groups.

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
        self.groups(table)
