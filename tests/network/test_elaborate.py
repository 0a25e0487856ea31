"""From text to arrays: every construct of the language, and every error with its culprit and place."""

import time

import numpy as np
import pytest

from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    LanguageError,
    LoopError,
    NetworkError,
    UnknownNameError,
)
from wildwire.network import Network

NAN = float("nan")


def links(network, theta=None):
    """Every link as (source, target, delay, weight)."""
    theta = network.start if theta is None else theta
    return [(l.source, l.target, l.delay, l.weight(theta)) for l in network.links]


# ---- theta: names, order, start -------------------------------------------------------------------------------------

LINES = [
    (
        "h ~ tanh(x1, x2)\noutput h",
        {"x1 -> h": NAN, "x2 -> h": NAN, "h bias": NAN},
    ),
    ("h ~ tanh(x1, [0])\noutput h", {"x1 -> h": NAN}),
    (
        "h = tanh(0.1 + 0.53*x1 - 1.2*x2)\noutput h",
        {"x1 -> h": 0.53, "x2 -> h": -1.2, "h bias": 0.1},
    ),
    ("h = x1 + [0.5]*x2 - x2\noutput h", {}),
    ("h = ?*x1 - ?\noutput h", {"x1 -> h": NAN, "h bias": NAN}),
    ("fixed h = (x1 - 145.3)/46.9\noutput h", {}),
    ("h = tanh(a*x1 - a)\nlet a = 0.3\noutput h", {"a": 0.3}),
    ("h = tanh(a*x1)\nlet a\noutput h", {"a": NAN}),
    ("h = tanh(a*x1 + 2*x2)\nlet a = [0.3]\noutput h", {"x2 -> h": 2.0}),
    ("h = 2*x1 + 3*x1\noutput h", {"x1 -> h": 2.0, "x1 -> h #2": 3.0}),
    (
        "h ~ tanh(x1@2, x1, h@1)\noutput h",
        {"x1@2 -> h": NAN, "x1 -> h": NAN, "h@1 -> h": NAN, "h bias": NAN},
    ),
    (
        "h ~ tanh(x1@1..3, [0])\noutput h",
        {"x1@1 -> h": NAN, "x1@2 -> h": NAN, "x1@3 -> h": NAN},
    ),
    ("h = bump(2*x1 + 1)\noutput h", {"x1 -> h": 2.0, "h bias": 1.0}),
    (
        "h = bump(2*x1 + 1, k=3)\noutput h",
        {"x1 -> h": 2.0, "h bias": 1.0, "h k": 3.0},
    ),
    (
        "h ~ bump(x1, k=?)\noutput h",
        {"x1 -> h": NAN, "h bias": NAN, "h k": NAN},
    ),
    ("h = bump(x1, k=[3])\noutput h", {}),
    ("h = bump(x1, k=-a)\nlet a = 2\noutput h", {"a": 2.0}),
    ("h = 0.5*(x1 - 3)\noutput h", {"x1 -> h": 0.5, "h w0": -3.0}),
    ("h = (x1 - 3)/2\noutput h", {"h w0": -3.0, "h w1": 2.0}),
    ("h = 0.5*(x1 + x2)\noutput h", {"x1 -> h": 0.5}),
    ("h = x1/2 + 0.5*3*x2\noutput h", {"h w0": 2.0, "h w1": 0.5, "h w2": 3.0}),
    (
        "g[2] ~ tanh(x1)\nh ~ tanh(g)\noutput h",
        {
            "x1 -> g[0]": NAN, "g[0] bias": NAN, "x1 -> g[1]": NAN, "g[1] bias": NAN,
            "g[0] -> h": NAN, "g[1] -> h": NAN, "h bias": NAN,
        },
    ),
    (
        "m = [0.9]*m@1 + ?*x2\nstart m = 0.5\nlet b = 1\nlet c\noutput m",
        {"x2 -> m": NAN, "m start": 0.5, "b": 1.0, "c": NAN},
    ),
    (
        "q = exp(-a*x1)/([1] + 2*x2*x2)\nlet a = 0.3\noutput q",
        {"q w0": 2.0, "a": 0.3},
    ),
    (
        "k = quadratic(x1: 1.0, x2: -1.0, (x1, x2): -2.0, bias=-0.5)\noutput k",
        {"x1 -> k": 1.0, "x2 -> k": -1.0, "(x1, x2) -> k": -2.0, "k bias": -0.5},
    ),
    (
        "k ~ quadratic(x1, x2)\noutput k",
        {
            "x1 -> k": NAN, "x2 -> k": NAN, "(x1, x1) -> k": NAN, "(x1, x2) -> k": NAN,
            "(x2, x2) -> k": NAN, "k bias": NAN,
        },
    ),
    (
        "d = gaussian(distance(x1: 0.3, x2: 0.7), width=2.0)\noutput d",
        {"x1 -> d": 0.3, "x2 -> d": 0.7, "d width": 2.0},
    ),
    ("p ~ product(x1, x2)\noutput p", {"x1 -> p": NAN, "x2 -> p": NAN}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "numbers"), LINES, ids=[line for line, _ in LINES])
