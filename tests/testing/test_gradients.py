"""The check of gradients finds what is wrong, and says what it did not compare."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine import evaluate
from wildwire.errors import CheckError, SettingError, UnknownNameError
from wildwire.functions import find
from wildwire.testing import check_gradient, smoothness
from wildwire.testing.differences import central_difference

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(12, 2)), RANDOM.normal(size=12)


def checked(lines, seed=0, **options):
    network = ww.parse(f"input x1, x2\n{lines}\noutput y")
    return check_gradient(network, network.initial(seed), X, Y, **options)


def test_smooth_networks_agree_number_by_number():
    report = checked(
        "let a = 0.5\nh[2] ~ spline(x1, x2, knots=4)\ng = a*0.5*(x1 - ?*x2)\n"
        "e = exp(-?*x1*x1) + a*g\ny ~ tanh(h, g, e)"
    )
    assert not report.skipped and len(report.compared) == len(report.numbers)
    assert len(report.numbers) > 20
    for number in report.numbers:
        assert abs(number.engine - number.difference) < 1e-9
        assert number.error < 1e-8
    assert str(report).startswith(
        "gradient of 23 numbers: all agree with the twin, 23 with"
    )


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile(q=0.3)", "log_cosh"])
def test_losses_and_kinks_are_stepped_around(loss):
    report = checked("h[3] ~ relu(x1, x2)\ny ~ leaky_relu(h, leak=?)", loss=loss)
    assert len(report.compared) == len(report.numbers)


def test_a_wrong_gradient_is_named_with_both_values(monkeypatch):
    true = evaluate.loss_and_gradient

    def wrong(*given, **options):
        value, gradient = true(*given, **options)
        gradient[1] *= 1.0001
        return value, gradient

    monkeypatch.setattr(evaluate, "loss_and_gradient", wrong)
    with pytest.raises(CheckError) as caught:
        checked("y ~ tanh(x1, x2)")
    message = str(caught.value)
    assert "the gradient of 'x2 -> y' is wrong: the engine says" in message
    assert "the slow twin says" in message and "(1 more differ)" in message
    assert isinstance(caught.value, AssertionError)
    assert len(caught.value.report.numbers) == 3


def test_a_gradient_that_is_wrong_in_the_twin_as_well_is_found(monkeypatch):
    # A wrong rule for a derivative: engine and twin follow it alike, differences do not.
    from wildwire.functions import primitives
    from wildwire.functions.primitives import Primitive

    wrong = Primitive(1, lambda u: (1.01 / (1.0 + u * u),), "inverse tangent")
    monkeypatch.setitem(primitives.PRIMITIVES, "arctan", wrong)
    with pytest.raises(CheckError, match="central differences say"):
        checked("activation mine(z) = arctan(1.5*z)*2\ny ~ mine(x1, x2)")


SURROGATES = [
    ("h ~ step(x1, x2, slope=triangle)", "h: step has a training slope"),
    ("h ~ step(x1, x2)", "h: step jumps, and its slope says nothing of jumps"),
    ("h ~ sign(x1, x2)", "h: sign jumps, and its slope says nothing of jumps"),
    (
        "h ~ staircase(x1, x2, steps=[3])",
        "h: staircase jumps, and its slope says nothing of jumps",
    ),
]


@pytest.mark.parametrize(
    ("line", "reason"), SURROGATES, ids=[line for line, _ in SURROGATES]
)
def test_what_passes_a_surrogate_is_skipped_by_name(line, reason):
    report = checked(f"g ~ tanh(x1, x2)\n{line.replace('x2', 'g')}\ny ~ linear(h, g)")
    before = ("x1 -> g", "x2 -> g", "g bias", "x1 -> h", "g -> h", "h bias")
    assert report.skipped == {reason: before}
    assert {n.name for n in report.compared} == {"h -> y", "g -> y", "y bias"}
    assert f"not compared, {reason}: x1 -> g" in str(report)


def test_slopes_in_parameters_are_true_beside_a_training_slope():
    text = "activation f(z, k=2) = where(z > 0, k, k*k), slope = k\nh ~ f(x1, k=3)\ny ~ tanh(h, x2)"
    report = checked(text)
    (names,) = report.skipped.values()
    assert names == ("x1 -> h", "h bias")
    assert "h k" in {n.name for n in report.compared}


def test_a_sample_at_a_kink_is_reported():
    network = ww.parse("input x\nh ~ relu(x)\ny ~ linear(h)\noutput y")
    report = check_gradient(
        network, [1.0, -1.0, 0.5, 0.0], [[0.3], [1.0], [2.0]], [0, 1, 0]
    )
    assert report.skipped == {"h: sample 1 lies at a kink": ("x -> h", "h bias")}


def test_chosen_numbers_only():
    report = checked("y ~ tanh(x1, x2)", numbers=["x2 -> y"])
    assert [n.name for n in report.numbers] == ["x2 -> y"]
    with pytest.raises(UnknownNameError):
        checked("y ~ tanh(x1, x2)", numbers=["x3 -> y"])
    with pytest.raises(SettingError):
        checked("y ~ tanh(x1, x2)", tolerance=0)


def test_a_difference_knows_its_error():
    for function, slope in [(np.exp, 1.0), (np.sin, 1.0), (lambda h: h**3, 0.0)]:
        found = central_difference(function, 0.1, 1e-16)
        assert abs(found.value - slope) <= 4 * found.error <= 1e-11
    rough = central_difference(lambda h: h + 1e-6 * RANDOM.normal(), 0.1, 1e-6)
    assert abs(rough.value - 1) < 10 * rough.error


@pytest.mark.parametrize(
    ("name", "jumps"),
    [("step", True), ("sign", True), ("staircase", True), ("relu", False), ("abs", False),
     ("ramp", False), ("sqrt", False), ("log", False), ("reciprocal", False), ("triangle", False)],
)  # fmt: skip
def test_jumps_are_told_from_kinks(name, jumps):
    assert smoothness._jumps(find(name), find(name).starts) is jumps
