"""Elman's and Jordan's networks and NARX: structure, sizes, texts, and values against loops in plain NumPy."""

import numpy as np
import pytest

import wildwire as ww
from recurrent_twins import check_round_trip, weights
from wildwire.errors import DuplicateNameError, SettingError, UnknownNameError
from wildwire.network import Network
from wildwire.wiring import elman, jordan, layered, narx


def sources(network):
    """What each neuron reads, with delays."""
    read = {neuron.name: [] for neuron in network.neurons}
    for link in network.links:
        behind = f"@{link.delay}" if link.delay else ""
        read[link.target].append(f"{link.source}{behind}")
    return read


def series(steps, width, seed=0):
    return np.random.default_rng(seed).normal(size=(steps, width))


# ---- Elman --------------------------------------------------------------------------


def test_elman_reads_itself_one_step_back():
    network = elman("x", 2, ["u", "v"], activation="sin", output_activation="tanh")
    h = ["h[0]", "h[1]"]
    own = ["x", "h[0]@1", "h[1]@1"]
    assert sources(network) == {"h[0]": own, "h[1]": own, "u": h, "v": h}
    kinds = [neuron.activation.name for neuron in network.neurons]
    assert kinds == ["sin", "sin", "tanh", "tanh"]
    assert network.inputs == ("x",) and network.outputs == ("u", "v")


def test_elman_is_what_one_writes():
    text = "input x[3]\nh[8] ~ tanh(x, h@1..2)\ny[2] ~ identity(h)\noutput y\n"
    network = elman(3, 8, 2, delays=2)
    assert Network.parse(text) == network
    assert str(network) == text


@pytest.mark.parametrize(("inputs", "hidden", "outputs"), [(1, 1, 1), (2, 8, 3)])
def test_sizes(inputs, hidden, outputs):
    expected = hidden * (inputs + hidden + 1) + outputs * (hidden + 1)
    assert elman(inputs, hidden, outputs).n_theta == expected
    expected = hidden * (inputs + outputs + 1) + outputs * (hidden + 1)
    assert jordan(inputs, hidden, outputs).n_theta == expected
    assert jordan(inputs, hidden, outputs, decay=0.5).n_theta == expected


def test_layers_of_elman_and_their_functions():
    network = elman(
        1, [1, 1], 1, delays=(1, 3), activation=["sin", "tanh"], transfer=["max", None]
    )
    assert sources(network) == {
        "h1": ["x", "h1@1", "h1@3"],
        "h2": ["h1", "h2@1", "h2@3"],
        "y": ["h2"],
    }
    assert [neuron.transfer for neuron in network.neurons] == ["max", *["linear"] * 2]
    assert (network.bias_slot >= 0).tolist() == [False, True, True]


def test_elman_without_biases_and_with_classes():
    network = elman(2, 3, 2, bias=False, head="softmax", classes=("a", "b"))
    assert network.n_theta == network.n_links == 3 * 5 + 2 * 3
    assert network.classes == ("a", "b") and network.heads[0].count == 2


def test_elman_against_numpy():
    network = elman(2, 4, 3, delays=(1, 3))
    theta, X = network.initial(1), series(30, 2)
    W, U1, U3, b = weights(network, theta, "h", "x", "h@1", "h@3")
    V, c = weights(network, theta, "y", "h")
    h = np.zeros((33, 4))
    for t in range(30):
        h[t + 3] = np.tanh(W @ X[t] + U1 @ h[t + 2] + U3 @ h[t] + b)
    assert np.allclose(ww.run(network, theta, X), h[3:] @ V.T + c, rtol=0, atol=1e-12)


# ---- Jordan -------------------------------------------------------------------------


def test_jordan_reads_the_outputs():
    network = jordan(1, 2, 2)
    own = ["x", "y[0]@1", "y[1]@1"]
    assert sources(network)["h[1]"] == own
    assert sources(network)["y[0]"] == ["h[0]", "h[1]"]


def test_context_units_hold_a_fading_past_of_the_outputs():
    network = jordan(1, [2, 1], 1, decay=0.75, transfer="distance")
    read = sources(network)
    assert read["context"] == ["context@1", "y@1"]
    assert read["h1[0]"] == ["x", "context"] and read["h2"] == ["h1[0]", "h1[1]"]
    assert network.link_value[:2].tolist() == [0.75, 1.0]
    assert network.link_slot[:2].tolist() == [-1, -1]
    # Neither the context nor a distance has a bias.
    assert (network.bias_slot >= 0).tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("decay", [None, 0.0, 0.6])