def test_names_order_and_start_of_theta(text, numbers):
    network = Network.parse("input x1, x2\n" + text)
    assert network.theta_names == list(numbers)
    np.testing.assert_array_equal(network.start, list(numbers.values()))


# ---- weights --------------------------------------------------------------------------------------------------------

WEIGHTS = [
    ("h = 0.5*x1 - x2 + 2", {"x1": 0.5, "x2": -1.0}, 2.0),
    ("h = -(0.5*x1 - 3)", {"x1": -0.5}, 3.0),
    ("h = 0.5*(x1 - 3)", {"x1": 0.5}, -1.5),
    ("h = 2*(0.5*(x1 - 3) + x2)/4", {"x1": 0.25, "x2": 0.5}, -0.75),
    ("h = (x1 - 3)*2/5 + [1]", {"x1": 0.4}, -0.2),
    ("h = x1*a*b", {"x1": 6.0}, 0.0),
    ("h = a*(x1 - b)", {"x1": 2.0}, -6.0),
    ("h = x1/a - x2/-b", {"x1": 0.5, "x2": 1 / 3}, 0.0),
    ("h = [2]**[3]*x1", {"x1": 8.0}, 0.0),
    ("h = tanh([0])*x1 + exp([1])*x2", {"x1": 0.0, "x2": np.e}, 0.0),
    ("h = sum(c) + mean(c)", {'c["u"]': 1.5, 'c["v"]': 1.5}, 0.0),
    ("h = mean(2*c - 3) + x1", {'c["u"]': 1.0, 'c["v"]': 1.0, "x1": 1.0}, -3.0),
    ("h = sum(c*a)/b - c[\"u\"]", {'c["u"]': 2 / 3 - 1, 'c["v"]': 2 / 3}, 0.0),
    ("fixed h = (x1 - 145.3)/46.9", {"x1": 1 / 46.9}, -145.3 / 46.9),
    ("fixed h = a*(1 + x1) - 2*x2", {"x1": 2.0, "x2": -2.0}, 2.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "weights", "bias"), WEIGHTS, ids=[w[0] for w in WEIGHTS]
)
def test_any_affine_bracketing_is_one_weighted_sum(line, weights, bias):
    text = f'input x1, x2, c: "u" | "v"\n{line}\nlet a = 2\nlet b = 3\noutput h'
    network = Network.parse(text)
    matrix = network.matrix(network.start, "h")
    found = dict(zip(matrix.sources, matrix.weights[0], strict=True))
    assert found == pytest.approx(weights, rel=1e-15)
    assert matrix.biases[0] == pytest.approx(bias, rel=1e-15)
    assert not network.refusals


