"""Functions by formula: what users define.

Comes in: text in the language. Goes out: a checked `Function` with the same rights as the
built-in ones. Called by users (`ww.activation`, `ww.loss`), by the registry and the learners
(losses and penalties as text).
"""

from __future__ import annotations

import re

from wildwire.errors import FormulaError, FunctionError, LanguageError
from wildwire.functions.definitions import from_definition, from_parts
from wildwire.functions.function import Function

__all__ = ["activation", "check_length", "loss", "penalty"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def activation(text: str) -> Function:
    """Define an activation by its formula.

    Parameters
    ----------
    text : str
        `"bump(z, k=10) = exp(-k*(1 - z)**2)"`: a name, the argument, learnable
        parameters with their defaults, and the value. May end with
        `, slope = FORMULA` (a training slope) and `, range = LOW..HIGH`. The leading
        word `activation` may stand there.

    Returns
    -------
    Function
        With the same rights as the built-in ones; compiled when first used.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit. Where the text cannot be read it
        is a FormulaError, with line and column.

    Notes
    -----
    A name alone, `"tanh"`, is that function of the catalogue.

    Examples
    --------
    >>> import wildwire as ww
    >>> bump = ww.activation("bump(z, k=10) = exp(-k*(1 - z)**2)")
    >>> bump.evaluate(0, [[0.0, 1.0]]).round(5).tolist()
    [[5e-05, 1.0]]
    """
    return _told_as_one("activation", text)


def loss(text: str) -> Function:
    """Define a loss by its formula, per output.

    Parameters
    ----------
    text : str
        An expression in `o` (output) and `t` (target), `"abs(o - t)**1.5"`, or a whole
        definition, `"mine(o, t, p=1.5) = abs(o - t)**p"`. A clause
        `, range = 0..1` says which outputs it can take. A name alone, `"huber"`, is that
        loss of the catalogue, `"huber(delta=0.5)"` the same with another parameter.

    Returns
    -------
    Function
        Sums over outputs and samples are the engine's work.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit. Where the text cannot be read it
        is a FormulaError, with line and column.
    """
    return _told_as_one("loss", text)


def check_length(kind: str, text: object) -> None:
    """Refuse what is no text, or too long, before anything reads it: ten megabytes of brackets cost nothing."""
    from wildwire.language.checks import LONGEST_FORMULA

    if not isinstance(text, str):
        raise FunctionError(
            f"the {kind} is defined by text, not by {type(text).__name__}"
        )
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(
            f"the {kind} is defined by at most {LONGEST_FORMULA:,} characters, this "
            f"text has {len(text):,}"
        )


def _told_as_one(kind: str, text: str) -> Function:
    """The function of a text from anywhere; whatever is wrong with it is a FunctionError."""
    check_length(kind, text)
    try:
        return _define(kind, text)
    except FunctionError:
        raise
    except LanguageError as error:
        raise FormulaError(
            error.message, error.line, error.column, error.source
        ) from None


def penalty(text: str) -> Function:
    """Define a penalty on weights by its formula.

    Parameters
    ----------
    text : str
        An expression in `w`, the weight of a link: `"0.01*abs(w)"`, `"0.001*w**2 + 0.01*abs(w)"`.

    Returns
    -------
    Function
        Of kind "penalty", with the one argument w; sums over the links are the engine's work.

    Raises
    ------
    LanguageError
        The text cannot be read.
    FunctionError
        It names what does not exist, or does not depend on w.
    """
    from wildwire.language.parser import parse_formula

    if not isinstance(text, str):
        raise FunctionError(f"a penalty is an expression in w, not {text!r}")
    if text.strip().lower() in ("l1", "l2", "elasticnet"):
        raise FunctionError(
            f"penalty {text!r}: give an expression in w with its strength, such as "
            "'0.01*abs(w)', or l1=0.01, l2=0.01"
        )
    made = from_parts("penalty", "custom", ("w",), (), parse_formula(text))
    from wildwire.functions.derive import tables

    graph, (value,) = tables(made, 0).graph, tables(made, 0).outputs
    if not any(graph.nodes[i].operation == "argument" for i in graph.needed([value])):
        raise FunctionError(f"penalty {text!r} does not depend on the weight w")
    return made


def _define(kind: str, text: str) -> Function:
    from wildwire.language.parser import parse_definition, parse_formula

    if _WORD.fullmatch(text.strip()) and text.strip() not in ("o", "t", kind):
        from wildwire.functions.registry import find, find_loss

        return find_loss(text) if kind == "loss" else find(text.strip())
    if kind == "loss" and not _is_definition(text):
        from wildwire.functions.registry import set_loss

        chosen = set_loss(text)
        if chosen is not None:
            return chosen
        return from_parts("loss", "custom", ("o", "t"), (), parse_formula(text))
    body = text.lstrip()
    head = "" if body.split(maxsplit=1)[:1] == [kind] else f"{kind} "
    try:
        return from_definition(parse_definition(head + body))
    except LanguageError as error:
        lead = text[: len(text) - len(body)]
        raise _as_written(error, text, lead, len(head)) from None


def _as_written(
    error: LanguageError, text: str, lead: str, n_head: int
) -> LanguageError:
    """The error with its place in the user's text, before which stood `n_head` more characters instead of `lead`."""
    if error.line is None or error.column is None:
        return error
    shift = 0
    if error.line == 1:
        shift = len(lead.rpartition("\n")[2]) - n_head
    line = error.line + lead.count("\n")

    def moved(match: re.Match) -> str:
        return f"in column {max(1, int(match[1]) + shift)}"

    source = text.splitlines()[line - 1] if line <= len(text.splitlines()) else None
    message = re.sub(r"in column (\d+)", moved, error.message)
    return LanguageError(message, line, max(1, error.column + shift), source)


def _is_definition(text: str) -> bool:
    """Whether a lone `=` outside of brackets makes it more than an expression."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        around = text[max(0, i - 1) : i + 2]
        compared = any(pair in around for pair in ("==", "<=", ">=", "!="))
        if character == "=" and depth == 0 and not compared:
            return True
    return False