def test_jordan_against_numpy(decay):
    network = jordan(2, 3, 2, decay=decay, output_activation="tanh")
    theta, X = network.initial(2), series(30, 2)
    context = "y@1" if decay is None else "context"
    if decay is None:
        W, U, b = weights(network, theta, "h", "x", context)
    else:
        (W, U, b) = _jordan_weights(network, theta)
    V, c = weights(network, theta, "y", "h")
    y, past, expected = np.zeros(2), np.zeros(2), []
    for x in X:
        past = y + (decay or 0.0) * past
        y = np.tanh(V @ np.tanh(W @ x + U @ past + b) + c)
        expected.append(y)
    assert np.allclose(ww.run(network, theta, X), expected, rtol=0, atol=1e-12)


def _jordan_weights(network, theta):
    """Inputs, context, biases; the context units are neurons with names of their own."""
    matrix = network.matrix(theta, "h")
    assert matrix.sources == ("x[0]", "x[1]", "context_0", "context_1")
    return matrix.weights[:, :2], matrix.weights[:, 2:], matrix.biases


# ---- NARX ---------------------------------------------------------------------------


def test_narx_reads_its_past():
    network = narx(["u", "v"], lags=2, exogenous_lags=1, n_hidden=1)
    assert network.inputs == ("y", "u", "v") and network.outputs == ("y_next",)
    read = ["y@1", "y@2", "u", "u@1", "v", "v@1"]
    assert sources(network) == {"h": read, "y_next": ["h"]}


def test_narx_with_a_linear_model_inside():
    network = narx(0, lags=(1, 12), n_hidden=[2, 1], direct=True, target="heat")
    assert sources(network) == {
        "h1[0]": ["heat@1", "heat@12"],
        "h1[1]": ["heat@1", "heat@12"],
        "h2": ["h1[0]", "h1[1]"],
        "heat_next": ["h2", "heat@1", "heat@12"],
    }


def test_narx_without_hidden_layer_is_a_linear_autoregression():
    network = narx(1, 2, 0, 0)
    assert sources(network) == {"y_next": ["y@1", "y@2", "u"]}
    assert network == narx(1, 2, 0, 0, direct=True)


def test_lags_of_each_column():
    network = narx(["u", "v"], 1, {"v": (1, 4), "u": 0}, 0)
    assert sources(network) == {"y_next": ["y@1", "u", "v@1", "v@4"]}
    network = narx(2, 1, (0, 2), 0)
    assert sources(network) == {
        "y_next": ["y@1", "u[0]", "u[1]", "u[0]@2", "u[1]@2"],
    }


def test_several_targets_read_one_another():
    network = narx(0, 1, n_hidden=0, target=["a", "b"])
    assert network.outputs == ("a_next", "b_next")
    assert sources(network) == {
        "a_next": ["a@1", "b@1"],
        "b_next": ["a@1", "b@1"],
    }


def test_delays_that_follow_one_another_print_as_a_range():
    text = str(narx("heat", (1, 2, 3, 12), 1, 4, direct=True))
    assert text.splitlines() == [
        "input y, heat",
        "h[4] ~ tanh(y@1..3, y@12, heat@0..1)",
        "y_next ~ identity(h, y@1..3, y@12, heat@0..1)",
        "output y_next",
    ]


def test_narx_against_numpy():
    network = narx(1, 3, (0, 2), 4, direct=True)
    theta, X = network.initial(3), series(40, 2)
    names = ("y@1", "y@2", "y@3", "u", "u@2")
    W = np.hstack(weights(network, theta, "h", *names)[:-1])
    b = weights(network, theta, "h", *names)[-1]
    V, *D, c = weights(network, theta, "y_next", "h", *names)
    y, u = np.concatenate([np.zeros((3, 2)), X]).T
    expected = []
    for t in range(3, 43):
        read = np.array([y[t - 1], y[t - 2], y[t - 3], u[t], u[t - 2]])
        expected.append(V @ np.tanh(W @ read + b) + np.hstack(D) @ read + c)
    assert np.allclose(ww.run(network, theta, X), expected, rtol=0, atol=1e-12)


def test_narx_runs_in_a_closed_loop():
    """The prediction takes the place of what is not known, through the lags alone."""
    network = narx(0, 2, n_hidden=0, bias=False)
    theta = np.array([1.6, -0.9])
    y = [1.0, 0.4]
    while len(y) < 20:
        y.append(1.6 * y[-1] - 0.9 * y[-2])
    X = np.array(y)[:, None]
    X[6:] = 0.0
    found = ww.run(network, theta, X, warm_up=6, feedback={"y": "y_next"})
    assert np.allclose(found[6:, 0], y[6:], rtol=0, atol=1e-12)


# ---- all ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network",
    [
        elman(2, 3, 2),
        elman(["a", "two words"], [3, 1], "out", delays=(2, 5), transfer="max"),
        elman(1, 2, 3, head="softmax", classes=(1, 2, 3)),
        elman(1, 40, 1),
        jordan(2, 3, 1),
        jordan(2, [3, 2], 2, decay=0.3),
        narx(2, (1, 7), 2, [3, 2], direct=True),
        narx(["a", "b"], 3, {"a": (1, 3), "b": 0}, 0, target=["c", "d e"]),
    ],
)
def test_text_and_back(network):
    check_round_trip(network)


