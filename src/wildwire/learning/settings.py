"""The settings of a fit, checked before anything runs.

Comes in: what the user passed to `fit`. Goes out: `Settings`, in which every value has been checked and brought
into one form. Called by `learning/fitting.py`; the command line uses `time_limit_seconds` for its own option.
"""

import difflib
import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wildwire.errors import SettingError
from wildwire.learning.first_order import FirstOrder
from wildwire.learning.learner import Learner, Stepwise
from wildwire.learning.learners import by_name

if TYPE_CHECKING:
    from wildwire.functions import Function

__all__ = [
    "Settings", "check_network", "check_settings", "checked_number", "checked_penalty", "dtype_name",
    "one_line", "time_limit_seconds",
]  # fmt: skip

AUTO_BATCH = 32
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(s|min|m|h|)\s*")


def one_line(value) -> str:
    """A value as an error message shows it: on one line, and not for long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_network(network) -> None:
    """Refuse what is not a `Network`, with a SettingError."""
    from wildwire.network import Network

    if not isinstance(network, Network):
        hint = ": read text with wildwire.parse" if isinstance(network, str) else ""
        raise SettingError(f"network must be a Network, not {one_line(network)}{hint}")


def time_limit_seconds(limit: float | str | None) -> float:
    """A time limit in seconds: 90, "90", "90s", "5m", "1.5h"; None is no limit (infinity).

    Raises
    ------
    SettingError
        It is none of these, or not above 0.
    """
    if limit is None:
        return math.inf
    seconds = math.nan
    if isinstance(limit, str):
        match = _TIME.fullmatch(limit.lower())
        seconds = float(match[1]) * _UNITS[match[2]] if match else math.nan
    elif not isinstance(limit, bool):
        try:
            seconds = float(limit)
        except (TypeError, ValueError):
            seconds = math.nan
    if not seconds > 0:
        raise SettingError(
            f"time limit must be like 90, '90s' or '5m', not {one_line(limit)}"
        )
    return seconds


def _whole(name: str, value, least: int = 1) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise SettingError(
            f"{name} must be a whole number of {least} or more, not {one_line(value)}"
        )
    return number


def checked_number(name: str, value, *, zero: bool = True) -> float:
    """`value` as a finite float of 0 or more (above 0 without `zero`), or a SettingError that names it."""
    try:
        number = float(value) if not isinstance(value, (bool, str)) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        bound = "0 or more" if zero else "above 0"
        raise SettingError(f"{name} must be a number {bound}, not {one_line(value)}")
    return number


def _choice(name: str, value, choices: tuple) -> Any:
    # Identity first: 1 == True, but batch=1 is not a switch.
    for choice in choices:
        if value is choice or (isinstance(choice, str) and value == choice):
            return choice
    listed = ", ".join(repr(choice) for choice in choices)
    close = difflib.get_close_matches(str(value), [str(c) for c in choices], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise SettingError(f"{name} must be one of {listed}, not {one_line(value)}{hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of `fit` but data, network and where the run is told and written down; made by `check_settings`.

    Field by field as the arguments of `wildwire.learning.fit`, which describes them; `batch` is 0 for "full" and
    `time_limit` is in seconds, infinity for none.
    """

    learner: Learner
    batch: int
    epochs: int
    gradient: str
    shuffle: bool
    time_limit: float
    threads: int
    dtype: str
    l1: float
    l2: float
    l1_dies: bool
    penalty: "Function | None"
    clip: float | None
    patience: int | None
    steady: float | None
    scale_loss: bool | str
    dropout: float | tuple[tuple[str, float], ...] = 0.0
    weight_noise: float = 0.0
    max_norm: float | None = None

    @property
    def first_order(self) -> FirstOrder:
        """The learner of a run through mini-batches."""
        assert isinstance(self.learner, FirstOrder)
        return self.learner