def test_derived_numbers_follow_theta_and_pull_gradients_back():
    network = Network.parse(
        "input x1\nh = a*(x1 - 3)/b + 2*a\nlet a = 2\nlet b = 4\noutput h"
    )
    theta = network.start + np.array([0.5, 0.25, -1.0, 2.0])
    step = 1e-6
    values = network.derived.values(theta)
    for number in range(len(network.derived)):
        gradient = np.eye(len(values))[number]
        exact = network.derived.pull_back(theta, gradient)
        for i in range(4):
            moved = np.array([theta, theta])
            moved[:, i] += [step, -step]
            high, low = (network.derived.values(t)[number] for t in moved)
            assert exact[i] == pytest.approx((high - low) / (2 * step), abs=1e-8)
    assert len(values) == 2


def test_pull_back_where_a_factor_is_zero():
    network = Network.parse("input x1\nh = 2*3*x1\noutput h")
    np.testing.assert_array_equal(
        network.derived.pull_back(np.array([0.0, 3.0]), [1.0]), [3.0, 0.0]
    )


# ---- groups ---------------------------------------------------------------------------------------------------------


def test_groups_read_everything_in_text_order():
    network = Network.parse("input x[2], y\nh[3] ~ relu(x, y)\noutput h")
    assert network.names[3:] == ("h[0]", "h[1]", "h[2]")
    assert network.link_source.tolist() == [0, 1, 2] * 3
    assert network.link_slot.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    assert network.bias_slot.tolist() == [3, 7, 11]


ELEMENTS = [
    ("r[k: 2] = relu(x[k] + x[k+1])", [(0, 0), (1, 0), (1, 1), (2, 1)]),
    ("r[k: 2] = relu(x[2*k] + x[1])", [(0, 0), (1, 0), (2, 1), (1, 1)]),
    ("r[k: 2] ~ relu(x[k..k+1], [0])", [(0, 0), (1, 0), (1, 1), (2, 1)]),
    ("r[k: 2] ~ relu(x[0..1], [0])", [(0, 0), (1, 0), (0, 1), (1, 1)]),
    ("r[k: 2] = ?*x[k+1]", [(1, 0), (2, 1)]),
    ("r[2] = ?*x[0]", [(0, 0), (0, 1)]),
]


@pytest.mark.parametrize(("line", "pairs"), ELEMENTS, ids=[e[0] for e in ELEMENTS])
def test_element_wise_lines(line, pairs):
    network = Network.parse(f"input x[3]\n{line}\noutput r")
    found = zip(network.link_source.tolist(), network.link_target.tolist(), strict=True)
    assert list(found) == pairs


def test_every_element_has_its_own_numbers_unless_they_are_shared():
    network = Network.parse(
        "input x[3]\nr[k: 2] = 0.5*x[k] + a*x[k+1]\nlet a = 2\noutput r"
    )
    assert network.theta_names == ["x[0] -> r[0]", "x[1] -> r[1]", "a"]


def test_numbers_table_gives_the_start():
    text = "input x1\nh[2] ~ tanh(x1)\nnumbers h\n  1 -2.5\n  ? 4e-3\noutput h"
    np.testing.assert_array_equal(Network.parse(text).start, [1.0, -2.5, NAN, 0.004])


# ---- around the neurons ---------------------------------------------------------------------------------------------


def test_inputs_with_labels_categories_ranges_and_missing_values():
    network = Network.parse(
        'input sl = "sepal length (mm)", colour: "red" | "green", x[2]\n'
        'missing sl = 5.8\nmissing colour = "red"\nmissing x[1] = 2\n'
        "range sl 4.3..7.9\nrange x[0] -1..1\n"
        'y ~ logistic(sl, colour["green"], colour["red"], x)\noutput y as "no", "yes"'
    )
    sl, colour, x = network.columns
    assert (sl.header, sl.missing, sl.low, sl.high) == (
        "sepal length (mm)", 5.8, 4.3, 7.9,
    )  # fmt: skip
    assert (colour.header, colour.categories, colour.missing) == (
        "colour", ("red", "green"), "red",
    )  # fmt: skip
    assert (x.size, x.missing, x.low, x.high) == (
        2,
        (None, 2),
        (-1.0, None),
        (1.0, None),
    )
    assert network.neurons["y"].sources == (
        "sl", 'colour["green"]', 'colour["red"]', "x[0]", "x[1]",
    )  # fmt: skip
    assert network.classes == ("no", "yes")


