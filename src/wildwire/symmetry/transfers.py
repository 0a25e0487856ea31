"""What a transfer function does not notice: the one table of the rules for each kind.

Comes in: an entry of `network.transfers`. Goes out: `Invariance`. Called by `forms.py`, `hidden.py`, `parts.py` and
`builder.py`, which know nothing else of transfers: a further one needs an entry in `RULES`, else it keeps to its
links exactly as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Invariance:
    """What may be done to the links of a neuron without changing what it sums up.

    Attributes
    ----------
    order : bool
        Links may change places, source and weight together.
    signs : bool
        Of any link, the signs of source and weight may be turned together.
    scale : bool
        Of any link, the source may be multiplied and the weight divided by the same number.
    negates : bool
        The signs of all weights and of the bias turned, and nothing else, turn that of the sum.
    """

    order: bool = False
    signs: bool = False
    scale: bool = False
    negates: bool = False


RULES: dict[str | None, Invariance] = {
    None: Invariance(order=True, signs=True, scale=True, negates=True),  # the sum
}
"""By name of the transfer; None is the weighted sum."""


def invariance(transfer) -> Invariance:
    """The rules of a transfer (None: the weighted sum)."""
    name = None if transfer is None else transfer.name
    return RULES.get(name, Invariance())
