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
from wildwire.functions.graph import COMPARISONS, Node, Term
from wildwire.functions.primitives import GUARDS

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["DTYPES", "LEVELS", "kernel_module"]

DTYPES = ("float64", "float32")
LEVELS = (0, 1, 2)
LONGEST = 88
LONGEST_PART = 24

_SIGNATURE = """def level_{level}(
    z, parameters, out, guards, rows, columns, row_stride, table_stride, argument_stride
):
"""
_INFIX = {"+", "-", "*", "/", *COMPARISONS}
_SINES = ("sin", "cos")
_POWERS = ("whole_power", "half_power")


class _Writer:
    """Writes the body of one loop: a line per operation that is read more than once."""

    def __init__(self, function: Function, derived: Tables, level: int) -> None:
        self.function, self.derived, self.level = function, derived, level
        self.graph = derived.graph
        self.outputs = derived.outputs
        self.order = self.graph.needed(self.outputs)
        self.reads = self._count_reads()
        self.texts: dict[int, str] = {}
        self.lines: list[str] = []
        self.used: set[str] = set()

    def _count_reads(self) -> dict[int, int]:
        """How often each node is named; a whole power names its base several times."""
        reads = dict.fromkeys(self.order, 0)
        for index in self.order:
            node = self.graph.nodes[index]
            several = node.operation in (*_POWERS, "sign", *GUARDS)
            for source in node.sources:
                reads[source] += 2 if several else 1
        for output in self.outputs:
            reads[output.index] += 1
        return reads

    def write(self, exact_sines: bool) -> list[str]:
        """Lines of the loop body; with `exact_sines`, for arguments of any size."""
        self.texts, self.lines = {}, []
        for index in self.order:
            node = self.graph.nodes[index]
            text = self._text(node, exact_sines)
            leaf = node.operation in ("number", "argument", "parameter")
            once = self.reads[index] == 1 and len(text) <= LONGEST_PART
            if leaf or once or node.operation in COMPARISONS:
                self.texts[index] = text
            else:
                self.lines.append(f"t{index} = {_bare(text)}")
                self.texts[index] = f"t{index}"
        for k, output in enumerate(self.outputs):
            value = _bare(self.texts[output.index])
            self.lines.append(f"store({k}, table_{k}, i, {value})")
        self.used.add("store")
        return self.lines

    def _name(self, name: str) -> str:
        self.used.add(name)
        return name

    def _text(self, node: Node, exact_sines: bool) -> str:
        sources = [self.texts[source] for source in node.sources]
        operation = node.operation
        if operation == "number":
            return f"{self._name('real')}({node.value!r})"
        if operation == "argument":
            return self.argument(int(node.value))
        if operation == "parameter":
            return f"p{int(node.value)}"
        if operation in _INFIX:
            return f"({sources[0]} {operation} {sources[1]})"
        if operation == "negative":
            return f"(-{sources[0]})"
        if operation == "whole_power":
            return f"({_repeated(sources[0], int(node.value))})"
        if operation == "half_power":
            whole = _repeated(sources[0], int(node.value))
            return f"({whole} * {self._name('sqrt')}({_bare(sources[0])}))"
        sources = [_bare(source) for source in sources]
        if operation == "where":
            return f"{self._name('select')}({', '.join(sources)})"
        if operation in ("abs", "sign", *GUARDS):
            return self._choice(operation, *sources)
        name = f"{operation}_any" if exact_sines and operation in _SINES else operation
        return f"{self._name(name)}({', '.join(sources)})"

    def _choice(self, operation: str, x: str, limit: str = "") -> str:
        if operation == "abs":
            return f"{self._name('absolute')}({x})"
        select = self._name("select")
        if operation == "sign":
            zero, one = f"{self._name('real')}(0.0)", "real(1.0)"
            negative = f"{select}({x} < {zero}, -{one}, {x})"
            return f"{select}({x} > {zero}, {one}, {negative})"
        if operation == "guard_zero":
            side = f"{select}({x} < {self._name('real')}(0.0), -{limit}, {limit})"
            return f"{select}({self._name('absolute')}({x}) <= {limit}, {side}, {x})"
        operator = "<=" if operation == "guard_below" else ">="
        return f"{select}({x} {operator} {limit}, {limit}, {x})"

    def argument(self, i: int) -> str:
        """Name of the variable that holds argument i."""
        return "x" if len(self.function.arguments) == 1 else f"x{i}"

    def activity(self, guard: Term) -> str:
        """Condition under which a guard is active."""
        first, limit = (self.texts[index] for index in guard.node.sources)
        if guard.node.operation == "guard_zero":
            first = f"{self._name('absolute')}({first})"
        operator = ">=" if guard.node.operation == "guard_above" else "<="
        return f"{first} {operator} {limit}"

    def sine_arguments(self) -> list[str]:
        """Texts of all arguments of sin and cos."""
        found = [
            self.texts[self.graph.nodes[index].sources[0]]
            for index in self.order
            if self.graph.nodes[index].operation in _SINES
        ]
        return list(dict.fromkeys(found))


def _bare(text: str) -> str:
    """The text without brackets around the whole of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if i == len(text) - 1 else text
    return text


def _repeated(base: str, exponent: int) -> str:
    """A power by repeated squaring, as text."""
    if exponent == 1:
        return base
    root = _repeated(base, exponent // 2)
    if exponent // 2 > 1:
        root = f"({root})"
    return f"{root} * {root} * {base}" if exponent % 2 else f"{root} * {root}"


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
        body += [f"active += count_of({guard})" for guard in guards]
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
    writer = _Writer(function, tables(function, level), level)
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


def _imports(used: set[str], dtype: str) -> str:
    """Import lines for the names that the kernels of a module use."""
    own = sorted(used & set(_FROM_INTRINSICS))
    mathematics = sorted(used - set(_FROM_INTRINSICS) - {"real"}, key=str.swapcase)
    text = "import numpy as np\n\n" if "real" in used else ""
    text += _import_line("wildwire.functions.intrinsics", own)
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
    return head + _imports(used, dtype) + "\n\n" + "\n\n".join(kernels)