def test_softmax_head_and_classes():
    network = Network.parse(
        'input x\nu ~ tanh(x)\nz[3] ~ linear(x)\noutput u\noutput softmax(z) as "a", "b", "c"'
    )
    (head,) = network.heads
    assert (head.kind, head.first, head.count, head.labels) == (
        "softmax", 1, 3, ("a", "b", "c"),
    )  # fmt: skip
    assert network.outputs == ("u", "z[0]", "z[1]", "z[2]")
    assert network.classes == ("a", "b", "c")


def test_bounds_of_let_numbers():
    network = Network.parse(
        "input x\nh = a*x + b + 2*x\nlet a = 0.3 in [0, 1]\nlet b in [, 2]\noutput h"
    )
    inf = np.inf
    np.testing.assert_array_equal(network.bounds, [[-inf, inf], [0, 1], [-inf, 2]])


def test_quoted_names():
    network = Network.parse(
        'input "input", "a b"\n"let" ~ tanh("input", "a b")\noutput "let"'
    )
    assert network.theta_names[0] == '"input" -> "let"'
    assert network.outputs == ("let",)
    assert network.neurons["let"].sources == ('"input"', '"a b"')


def test_definitions_stand_anywhere_and_call_each_other():
    network = Network.parse(
        "input x\ny = twice(0.5*x)\noutput y\n"
        "activation twice(z) = 2*once(z)\nactivation once(z) = z**2"
    )
    function = network.neurons["y"].activation
    assert function.evaluate(0, [[3.0]])[0].tolist() == [18.0]


# ---- time -----------------------------------------------------------------------------------------------------------


def test_delays_and_values_of_the_past():
    network = Network.parse(
        "input x\nh[3] ~ tanh(x, h@1)\np = h[0]@3 + x\nstart h = [0.5]\nstart p = ?\noutput p"
    )
    assert network.n_delays == 3 and not network.refusals
    assert network.past_value.tolist() == [0.5, 0.5, 0.5, 0.0]
    assert network.past_slot.tolist() == [-1, -1, -1, network.n_theta - 1]
    assert network.theta_names[-1] == "p start"


# ---- errors ---------------------------------------------------------------------------------------------------------

