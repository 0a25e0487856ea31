"""The arrays of a network from the chunks of its lines.

Comes in: one `Chunk` per line, in text order. Goes out: the fields of a `Network`, with places in theta. Called by
`elaborate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wildwire.network.chunks import SHARED, Chunk
from wildwire.network.tables import Derived


def assemble(chunks: Sequence[Chunk], let_starts: Sequence[float]) -> dict:
    """The arrays of a network, by field name, from the chunks of its lines in text order."""
    sizes = [len(chunk.starts) for chunk in chunks]
    first_slot = np.cumsum([0, *sizes])
    n_own = int(first_slot[-1])
    first_derived = np.cumsum([0, *(len(chunk.derived) for chunk in chunks)])
    first_neuron = np.cumsum([0, *(chunk.count for chunk in chunks)])
    fields: dict[str, Any] = {
        "link_source": _join([chunk.source for chunk in chunks], np.int32),
        "link_delay": _join([chunk.delay for chunk in chunks], np.int32),
        "link_target": _join(
            [np.asarray(c.target, np.int32) + n for c, n in zip(chunks, first_neuron, strict=False)],
            np.int32,
        ),
        "start": _join([*(chunk.starts for chunk in chunks), list(let_starts)], np.float64),
    }  # fmt: skip
    for kind in ("link", "bias", "parameter", "transfer"):
        name = "number" if kind == "transfer" else kind
        columns = [getattr(chunk, name) for chunk in chunks]
        slots = [
            _global_slots(column.slot, slot, derived, n_own)
            for column, slot, derived in zip(
                columns, first_slot, first_derived, strict=False
            )
        ]
        fields[f"{kind}_slot"] = _join(slots, np.int32)
        fields[f"{kind}_sign"] = _join([c.sign for c in columns], np.int8)
        fields[f"{kind}_value"] = _join([c.value for c in columns], np.float64)
    fields |= _function_tables(chunks)
    fields["derived"] = _derived(chunks, first_slot, n_own)
    fields["slot_names"] = tuple(
        (int(first) + slot, name)
        for chunk, first in zip(chunks, first_slot, strict=False)
        for slot, name in chunk.names
    )
    return fields


def _join(parts: Sequence, dtype) -> np.ndarray:
    return np.concatenate([np.asarray(p, dtype) for p in parts] or [np.zeros(0, dtype)])


def _global_slots(slots, first: int, first_derived: int, n_own: int) -> np.ndarray:
    slots = np.asarray(slots, np.int64)
    result = np.where(slots >= 0, slots + first, slots)
    result = np.where(slots >= SHARED, slots - SHARED + n_own, result)
    return np.where(slots < -1, slots - first_derived, result)


def _function_tables(chunks: Sequence[Chunk]) -> dict:
    count = [chunk.count for chunk in chunks]
    functions: dict[Any, int] = {}
    transfers: dict[Any, int] = {None: 0}
    activation = [
        functions.setdefault(function, len(functions))
        for chunk in chunks
        for function in chunk.functions()
    ]
    transfer = [transfers.setdefault(c.transfer, len(transfers)) for c in chunks]
    width = np.repeat([chunk.n_parameters for chunk in chunks], count)
    numbers = [chunk.n_numbers or np.zeros(chunk.count, int) for chunk in chunks]
    return {
        "functions": tuple(functions),
        "transfers": tuple(transfers),
        "activation": np.array(activation, np.int32),
        "transfer": np.repeat(transfer, count),
        "parameter_offset": np.concatenate([[0], np.cumsum(width)]),
        "transfer_offset": np.cumsum(np.concatenate([[0], *numbers])),
    }


def _global_slot(local: Any, first: int, n_own: int) -> int:
    return local - SHARED + n_own if local >= SHARED else local + first


def _derived(chunks: Sequence[Chunk], first_slot, n_own: int) -> Derived:
    number, coefficient, offset, slot, power = [], [], [0], [], []
    count = 0
    for chunk, first in zip(chunks, first_slot.tolist(), strict=False):
        for monomials in chunk.derived:
            for monomial in monomials:
                number.append(count)
                coefficient.append(monomial.coefficient)
                for local, exponent in monomial.factors:
                    slot.append(_global_slot(local, first, n_own))
                    power.append(exponent)
                offset.append(len(slot))
            count += 1
    return Derived(count, number, coefficient, offset, slot, power)
