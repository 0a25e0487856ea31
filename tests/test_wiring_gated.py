"""LSTM and GRU: textbook sizes, texts, and values against cells in plain NumPy."""

import numpy as np
import pytest

import wildwire as ww
from recurrent_twins import check_round_trip, logistic, weights
from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    NetworkError,
    SettingError,
)
from wildwire.wiring import gru, lstm

SIZES = [(1, 1, 1), (2, 8, 1), (5, 3, 4)]


def run_lstm(X, cell, readout):
    """Gers, Schmidhuber and Cummins 2000, without peepholes; `cell` has (W, U, b) of i, f, g, o."""
    (V, v) = readout
    h = c = np.zeros(len(cell[0][2]))
    outputs = []
    for x in X:
        z = [W @ x + U @ h + b for W, U, b in cell]
        i, f, o = logistic(z[0]), logistic(z[1]), logistic(z[3])
        c = f * c + i * np.tanh(z[2])
        h = o * np.tanh(c)
        outputs.append(V @ h + v)
    return np.array(outputs)


def run_gru(X, cell, readout):
    """Cho et al. 2014, equations 5 to 8, with biases; `cell` has (W, U, b) of r, z, g."""
    (V, v) = readout
    (Wr, Ur, br), (Wz, Uz, bz), (W, U, b) = cell
    h, outputs = np.zeros(len(b)), []
    for x in X:
        r = logistic(Wr @ x + Ur @ h + br)
        z = logistic(Wz @ x + Uz @ h + bz)
        h = z * h + (1 - z) * np.tanh(W @ x + U @ (r * h) + b)
        outputs.append(V @ h + v)
    return np.array(outputs)


# ---- sizes and texts ----------------------------------------------------------------


@pytest.mark.parametrize(("inputs", "hidden", "outputs"), SIZES)
def test_textbook_numbers_of_parameters(inputs, hidden, outputs):
    gate, out = hidden * (inputs + hidden) + hidden, outputs * (hidden + 1)
    assert lstm(inputs, hidden, outputs).n_theta == 4 * gate + out
    assert gru(inputs, hidden, outputs).n_theta == 3 * gate + out


def test_layers_stand_on_one_another():
    network = lstm(2, [3, 4], 1)
    gates = 4 * (3 * (2 + 3) + 3) + 4 * (4 * (3 + 4) + 4)
    assert network.n_theta == gates + 5
    read = network.matrix(network.initial(0), "i2").sources
    assert read == (*(f"h1[{k}]" for k in range(3)), *(f"h2[{k}]@1" for k in range(4)))


@pytest.mark.parametrize(
    "network",
    [
        lstm(2, 8),
        lstm(1, 1, 1, forget_bias=None),
        lstm(["a", "two words"], [3, 2], ["u", "v"], forget_bias=2),
        lstm(2, 2, 3, head="softmax", classes=("a", True, 3)),
        gru(2, 8),
        gru("price", [2, 3], 2, output_activation="tanh"),
        gru(1, 2, output_activation="spline(knots=3)"),
    ],
)
def test_text_and_back(network):
    check_round_trip(network)


def test_gates_are_ordinary_lines():
    lines = str(lstm(2, 8, forget_bias=None)).splitlines()
    assert "c[k: 8] = f[k]*c[k]@1 + i[k]*g[k]" in lines
    assert "h[k: 8] = o[k]*tanh(c[k])" in lines
    lines = str(gru(2, 8)).splitlines()
    assert "h[k: 8] = z[k]*h[k]@1 + ([1] - z[k])*g[k]" in lines
    assert len(lines) == 8


def test_the_forget_gates_begin_open():
    network = lstm(2, 3, forget_bias=1.5)
    first, second = network.initial(0), network.initial(1)
    biases = weights(network, first, "f", "x", "h@1")[-1]
    assert biases.tolist() == [1.5] * 3
    differ = np.array(network.theta_names)[first == second].tolist()
    assert differ == [f"f[{k}] bias" for k in range(3)]
    drawn = lstm(2, 3, forget_bias=None)
    assert np.isnan(drawn.start).all() and drawn.n_theta == network.n_theta


def test_a_users_own_output_function():
    bump = ww.activation("activation bump(z, k=10) = exp(-k*(1 - z)**2)")
    network = gru(1, 2, ["p", "q"], output_activation=bump)
    assert network.neurons["q"].activation.name == "bump"
    check_round_trip(network)


# ---- values -------------------------------------------------------------------------


@pytest.mark.parametrize(("inputs", "hidden", "outputs"), SIZES)
@pytest.mark.parametrize(
    ("make", "run", "gates"),
    [(lstm, run_lstm, "ifgo"), (gru, run_gru, "rzg")],
    ids=["lstm", "gru"],
)
def test_against_numpy(make, run, gates, inputs, hidden, outputs):
    network = make(inputs, hidden, outputs)
    theta = 2 * network.initial(4)
    past = {"g": "m"} if make is gru else {}
    cell = [weights(network, theta, g, "x", past.get(g, "h@1")) for g in gates]
    readout = weights(network, theta, "y", "h")
    X = np.random.default_rng(0).normal(size=(3, 40, inputs))
    found = ww.run(network, theta, X)
    expected = [run(x, cell, readout) for x in X]
    assert np.allclose(found, expected, rtol=0, atol=1e-12)


def test_gradients_flow_through_the_gates():
    """Against central differences, of which the best step is good to about 1e-9."""
    random = np.random.default_rng(1)
    X, Y = random.normal(size=(2, 12, 2)), random.normal(size=(2, 12, 1))
    for network in (lstm(2, 2), gru(2, 2)):
        theta = network.initial(0)
        _, gradient = ww.loss_and_gradient(network, theta, X, Y)
        for place in range(0, network.n_theta, 5):
            moved = np.zeros(network.n_theta)
            moved[place] = 1e-5
            high, low = (
                ww.loss_and_gradient(network, theta + sign * moved, X, Y)[0]
                for sign in (1, -1)
            )
            assert abs((high - low) / 2e-5 - gradient[place]) < 1e-8


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lstm(0, 2), "number of inputs"),
        (lambda: gru(1, 0), "hidden neurons"),
        (lambda: lstm(1, [2, 0]), "width of hidden layer 2"),
        (lambda: gru(1, 2, []), "number of outputs"),
        (lambda: lstm(1, 2, forget_bias="much"), "'much'"),
        (lambda: lstm(1, 2, forget_bias=float("inf")), "inf"),
        (lambda: lstm(1, 2, forget_bias=True), "True"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(SettingError, match=message):
        make()


def test_taken_names_and_unknown_functions_are_named():
    with pytest.raises(DuplicateNameError, match="'c'"):
        lstm(["b", "c"], 2)
    with pytest.raises(FunctionError, match="tanh"):
        gru(1, 2, output_activation="tahn")
    with pytest.raises(NetworkError, match="activation is None"):
        gru(1, 2, output_activation=None)


@pytest.mark.parametrize("head", ["soft", False, 1])
def test_unknown_heads_are_named(head):
    for make in (lstm, gru):
        with pytest.raises(NetworkError, match="unknown head"):
            make(1, 2, 2, head=head)
