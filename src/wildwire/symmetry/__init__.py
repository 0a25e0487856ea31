"""Symmetries of networks: found, and built in.

Comes in: a network with its numbers. Goes out: a report of what may be exchanged or turned without changing what
the network computes; or a network in which a wanted symmetry holds for all numbers. Called by users as
`ww.symmetries` and `ww.symmetrize`.
"""

from wildwire.symmetry.find import symmetries
from wildwire.symmetry.result import Symmetries
from wildwire.symmetry.symmetrize import symmetrize

__all__ = ["Symmetries", "symmetries", "symmetrize"]
