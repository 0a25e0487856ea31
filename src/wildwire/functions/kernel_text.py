"""From a function to the Python text of its kernels.

Comes in: a `Function`. Goes out: the text of a module with the kernels `level_0`,
`level_1` and `level_2` in the calling convention, one module per float type, ready for
Numba. Called by `native.py` for user functions and by `generate.py` for the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wildwire.functions.derive import Tables, tables
from wildwire.functions.function import CONVENTION
from wildwire.functions.kernel_lines import Lines

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["DTYPES", "LEVELS", "import_lines", "kernel_module"]

DTYPES = ("float64", "float32")
LEVELS = (0, 1, 2)
LONGEST = 88

_SIGNATURE = """def level_{level}(
    z, parameters, out, guards, rows, columns, row_stride, table_stride, argument_stride
):
"""


class _Writer(Lines):
    """The body of the loop of one function at one level."""

    def __init__(self, function: Function, derived: Tables) -> None:
        self.function, self.derived = function, derived
        leaves = {"argument": "x{}", "parameter": "p{}"}
        if len(function.arguments) == 1:
            leaves["argument"] = "x"
        super().__init__(derived.graph, derived.outputs, leaves)

    def write(self, exact_sines: bool) -> list[str]:
        lines = super().write(exact_sines)
        for k, output in enumerate(self.outputs):
            lines.append(f"store({k}, table_{k}, i, {self.text(output)})")
        self.used.add("store")
        return lines

    def argument(self, i: int) -> str:
        """Name of the variable that holds argument i."""
        return self.leaves["argument"].format(i)


def _loop(writer: _Writer, body: Iterable[str]) -> list[str]:
    """The loop over samples around a body."""
    loads = []
    for i in range(len(writer.function.arguments)):
        name = writer.argument(i)
        loads.append(f"{name} = load({name}_row, i)")
    return ["for i in range(columns):", *(f"    {line}" for line in (*loads, *body))]


def _row(writer: _Writer) -> list[str]:
    """What happens for one neuron."""
    function = writer.function
    writer.used |= {"load", "shifted"}
    lines = ["start = row * row_stride"]
    for i in range(len(function.arguments)):
        shift = ("start", "start + argument_stride")[min(i, 1)]
        shift += f" * {i}" if i > 1 else ""
        lines.append(f"{writer.argument(i)}_row = shifted(z, {shift})")
    for k in range(len(writer.outputs)):
        shift = f" + {k} * table_stride" if k > 1 else (" + table_stride" if k else "")
        lines.append(f"table_{k} = shifted(out, start{shift})")
    count = function.n_parameters
    for j in range(count):
        place = "row" if count == 1 else f"row * {count}" + (f" + {j}" if j else "")
        lines.append(f"p{j} = load(parameters, {place})")
    return lines + _counted_loop(writer)


def _counted_loop(writer: _Writer) -> list[str]:
    """The loop over samples, with guard counts and the second pass for large sines."""
    body = list(writer.write(exact_sines=False))
    before, after = [], []
    guards = [writer.activity(guard) for guard in writer.derived.guards]
    if guards:
        writer.used |= {"count_of", "increase"}
        before.append("active = 0")
        # A sample counts once, however many guards it meets.
        any_of = guards[0] if len(guards) == 1 else f"({') | ('.join(guards)})"
        body.append(f"active += count_of({any_of})")
        after.append("increase(guards, row, active)")
    sines = writer.sine_arguments()
    if sines:
        writer.used |= {"absolute", "count_of", "SIN_LIMIT"}
        before.append("large = 0")
        body += [f"large += count_of(absolute({u}) > SIN_LIMIT)" for u in sines]
        exact = _loop(writer, writer.write(exact_sines=True))
        after += ["if large > 0:", *(f"    {line}" for line in exact)]
    return [*before, *_loop(writer, body), *after]


def _kernel(function: Function, level: int) -> tuple[str, set[str]]:
    """Text of one kernel and the names it uses."""
    writer = _Writer(function, tables(function, level))
    row = _row(writer)
    lines = []
    if not function.parameters and not writer.derived.guards:
        lines.append("if row_stride == columns:")
        lines.append("    rows, columns = 1, rows * columns")
    lines.append("for row in range(rows):")
    lines += [f"    {line}" for line in row]
    text = _SIGNATURE.format(level=level)
    return text + "".join(f"    {line}\n" for line in lines), writer.used


_FROM_INTRINSICS = (
    "absolute",
    "count_of",
    "increase",
    "load",
    "select",
    "shifted",
    "store",
)
_FROM_ROWS = ("add_to", "take", "total")


def import_lines(used: set[str], dtype: str) -> str:
    """Import lines for the names that the kernels of a module use."""
    own = sorted(used & set(_FROM_INTRINSICS))
    rows = sorted(used & set(_FROM_ROWS))
    other = {*_FROM_INTRINSICS, *_FROM_ROWS, "real"}
    mathematics = sorted(used - other, key=str.swapcase)
    text = "import numpy as np\n\n" if "real" in used else ""
    text += _import_line("wildwire.functions.intrinsics", own)
    if rows:
        text += _import_line("wildwire.functions.row_intrinsics", rows)
    if mathematics:
        text += _import_line(f"wildwire.functions.vectormath.{dtype}", mathematics)
    if "real" in used:
        text += f"\nreal = np.{dtype}\n"
    return text


def _import_line(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    if len(line) <= LONGEST:
        return line
    inner = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inner})\n"


def kernel_module(
    function: Function, dtype: str, levels: Iterable[int] = LEVELS
) -> str:
    """Text of the module with all kernels of a function for one float type.

    Parameters
    ----------
    function : Function
        Any activation or loss.
    dtype : {"float64", "float32"}
        Float type of all tables.
    levels : iterable of int
        Which kernels; all of them by default.

    Returns
    -------
    str
        Python source; defines `level_0`, `level_1`, `level_2` as plain functions.
    """
    kernels, used = [], set()
    for level in levels:
        text, names = _kernel(function, level)
        kernels.append(text)
        used |= names
    head = (
        f'"""Kernels of the {function.kind} {function.name}, {dtype}. Generated by '
        f"wildwire.functions.generate.\n\n"
        f"Calling convention {CONVENTION}, docs/design/architecture.md; "
        f'formula {function.key}.\n"""\n\n'
    )
    return head + import_lines(used, dtype) + "\n\n" + "\n\n".join(kernels)
