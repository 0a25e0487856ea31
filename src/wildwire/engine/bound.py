"""A program bound to a type and a tile width: its arrays, and the tables of their addresses.

Comes in: a program, a type, a batch. Goes out: a `Bound`, whose kernels are called with one pointer.
Used by `session.py`, `evaluate.py`, `population.py` and `population_losses.py`. Addresses belong to
the process, so nothing here is ever stored.
"""

import ctypes
import functools

import numpy as np

from wildwire.engine import (
    mapping,
    passes,
    population_kernels,
    row_kernels,
    row_weights,
    second_order_kernels,
    sequence_values,
    steps,
    tangent_kernel,
    teams,
)
from wildwire.engine import places as at
from wildwire.engine.blas import is_needed, one_thread
from wildwire.engine.kernels import kernel_addresses
from wildwire.engine.machine import (
    aligned_zeros,
    guard_size,
    turned_size,
    work_size,
)
from wildwire.engine.meeting import new_meeting
from wildwire.functions import native
from wildwire.program import plan as p

# Which arrays of `Derived` and of a loss stand where in a table.
TERM_ARRAYS = (
    (at.TERM_NUMBER, "number"), (at.TERM_COEFFICIENT, "coefficient"),
    (at.TERM_OFFSET, "offset"), (at.TERM_FACTOR, "slot"), (at.TERM_POWER, "power"),
)  # fmt: skip
LOSS_ARRAYS = (
    (at.LOSS_FORMS, "addresses"), (at.LOSS_FUSED, "fused"),
    (at.LOSS_PARAMETERS, "parameters"), (at.LOSS_SCALE, "scale"),
    (at.LOSS_FACTOR, "factor"), (at.TOTALS, "totals"),
)  # fmt: skip
MOST_ADDRESSES = 1000
_addresses: dict[tuple, np.ndarray] = {}  # of programs with the same functions
KERNELS = {
    "steps": steps.steps_kernel,
    "map": mapping.map_kernel,
    "values": passes.values_kernel,
    "losses": passes.loss_kernel_of_rows,
    "input_gradient": passes.input_gradient_kernel,
    "sequence_values": sequence_values.sequence_values_kernel,
    "tangents": tangent_kernel.tangent_kernel,
    "rows": row_kernels.rows_kernel,
    "weigh": row_weights.weigh_kernel,
    "curve": row_weights.curve_kernel,
    "second_base": second_order_kernels.second_base_kernel,
    "second_product": second_order_kernels.second_product_kernel,
    "values_of_many": population_kernels.values_of_many,
    "gradients_of_many": population_kernels.gradients_of_many,
    "losses_of_thetas": population_kernels.losses_of_thetas,
}


@functools.lru_cache(maxsize=32)
def kernel_address(name: str, itemsize: int) -> int:
    """Address of the compiled kernel: void (int64 *table, T *unused, int64 thread)."""
    from numba import types

    real = types.float32 if itemsize == 4 else types.float64
    signature = types.void(
        types.CPointer(types.int64), types.CPointer(real), types.int64
    )
    return native.compile_address(KERNELS[name], signature)


@functools.lru_cache(maxsize=32)
def kernel(name: str, itemsize: int):
    """The compiled kernel as a function of (address of the table, None, number of the thread)."""
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    return kind(kernel_address(name, itemsize))


@functools.lru_cache(maxsize=1)
def _nothing():
    return np.zeros(8)


def function_addresses(program, dtype, tile, level, has_steps=False) -> np.ndarray:
    """Addresses of a program's functions and of the parts it needs, as kernels look them up."""
    keys = tuple([function.key for function in program.functions])
    plan = program.plan
    keys += tuple([transfer.key for transfer in program.transfers[1:]])
    parts = (tile == 1, bool(plan[p.HEADS]), bool(plan[p.EXPRESSIONS]))
    parts += (is_needed(program, tile), has_steps, bool(plan[p.GUESSES]))
    parts += (bool(plan[p.DROPS]),)
    known = _addresses.get((keys, parts, level, dtype.itemsize))
    if known is not None:
        return known
    functions = np.zeros(3 * len(program.functions), np.int64)
    for number, function in enumerate(program.functions):
        # Level 1 writes the values as well: one kernel to compile instead of two.
        functions[3 * number : 3 * number + 2] = native.address(function, level, dtype)
    parts_of = kernel_addresses(program, dtype, tile, has_steps)
    transfers = _transfer_addresses(program.transfers, dtype)
    found = np.concatenate((functions, parts_of, transfers))
    if len(_addresses) >= MOST_ADDRESSES:
        _addresses.clear()
    _addresses[keys, parts, level, dtype.itemsize] = found
    return found


