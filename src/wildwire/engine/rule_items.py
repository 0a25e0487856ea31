"""Every number of a program as an item of a local rule: where it stands, and where its source stands.

Comes in: a program. Goes out: `Items`. Called by `rule_plan.py`. The tables are those of `program/plan.py`, read here
stage by stage as the kernels walk through them.
"""

import numpy as np

from wildwire.engine.rule_kernel import GENERAL, TRANSFERRED
from wildwire.program import plan as p

__all__ = ["N_ITEM", "Items"]

N_ITEM = 6


class Items:
    """All numbers of all neurons of a program.

    Attributes
    ----------
    table : int64 array (n, 7)
        Row of the neuron, then the columns of an item (see `rule_kernel.py`), sorted by row.
    kinds, transfers : int32 arrays (n_rows,)
        Kind of the neuron of each row, and where its transfer stands in the plan.
    """

    def __init__(self, program):
        self.program, self.plan = program, program.plan
        self.kinds = np.zeros(program.n_rows, np.int32)
        self.transfers = np.zeros(program.n_rows, np.int32)
        self._found: list[np.ndarray] = []
        for stage in self._table(p.STAGES, p.STAGE_TABLE, p.STAGE_WIDTH):
            self._blocks(stage)
            self._runs(stage)
            self._transfers(stage)
            self._expressions(stage)
        width = 1 + N_ITEM
        found = [np.zeros((0, width), np.int64), *self._found]
        items = np.concatenate(found)
        # Links first, as they are written; parameters of the activation behind them.
        self.table = items[np.argsort(items[:, 0], kind="stable")]

    # ---- the tables of the plan -------------------------------------------------------

    def _table(self, count, offset, width):
        plan = self.plan
        return plan[plan[offset] :][: plan[count] * width].reshape(-1, width)

    def _rows_of(self, first, count, table, width):
        return self.plan[self.plan[table] :][: (first + count) * width].reshape(
            -1, width
        )[first:]

    def _add(self, row, place, at, unit=0, link=0) -> None:
        """Remember items by neurons' rows; all arguments broadcast."""
        row, place, at, unit, link = np.broadcast_arrays(row, place, at, unit, link)
        place = place.ravel()
        columns = [
            row.ravel(), place, at.ravel(), self.program.slot[place],
            self.program.sign[place], unit.ravel(), link.ravel(),
        ]  # fmt: skip
        self._found.append(np.column_stack(columns).astype(np.int64))

    def _blocks(self, stage) -> None:
        for block in self._rows_of(stage[0], stage[1], p.BLOCK_TABLE, p.BLOCK_WIDTH):
            row, width, source, count, weight = map(int, block[:5])
            first = int(self.plan[p.SOURCES]) + source
            sources = self.plan[first : first + count]
            m, k = np.arange(width)[:, None], np.arange(count)[None, :]
            place = weight + k * width + m
            self._add(row + m, place, sources[None, :], 0, self.program.is_link[place])

    def _runs(self, stage) -> None:
        for run in self._rows_of(stage[2], stage[3], p.RUN_TABLE, p.RUN_WIDTH):
            row, width, _, parameter, count = map(int, run[:5])
            m, j = np.arange(width)[:, None], np.arange(count)[None, :]
            at = (2 + j) * self.program.n_rows + row + m
            self._add(row + m, parameter + m * count + j, at, 1)

    def _transfers(self, stage) -> None:
        start = int(self.plan[p.TRANSFER_TABLE])
        for i in range(stage[8], stage[8] + stage[9]):
            t = start + i * p.TRANSFER_WIDTH
            row, links, _, number, _, weight, own, _, others = map(
                int, self.plan[t : t + p.TRANSFER_WIDTH]
            )
            self.kinds[row], self.transfers[row] = TRANSFERRED, t
            places = np.arange(own)
            self._add(row, weight + places, -1, 0, places < links)
            self._add(row, number + np.arange(others), -1)

    def _expressions(self, stage) -> None:
        plan = self.plan
        for one in self._rows_of(
            stage[6], stage[7], p.EXPRESSION_TABLE, p.EXPRESSION_WIDTH
        ):
            row, sources, _, number, count, _, scratch = map(int, one)
            self.kinds[row] = GENERAL
            tables = (3 + int(plan[p.MAX_PARAMETERS])) * self.program.n_rows
            j = np.arange(count)
            self._add(row, number + j, tables + scratch + 2 * sources + 1 + j, 1)
