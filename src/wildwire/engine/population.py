"""Many different networks on the same samples, in one call of a kernel.

Comes in: networks, their thetas, arrays. Goes out: outputs, or losses and gradients, of each. Called by
users (`ww.run_many`, `ww.loss_and_gradient_many`) and by searches over structure.
"""

import numpy as np

from wildwire.engine import evaluate, teams
from wildwire.engine import places as at
from wildwire.engine.blas import is_needed, one_thread
from wildwire.engine.bound import function_addresses, kernel
from wildwire.engine.machine import (
    aligned_zeros,
    bind_loss,
    dtype_of,
    resolve_loss,
    tile_width,
    turned_size,
    work_size,
)
from wildwire.engine.passes import READY
from wildwire.errors import DataError, SettingError, WildwireError
from wildwire.program import compile_network
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
    dtype = dtype_of(dtype)
    many = _Population(networks, thetas, X, dtype, 0)
    widths = [program.n_outputs for program in many.programs]
    n = len(many.X)
    ends = np.cumsum([0, *(n * width for width in widths)])
    out = np.empty(ends[-1], dtype)
    many.tables[:, at.OUT] = out.ctypes.data + ends[:-1] * dtype.itemsize
    many.tables[:, at.N_OUT_ROWS] = widths
    for table, program in zip(many.tables, many.programs, strict=True):
        first = int(program.plan[p.OUTPUT_ROWS])
        table[at.OUT_ROWS] = table[at.PLAN] + first * program.plan.itemsize
    many.call("values_of_many", threads)
    return [
        out[ends[i] : ends[i + 1]].reshape(n, widths[i]) for i in range(len(widths))
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
    dtype, loss = dtype_of(dtype), resolve_loss(loss)
    many = _Population(networks, thetas, X, dtype, 1, len(loss.parameters))
    if not many.programs:
        return np.zeros(0), []
    many.take_targets(Y, sample_weight, loss)
    sizes = [program.n_theta for program in many.programs]
    ends = np.cumsum([0, *sizes])
    gradients = aligned_zeros(ends[-1], dtype)
    start = gradients.ctypes.data + ends[:-1] * dtype.itemsize
    many.tables[:, at.VECTOR_GRADIENT] = start
    many.call("gradients_of_many", threads)
    totals = np.array([ready.totals for ready in many.losses])
    values, weight = totals[:, :-1].sum(axis=1), float(totals[0, -1])
    if gradient == "sum":
        weight = 1.0
    elif weight <= 0:
        raise DataError("the sample weights sum to 0: there is nothing to average")
    found = gradients.astype(np.float64) / weight
    return values / weight, [found[ends[i] : ends[i + 1]] for i in range(len(sizes))]


class _Population:
    """Networks bound together: a table for each, scratch for each thread."""

    def __init__(self, networks, thetas, X, dtype, level, loss_width=0):
        networks, thetas = list(networks), list(thetas)
        if len(networks) != len(thetas):
            raise SettingError(
                f"{len(networks)} networks and {len(thetas)} thetas: give one for each"
            )
        self.networks, self.dtype = networks, dtype
        self.programs = [
            _told(i, compile_network, network) for i, network in enumerate(networks)
        ]
        self.X = evaluate.check_inputs(networks[0], X, dtype) if networks else X
        self.thetas = [
            _told(i, _checked_theta, network, theta, self.X.shape[1])
            for i, (network, theta) in enumerate(zip(networks, thetas, strict=True))
        ]
        self._kept: list = []
        self.tables = np.zeros((len(networks), at.N_PLACES), np.int64)
        rows = max(len(self.X), 1)
        self.tiles = [tile_width(program, rows, dtype) for program in self.programs]
        self._fill(level)
        self._loss_width = loss_width

    def _fill(self, level):
        tables, programs = self.tables, self.programs
        for table, program, tile in zip(tables, programs, self.tiles, strict=True):
            addresses = function_addresses(program, self.dtype, tile, level)
            self._kept.append(addresses)
            table[at.PLAN] = program.plan.ctypes.data
            table[at.ADDRESSES] = addresses.ctypes.data
            table[at.SLOT] = program.slot.ctypes.data
            table[at.SIGN] = program.sign.ctypes.data
            table[at.CONSTANT] = program.constant.ctypes.data
            table[at.N_WEIGHTS] = program.n_weights
            table[at.N_THETA] = program.n_theta
            if program.derived.count:
                _put_terms(table, program.derived)
        tables[:, at.TILE] = self.tiles
        theta = np.concatenate([np.zeros(0), *self.thetas])
        ends = np.cumsum([0, *(len(own) for own in self.thetas)])
        tables[:, at.THETA] = theta.ctypes.data + ends[:-1] * theta.itemsize
        order = np.arange(len(self.X))
        tables[:, at.X], tables[:, at.ORDER] = self.X.ctypes.data, order.ctypes.data
        tables[:, at.END_ROW] = len(self.X)
        self._kept += [theta, order]

    def take_targets(self, Y, sample_weight, loss):
        """Targets, weights and the loss, the same for all networks."""
        n, dtype = len(self.X), self.dtype
        targets = evaluate.check_targets(self.networks[0], Y, n, dtype)
        weight = evaluate.check_weights(self.networks[0], sample_weight, n, dtype)
        tables = self.tables
        tables[:, at.Y], tables[:, at.SAMPLE_WEIGHT] = (
            targets.ctypes.data,
            weight.ctypes.data,
        )
        tables[:, at.SAMPLE_WEIGHT_WIDTH] = weight.shape[1]
        self.losses = []
        for i, (network, program) in enumerate(
            zip(self.networks, self.programs, strict=True)
        ):
            if network.n_outputs != targets.shape[1]:
                raise DataError(
                    f"network {i} has {network.n_outputs} outputs, and Y has "
                    f"{targets.shape[1]} columns"
                )
            ready = _told(i, bind_loss, network, program, loss, dtype)
            self.losses.append(ready)
            for place, array in (
                (at.LOSS_FORMS, ready.addresses), (at.LOSS_FUSED, ready.fused),
                (at.LOSS_PARAMETERS, ready.parameters), (at.LOSS_SCALE, ready.scale),
                (at.LOSS_FACTOR, ready.factor), (at.TOTALS, ready.totals),
            ):  # fmt: skip
                tables[i, place] = array.ctypes.data
            tables[i, at.LOSS_KIND] = ready.kind
            tables[i, at.LOSS_WIDTH] = ready.width
        self._kept += [targets, weight]

    def call(self, name, threads):
        """Run a kernel over all networks."""
        threads = evaluate.check_threads(threads)
        if not self.programs or not len(self.X):
            return
        taken = np.zeros(8, np.int64)
        function = kernel(name, self.dtype.itemsize)
        needs_blas = any(map(is_needed, self.programs, self.tiles))
        tasks = []
        for thread in range(min(threads, len(self.programs))):
            own = self._scratch(taken)
            tasks.append(
                lambda own=own, thread=thread: function(own.ctypes.data, None, thread)
            )
        with one_thread(needs_blas):
            teams.together(tasks)
        for i in np.flatnonzero(self.tables[:, at.STATUS] != READY):
            # It says which number.
            _told(int(i), evaluate.check_theta, self.networks[i], self.thetas[i])

    def _scratch(self, taken):
        """The table of a thread, with room for the largest network."""
        own = np.zeros(at.N_PLACES, np.int64)
        programs, pairs = (
            self.programs,
            list(zip(self.programs, self.tiles, strict=True)),
        )
        width = self._loss_width
        sizes = {
            at.WORK: max(work_size(*pair, width) for pair in pairs),
            at.TURNED: max(turned_size(*pair) for pair in pairs),
            at.VECTOR: max(program.n_theta for program in programs),
            at.WEIGHTS: max(program.n_weights for program in programs),
            at.GRADIENT: max(program.n_weights for program in programs),
            at.DERIVED: max(program.derived.count for program in programs),
        }
        arrays = {place: aligned_zeros(n, self.dtype) for place, n in sizes.items()}
        most = max(program.n_rows + program.n_outputs for program in programs)
        arrays[at.GUARDS] = np.zeros(most, np.int64)
        arrays[at.MEETING], arrays[at.NETWORKS] = taken, self.tables
        for place, array in arrays.items():
            own[place] = array.ctypes.data
        own[at.N_NETWORKS] = len(programs)
        self._kept.append((own, arrays))
        return own


def _put_terms(table, derived):
    for place, array in (
        (at.TERM_NUMBER, derived.number), (at.TERM_COEFFICIENT, derived.coefficient),
        (at.TERM_OFFSET, derived.offset), (at.TERM_FACTOR, derived.slot),
        (at.TERM_POWER, derived.power),
    ):  # fmt: skip
        table[place] = array.ctypes.data
    table[at.N_TERMS] = derived.number.size
    table[at.N_DERIVED] = derived.count


def _checked_theta(network, theta, columns) -> np.ndarray:
    """Theta as float64 of the right length; unknown numbers are found by the kernel."""
    if network.n_inputs != columns:
        raise DataError(
            f"X has {columns} columns; this network has {network.n_inputs} inputs"
        )
    plain = type(theta) is np.ndarray and theta.dtype == np.float64
    if plain and theta.shape == (network.n_theta,):
        return theta
    return evaluate.check_theta(network, theta)


def _told(number, function, *arguments):
    """Call a function, and let its errors name the network."""
    try:
        return function(*arguments)
    except WildwireError as error:
        raise type(error)(f"network {number}: {error}") from None
