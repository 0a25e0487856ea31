"""What may be done to the links of a transfer without changing its value, found from its formula.

Comes in: a `Transfer`. Goes out: `Invariance`. Called by `symmetry/transfers.py` and the registry.

The formula is asked at places that no formula was written for: with irrational numbers of either sign. An
invariance that holds at all of them to rounding is one of the formula, unless it has the constants of these
places in it. Transfers whose links or pairs have numbers of their own are not invariant under an exchange of
sources and weights alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from wildwire.functions.transfer import Transfer

__all__ = ["Invariance", "invariance_of"]

LINKS, PLACES = 4, 12
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Invariance:
    """What may be done to the links of a neuron without changing what it makes of them.

    Attributes
    ----------
    order : bool
        Links may change places, source and weight together.
    signs : bool
        Of any link, the signs of source and weight may be turned together.
    scale : bool
        Of any link, the source may be multiplied and the weight divided by the same number.
    negates : bool
        The signs of all weights and of the bias turned, and nothing else, turn that of the value.
    """

    order: bool = False
    signs: bool = False
    scale: bool = False
    negates: bool = False

    def __str__(self) -> str:
        words = {
            "order": "exchange of links",
            "signs": "a sign of source and weight",
            "scale": "a factor between source and weight",
        }
        kept = [word for name, word in words.items() if getattr(self, name)]
        return ", ".join(kept) or "nothing"


@functools.lru_cache(maxsize=256)
def invariance_of(
    transfer: Transfer, numbers: tuple[float, ...] | None = None
) -> Invariance:
    """The invariances of a transfer with one value; none of one with several, or with numbers of links or pairs.

    Parameters
    ----------
    transfer : Transfer
    numbers : tuple of float, optional
        Values of its parameters where those are known: (s + b)**degree is odd for some. By default what holds for
        all values.
    """
    numbered = bool(transfer.link_numbers or transfer.pair_numbers)
    if transfer.n_values > 1 or numbered:
        return Invariance()
    rng = np.random.default_rng(20)
    X, W = rng.normal(size=(2, PLACES, LINKS)) * 1.3
    defaults = np.array(transfer.defaults)
    # At the defaults a factor may be 0 or an exponent 1: what holds there alone does not hold.
    settings = [defaults, 1.3 * defaults + 0.37][: 1 + transfer.n_parameters]
    if numbers is not None:
        settings = [np.array(numbers)]

    def value(X, W, bias=0.37):
        with np.errstate(all="ignore"):
            found = [
                transfer.evaluate(0, list(x), w, own.tolist(), bias)[0]
                for own in settings
                for x, w in zip(X, W, strict=True)
            ]
        return np.array(found, float)

    plain = value(X, W)
    one = np.arange(LINKS) == 1

    def same(other):
        known = np.isfinite(plain)
        size = TOLERANCE * (1 + np.abs(plain[known]))
        return bool(known.any() and np.all(np.abs(other[known] - plain[known]) <= size))

    shuffled = [2, 0, 3, 1]
    return Invariance(
        order=same(value(X[:, shuffled], W[:, shuffled])),
        signs=same(value(np.where(one, -X, X), np.where(one, -W, W))),
        scale=same(value(np.where(one, 1.7 * X, X), np.where(one, W / 1.7, W))),
        negates=same(-value(X, -W, -0.37)),
    )
