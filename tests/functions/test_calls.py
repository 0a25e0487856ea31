"""What formulas call: the definitions that a text needs, and names that mean two things."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import DuplicateNameError, FunctionError
from wildwire.functions import catalogue, transfers
from wildwire.functions.calls import own_functions, twofold

TEXT = """\
input a, b
h ~ third(a, b)
y ~ gathers(h, a)
output y
activation third(z) = second(z) + tanh(z)
activation second(z) = first(z)*2
activation first(z) = z*z
activation tanh(z) = 1.7159*tanh(2/3*z)
transfer gathers(w, x) = max(w*second(x)) + spline_like(sum(x))
activation spline_like(z) = cubic_step(z)
"""


def functions_of(*definitions, line="h ~ f(x)"):
    return ww.parse("\n".join(["input x", line, "output h", *definitions]))


def test_definitions_stand_behind_those_that_they_call():
    network = ww.parse(TEXT)
    found = own_functions((*network.functions, *network.transfers[1:]))
    names = [function.name for function in found]
    assert sorted(names) == [
        "first", "gathers", "second", "spline_like", "tanh", "third",
    ]  # fmt: skip
    assert names.index("first") < names.index("second") < names.index("third")
    assert names.index("tanh") < names.index("third")
    assert own_functions([catalogue()["spline"], transfers()["distance"]]) == []


def test_a_network_of_nested_functions_is_saved_with_all_of_them(tmp_path):
    parsed = ww.parse(TEXT)
    network = ww.Network.from_arrays(
        2, [0, 1, 2, 0], [0, 0, 1, 1], neurons=2, bias=False,
        activation=[parsed.functions[0], "identity"],
        transfer=[None, parsed.transfers[1]],
    )  # fmt: skip
    theta, X = np.array([0.4, -0.7, 0.9, 1.2]), np.array([[0.3, 0.8], [-1.5, 0.2]])
    expected = ww.run(network, theta, X)
    for name in ("model.wire", "model.safetensors"):
        ww.Model(network, theta).save(tmp_path / name)
        np.testing.assert_array_equal(ww.load(tmp_path / name).run(X), expected)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("y ~ tanh(x)", 9.0),
        ("y ~ f(x)", 10.0),
        ("y = 1*tanh(x) + 0*x", 9.0),
        ("y = 1*f(x) + 0*x", 10.0),
        ("y ~ g(x)", 2 * catalogue()["gaussian"].evaluate(0, [3.0]).item()),
        ("y ~ t(x)", 9.0),
        ("y ~ erf(x)", 10.0),
    ],
)
def test_what_a_text_defines_goes_before_what_is_built_in(line, value):
    network = ww.parse(
        f"input x\n{line}\noutput y\nactivation tanh(z) = z*z\nactivation f(z) = tanh(z) + 1\n"
        "activation gaussian(z) = 2*gaussian(z)\nactivation g(z) = gaussian(z)\n"
        "transfer t(w, x) = max(tanh(x))\nactivation erf(z) = f(z)"
    )
    theta = np.where(np.isnan(network.start), 1.0, network.start)
    theta[[name.endswith("bias") for name in network.theta_names]] = 0
    assert ww.run(network, theta, [[3.0]]).item() == pytest.approx(value)
    again = ww.parse(network.to_text(theta))
    assert ww.run(again, again.start, [[3.0]]).item() == pytest.approx(value)


def test_only_what_is_built_in_may_stand_in_its_own_definition():
    made = ww.parse("input x\ny ~ log(x)\noutput y\nactivation log(z) = log(1 + z)")
    assert made.functions[0].evaluate(0, [1.0]).item() == pytest.approx(np.log(2))
    with pytest.raises(FunctionError, match="circle: own -> own"):
        functions_of("activation own(z) = own(z) + 1")


@pytest.mark.parametrize("name", ["sum", "mean", "max", "where", "guard_zero", "index"])
def test_words_with_rules_of_their_own_are_no_names(name):
    with pytest.raises(FunctionError, match=f"'{name}' has a meaning of its own"):
        ww.activation(f"{name}(z) = z*z")


def _inner(formula, *definitions):
    """An activation f with this formula, which calls these."""
    return functions_of(f"activation f(z) = {formula}", *definitions).functions[0]


def _transfer(formula, *definitions):
    text = f"transfer t(w, x) = {formula}"
    return functions_of(text, *definitions, line="h ~ t(x)").transfers[1]


SQUARE, CUBE = "activation g(z) = z*z", "activation g(z) = z*z*z"
GAUSSIAN = "activation gaussian(z) = z*z"


@pytest.mark.parametrize(
    ("functions", "name"),
    [
        ([_inner("g(z)", SQUARE), _transfer("max(g(x))", SQUARE)], None),
        ([_inner("g(z)", SQUARE), _transfer("max(g(x))", CUBE)], "g"),
        ([_transfer("max(gaussian(x))", GAUSSIAN), catalogue()["gaussian"]], "gaussian"),
        ([_inner("gaussian(z)"), ww.activation("gaussian(z) = z*z")], "gaussian"),
        ([_inner("gaussian(z) + 1"), catalogue()["gaussian"]], None),
        ([_inner("tanh(z) + 1"), ww.activation("tanh(z) = 2*tanh(z)")], "tanh"),
        ([_inner("tanh(z) + 1"), catalogue()["tanh"]], None),
        ([_inner("tanh(z) + 1"), ww.transfer("tanh(w, x) = max(w*x)")], None),
        ([catalogue()["tanh"], ww.transfer("tanh(w, x) = max(w*x)")], "tanh"),
        ([_inner("z*z"), _inner("z*z*z")], "f"),
        ([_inner("g(z)", "activation g(z, k=1) = k*z"), ww.activation("g(z, k=2) = k*z")], "g"),
        ([catalogue()["spline"], catalogue()["spline"].chosen(knots=4)], None),
        ([catalogue()["spline"], ww.activation("cubic_ramp(z) = z")], None),
    ],
)  # fmt: skip
def test_names_that_mean_two_things(functions, name):
    assert twofold(functions) == name


def test_a_network_with_two_meanings_of_a_name_is_refused():
    inside = _transfer("max(w*gaussian(x)) + 2*max(x)", GAUSSIAN)
    with pytest.raises(DuplicateNameError, match="'gaussian': rename one of them"):
        ww.Network.from_arrays(
            1, [0], [0], neurons=1, transfer=inside, activation="gaussian"
        )


def test_another_default_makes_another_function():
    changed = ww.activation("leaky_relu(z, a=0.3) = where(z > 0, z, a*z)")
    network = ww.Network.from_arrays(1, [0], [0], neurons=1, activation=changed)
    again = ww.parse(network.to_text())
    assert again.functions[0].parameters == changed.parameters