def check_settings(
    *, learner, batch, epochs, gradient, shuffle, time_limit, threads, dtype, l1, l2,
    l1_dies, penalty, clip, patience, steady, scale_loss, dropout=0.0, weight_noise=0.0,
    max_norm=None,
) -> Settings:  # fmt: skip
    """What the user passed, checked and in one form.

    Raises
    ------
    SettingError
        A value outside its range; the message names it, and the nearest name where a name is unknown.
    """
    learner = _learner(learner)
    stepwise = isinstance(learner, Stepwise)
    if stepwise:
        _refuse_rules_of_batches(learner, batch, dtype, l1, clip)
        _refuse_changes_of_steps(learner, dropout, weight_noise, max_norm)
    return Settings(
        learner=learner,
        batch=0 if stepwise else _batch(batch),
        epochs=learner.default_epochs if epochs is None else _whole("epochs", epochs),
        gradient=_choice("gradient", gradient, ("mean", "sum")),
        shuffle=_choice("shuffle", shuffle, (True, False)),
        time_limit=time_limit_seconds(time_limit),
        threads=_whole("threads", threads),
        dtype=_choice("dtype", dtype_name(dtype), ("float64", "float32")),
        l1=checked_number("l1", l1),
        l2=checked_number("l2", l2),
        l1_dies=_choice("l1_dies", l1_dies, (True, False)),
        penalty=checked_penalty(penalty),
        clip=None if clip is None else checked_number("clip", clip, zero=False),
        patience=None if patience is None else _whole("patience", patience),
        steady=None if steady is None else checked_number("steady", steady),
        scale_loss=_choice("scale_loss", scale_loss, ("auto", True, False)),
        dropout=_checked_dropout(dropout),
        weight_noise=checked_number("weight_noise", weight_noise),
        max_norm=None
        if max_norm is None
        else checked_number("max_norm", max_norm, zero=False),
    )


def _batch(batch: int | str) -> int:
    """Rows per step; 0 for all."""
    if isinstance(batch, str):
        return {"full": 0, "auto": AUTO_BATCH}[
            _choice("batch", batch, ("full", "auto"))
        ]
    return _whole("batch", batch)


def _refuse_rules_of_batches(learner: Stepwise, batch, dtype, l1, clip) -> None:
    """SettingError for settings that only first-order learners know."""
    name = type(learner).__name__
    why = ""
    if not (isinstance(batch, str) and batch in ("full", "auto")):
        why = f"{name} takes all rows at every step: leave batch out, or write batch='full'"
    elif l1 != 0:
        why = f"l1 makes links die, which {name} does not know: use l2 or a penalty, or a first-order learner"
    elif clip is not None:
        why = f"clip shortens the gradients of first-order learners; {name} has its own control of steps"
    elif dtype_name(dtype) == "float32":
        why = f"{name} computes in float64; float32 is for first-order learners"
    if why:
        raise SettingError(why)


def _refuse_changes_of_steps(learner, dropout, weight_noise, max_norm) -> None:
    """SettingError for what disturbs or corrects single steps of first-order learners."""
    asked = {
        "dropout": dropout not in (0, {}), "weight_noise": weight_noise != 0,
        "max_norm": max_norm is not None,
    }  # fmt: skip
    for name in (name for name, is_asked in asked.items() if is_asked):
        raise SettingError(
            f"{name} changes single steps of first-order learners; {type(learner).__name__} follows one loss from "
            "step to step: leave it out, or take Adam, GradientDescent, ..."
        )


def _checked_dropout(dropout) -> float | tuple[tuple[str, float], ...]:
    """A share, or shares by name, each of 0 or more and below 1."""
    if isinstance(dropout, Mapping):
        return tuple(
            (str(name), _share(f"dropout of {name!r}", share))
            for name, share in dropout.items()
        )
    return _share("dropout", dropout)


def _share(name: str, value) -> float:
    share = checked_number(name, value)
    if share >= 1:
        raise SettingError(f"{name} must be below 1, not {one_line(value)}")
    return share


def checked_penalty(penalty) -> "Function | None":
    """A penalty by its formula in w or as a Function; None for none."""
    from wildwire.functions import penalty as penalty_of

    if penalty is None or getattr(penalty, "kind", None) == "penalty":
        return penalty
    if not isinstance(penalty, str):
        raise SettingError(
            f"penalty must be an expression in w such as '0.01*abs(w)', not {one_line(penalty)}"
        )
    return penalty_of(penalty)


def _learner(learner) -> Learner:
    if isinstance(learner, str):
        return by_name(learner)
    if not isinstance(learner, Learner):
        raise SettingError(
            f"learner must be one of ww.learners, such as Adam(rate=0.01), not {one_line(learner)}"
        )
    return learner


def dtype_name(dtype) -> str:
    """The word for a type, given as text or as NumPy's."""
    # np.float32, np.dtype("float32") and "float32" all end in the same word.
    return getattr(dtype, "name", getattr(dtype, "__name__", dtype))
