"""Many different networks on the same samples, in one call of a kernel.

Comes in: networks, their thetas, arrays. Goes out: outputs, or losses and gradients, of each. Called by
users (`ww.run_many`, `ww.loss_and_gradient_many`) and by searches over structure.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from wildwire.engine import checks, teams
from wildwire.engine import places as at
from wildwire.engine.blas import is_needed, one_thread
from wildwire.engine.bound import (
    LOSS_ARRAYS,
    TERM_ARRAYS,
    function_addresses,
    kernel_address,
)
from wildwire.engine.evaluate import loss_and_gradient, run
from wildwire.engine.loss_targets import check_loss_targets
from wildwire.engine.machine import (
    aligned_zeros,
    bind_loss,
    dtype_of,
    tile_width,
    turned_size,
    work_size,
)
from wildwire.engine.output_losses import output_losses, read_losses
from wildwire.engine.passes import READY
from wildwire.engine.sequences import are_sequences
from wildwire.errors import DataError, SettingError, WildwireError
from wildwire.program import Program, compile_network
from wildwire.program import plan as p


def run_many(networks, thetas, X, *, dtype="float64", threads=1) -> list[np.ndarray]:
    """Outputs of many networks for the same samples.

    Parameters
    ----------
    networks : sequence of Network
        Of any wiring; all with as many inputs as X has columns.
    thetas : sequence of arrays (n_theta,)
        One for each network.
    X : array (n_samples, n_inputs)
    dtype : "float64" or "float32"
    threads : int
        Results do not depend on it, to the bit.

    Returns
    -------
    list of arrays (n_samples, n_outputs)
        In the order of the networks.

    Raises
    ------
    DataError, SettingError, UntrainedError, UnsupportedError
        A fault of one network names its number, from 0.

    Notes
    -----
    O(samples * links of all). Nothing is compiled for new wirings; about 50 microseconds for each network
    that was not run before, 20 for others. Memory beyond the results grows with the largest network.
    """
    dtype, networks = dtype_of(dtype), list(networks)
    if _any_sequences(networks, X):
        return [
            _told(i, partial(run, dtype=dtype, threads=threads), network, theta, X)
            for i, (network, theta) in enumerate(
                zip(*_paired(networks, thetas), strict=True)
            )
        ]
    many = _Population(networks, thetas, X, dtype, 0)
    widths, n = many.sizes[:, -1], len(many.X)
    out = np.empty(int(widths.sum()) * n, dtype)
    edges = many.spread_over(at.OUT, out, widths * n)
    many.call("values_of_many", threads)
    return [
        out[edges[i] : edges[i + 1]].reshape(n, width)
        for i, width in enumerate(widths.tolist())
    ]


def loss_and_gradient_many(
    networks, thetas, X, Y, *, loss="squared", gradient="mean", sample_weight=None,
    dtype="float64", threads=1,
):  # fmt: skip
    """Losses of many networks on the same samples, and their gradients over theta.

    Parameters
    ----------
    networks, thetas, X, dtype, threads
        As for `run_many`.
    Y : array (n_samples,) or (n_samples, n_outputs)
        The same targets for all networks.
    loss, gradient, sample_weight
        As for `loss_and_gradient`.

    Returns
    -------
    values : float64 array (n_networks,)
    gradients : list of float64 arrays (n_theta,)

    Raises
    ------
    DataError, SettingError, UntrainedError, UnsupportedError
        A fault of one network names its number, from 0.
    """
    if gradient not in ("mean", "sum"):
        raise SettingError(f"gradient is {gradient!r}: use 'mean' or 'sum'")
    dtype, loss, networks = dtype_of(dtype), read_losses(loss), list(networks)
    if _any_sequences(networks, X):
        each = partial(
            loss_and_gradient, loss=loss, gradient=gradient, dtype=dtype,
            sample_weight=sample_weight, threads=threads,
        )  # fmt: skip
        found = [
            _told(i, each, network, theta, X, Y)
            for i, (network, theta) in enumerate(
                zip(*_paired(networks, thetas), strict=True)
            )
        ]
        return np.array([value for value, _ in found]), [g for _, g in found]
    losses = [_told(i, _losses_of, loss, each) for i, each in enumerate(networks)]
    width = max((each.width for each in losses), default=0)
    many = _Population(networks, thetas, X, dtype, 1, width)
    if not many.networks:
        return np.zeros(0), []
    many.take_targets(Y, sample_weight, losses)
    sizes = many.tables[:, at.N_THETA]
    gradients = aligned_zeros(int(sizes.sum()), dtype)
    edges = many.spread_over(at.VECTOR_GRADIENT, gradients, sizes)
    many.call("gradients_of_many", threads)
    totals = np.array([ready.totals for ready in many.losses])
    units = np.array([ready.unit for ready in many.losses])
    values, weight = (totals[:, :-1] * units).sum(axis=1), float(totals[0, -1])
    if gradient == "sum":
        weight = 1.0
    elif weight <= 0:
        raise DataError("the sample weights sum to 0: there is nothing to average")
    found = gradients.astype(np.float64) / weight
    pieces = [found[edges[i] : edges[i + 1]] for i in range(len(sizes))]
    return values / weight, pieces


@dataclass(frozen=True)
class _Entry:
    """What a network contributes to a population, kept on the network.

    `sizes`: numbers of scratch it needs, in the order of `SCRATCH`; then rows of guards; then outputs.
    """

    program: Program
    tile: int
    table: np.ndarray
    addresses: np.ndarray
    sizes: tuple[int, ...]
    needs_blas: bool


SCRATCH = (at.WORK, at.TURNED, at.VECTOR, at.WEIGHTS, at.GRADIENT, at.DERIVED)


def _entry(network, rows, dtype, level, loss_width) -> _Entry:
    """The entry of a network for passes over `rows` rows; made once for every width of tiles."""
    checks.check_is_network(network)
    program = compile_network(network)
    tile = tile_width(program, max(rows, 1), dtype, values_only=level == 0)
    place = ("many", tile, dtype.itemsize, level, loss_width)
    known = network._memo.get(place)
    if known is not None:
        return known
    addresses = function_addresses(program, dtype, tile, level)
    table = np.zeros(at.N_PLACES, np.int64)
    for number, array in (
        (at.PLAN, program.plan), (at.ADDRESSES, addresses), (at.SLOT, program.slot),
        (at.SIGN, program.sign), (at.CONSTANT, program.constant),
    ):  # fmt: skip
        table[number] = array.ctypes.data
    first = int(program.plan[p.OUTPUT_ROWS])
    table[at.OUT_ROWS] = table[at.PLAN] + first * program.plan.itemsize
    table[at.N_OUT_ROWS] = program.n_outputs
    table[at.N_WEIGHTS], table[at.N_THETA] = program.n_weights, program.n_theta
    table[at.MAP] = kernel_address("map", dtype.itemsize)
    table[at.TILE] = tile
    derived: Any = program.derived
    if derived.count:
        _put(table, derived, TERM_ARRAYS)
        table[at.N_TERMS] = derived.number.size
        table[at.N_DERIVED] = derived.count
    sizes = (
        work_size(program, tile, loss_width), turned_size(program, tile),
        program.n_theta, program.n_weights, program.n_weights, derived.count,
        program.n_rows + program.n_outputs, program.n_outputs,
    )  # fmt: skip
    known = _Entry(program, tile, table, addresses, sizes, is_needed(program, tile))
    network._memo[place] = known
    return known


def _any_sequences(networks, X) -> bool:
    """Whether samples are sequences or a network settles; these go through one network after another."""
    return any(
        hasattr(network, "n_delays")
        and (are_sequences(network, X) or network.settle is not None)
        for network in networks
    )


def _paired(networks, thetas) -> tuple[list, list]:
    thetas = list(thetas)
    if len(networks) != len(thetas):
        raise SettingError(
            f"{len(networks)} networks and {len(thetas)} thetas: give one for each"
        )
    return networks, thetas


def _losses_of(loss, network):
    checks.check_is_network(network)
    return output_losses(loss, network)


class _Population:
    """Networks bound together: a table for each, scratch for each thread."""

    def __init__(self, networks, thetas, X, dtype, level, loss_width=0):
        self.networks, thetas = _paired(list(networks), thetas)
        self.dtype, self.X, self._kept = dtype, X, []
        if not self.networks:
            self.tables = np.zeros((0, at.N_PLACES), np.int64)
            self.sizes = np.zeros((0, len(SCRATCH) + 2), np.int64)
            return
        self.X = _told(0, checks.check_inputs, self.networks[0], X, dtype)
        rows, columns = self.X.shape
        self.entries = [
            _told(i, _entry, network, rows, dtype, level, loss_width)
            for i, network in enumerate(self.networks)
        ]
        self.thetas = [
            _told(i, _checked_theta, network, theta, columns)
            for i, (network, theta) in enumerate(
                zip(self.networks, thetas, strict=True)
            )
        ]
        self.tables = np.array([entry.table for entry in self.entries])
        self.sizes = np.array([entry.sizes for entry in self.entries])
        theta, order = np.concatenate(self.thetas), np.arange(rows)
        self.spread_over(at.THETA, theta, self.tables[:, at.N_THETA])
        self.tables[:, at.X] = self.X.ctypes.data
        self.tables[:, at.END_ROW] = rows
        self.tables[:, at.ORDER] = order.ctypes.data
        self._kept += [theta, order]

    def spread_over(self, place, array, sizes) -> np.ndarray:
        """Give every network its stretch of an array; the edges of the stretches."""
        edges = np.concatenate(([0], np.cumsum(sizes)))
        self.tables[:, place] = array.ctypes.data + edges[:-1] * array.itemsize
        return edges

    def take_targets(self, Y, sample_weight, losses):
        """Targets and weights, the same for all networks, and the losses of each."""
        n, dtype, tables = len(self.X), self.dtype, self.tables
        targets = checks.check_targets(self.networks[0], Y, n, dtype)
        weight = checks.check_weights(self.networks[0], sample_weight, n, dtype)
        tables[:, at.Y] = targets.ctypes.data
        tables[:, at.SAMPLE_WEIGHT] = weight.ctypes.data
        tables[:, at.SAMPLE_WEIGHT_WIDTH] = weight.shape[1]
        self._kept += [targets, weight]
        self.losses = []
        for i, (network, entry) in enumerate(
            zip(self.networks, self.entries, strict=True)
        ):
            if network.n_outputs != targets.shape[1]:
                raise DataError(
                    f"network {i} has {network.n_outputs} outputs, and Y has "
                    f"{targets.shape[1]} columns"
                )
            ready = _told(i, bind_loss, network, entry.program, losses[i], dtype)
            _told(i, check_loss_targets, losses[i], network, targets, weight)
            self.losses.append(ready)
            _put(tables[i], ready, LOSS_ARRAYS)
            tables[i, at.LOSS_KIND], tables[i, at.LOSS_WIDTH] = ready.kind, ready.width

    def call(self, name, threads):
        """Run a kernel over all networks."""
        threads = checks.check_threads(threads)
        if not self.networks or not len(self.X):
            return
        taken = np.zeros(8, np.int64)
        tables = [
            self._scratch(taken).ctypes.data
            for _ in range(min(threads, len(self.networks)))
        ]
        with one_thread(any(entry.needs_blas for entry in self.entries)):
            teams.together(kernel_address(name, self.dtype.itemsize), tables)
        for i in np.flatnonzero(self.tables[:, at.STATUS] != READY):
            # It says which number.
            _told(int(i), checks.check_theta, self.networks[i], self.thetas[i])

    def _scratch(self, taken):
        """The table of a thread, with room for the largest network."""
        own = np.zeros(at.N_PLACES, np.int64)
        largest = self.sizes.max(axis=0)
        arrays = {
            place: aligned_zeros(int(size), self.dtype)
            for place, size in zip(SCRATCH, largest, strict=False)
        }
        arrays[at.GUARDS] = np.zeros(int(largest[len(SCRATCH)]), np.int64)
        arrays[at.MEETING], arrays[at.NETWORKS] = taken, self.tables
        for place, array in arrays.items():
            own[place] = array.ctypes.data
        own[at.N_NETWORKS] = len(self.networks)
        self._kept.append((own, arrays))
        return own


def _put(table, record, arrays):
    """Write the addresses of a record's arrays into a table."""
    for place, name in arrays:
        table[place] = getattr(record, name).ctypes.data


def _checked_theta(network, theta, columns) -> np.ndarray:
    """Theta as float64 of the right length; unknown numbers are found by the kernel."""
    if network.n_inputs != columns:
        raise DataError(
            f"X has {columns} columns; this network has {network.n_inputs} inputs"
        )
    plain = type(theta) is np.ndarray and theta.dtype == np.float64
    if plain and theta.shape == (network.n_theta,):
        return theta
    return checks.check_theta(network, theta)


def _told(number, function, *arguments):
    """Call a function, and let its errors name the network."""
    try:
        return function(*arguments)
    except WildwireError as error:
        raise type(error)(f"network {number}: {error}") from None