ERRORS = [
    ("h ~ tanh(x3)", UnknownNameError, "line 2, column 10", "Did you mean"),
    ("h = tanh(0.5*x1 + 0.2*tempo)", UnknownNameError, "line 2, column 23", "'tempo'"),
    ("h ~ tahn(x1)", UnknownNameError, "line 2, column 5", "'tanh'"),
    ("h = tahn(x1)", UnknownNameError, "line 2, column 5", "'tanh'"),
    ("h ~ tanh(poduct(x1, x2))", UnknownNameError, "line 2, column 10", "'product'"),
    ("h ~ bump(x1, q=2)", UnknownNameError, "line 2", "'q'"),
    ("h ~ tanh(a)\nlet a = 1", NetworkError, "line 2, column 10", "is a number"),
    ("h ~ tanh(g)\ng ~ tanh(h, x1)", LoopError, "line 2, column 1", "h -> g -> h"),
    ("h = tanh(h + x1)", LoopError, "line 2, column 1", "h@1"),
    ("h ~ tanh(x1)\nh ~ tanh(x2)", DuplicateNameError, "line 3, column 1", "'h'"),
    ("x1 ~ tanh(x2)", DuplicateNameError, "line 2, column 1", "'x1'"),
    ("h ~ tanh(x1)\nlet h = 2", DuplicateNameError, "line 3", "'h'"),
    ("h = tanh(0.5)", NetworkError, "line 2, column 1", "'h' has no sources"),
    ("h ~ tanh([0])", (NetworkError, LanguageError), "line 2", ""),
    ("h[2] ~ tanh(x1)\ng = tanh(h)", NetworkError, "line 3, column 10", "group of 2"),
    ("h = tanh(v[3])", NetworkError, "line 2, column 10", "index 3"),
    ("h ~ tanh(v[1..2])", NetworkError, "line 2, column 10", "0 to 1"),
    ("h[k: 2] = tanh(v[k+1])", NetworkError, "line 2, column 16", "for k = 1"),
    ("h = tanh(x1[0])", NetworkError, "line 2, column 10", "no index"),
    ('h ~ tanh(c["w"])', UnknownNameError, "line 2, column 10", "no category"),
    ("h ~ tanh(x1)\nnumbers g\n  1 2", UnknownNameError, "line 3", "numbers g"),
    ("h[2] ~ tanh(x1)\nnumbers h\n  1 2\n", NetworkError, "line 3", "2 rows of 2"),
    ("h[2] ~ tanh(x1)\nnumbers h\n  1 2\n  1 2 3", NetworkError, "line 3", "2 or 3"),
    ("h ~ tanh(x1)\nmissing h = 2", NetworkError, "line 3", "neuron"),
    ("h ~ tanh(x1)\nstart x1 = 2", NetworkError, "line 3", "input"),
    ("h = tanh(a*x1)\nlet a = 3 in [0, 1]", LanguageError, "line 3", "outside"),
    ("h ~ tanh(x1)\nactivation f(z) = z\nactivation f(z) = z", DuplicateNameError, "line 4", "'f'"),
    ("h = sum(x1*foo(x2))", UnknownNameError, "line 2, column 12", "'foo'"),
    ("h = [1e308]*[1e10]*x1", NetworkError, "line 2, column 1", "infinity"),
    ("h = f(x1)\nactivation f(z) = g(z)", FunctionError, "line 3, column 1", "'g'"),
    ("h = x1*v", NetworkError, "line 2, column 8", "group of 2"),
    ("h ~ tanh(tanh(x1))", NetworkError, "line 2, column 10", "only a transfer may stand"),
    ("h = tanh(tanh(x1: 0.5))", NetworkError, "line 2, column 10", "only a transfer"),
    ("h ~ sigmoid(x1)", UnknownNameError, "line 2, column 5", "Did you mean 'logistic'?"),
    ("h = Swish(2*x1)", UnknownNameError, "line 2, column 5", "Did you mean 'silu'?"),
    ("h ~ TANH(x1)", UnknownNameError, "line 2, column 5", "Did you mean 'tanh'?"),
    ("h ~ softmax(x1)", UnknownNameError, "line 2, column 5", "`output softmax(...)`"),
    ("h = tanh(x1, 2)", NetworkError, "line 2, column 5", "tanh takes 1 argument, not 2"),
    ("h = x1*erf(x1, x2)", NetworkError, "line 2, column 8", "erf takes 1 argument, not 2"),
    ("h = x1*cosh(x1, x2)", NetworkError, "line 2, column 8", "cosh takes 1 argument"),
    ("h = x1*power(x1)", NetworkError, "line 2, column 8", "power takes 2 arguments, not 1"),
    ("h = where(x1, 1, 2)", NetworkError, "line 2, column 5", "takes a comparison"),
    ("h = where(x1 > 0, x2)", NetworkError, "line 2, column 5", "takes a comparison"),
    ("h = x1/0", NetworkError, "line 2", "'h' divides by 0"),
    ("h = tanh(x1/[0])", NetworkError, "line 2", "'h' divides by 0"),
    ("h = x1*x2/0", NetworkError, "line 2", "'h' divides by 0"),
    ("h = x1/a\nlet a = [0]", NetworkError, "line 2", "'h' divides by 0"),
    ("fixed h = x1/0", NetworkError, "line 2", "'h' divides by 0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "error", "place", "words"), ERRORS, ids=[e[0] for e in ERRORS]
)
def test_errors_name_place_and_culprit(line, error, place, words):
    text = f'input x1, x2, v[2], c: "u" | "v"\n{line}\noutput h'
    with pytest.raises(error) as caught:
        Network.parse(text)
    message = str(caught.value)
    assert place in message
    assert words in message
    assert "^" in message.splitlines()[-1]


BOMBS = [
    "h[1000000000000] ~ tanh(x)",
    "h[k: 1000000000000] = tanh(x[0])",
    "h[100000] ~ tanh(x)",
    "h = sum(x@1..1000000000000)",
    "h ~ tanh(x@1..1000000000000)",
    "h[k: 1000000] ~ tanh(x)",
    "h[k: 1000000] = sum(x)",
]


@pytest.mark.parametrize("line", BOMBS)
def test_sizes_are_checked_before_memory_is_taken(line):
    begin = time.process_time()
    with pytest.raises(
        (NetworkError, LanguageError), match=r"at most|too large|larger"
    ):
        Network.parse(f"input x[1000]\n{line}\noutput h")
    assert time.process_time() - begin < 1


def test_sizes_of_inputs_are_checked():
    with pytest.raises(NetworkError, match=r"at most 2,000,000 inputs and neurons"):
        Network.parse("input x[5000000]\ny ~ tanh(x[0])\noutput y")


def test_a_sum_over_a_wide_group_is_linear_in_its_size():
    network = Network.parse("input x[20000]\ny = 0.5*sum(x) + mean(x@1)\noutput y")
    assert network.n_links == 40_000


def test_categories_that_are_numbers_are_named_by_their_place():
    network = Network.parse(
        "input grade: 3 | 1 | 2.5\ny ~ tanh(grade[1], grade)\noutput y"
    )
    assert network.inputs == ("grade[0]", "grade[1]", "grade[2]")
    assert network.neurons["y"].sources[0] == "grade[1]"
    text = network.to_text(network.initial())
    assert Network.parse(text).theta_names == network.theta_names


def test_two_functions_of_one_name_are_refused():
    mine = Network.parse("input x\ny = tanh(x)\noutput y\nactivation tanh(z) = z/2")
    with pytest.raises(DuplicateNameError, match="'tanh'"):
        Network.from_arrays(
            ["x"], [0, 1], [0, 1], activation=["tanh", mine.functions[0]]
        )
    again = Network.from_arrays(["x"], [0], [0], activation=mine.functions[0])
    assert Network.parse(str(again)) == again


OUTPUTS = [
    ("output hh", UnknownNameError, "'h'"),
    ("output x1", NetworkError, "'x1' is an input"),
    ("output h, h", DuplicateNameError, "twice"),
    ('output h as "a", "b", "c"', NetworkError, "2 class labels"),
    ('output softmax(h, g) as "a"', NetworkError, "2 class labels"),
    ("", NetworkError, "no output"),
]


@pytest.mark.parametrize(
    ("line", "error", "words"), OUTPUTS, ids=[o[0] for o in OUTPUTS]
)
def test_outputs_that_cannot_be(line, error, words):
    with pytest.raises(error, match=words):
        Network.parse(f"input x1\nh ~ tanh(x1)\ng ~ tanh(x1)\n{line}")


def test_a_loop_error_is_not_another_error():
    with pytest.raises(LoopError):
        Network.parse("input x\na ~ tanh(x, c)\nb ~ tanh(a)\nc ~ tanh(b)\noutput c")
    Network.parse("input x\na ~ tanh(x, c@1)\nb ~ tanh(a)\nc ~ tanh(b)\noutput c")
