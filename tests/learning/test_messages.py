"""What a result says about its run: whether going on would help, and whether units stand in the way."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.learning.learners import GradientDescent
from wildwire.learning.stopping import falling

X = np.linspace(-1, 1, 8)
LINE = "input x\ny = ?*x\noutput y"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([], None),
        ([1.0], None),
        ([1.0, 0.5], True),
        ([0.5, 1.0], False),
        ([1.0, 0.9999], False),
        ([-1.0, -1.5], True),
        (np.exp(-np.arange(100) / 20), True),
        (np.exp(-np.arange(100)) + 1, False),
        (1 + 0.1 * (-1.0) ** np.arange(100), False),
    ],
)
def test_falling(losses, expected):
    assert falling(losses) is expected


@pytest.mark.parametrize(("validation", "name"), [(None, "loss"), (0.25, "validation")])
def test_epochs_say_whether_more_would_help(validation, name):
    made = ww.parse(LINE)
    settings = {
        "batch": "full",
        "validation": validation,
        "patience": None,
        "steady": None,
    }
    slow = ww.fit(
        made, X, 2 * X, [0.0], epochs=20, learner=GradientDescent(0.05), **settings
    )
    still = ww.fit(
        made, X, 2 * X, [0.0], epochs=20, learner=GradientDescent(0), **settings
    )
    short = ww.fit(made, X, 2 * X, [0.0], epochs=1, **settings)
    what = "loss" if name == "loss" else "validation loss"
    assert slow.reason == still.reason == "epochs"
    assert f"The {what} was still falling: give more epochs." in slow.message
    assert f"The {what} was no longer falling." in still.message
    assert "cannot be told yet" in short.message


@pytest.mark.parametrize(
    ("text", "unit", "scale_loss", "told"),
    [
        (LINE, 1e6, "auto", True),
        (LINE, 1e-6, "auto", True),
        (LINE, 1.0, "auto", False),
        (LINE, 1e6, False, False),
        ("input x\ns = ?*x\nfixed y = 1e6*s\noutput y", 1e6, "auto", False),
        ("input x\ns = ?*x\nfixed y = 2*s\noutput y", 1e6, "auto", True),
    ],
)
def test_units_that_the_network_lacks(text, unit, scale_loss, told):
    result = ww.fit(
        ww.parse(text), X, unit * X, epochs=2, scale_loss=scale_loss,
        learner=GradientDescent(1e-20),
    )  # fmt: skip
    assert ("let it end in `fixed y = " in result.message) is told


GUARDED = "input x\nrecip = reciprocal([1]*x)\ny ~ identity(recip)\noutput y"


@pytest.mark.parametrize("batch", [1, "full"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_guards_that_were_active_are_named(batch, dtype):
    made = ww.parse(GUARDED)
    rows = np.concatenate((np.zeros(3), np.linspace(1, 2, 147)))
    settings = {"batch": batch, "dtype": dtype, "epochs": 1, "seed": 0}
    result = ww.fit(made, rows, rows, validation=(rows[:3], rows[:3]), **settings)
    told = "recip: the guard of 1/z was active in 3 of 150 rows (z held 1e-12 from 0)."
    assert told in result.message
    assert result.guards == {"recip": 3}
    quiet = ww.fit(made, rows[3:], rows[3:], **settings)
    assert "guard" not in quiet.message
    assert quiet.guards == {"recip": 0}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "y = x**?",
            ": it has a power that is not whole, which negative numbers have not.",
        ),
        (
            "activation f(z) = log(z)\ny = f([1]*x)",
            ": it has a logarithm, which negative numbers have not.",
        ),
        ("y = sqrt(x)*?", ": it has a square root, which negative numbers have not."),
        ("y = x/(x - x)*?", "."),
    ],
)
def test_a_neuron_without_a_value_is_named_with_its_reason(lines, words):
    made = ww.parse(f"input x\n{lines}\noutput y")
    rows = np.array([1.0, 2.0, -3.0])
    result = ww.fit(
        made,
        rows,
        rows,
        np.full(made.n_theta, 0.4),
        epochs=2,
        batch="full",
        shuffle=False,
    )
    assert result.reason == "diverged"
    assert (
        f"arose in neuron 'y', row {0 if words == '.' else 2}{words}" in result.message
    )
