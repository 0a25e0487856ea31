"""How wide the vectors of this machine are.

Comes in: the processor's features, as Numba compiles for them. Goes out: the number of bits and of
lanes that the engine's vector instructions use. Read by `fingerprint.py`, `interleave.py` and
`engine/emitter.py`.

512 bits where AVX-512 is there: LLVM's own choice is 256, because a few such instructions lower the
clock of old processors; the engine's loops consist of nothing else and gain. `WILDWIRE_VECTOR_BITS`
chooses 256 on such a machine, so that both forms can be tested on it.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["lanes", "vector_bits"]

VARIABLE = "WILDWIRE_VECTOR_BITS"


def _features() -> str:
    """Features of the processor that code is made for: this one, or that of NUMBA_CPU_NAME."""
    from numba.core.registry import cpu_target

    target: Any = cpu_target
    return target.target_context.codegen().magic_tuple()[2]


def vector_bits() -> int:
    """256 or 512."""
    wide = "+avx512f" in _features() and os.environ.get(VARIABLE, "512") != "256"
    return 512 if wide else 256


def lanes(itemsize: int) -> int:
    """Numbers of `itemsize` bytes in one vector."""
    return vector_bits() // (8 * itemsize)
