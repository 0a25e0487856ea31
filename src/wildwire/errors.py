"""Every exception of Wildwire, in one tree.

Comes in: what went wrong, as a sentence. Goes out: an exception whose text says what happened, where and what to do.
Called by every layer; imports nothing.

WildwireError
├── LanguageError            text that is not a network or formula (line, column, caret)
├── NetworkError             a description that cannot be a network
│   ├── LoopError            links without delay form a loop
│   ├── UnknownNameError     a source, output or number that nobody defines
│   └── DuplicateNameError   one name defined twice
├── FunctionError            a formula that cannot be a neuron function or loss
│   ├── FormulaError         its text cannot be read; also a LanguageError (line, column, caret)
│   └── CheckError           ww.testing.check_function has found what does not hold; also an AssertionError
├── UnsupportedError         described correctly, but this version cannot run it
├── DataError                rows, columns, targets or weights that cannot be learnt from
├── SettingError             an argument or option outside its range
├── UntrainedError           a number that prediction needs is still unknown
├── SettleError              values that do not stand still in a network with `settle`
├── CheckError               a check of wildwire.testing found what does not hold
├── FileError                a model or data file that is damaged, too new or cannot be written
└── DependencyError          an optional package is missing
"""


class WildwireError(Exception):
    """Base class: catch this to catch everything that Wildwire raises on purpose."""


class LanguageError(WildwireError, ValueError):
    """Text that is not a network or formula.

    Parameters
    ----------
    message : str
        What happened and what was expected.
    line, column : int or None
        Place in the text, counted from 1.
    source : str or None
        The line of text, shown with a caret under the place.
    """

    def __init__(self, message, line=None, column=None, source=None):
        self.message, self.line, self.column, self.source = (
            message,
            line,
            column,
            source,
        )
        super().__init__(self._text())

    def _text(self):
        if self.line is None:
            return self.message
        place = f"line {self.line}, column {self.column}: {self.message}"
        if self.source is None or self.column is None:
            return place
        start = max(0, self.column - 60)
        shown = self.source[start : start + 100].replace("\t", " ")
        return f"{place}\n  {shown}\n  {' ' * (self.column - 1 - start)}^"


class NetworkError(WildwireError, ValueError):
    """A description that cannot be a network."""


class LoopError(NetworkError):
    """Links without delay form a loop; the message names it."""


class UnknownNameError(NetworkError, KeyError):
    """A source, output or number that nobody defines."""

    __str__ = Exception.__str__


class DuplicateNameError(NetworkError):
    """One name is defined twice."""


class FunctionError(WildwireError, ValueError):
    """A formula that cannot be a neuron function or a loss."""


class FormulaError(FunctionError, LanguageError):
    """Text given as an activation or a loss that is not of the language.

    Both kinds at once: whoever takes formulas from strangers catches FunctionError and
    nothing else; whoever shows the place finds line, column and source.
    """


class UnsupportedError(WildwireError, NotImplementedError):
    """Described correctly, but this version cannot run it."""


class DataError(WildwireError, ValueError):
    """Rows, columns, targets or weights that cannot be learnt from."""


class SettingError(WildwireError, ValueError):
    """An argument or option outside its range."""


class UntrainedError(WildwireError, ValueError):
    """A number that prediction needs is still unknown."""


class SettleError(WildwireError, ArithmeticError):
    """The values of a sample, or the gradient through them, do not stand still in a network with `settle`."""


class CheckError(FunctionError, AssertionError):
    """A check of `wildwire.testing` found what does not hold; `report` has all that was found.

    Also an AssertionError: in a test it is a failure, not an error.
    """

    def __init__(self, message, report=None):
        super().__init__(message)
        self.report = report


class FileError(WildwireError, ValueError):
    """A model or data file that is damaged, too new or cannot be written."""


class DependencyError(WildwireError, ImportError):
    """An optional package is missing; the message gives the install command."""
