"""What checks have found.

Comes in: names and outcomes of checks. Goes out: a `Report` that prints as a table, and the error for one that
has failed. Called by `functions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wildwire.errors import CheckError

__all__ = ["Check", "Report"]

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    name : str
        "slope in z", "float32 kernel, level 1".
    status : {"passed", "failed", "skipped"}
    detail : str
        What was measured; of a failure the arguments and both numbers; why it was skipped.
    """

    name: str
    status: str
    detail: str


@dataclass(frozen=True)
class Report:
    """All checks of one function, in the order in which they were made.

    Attributes
    ----------
    subject : str
        "activation bump(z, k=10)".
    checks : tuple of Check
    """

    subject: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check has failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == FAILED)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __getitem__(self, name: str) -> Check:
        """The check of that name."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def __str__(self) -> str:
        """One line for each check."""
        width = max((len(check.name) for check in self.checks), default=0)
        lines = [f"  {c.status:<7}  {c.name:<{width}}  {c.detail}" for c in self.checks]
        return "\n".join([self.subject, *(line.rstrip() for line in lines)])

    def error(self) -> CheckError:
        """The error of the first failure; it holds this report."""
        first = self.failures[0]
        more = len(self.failures) - 1
        others = f" ({more} more failed; see the error's report)" if more else ""
        error = CheckError(f"{self.subject}: {first.name}: {first.detail}{others}")
        error.report = self
        return error
