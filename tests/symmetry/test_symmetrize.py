"""`ww.symmetrize`: the symmetry holds for all numbers, known numbers stay where they can, the text says it."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError, UnknownNameError, UnsupportedError
from wildwire.symmetry import symmetrize

X = np.random.default_rng(5).normal(size=(40, 2))


def lines(network):
    return [
        line
        for line in str(network).splitlines()
        if line and not line.startswith(("let", "input", "output"))
    ]


def gap(network, theta, X, moved):
    """Largest difference that the movement makes, relative to the largest output."""
    plain, other = ww.run(network, theta, X), ww.run(network, theta, moved)
    return np.abs(plain - other).max() / np.abs(plain).max()


def test_neurons_of_one_kind_become_pairs_and_the_last_one_is_tied_within():
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ logistic(h, a)\noutput y")
    assert lines(symmetrize(network, swap=("a", "b"))) == [
        "h_0 = tanh(a_h_0*a + b_h_0*b + h_0_bias)",
        "h_1 = tanh(b_h_0*a + a_h_0*b + h_0_bias)",
        "h_2 = tanh(a_h_2*a + a_h_2*b + ?)",
        "y = logistic(h_0_y*h_0 + h_0_y*h_1 + ?*h_2 + a_y*a + a_y*b + ?)",
    ]


def test_neurons_with_mirrored_wiring_are_partners():
    network = ww.parse(
        "input a, b, c\np ~ tanh(a, c)\nq ~ tanh(b, c)\ny ~ linear(p, q)\noutput y"
    )
    assert lines(symmetrize(network, swap=("a", "b"))) == [
        "p = tanh(a_p*a + c_p*c + p_bias)",
        "q = tanh(a_p*b + c_p*c + p_bias)",
        "y = identity(p_y*p + p_y*q + ?)",
    ]


def test_a_sign_is_turned_by_a_mirrored_copy():
    network = ww.parse("input a, b\nh ~ tanh(a, b)\ny ~ linear(h, a, b)\noutput y")
    assert lines(symmetrize(network, flip="a")) == [
        "h = tanh(a_h*a + b_h*b + h_bias)",
        "h_2 = tanh(-a_h*a + b_h*b + h_bias)",
        "y = identity(h_y*h + ?*b + h_y*h_2 + ?)",
    ]


def test_frozen_numbers_and_formulas_get_copies_and_the_output_their_mean():
    network = ww.parse(
        "input a, b\nd = tanh([1]*a - [1]*b)\ny = exp([2]*d)*a\noutput y"
    )
    assert lines(symmetrize(network, swap=("a", "b"))) == [
        "d = tanh(a - b)",
        "d_2 = tanh(b - a)",
        "y_1 = exponential([2]*d)*a",
        "y_2 = exponential([2]*d_2)*b",
        "y = identity([0.5]*y_1 + [0.5]*y_2)",
    ]


def test_a_product_that_is_symmetric_already_needs_no_copy():
    network = ww.parse("input a, b\np = a*b\ny ~ tanh(p)\noutput y")
    symmetric = symmetrize(network, swap=("a", "b"))
    assert lines(symmetric) == ["p = a*b", "y ~ tanh(p)"]


def test_exclusive_or_keeps_a_solution_that_is_symmetric():
    network = ww.parse("""
        input x1, x2
        h1 = logistic(20*x1 + 20*x2 - 30)
        h2 = logistic(-20*x1 - 20*x2 + 10)
        y = logistic(-20*h1 - 20*h2 + 10)
        output y""")
    symmetric = symmetrize(network, swap=("x1", "x2"))
    table = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(
        ww.run(symmetric, symmetric.start, table), ww.run(network, network.start, table)
    )
    assert symmetric.n_theta == network.n_theta - 2


def test_partners_are_chosen_by_their_numbers():
    network = ww.parse("""
        input a, b
        h[5] ~ tanh(a, b)
        numbers h
          1 2 0.1
          3 4 0.2
          2 2 0.3
          2 1 0.1
          4 3 0.2
        y ~ linear(h)
        output y
        numbers y
          0.5 0.7 0.9 0.5 0.7 0""")
    symmetric = symmetrize(network, swap=("a", "b"))
    np.testing.assert_allclose(
        ww.run(symmetric, symmetric.start, X),
        ww.run(network, network.start, X),
        rtol=1e-12,
    )


def test_numbers_that_become_one_take_the_mean_and_a_new_link_counts_as_0():
    network = ww.parse("input a, b\ny = 3*a + 1*b + 0.5\noutput y")
    symmetric = symmetrize(network, swap=("a", "b"))
    assert symmetric.numbers(symmetric.start) == {"y bias": 0.5, "a_y": 2.0}
    network = ww.parse("input a, b\ny = 3*a + 0.5\noutput y")
    symmetric = symmetrize(network, swap=("a", "b"))
    mirrored = (
        ww.run(network, network.start, X) + ww.run(network, network.start, X[:, ::-1])
    ) / 2
    np.testing.assert_allclose(ww.run(symmetric, symmetric.start, X), mirrored)


def test_theta_may_be_given():
    network = ww.parse("input a, b\ny ~ tanh(a, b)\noutput y")
    symmetric = symmetrize(network, [1.0, 3.0, np.nan], swap=("a", "b"))
    np.testing.assert_array_equal(symmetric.start, [np.nan, 2.0])


def test_of_three_neurons_each_belongs_to_one_of_three_inputs():
    network = ww.parse("input x[3]\nh[3] ~ tanh(x)\ny ~ linear(h)\noutput y")
    symmetric = symmetrize(network, swap=[("x[0]", "x[1]"), ("x[1]", "x[2]")])
    assert symmetric.n_theta == 2 + 1 + 1 + 1  # own, others, bias, out, bias of y
    rows = np.random.default_rng(0).normal(size=(20, 3))
    theta = symmetric.initial(0)
    for order in ([1, 0, 2], [2, 1, 0], [1, 2, 0]):
        assert gap(symmetric, theta, rows, rows[:, order]) < 1e-14


def test_a_mapping_is_one_permutation_and_not_more():
    network = ww.parse("input x[4]\nh[4] ~ tanh(x)\ny ~ linear(h)\noutput y")
    wish = {"x[0]": "x[1]", "x[1]": "x[0]", "x[2]": "x[3]", "x[3]": "x[2]"}
    symmetric = symmetrize(network, swap=wish)
    rows = np.random.default_rng(0).normal(size=(20, 4))
    theta = symmetric.initial(0)
    assert gap(symmetric, theta, rows, rows[:, [1, 0, 3, 2]]) < 1e-14
    assert gap(symmetric, theta, rows, rows[:, [1, 0, 2, 3]]) > 1e-3


@pytest.mark.parametrize(
    ("flip", "signs"),
    [
        ("a", [(-1, 1)]),
        (["a", "b"], [(-1, 1), (1, -1), (-1, -1)]),
        (("a", "b"), [(-1, -1)]),
    ],
)
def test_names_of_a_tuple_turn_together_and_those_of_a_list_one_by_one(flip, signs):
    network = ww.parse("input a, b\nh[4] ~ tanh(a, b)\ny ~ linear(h)\noutput y")
    symmetric = symmetrize(network, flip=flip)
    assert symmetric.n_neurons == network.n_neurons  # the neurons at hand sufficed
    theta = symmetric.initial(0)
    for sign in [(-1, 1), (1, -1), (-1, -1)]:
        assert (gap(symmetric, theta, X, X * sign) < 1e-14) == (sign in signs)


def test_layers_keep_their_symmetry_through_training():
    network = ww.wiring.layered(["x1", "x2", "x3"], 8, 6, 1)
    symmetric = symmetrize(network, swap=("x1", "x2"), flip="x3")
    rows = np.random.default_rng(0).normal(size=(200, 3))
    Y = rows[:, 0] * rows[:, 1] + np.abs(rows[:, 2])
    result = ww.fit(symmetric, rows, Y, epochs=50, batch=20, seed=0)
    assert result.history["loss"][-1] < 0.7 * result.history["loss"][0]
    assert not np.allclose(result.theta, symmetric.initial(0))
    assert gap(symmetric, result.theta, rows, rows[:, [1, 0, 2]]) < 1e-12
    assert gap(symmetric, result.theta, rows, rows * [1, 1, -1]) < 1e-12
    found = ww.symmetries(symmetric, result.theta)
    assert found.inputs.classes == (("x1", "x2"),)
    assert [(f.inputs, f.effect, f.evidence) for f in found.inputs.flips] == [
        (("x3",), "unchanged", "structural")
    ]
    assert found.inputs.swaps[0].evidence == "structural"


def test_columns_outputs_and_classes_stay():
    network = ww.parse("""
        input a = "the a", b, colour: "red" | "green"
        range a 0..2
        missing b = 1.5
        h[2] ~ tanh(a, b, colour)
        g[2] ~ tanh(colour)
        z[3] ~ linear(h, g)
        output softmax(z) as "x", "y", "z"
        """)
    symmetric = symmetrize(network, swap=("a", "b"))
    assert symmetric.columns == network.columns
    assert symmetric.classes == network.classes
    assert [head.count for head in symmetric.heads] == [3]
    assert symmetric.n_outputs == 3
    assert "g[2] ~ tanh(colour)" in str(
        symmetric
    )  # what is not concerned stays a group
    assert ww.parse(str(symmetric)) == symmetric


def test_shared_and_calculated_numbers_with_bounds_survive():
    network = ww.parse("""
        input a, b
        let k = 0.5 in [0, 1]
        h = tanh(k*a + 0.5*(b - 3) + 2*k)
        y = 2*h + k*b
        output y""")
    symmetric = symmetrize(network, swap=("a", "b"))
    assert "let k = 0.5 in [0, 1]" in str(symmetric)
    assert gap(symmetric, symmetric.start, X, X[:, ::-1]) < 1e-14
    mirrored = (
        ww.run(network, network.start, X) + ww.run(network, network.start, X[:, ::-1])
    ) / 2
    np.testing.assert_allclose(
        ww.run(symmetric, symmetric.start, X), mirrored, rtol=1e-12
    )


def test_more_inputs_than_a_block_may_have_are_summed():
    network = ww.wiring.layered(70, 3, 1)
    symmetric = symmetrize(
        network, swap=[(f"x[{i}]", f"x[{i + 1}]") for i in range(69)]
    )
    rows = np.random.default_rng(0).normal(size=(5, 70))
    assert gap(symmetric, symmetric.initial(0), rows, rows[:, ::-1]) < 1e-12
    assert symmetric.n_theta == 3 + 3 + 3 + 1


@pytest.mark.parametrize(
    ("wish", "error", "message"),
    [
        ({}, SettingError, "which symmetry"),
        ({"swap": ("a", "bb")}, UnknownNameError, "Did you mean 'b'"),
        ({"swap": ("a", "a")}, SettingError, "itself"),
        ({"swap": {"a": "a"}}, SettingError, "itself"),
        ({"swap": {"a": "b"}}, SettingError, "no permutation"),
        ({"swap": ("a", "b", "c")}, SettingError, "a wish is a pair"),
        ({"swap": ["a", "b"]}, SettingError, "a wish is a pair"),
        ({"swap": ("a", 'colour["red"]')}, SettingError, "category"),
        ({"swap": ("a", "colour")}, SettingError, "category"),
        ({"swap": ("a", "h")}, SettingError, "is a neuron"),
        ({"swap": ("a", "x")}, SettingError, r"x\[0\]"),
        ({"swap": 3}, SettingError, "names no inputs"),
        ({"flip": "colour"}, SettingError, "category"),
        ({"flip": ("a", "a")}, SettingError, "twice"),
        ({"flip": ()}, SettingError, "names no inputs"),
        ({"flip": [3]}, SettingError, "names no inputs"),
    ],
)
def test_wishes_that_cannot_be_are_refused(wish, error, message):
    network = ww.parse("""
        input a, b, x[2], colour: "red" | "green"
        h ~ tanh(a, b, x, colour)
        output h""")
    with pytest.raises(error, match=message):
        symmetrize(network, **wish)


def test_too_many_copies_are_refused():
    network = ww.parse(
        "input x[5]\ny = x[0]/(1 + exp(x[1]/(2 + exp(x[2]/(3 + exp(x[3]/x[4]))))))\noutput y"
    )
    pairs = [(f"x[{i}]", f"x[{i + 1}]") for i in range(4)]
    with pytest.raises(SettingError, match="64 copies of the neuron 'y'"):
        symmetrize(network, swap=pairs)


def test_what_cannot_run_is_refused():
    network = ww.parse("input a, b\nm = 0.5*m@1 + a + b\noutput m")
    with pytest.raises(UnsupportedError, match="symmetrize is for networks without"):
        symmetrize(network, swap=("a", "b"))
    with pytest.raises(SettingError, match="parse"):
        symmetrize("input a", swap=("a", "b"))


@pytest.mark.parametrize("name", ["distance", "contrast", "max", "cosine"])
def test_neurons_with_other_transfers_are_tied(name):
    text = f"input a, b, c\nh[3] ~ tanh({name}(a, b, c))\ny ~ linear(h)\noutput y"
    network = symmetrize(ww.parse(text), swap=("a", "b"))
    theta = network.initial(2)
    rows = np.random.default_rng(1).uniform(0.1, 1, (20, 3))
    first = ww.run(network, theta, rows)
    second = ww.run(network, theta, rows[:, [1, 0, 2]])
    np.testing.assert_allclose(first, second, rtol=1e-13)


def test_transfers_with_numbers_of_their_own_are_refused_by_name():
    network = ww.parse("input a, b\nk ~ quadratic(a, b)\noutput k")
    with pytest.raises(UnsupportedError, match="'k' has the quadratic transfer"):
        symmetrize(network, swap=("a", "b"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("distance", (True, True, False, False)),
        ("contrast", (True, True, False, True)),
        ("max", (True, True, True, False)),
        ("product", (True, False, False, False)),
        ("quadratic", (False, False, False, False)),
        ("polynomial", (True, True, True, False)),
    ],
)
def test_what_a_transfer_does_not_notice_follows_from_its_formula(name, expected):
    from wildwire.functions import transfers
    from wildwire.symmetry.transfers import Invariance, invariance

    assert invariance(None) == Invariance(True, True, True, True)
    assert invariance(transfers()[name]) == Invariance(*expected)
