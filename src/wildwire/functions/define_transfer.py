"""Transfer functions by formula: what users define.

Comes in: text in the language, or a definition that the parser has read. Goes out: a checked `Transfer` with
the same rights as the built-in ones. Called by users (`ww.transfer`), by the network (definitions in its
text) and by `generate.py` (the catalogue itself).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from wildwire.errors import FormulaError, FunctionError, LanguageError
from wildwire.functions.calls import called_names
from wildwire.functions.define import check_length
from wildwire.functions.definitions import plain_parameters
from wildwire.functions.function import Function
from wildwire.functions.reductions import DISTINCT
from wildwire.functions.transfer import BIAS, MOST_VALUES, Transfer

if TYPE_CHECKING:
    from wildwire.language.tree import Definition

__all__ = ["find_transfer", "transfer", "transfer_from_definition", "transfers"]

MOST_ARGUMENTS = 8
MOST_PARAMETERS = 8
MOST_REDUCTIONS = 12

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def transfer(text: str) -> Transfer:
    """Define a transfer function by its formula.

    Parameters
    ----------
    text : str
        `"ratio(w, x) = sum(w*x)/sum(abs(w))"`: a name; the weight and the source of a link, further numbers of
        a link, parameters with their defaults; and the value. Terms over a link stand inside `sum`, `prod`,
        `max`, `min` or `mean`; `pairs(q*x*x')` sums over pairs of links, squares included, where `x'` is the
        source of the other link (`pairs(..., distinct)` leaves the squares out). `bias` is the neuron's bias.
        Several values stand in brackets: `"both(w, x) = (sum(w*x), max(x))"`. The leading word `transfer` may
        stand there. A name alone, `"distance"`, is that transfer of the catalogue.

    Returns
    -------
    Transfer
        With the same rights as the built-in ones; compiled when first used.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit. Where the text cannot be read it is a FormulaError, with
        line and column.

    Examples
    --------
    >>> import wildwire as ww
    >>> ratio = ww.transfer("ratio(w, x) = sum(w*x)/sum(abs(w))")
    >>> ratio.evaluate(0, [3.0, 5.0], [1.0, -3.0]).tolist()
    [-3.0]
    """
    from wildwire.language.parser import parse_definition

    check_length("transfer", text)
    if _WORD.fullmatch(text.strip()):
        return find_transfer(text.strip())
    body = text.lstrip()
    head = "" if body.split(maxsplit=1)[:1] == ["transfer"] else "transfer "
    try:
        return transfer_from_definition(parse_definition(head + body))
    except FunctionError:
        raise
    except LanguageError as error:
        told = error.message, error.line, error.column, error.source
        raise FormulaError(*told) from None


@functools.lru_cache(maxsize=1)
def transfers() -> Mapping[str, Transfer]:
    """The built-in transfers by name (read-only)."""
    from wildwire.functions.generated.catalogue_index import TRANSFERS

    return MappingProxyType({made.name: made for made in TRANSFERS})


def find_transfer(
    name: str, known: Mapping[str, Transfer] = MappingProxyType({})
) -> Transfer:
    """A transfer by name.

    Raises
    ------
    FunctionError
        Nobody defines it; the message suggests the nearest name.
    """
    found = known.get(name) or transfers().get(name)
    if found is None:
        from wildwire.functions.reader import suggestion

        names = [*known, *transfers()]
        hint = suggestion(name, names) or "."
        raise FunctionError(
            f"unknown transfer {name!r}{hint} There are {', '.join(sorted(names))}"
        )
    return found


def transfer_from_definition(
    definition: Definition, known: Mapping[str, Function] = MappingProxyType({})
) -> Transfer:
    """The transfer that a definition in the language describes.

    Parameters
    ----------
    definition : Definition
        Of a transfer.
    known : mapping of str to Function
        The user's own functions that its formulas may call.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit.
    """
    name = definition.name
    _check(definition)
    formulas = (definition.formula, *definition.others)
    called = set().union(*(called_names(formula) for formula in formulas))
    made = Transfer(
        name,
        tuple(definition.arguments),
        plain_parameters(definition),
        formulas,
        tuple(known[used] for used in sorted(called) if used in known),
    )
    try:
        _check_formulas(made)
    except FunctionError as error:
        raise FunctionError(f"transfer {name}: {error}") from None
    except RecursionError:
        raise FunctionError(
            f"transfer {name}: the formula is nested too deeply"
        ) from None
    return made


def _check(definition: Definition) -> None:
    name, arguments = definition.name, definition.arguments
    if len(arguments) < 2:
        raise FunctionError(
            f"transfer {name} takes the weight and the source of a link, as in {name}(w, x) = sum(w*x)"
        )
    if len(arguments) > MOST_ARGUMENTS or len(definition.parameters) > MOST_PARAMETERS:
        raise FunctionError(
            f"transfer {name} has more than {MOST_ARGUMENTS} arguments or {MOST_PARAMETERS} parameters"
        )
    for word in (BIAS, DISTINCT):
        if word in (*arguments, *(key for key, _ in definition.parameters)):
            raise FunctionError(
                f"transfer {name}: {word!r} has a meaning of its own and is no name of an argument"
            )
    for key, value in plain_parameters(definition):
        if not math.isfinite(value):
            raise FunctionError(
                f"transfer {name}: the default of {key!r} must be finite"
            )
    if definition.clauses:
        clause = definition.clauses[0][0]
        raise FunctionError(f"transfer {name}: a transfer has no {clause}")
    if len(definition.others) >= MOST_VALUES:
        raise FunctionError(
            f"transfer {name} returns {1 + len(definition.others)} numbers; it may return {MOST_VALUES}"
        )


def _check_formulas(made: Transfer) -> None:
    """Everything that the kernels will need can be derived."""
    reduced = made.reduced
    if not reduced.reductions:
        raise FunctionError(
            "the formula has no sum, prod, max, min, mean or pairs over its links"
        )
    if len(reduced.reductions) > MOST_REDUCTIONS:
        raise FunctionError(
            f"{len(reduced.reductions)} reductions are more than {MOST_REDUCTIONS}"
        )
    # Made here for its errors; kept for the kernels.
    _ = made.slopes
