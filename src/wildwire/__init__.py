"""Wildwire: neural networks of any wiring."""

from wildwire._version import __version__ as __version__
