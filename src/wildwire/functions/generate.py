"""Writes `generated/`: the catalogue as ready-made trees and kernels.

Comes in: `catalogue.wire`. Goes out: `catalogue_index.py` (every built-in function as a
tree, so that nothing is parsed at run time) and one module of kernels per function and
float type. Run by hand after a change of the catalogue or of a derivative rule:
`python -m wildwire.functions.generate`; a test compares the result with what is
committed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wildwire.functions.function import Function
from wildwire.functions.kernel_text import DTYPES, kernel_module
from wildwire.functions.primitives import CALLS
from wildwire.functions.transfer import Transfer
from wildwire.functions.transfer_text import transfer_module
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Link,
    Name,
    Number,
    Place,
    Sum,
    Unary,
)
from wildwire.language.tree import Definition, Vector

__all__ = ["generated_files", "read_catalogue", "read_references"]

HERE = Path(__file__).resolve().parent


def read_catalogue() -> list[Function]:
    """All functions of `catalogue.wire`, in its order."""
    # Those of the catalogue that a formula calls need no mention once they are generated.
    return [replace(function, uses=()) for function in _read_catalogue()]


def _read_catalogue() -> list[Function]:
    """The same; each mentions what it calls, as what is generated may still be the old one."""
    from wildwire.functions.definitions import from_definition
    from wildwire.language.parser import parse_text

    text = (HERE / "catalogue.wire").read_text(encoding="utf-8")
    known: dict[str, Function] = {}
    functions = []
    for line in parse_text(text).of(Definition):
        if line.kind == "transfer":
            continue
        functions.append(from_definition(line, known))
        # In the catalogue tanh is the primitive, of which the activation is made.
        if functions[-1].kind == "activation" and line.name not in CALLS:
            known[line.name] = functions[-1]
    return functions


def read_transfers() -> list[Transfer]:
    """All transfers of `catalogue.wire`, in its order."""
    from wildwire.functions.define_transfer import transfer_from_definition
    from wildwire.language.parser import parse_text
    from wildwire.language.tree import Definition

    text = (HERE / "catalogue.wire").read_text(encoding="utf-8")
    lines = [
        line for line in parse_text(text).of(Definition) if line.kind == "transfer"
    ]
    return [transfer_from_definition(line) for line in lines]


def read_references() -> dict[str, str]:
    """The line above each definition, by kind and name: `activation tanh`.

    Raises
    ------
    ValueError
        A definition has no such line.
    """
    from wildwire.language.parser import parse_text
    from wildwire.language.tree import Comment, Definition

    text = (HERE / "catalogue.wire").read_text(encoding="utf-8")
    statements = parse_text(text).statements
    found = {}
    for above, line in itertools.pairwise(statements):
        if isinstance(line, Definition):
            if not isinstance(above, Comment):
                raise ValueError(
                    f"{line.name} needs a line above it: what, and where from"
                )
            found[f"{line.kind} {line.name}"] = (above.comment or "").strip()
    return found


def _stem(function: Function | Transfer) -> str:
    """File name without float type: each kind of function has a name space of its own."""
    kind = function.kind
    return function.name if kind == "activation" else f"{kind}_{function.name}"


def _code(expression: Expression | Link) -> str:
    """Python text that builds an expression."""
    match expression:
        case Number(value=value):
            return f"Number({value!r})"
        case Name(name=name, index=None):
            return f"Name({name!r})"
        case Name(name=name, index=Place() as place):
            where = f"{place.offset!r}, {place.variable!r}, {place.factor!r}"
            return f"Name({name!r}, Place({where}))"
        case Sum(terms=terms):
            return f"Sum(({''.join(f'{_code(term)}, ' for term in terms)}))"
        case Unary(operator=operator, operand=operand):
            return f"Unary({operator!r}, {_code(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"Binary({operator!r}, {_code(left)}, {_code(right)})"
        case Call(function=function, arguments=arguments):
            inner = "".join(f"{_code(argument)}, " for argument in arguments)
            return f"Call({function!r}, ({inner}))"
    raise TypeError(f"the catalogue cannot contain {expression!r}")


def _bound(value: float) -> str:
    """A float as Python text, infinities included."""
    return repr(value) if abs(value) < float("inf") else f"float('{value}')"


def _function_code(function: Function) -> str:
    slope = _code(function.slope) if function.slope else "None"
    limits = "None"
    if function.range:
        limits = f"({', '.join(_bound(value) for value in function.range)})"
    return (
        f"    Function(\n"
        f"        {function.name!r},\n"
        f"        {function.kind!r},\n"
        f"        {function.arguments!r},\n"
        f"        {function.parameters!r},\n"
        f"        {_code(function.formula)},\n"
        f"        {slope},\n"
        f"        {limits},\n"
        f"{_written_code(function.written)}"
        f"    ),\n"
    )


def _transfer_code(transfer: Transfer) -> str:
    formulas = "".join(f"{_code(formula)}, " for formula in transfer.formulas)
    return (
        f"    Transfer(\n"
        f"        {transfer.name!r},\n"
        f"        {transfer.arguments!r},\n"
        f"        {transfer.parameters!r},\n"
        f"        ({formulas}),\n"
        f"    ),\n"
    )


def _written_code(definition: Definition | None) -> str:
    """The definition of a function with vectors, as a keyword of its call."""
    if definition is None:
        return ""
    parameters = "".join(
        f"({name!r}, {_vector_code(value)}), " for name, value in definition.parameters
    )
    clauses = "".join(
        f"({name!r}, {repr(body) if isinstance(body, tuple) else _code(body)}), "
        for name, body in definition.clauses
    )
    return (
        f"        written=Definition(\n"
        f"            {definition.kind!r},\n"
        f"            {definition.name!r},\n"
        f"            {definition.arguments!r},\n"
        f"            ({parameters}),\n"
        f"            {_code(definition.formula)},\n"
        f"            ({clauses}),\n"
        f"        ),\n"
    )


def _vector_code(value: float | Vector) -> str:
    if isinstance(value, Vector):
        return f"Vector({value.size!r}, {value.size_name!r})"
    return repr(value)


def _index(functions: Sequence[Function], transfers: Sequence[Transfer]) -> str:
    """Text of `catalogue_index.py`."""
    built_in = [*functions, *transfers]
    keys = "".join(f"    {f.key!r}: {_stem(f)!r},\n" for f in built_in)
    trees = "".join(_function_code(function) for function in functions)
    sums = "".join(_transfer_code(transfer) for transfer in transfers)
    texts = read_references()
    keyed = [f"{made.kind} {made.name}" for made in built_in]
    references = "".join(f"    {k!r}: {texts[k]!r},\n" for k in keyed if k in texts)
    return f'''"""The built-in functions as trees. Generated by wildwire.functions.generate."""

from wildwire.functions.function import Function
from wildwire.functions.transfer import Transfer
from wildwire.language.expression import Binary, Call, Name, Number, Place, Sum, Unary
from wildwire.language.tree import Definition, Vector

KERNELS = {{
{keys}}}
"""Key of a formula -> stem of the module that holds its kernels."""

REFERENCES = {{
{references}}}
"""Kind and name -> what it is and where it comes from, in one line."""

FUNCTIONS = (
{trees})

TRANSFERS = (
{sums})
'''


def generated_files(functions: Sequence[Function] | None = None) -> dict[str, str]:
    """Name and text of every file in `generated/`.

    Parameters
    ----------
    functions : sequence of Function, optional
        Default: the catalogue, read anew.
    """
    functions = _read_catalogue() if functions is None else functions
    transfers = read_transfers()
    files = {"catalogue_index.py": _index(functions, transfers)}
    for transfer in transfers:
        for dtype in DTYPES:
            files[f"{_stem(transfer)}_{dtype}.py"] = transfer_module(transfer, dtype)
    for function in functions:
        for dtype in DTYPES:
            name = f"{_stem(function)}_{dtype}.py"
            files[name] = kernel_module(function, dtype)
    return files


def write(files: dict[str, str]) -> None:
    """Bring `generated/` up to date; files that nobody generates any more go."""
    folder = HERE / "generated"
    for path in folder.glob("*_*.py"):
        if path.name not in files and path.name != "__init__.py":
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(generated_files())
