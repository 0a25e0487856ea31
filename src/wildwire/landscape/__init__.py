"""The loss as a landscape: where learning went, what the ground is like where it ended, and where other starts end.

Comes in: a network, rows, numbers of theta. Goes out: `Surface`, `Spectrum` and `Starts`, each with its numbers and a
`draw` that writes a figure file. Called by users as `ww.landscape`.
"""

from wildwire.landscape.curvature import Spectrum, spectrum
from wildwire.landscape.many_starts import Starts, starts
from wildwire.landscape.plane import Surface, surface
from wildwire.landscape.ways import Path

__all__ = ["Path", "Spectrum", "Starts", "Surface", "spectrum", "starts", "surface"]
