"""How a program goes through sequences: truncated or not, fed back or not, so many at a time.

Comes in: a program, sequences, settings. Goes out: the program with a plan that knows the steps, and how a batch is
cut. Called by `samples.py`, `evaluate.py` and `runner.py`.
"""

from dataclasses import dataclass, replace

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.emitter import LANES_32
from wildwire.engine.machine import Partition
from wildwire.engine.sequence_values import ring_frames
from wildwire.errors import SettingError
from wildwire.program import compile_network
from wildwire.program import plan as p
from wildwire.program.time import MOST_LOSS_PARAMETERS, frame_rows

MOST_PARTS, LEAST_PART, LOSS_PARTS = 8, 32, 16
MOST_BYTES = 2**28
"""Of all steps of a tile: above, narrower tiles save memory; they cost up to a third of the time."""


@dataclass(frozen=True)
class Memory:
    """Settings of learning from sequences.

    Attributes
    ----------
    warm_up : int
        Steps without loss at the beginning, and before anything is fed back.
    truncate : int
        Steps after which gradients are cut off; 0: never.
    feedback : tuple of (str, str)
        Inputs and the outputs whose values they take.
    """

    warm_up: int = 0
    truncate: int = 0
    feedback: tuple[tuple[str, str], ...] = ()


NO_MEMORY = Memory()


def read_memory(warm_up, truncate, feedback) -> Memory:
    """The settings as users give them, checked for what can be checked without a network."""
    if feedback is not None and not hasattr(feedback, "items"):
        raise SettingError(
            f"feedback is {feedback!r}: give a dict from input to output"
        )
    return Memory(
        read_steps("warm_up", warm_up), read_steps("truncate", truncate),
        tuple((feedback or {}).items()),
    )  # fmt: skip


def read_steps(name: str, value) -> int:
    """A whole number of steps, 0 or more; None is 0."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise SettingError(f"{name} must be a whole number of steps, not {value!r}")
    return int(value)


def read_feedback(network, feedback) -> list[tuple[int, int]]:
    """Inputs and the outputs whose values they take, as numbers.

    Raises
    ------
    SettingError
        An unknown name; an input that a neuron reads within the step; an output that stands in a softmax.
    """
    found = []
    inputs = list(network.names[: network.n_inputs])
    in_head = {
        q for head in network.heads for q in range(head.first, head.first + head.count)
    }
    for source, target in feedback:
        if source not in inputs:
            raise SettingError(f"feedback: no input {source!r}: {', '.join(inputs)}")
        outputs = list(network.output_names)
        if target not in outputs:
            raise SettingError(f"feedback: no output {target!r}: {', '.join(outputs)}")
        node, q = inputs.index(source), outputs.index(target)
        now = (network.link_source == node) & (network.link_delay == 0)
        if now.any():
            reader = network.names[
                network.n_inputs + int(network.link_target[now.argmax()])
            ]
            raise SettingError(
                f"feedback: {reader} reads {source} of the same step, before {target} is known: write "
                f"{source}@1 there"
            )
        if q in in_head:
            raise SettingError(f"feedback: output {target} stands in a softmax")
        found.append((node, q))
    return found


def program_of_steps(program, network, steps, counts, memory):
    """The program with a plan that knows the sequences: their steps, and what is fed back.

    Parameters
    ----------
    counts : int array (n_sequences,)
    memory : Memory
    """
    feeds = read_feedback(network, memory.feedback)
    plan = program.plan
    first = plan[p.OUTPUT_ROWS]
    table = [[1 + node, plan[first + q]] for node, q in feeds]
    own = np.array(table, np.int32).ravel()
    is_even = bool((counts == steps).all())
    more = [plan, own] + ([] if is_even else [counts.astype(np.int32)])
    made = np.concatenate(more)
    made[p.FRAME] = made[p.FRAME] or frame_rows(plan)
    made[p.STEPS], made[p.SEQUENCES] = steps, len(counts)
    made[p.TRUNCATE], made[p.FEED_FROM] = memory.truncate, memory.warm_up
    made[p.FEEDS], made[p.FEED_TABLE] = len(feeds), len(plan)
    made[p.STEP_COUNTS] = 0 if is_even else len(plan) + len(own)
    made[p.LENGTH] = len(made)
    return replace(program, plan=made)


def sequence_tile(n, dtype) -> int:
    """Sequences that run together: 1, or some vectors, for every step has a frame of its own in memory."""
    if n == 1:
        return 1
    # A register tile; half as many took a third longer on 2,000 irregular links.
    most = 4 * LANES_32 if dtype.itemsize == 4 else 2 * LANES_32
    return min(-(-n // LANES_32) * LANES_32, most)


def _frame_bytes(program, dtype) -> int:
    """Bytes of a step of one sequence."""
    return int(program.plan[p.FRAME]) * dtype.itemsize


def bind_sequences(program, network, data, memory, batch, dtype):
    """The program for some sequences, how a batch is cut, and the frames that a sequence needs.

    Batch and network alone decide how it is cut, never the number of threads.
    """
    made = program_of_steps(program, network, data.n_steps, data.counts, memory)
    frames = 2 * int(made.plan[p.DELAYS]) + data.n_steps
    tile = sequence_tile(batch, dtype)
    while tile > LANES_32 and frames * _frame_bytes(made, dtype) * tile > MOST_BYTES:
        tile = max(tile // 2 // LANES_32 * LANES_32, LANES_32)
    parts = max(min(MOST_PARTS, batch // LEAST_PART), 1)
    rows = -(-batch // parts // tile) * tile
    parts = -(-batch // rows)
    loss_rows = max(-(-data.n // LOSS_PARTS // tile) * tile, tile)
    loss_parts = max(-(-data.n // loss_rows), 1)
    return made, Partition(tile, parts, rows, loss_parts, loss_rows), frames


def bound_for_values(network, theta, data, dtype, threads, memory, whole=False):
    """A program bound for the values of sequences, its weights set from theta."""
    program = program_of_steps(
        compile_network(network, whole), network, data.n_steps, data.counts, memory
    )  # fmt: skip
    tile = sequence_tile(max(data.n, 1), dtype)
    threads = max(min(threads, -(-data.n // tile)), 1)
    ring = ring_frames(int(program.plan[p.DELAYS]), data.n_steps)
    bound = Bound(program, dtype, tile, 0, 0, threads, ring)
    bound.take(theta)
    bound.set(at.RING, ring)
    bound.put(at.X, data.X)
    bound.put(at.ORDER, np.arange(data.n))
    bound.set(at.FIRST_ROW, 0)
    bound.set(at.END_ROW, data.n)
    return bound


def check_loss_width(width: int) -> None:
    """SettingError for a loss with more parameters than a frame has room for."""
    if width > MOST_LOSS_PARAMETERS:
        raise SettingError(
            f"a loss of sequences has at most {MOST_LOSS_PARAMETERS} parameters, not {width}"
        )
