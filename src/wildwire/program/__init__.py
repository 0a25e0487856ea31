"""A network made ready to run: `compile_network(network) -> Program`.

Comes in: an immutable `Network`. Goes out: flat arrays in evaluation order, which `engine/` runs.
"""

from wildwire.program.compile import Program as Program
from wildwire.program.compile import compile_network as compile_network
from wildwire.program.compile import verify as verify
