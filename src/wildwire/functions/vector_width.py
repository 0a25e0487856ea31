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
    from llvmlite import binding
    from numba import config

    settings: Any = config  # its attributes are made at run time

    # NUMBA_CPU_NAME=generic compiles for any processor: nothing may be assumed then.
    if settings.CPU_NAME or settings.CPU_FEATURES:
        return str(settings.CPU_FEATURES or "")
    return binding.get_host_cpu_features().flatten()


def vector_bits() -> int:
    """256 or 512."""
    wide = "+avx512f" in _features() and os.environ.get(VARIABLE, "512") != "256"
    return 512 if wide else 256


def lanes(itemsize: int) -> int:
    """Numbers of `itemsize` bytes in one vector."""
    return vector_bits() // (8 * itemsize)