def test_a_users_own_activation():
    bump = ww.activation("activation bump(z, k=10) = exp(-k*(1 - z)**2)")
    network = elman(1, 2, activation=bump)
    assert network.neurons[0].activation.name == "bump"
    check_round_trip(network)


def test_without_memory_it_is_the_layered_network():
    """What a generator adds to `layered` is delayed links alone."""
    network, plain = elman(2, 3, 2), layered(2, 3, 2)
    now = network.link_delay == 0
    for name in ("link_source", "link_target"):
        assert np.array_equal(getattr(network, name)[now], getattr(plain, name)), name
    assert network.names == plain.names


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: elman(0, 2), "number of inputs"),
        (lambda: elman(1, 0), "number of hidden neurons"),
        (lambda: elman(1, []), "number of hidden layers"),
        (lambda: elman(1, [2, True]), "width of hidden layer 2"),
        (lambda: elman(1, 2, delays=0), "delays must be a whole number, 1 or more"),
        (lambda: elman(1, 2, delays=(0, 1)), "each of delays"),
        (lambda: elman(1, 2, delays=(2, 1)), "ascending"),
        (lambda: elman(1, 2, delays=(1, 1)), "ascending"),
        (lambda: elman(1, 2, delays=()), "ascending"),
        (lambda: elman(1, 2, delays="1"), "'1'"),
        (lambda: elman(1, 2, activation=["tanh", "sin"]), "2 activations"),
        (lambda: elman(1, [2, 2], transfer=["max"]), "1 transfers"),
        (lambda: jordan(1, 2, decay=1), "decay must be"),
        (lambda: jordan(1, 2, decay=-0.1), "decay must be"),
        (lambda: jordan(1, 2, decay="much"), "'much'"),
        (lambda: jordan(1, 2, decay=float("nan")), "nan"),
        (lambda: jordan(1, 2, decay=False), "False"),
        (lambda: narx(0, 0), "lags must be"),
        (lambda: narx(-1, 1), "number of exogenous columns"),
        (lambda: narx(1, 1, -1), "exogenous_lags must be"),
        (lambda: narx(["a", "b"], 1, {"a": 1}), "says nothing of 'b'"),
        (lambda: narx(["a"], 1, {"a": -1}), "lags of 'a'"),
        (lambda: narx(0, 1, target=[]), "number of targets"),
        (lambda: narx(0, 1, n_hidden=-1), "hidden neurons"),
        (lambda: narx(0, 1, n_hidden=False), "False"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(SettingError, match=message):
        make()


def test_unknown_and_taken_names_are_named():
    with pytest.raises(UnknownNameError, match=r"'hat'.* Did you mean 'heat'"):
        narx(["heat"], 1, {"hat": 1})
    with pytest.raises(DuplicateNameError, match="'y'"):
        narx(["y"], 1)
    with pytest.raises(DuplicateNameError, match="'context'"):
        jordan(["context"], 2, decay=0.5)


def test_delays_of_single_members_and_of_groups_print_as_ranges():
    source = [0, 0, 1, 2, 3, 2, 3, 2, 3]
    delay = [0, 1, 3, 1, 1, 2, 2, 4, 4]
    network = Network.from_arrays(
        [("u", 2)], [*source, 0, 0], [*[2] * 9, 0, 1], delay=[*delay, 0, 0],
        neurons=[("h", 2), "k"], outputs=["k"],
    )  # fmt: skip
    assert "k ~ tanh(u[0]@0..1, u[1]@3, h@1..2, h@4)" in str(network).splitlines()
    check_round_trip(network)


@pytest.mark.parametrize("bias", [0, 1, [5.0], None, "yes"])
def test_a_bias_is_there_or_not(bias):
    for make in (elman, jordan):
        with pytest.raises(SettingError, match="bias must be True or False"):
            make(1, 2, 1, bias=bias)
    with pytest.raises(SettingError, match="bias must be True or False"):
        narx(bias=bias)
    plain, numpys = elman(1, 2, 1, bias=False), elman(1, 2, 1, bias=np.False_)
    assert plain.theta_names == numpys.theta_names


def test_a_number_of_targets_makes_as_many_outputs():
    network = narx(target=2, lags=2, n_hidden=3)
    assert network.n_outputs == 2
    assert list(network.output_names) == ["y_next[0]", "y_next[1]"]
    X = np.random.default_rng(0).normal(size=(9, 2))
    assert ww.run(network, network.initial(0), X).shape == (9, 2)


def test_columns_as_an_array_are_told():
    with pytest.raises(SettingError, match="exogenous columns"):
        narx(np.array(["a", "b"]))
