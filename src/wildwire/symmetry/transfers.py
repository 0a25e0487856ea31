"""What a transfer function does not notice.

Comes in: an entry of `network.transfers`. Goes out: `Invariance`. Called by `forms.py`, `hidden.py`, `parts.py` and
`builder.py`, which know nothing else of transfers.
"""

from __future__ import annotations

from wildwire.functions.transfer_symmetry import Invariance, invariance_of

__all__ = ["Invariance", "invariance"]

SUM = Invariance(order=True, signs=True, scale=True, negates=True)


def invariance(transfer) -> Invariance:
    """The rules of a transfer (None: the weighted sum), from its formula."""
    return SUM if transfer is None else invariance_of(transfer)
