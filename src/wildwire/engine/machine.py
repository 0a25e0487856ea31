"""What a program needs to run: tile width, partition of a batch, sizes of scratch, a loss made ready.

Comes in: a network, a type, a batch, a loss. Goes out: numbers and small arrays. Called by `bound.py`,
`evaluate.py`, `session.py` and `population.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.engine import blas
from wildwire.engine.emitter import LANES_32
from wildwire.engine.losses import ELEMENTWISE, MIXED, SOFTMAX, Loss
from wildwire.engine.output_losses import output_losses
from wildwire.errors import SettingError
from wildwire.functions import catalogue, find_loss, native
from wildwire.program import plan as p

WORK_BYTES = 320 * 1024  # of values, slopes and deltas: what a second-level cache holds
FAR_BYTES = 2**21  # what is further away has left the second-level cache
SMALL_ROWS = 2000
FEW_NEURONS = 100  # a block as wide as that costs less than looking for the widest
CACHE_LINE = 64  # bytes
MOST_COLUMNS = 512
# Parts of a batch: at most 8, of at least 128 rows; fewer where each part's gradient is large.
MOST_PARTS, LEAST_PART, MANY_WEIGHTS = 8, 128, 2**17
LOSS_PARTS = 16
DTYPES = {"float64": np.float64, "float32": np.float32}


def dtype_of(dtype) -> np.dtype:
    """`"float64"` or `"float32"` as a NumPy type; anything else is a SettingError."""
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in DTYPES:
        raise SettingError(f"dtype is {name!r}: use 'float64' or 'float32'")
    return np.dtype(name)


def tile_width(program, batch, dtype, values_only=False) -> int:
    """Samples per tile: 1 for single samples, else a multiple of the lanes of float32.

    Depends on network, batch and type only, so that bits do not depend on the machine's load. Where only
    values are wanted, networks whose links reach far take narrow tiles: more of the rows that they read
    stay in a cache (a million random links: 7.0 instead of 9.2 ms; but 5.4 instead of 3.9 where links
    are short, and 47 instead of 37 with gradients).
    """
    if batch == 1:
        return 1
    tables = 3 + int(program.plan[p.MAX_PARAMETERS])
    per_column = tables * program.n_rows * dtype.itemsize
    least = 256 // dtype.itemsize  # one register tile: 64 float32, 32 float64
    if blas.any_wide(program.plan):
        least = 128  # below that a matrix product mostly packs
    elif values_only and _reach(program) * least * dtype.itemsize > FAR_BYTES:
        least = LANES_32
    fitting = WORK_BYTES // per_column // least * least
    return _even(batch, min(max(fitting, least), MOST_COLUMNS))


def _reach(program) -> int:
    """Rows between a link's ends: mean over blocks of the distance to the middle source."""
    plan = program.plan
    if program.n_rows < SMALL_ROWS:
        return 0
    blocks = plan[plan[p.BLOCK_TABLE] :][: plan[p.BLOCKS] * p.BLOCK_WIDTH]
    blocks = blocks.reshape(-1, p.BLOCK_WIDTH)
    middle = plan[plan[p.SOURCES] + blocks[:, 2] + blocks[:, 3] // 2]
    return int(np.mean(blocks[:, 0] - middle))


def _even(rows, most) -> int:
    """The width, in whole vectors, that cuts `rows` into equal tiles of at most `most`."""
    tiles = -(-rows // most)
    return -(-rows // tiles // LANES_32) * LANES_32


@dataclass(frozen=True)
class Partition:
    """How a batch, and a pass over all rows, are cut into parts whose sums are added in order.

    Attributes
    ----------
    tile : int
        Samples per tile.
    parts, rows : int
        Parts of a batch, and rows of each but the last.
    loss_parts, loss_rows : int
        The same for a pass over all rows.
    """

    tile: int
    parts: int
    rows: int
    loss_parts: int
    loss_rows: int


def partition_of(program, batch, n, dtype) -> Partition:
    """The partition of batches of `batch` rows out of `n`; the same for any number of threads."""
    tile = tile_width(program, batch, dtype)
    most = MOST_PARTS if program.n_weights <= MANY_WEIGHTS else MOST_PARTS // 4
    parts, rows = max(min(most, batch // LEAST_PART), 1), max(batch, 1)
    if parts > 1:
        rows = -(-batch // parts // LANES_32) * LANES_32
        parts = -(-batch // rows)
        tile = _even(rows, min(tile, rows))
    loss_rows = max(-(-n // LOSS_PARTS // tile) * tile, tile)
    return Partition(tile, parts, rows, max(-(-n // loss_rows), 1), loss_rows)


def aligned_zeros(count, dtype) -> np.ndarray:
    """Zeros that start at a cache line: a vector that crosses two lines is loaded at half speed."""
    size = count * np.dtype(dtype).itemsize
    raw = np.zeros(size + CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % CACHE_LINE
    return raw[first : first + size].view(dtype)


def work_size(program, tile, loss_width=0) -> int:
    """Numbers in the work array: tables of the program and of the loss."""
    tables = 3 + int(program.plan[p.MAX_PARAMETERS])
    # Some rows more: turning the deltas of the last neurons reads beyond their table.
    rows = (
        int(program.plan[p.EXPRESSION_ROWS])
        + tables * program.n_rows
        + (6 + loss_width) * program.n_outputs
        + LANES_32
    )
    return rows * tile


def guard_size(program) -> int:
    """Counts of guards: one a row and output; twice where a network settles and its last sweep alone counts."""
    size = program.n_rows + program.n_outputs
    return 2 * size if program.plan[p.GUESSES] else size


def turned_size(program, tile) -> int:
    """Room for the deltas of the widest block, turned."""
    plan = program.plan
    widest = int(plan[p.NEURONS])
    if widest > FEW_NEURONS:
        blocks = plan[plan[p.BLOCK_TABLE] :][: plan[p.BLOCKS] * p.BLOCK_WIDTH]
        widest = int(blocks.reshape(-1, p.BLOCK_WIDTH)[:, 1].max(initial=1))
    return (widest + LANES_32) * max(tile, LANES_32)


def bind_loss(
    network, program, loss, dtype, *, scale=None, factor=None, parameters: Any = None
) -> Loss:
    """The losses of a network's outputs made ready.

    Parameters
    ----------
    loss : as for `output_losses`
    scale, factor : array (n_outputs,) or None
        Outputs and targets are divided by `scale`; the loss is multiplied by `factor`.
    parameters : sequence or None
        Parameters of the loss, in an array for each output; None: its defaults.

    Raises
    ------
    SettingError
        A loss needs probabilities (or positive outputs) and an output can leave them, or it needs a softmax
        head and an output has none.
    """
    losses = output_losses(loss, network)
    n = program.n_outputs
    divisor = np.ones(n) if scale is None else np.asarray(scale, float)
    unit = np.array(losses.weights)
    weights = unit if factor is None else unit * np.asarray(factor, float)
    fused = _fused_outputs(network, losses)
    forms, numbers, before, form = [], [], None, (0, ())
    for q, (loss, reads_z) in enumerate(zip(losses.functions, fused, strict=True)):
        # Neighbours mostly have one loss; a look-up costs a microsecond.
        if (loss, reads_z) != before:
            before, form = (loss, reads_z), _form(loss, reads_z, dtype)
        forms.append(form[0])
        own = parameters is not None and not reads_z
        numbers.append(parameters[q] if own else form[1])
    kind = ELEMENTWISE
    if 0 in forms:
        kind = MIXED if any(forms) else SOFTMAX
    return Loss(
        kind, np.array(forms, np.int64), np.array(fused, np.int8),
        _packed(forms, numbers, losses.width, dtype), losses.width,
        (1 / divisor).astype(dtype), weights.astype(dtype), np.zeros(n + 1), unit,
    )  # fmt: skip


def _form(loss, reads_z, dtype) -> tuple[int, tuple]:
    """Address and default parameters of the form that an output needs; none of a softmax with its own loss."""
    if loss.name == "softmax":
        return 0, ()
    form = find_loss(str(loss.from_z)) if reads_z else loss
    return native.address(form, 1, dtype), form.defaults


def _packed(forms, numbers, width, dtype) -> np.ndarray:
    """Parameters as kernels read them: those of neighbours with one form stand one after another.

    The first of such neighbours, output q, has its own at q * width.
    """
    packed = np.zeros(len(forms) * width, dtype)
    first = 0
    for q in range(len(forms) if width else 0):
        first = q if forms[q] != forms[first] else first
        own = numbers[q]
        start = first * width + (q - first) * len(own)
        packed[start : start + len(own)] = own
    return packed


def _in_head(network) -> list[bool]:
    inside = [False] * network.n_outputs
    for head in network.heads:
        inside[head.first : head.first + head.count] = [True] * head.count
    return inside


def is_partner_of(loss, function) -> bool:
    """Whether the loss has a form that reads z of this activation; by its formula, as a user's may share the name.

    A chosen training slope makes it another function, too: its form in z would not ask for the slope.
    """
    if not loss.from_z or function.name != loss.partner:
        return False
    return function.key == catalogue()[loss.partner].key


def _fused_outputs(network, losses) -> list[int]:
    """1 for outputs whose loss reads z: its partner makes them, or they are a softmax with its own loss."""
    fused = [0] * network.n_outputs
    in_head = _in_head(network)
    seen = set()
    for q, node in enumerate(network.output_node.tolist()):
        loss = losses.functions[q]
        if loss.name == "softmax":
            _check_head(network, q, in_head[q])
            fused[q] = 1
            continue
        function = network.functions[network.activation[node - network.n_inputs]]
        is_partner = not in_head[q] and is_partner_of(loss, function)
        if (
            is_partner and node not in seen
        ):  # named twice: the second keeps the plain form
            fused[q] = 1
            seen.add(node)
            continue
        if loss.range is not None and not (in_head[q] or _keeps(function, loss)):
            raise SettingError(
                _does_not_suit(loss, network.output_names[q], function.name)
            )
    return fused


def _check_head(network, q, inside) -> None:
    if not inside:
        raise SettingError(
            f"loss 'softmax' needs a softmax head, and output "
            f"{network.output_names[q]} has none: write `output softmax(...)`"
        )


def _keeps(function, loss) -> bool:
    """Whether the values of a neuron stay where a loss can take them.

    Nobody knows the range of a formula of one's own; only probabilities need to be certain, because beyond
    them a cross-entropy has no value at all.
    """
    if function.kind == "expression" and not loss.needs_probability:
        return True
    low, high = function.range or (-np.inf, np.inf)
    return low >= loss.range[0] and high <= loss.range[1]


def _does_not_suit(loss, output, function) -> str:
    low, high = loss.range
    wanted, advice = f"between {low:g} and {high:g}", "another loss"
    if loss.needs_probability:
        advice = "logistic or softmax, or another loss"
    elif high == np.inf:
        wanted = f"of {low:g} or more"
        advice = "exponential or softplus, or another loss"
    return (
        f"loss {loss.name!r} needs outputs {wanted}, and output {output} ({function}) can leave them: "
        f"use {advice}"
    )