def _transfer_addresses(transfers, dtype) -> np.ndarray:
    """Addresses of the two kernels of each transfer; zeros for linear."""
    found = np.zeros(2 * len(transfers), np.int64)
    for number, transfer in enumerate(transfers):
        if transfer is not None:
            place = slice(2 * number, 2 * number + 2)
            found[place] = native.transfer_addresses(transfer, dtype)
    return found if len(transfers) > 1 else found[:0]


class Bound:
    """A program ready to be called.

    Parameters
    ----------
    program : Program
    dtype : numpy dtype
    tile : int
        Samples a tile; see `machine.tile_width`.
    level : int
        0 for values; 1 if gradients will be asked for.
    loss_width : int
        Parameters of the loss, for which room is made.
    threads : int
        Tables and scratch arrays that are made; results do not depend on it.
    frames : int
        Steps for which there is room at once, those of the past included, where samples are sequences; else 0.

    Attributes
    ----------
    tables : int64 array (threads, N_PLACES)
        See `places.py`.
    """

    def __init__(
        self, program, dtype, tile, level, loss_width=0, threads=1, frames=0
    ):  # fmt: skip
        self.program, self.dtype, self.tile = program, dtype, tile
        self.tables = np.zeros((threads, at.N_PLACES), np.int64)
        self._kept: dict = {}
        self._needs_blas = is_needed(program, tile)
        self.put(at.PLAN, program.plan)
        self.put(
            at.ADDRESSES, function_addresses(program, dtype, tile, level, frames > 0)
        )
        self.weights = self.zeros(at.WEIGHTS, program.n_weights)
        self.set(at.N_WEIGHTS, program.n_weights)
        self.set(at.TILE, tile)
        self.set(at.N_THREADS, threads)
        self.set(at.N_PARTS, 1)
        self.status = self.put(at.STATUS, np.zeros(2, np.int64))
        self.put(at.MEETING, new_meeting() if threads > 1 else _nothing())
        for thread in range(threads):
            self._put_scratch(thread, loss_width, frames)
        self._put_map()

    def _put_scratch(self, thread, loss_width, frames):
        program, tile = self.program, self.tile
        size = work_size(program, tile, loss_width)
        if frames:
            size = frames * int(program.plan[p.FRAME]) * tile
        arrays = {
            at.WORK: aligned_zeros(size, self.dtype),
            at.TURNED: aligned_zeros(turned_size(program, tile), self.dtype),
            at.GUARDS: np.zeros(guard_size(program), np.int64),
        }
        for place, array in arrays.items():
            self.put_own(thread, place, array)

    def _put_map(self):
        program, derived = self.program, self.program.derived
        self.put(at.SLOT, program.slot)
        self.put(at.SIGN, program.sign)
        self.put(at.CONSTANT, program.constant)
        self.set(at.N_THETA, program.n_theta)
        self.set(at.N_TERMS, derived.number.size)
        self.set(at.N_DERIVED, derived.count)
        if derived.count:
            self.zeros(at.DERIVED, derived.count)
            for place, name in TERM_ARRAYS:
                self.put(place, getattr(derived, name))

    def put(self, place: int, array: np.ndarray) -> np.ndarray:
        """Keep an array and write its address into all tables."""
        self._kept[place] = array
        self.tables[:, place] = array.ctypes.data
        return array

    def put_own(self, thread: int, place: int, array: np.ndarray) -> None:
        """Keep an array of one thread and write its address into that thread's table."""
        self._kept[place, thread] = array
        self.tables[thread, place] = array.ctypes.data

    def zeros(self, place: int, count: int) -> np.ndarray:
        """A new array of the bound type, put at a place."""
        return self.put(place, aligned_zeros(count, self.dtype))

    def set(self, place: int, number) -> None:
        """Write a number into all tables."""
        self.tables[:, place] = number

    def take(self, theta: np.ndarray) -> None:
        """Theta, float64 (n_theta,), whose numbers are all known, into the weights."""
        self.put(at.THETA, theta)
        self.zeros(at.VECTOR, self.program.n_theta)
        self.need_map()
        self.set(at.FIRST_ROW, 0)
        self.set(at.END_ROW, 0)
        self.call("values")

    def need_map(self) -> None:
        """The vector will not be the weights themselves: have the map between them compiled."""
        self.set(at.MAP, kernel_address("map", self.dtype.itemsize))

    def take_loss(self, loss) -> None:
        """A loss made ready by `machine.bind_loss`."""
        for place, name in LOSS_ARRAYS:
            self.put(place, getattr(loss, name))
        self.set(at.LOSS_KIND, loss.kind)
        self.set(at.LOSS_WIDTH, loss.width)

    def take_rows(self, X, Y=None, weight=None, n=None) -> None:
        """Checked arrays of the bound type, one row after another, in their own order.

        Of sequences, (steps, n, ...), there are `n`.
        """
        n = len(X) if n is None else n
        self.put(at.X, X)
        self.put(at.ORDER, np.arange(n))
        self.set(at.FIRST_ROW, 0)
        self.set(at.END_ROW, n)
        if Y is not None and weight is not None:
            self.put(at.Y, Y)
            self.put(at.SAMPLE_WEIGHT, weight)
            self.set(at.SAMPLE_WEIGHT_WIDTH, weight.shape[-1])

    def make_parts(self, partition) -> None:
        """Room for the parts of a batch: a gradient and totals each (see `machine.Partition`)."""
        self.set(at.N_PARTS, partition.parts)
        self.set(at.PART_ROWS, partition.rows)
        self.set(at.N_LOSS_PARTS, partition.loss_parts)
        self.set(at.LOSS_PART_ROWS, partition.loss_rows)
        most = max(partition.parts, partition.loss_parts)
        width = self.program.n_outputs + 1
        self.part_totals = self.put(at.PART_TOTALS, np.zeros(most * width))
        if partition.parts > 1:
            self.zeros(at.PART_GRADIENTS, partition.parts * self.program.n_weights)

    def share_rows(self) -> None:
        """Cut the rows FIRST_ROW .. END_ROW into one stretch of whole tiles for each thread."""
        threads = len(self.tables)
        first, end = self.tables[0, at.FIRST_ROW], self.tables[0, at.END_ROW]
        tiles = -(-(end - first) // self.tile)
        edges = first + np.arange(threads + 1) * tiles // threads * self.tile
        self.tables[:, at.FIRST_ROW] = edges[:-1]
        self.tables[:, at.END_ROW] = np.minimum(edges[1:], end)

    def guard_counts(self) -> np.ndarray:
        """How often guards were active so far, for each row of the value table, all threads together."""
        counts = [self._kept[at.GUARDS, thread] for thread in range(len(self.tables))]
        return np.sum(counts, axis=0)

    def call(self, name: str) -> None:
        """Run a kernel on the first table, in this thread."""
        with one_thread(self._needs_blas):
            kernel(name, self.dtype.itemsize)(self.tables.ctypes.data, None, 0)

    def call_all(self, name: str, first: int = 0, most: int | None = None) -> None:
        """Run a kernel on every table (on `most` at most), each in a thread of its own, numbered from `first`."""
        threads = len(self.tables) if most is None else min(len(self.tables), most)
        if threads <= 1:
            self.call(name)
            return
        start, step = self.tables.ctypes.data, self.tables.strides[0]
        tables = [start + thread * step for thread in range(threads)]
        with one_thread(self._needs_blas):
            teams.together(kernel_address(name, self.dtype.itemsize), tables, first)
