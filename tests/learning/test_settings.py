"""Settings: what is accepted in which form, and what is refused with which words."""

import math

import numpy as np
import pytest

from wildwire.errors import SettingError
from wildwire.learning.learners import Adam
from wildwire.learning.settings import check_settings, time_limit_seconds

GOOD = {
    "learner": Adam(), "batch": 32, "epochs": 5, "gradient": "mean", "shuffle": True,
    "time_limit": None, "threads": 1, "dtype": "float64", "l1": 0.0, "l2": 0.0,
    "l1_dies": True, "penalty": None, "clip": None, "patience": 20, "steady": 1e-10, "scale_loss": "auto",
}  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (90, 90), (0.5, 0.5), ("90", 90), ("90s", 90), ("5m", 300), ("5 min", 300),
        ("1.5h", 5400), (" 2 H ", 7200), (".5s", 0.5), (None, math.inf), (np.float64(3), 3),
    ],
)  # fmt: skip
def test_time_limit(limit, seconds):
    assert time_limit_seconds(limit) == seconds


@pytest.mark.parametrize(
    "limit", [0, -1, "", "s", "5 days", "m5", "1e3", math.nan, True, [5], "-5s"]
)
def test_bad_time_limit(limit):
    with pytest.raises(SettingError, match="time limit"):
        time_limit_seconds(limit)


def test_forms():
    settings = check_settings(
        **GOOD | {
            "learner": "adam", "batch": "full", "epochs": np.int64(3), "time_limit": "2m",
            "dtype": np.float32, "clip": 1, "patience": None, "steady": None,
            "scale_loss": False,
        }
    )  # fmt: skip
    assert settings.learner == Adam()
    assert (settings.batch, settings.epochs, settings.time_limit) == (0, 3, 120)
    assert (settings.dtype, settings.clip, settings.scale_loss) == (
        "float32",
        1.0,
        False,
    )
    assert settings.patience is None
    assert settings.steady is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("learner", "adaam", "did you mean 'adam'"),
        ("learner", 0.1, "learner must be one of ww.learners"),
        ("learner", Adam, "learner must be one of ww.learners"),
        ("batch", 0, "batch must be a whole number of 1 or more, not 0"),
        ("batch", "ful", "did you mean 'full'"),
        ("batch", True, "batch must be a whole number"),
        ("batch", 2.5, "batch must be a whole number"),
        ("epochs", 0, "epochs must be a whole number of 1 or more, not 0"),
        ("epochs", -3, "epochs"),
        ("gradient", "average", "gradient must be one of 'mean', 'sum'"),
        ("shuffle", "yes", "shuffle must be one of True, False"),
        ("shuffle", 1, "shuffle"),
        ("threads", 0, "threads"),
        ("dtype", "float16", "dtype must be one of 'float64', 'float32'"),
        ("l1", -1, "l1 must be a number 0 or more"),
        ("l2", math.nan, "l2"),
        ("l2", "some", "l2"),
        ("clip", 0, "clip must be a number above 0"),
        ("patience", 0, "patience"),
        ("steady", -1e-3, "steady"),
        ("scale_loss", 1, "scale_loss"),
        ("l1_dies", None, "l1_dies"),
    ],
)
def test_refusals(name, value, words):
    with pytest.raises(SettingError, match=words):
        check_settings(**GOOD | {name: value})
