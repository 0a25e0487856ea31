"""How often guards are active: kernels against the twin, for any threads, type and number of samples."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from wildwire.engine import reference
from wildwire.engine.guards import guard_sentences
from wildwire.engine.session import Session
from wildwire.errors import DataError, UntrainedError

TEXTS = {
    "neurons": "input a, b\nr[3] ~ reciprocal(a, b)\ns ~ sqrt(r)\ny ~ log(s, a)\noutput y",
    "formulas": (
        "input a, b\nq = 1/guard_zero(a - b, [0.5])\nr = sqrt(guard_below(a, [0])) + reciprocal(b)\n"
        "h ~ tanh(q, r)\ny = reciprocal(h*a)*h\noutput y, q"
    ),
    "shared": "input a\nr = reciprocal([1]*a)\nu = log(r + [0.25])\noutput u, r",
    "own": (
        "input a, b\nactivation f(z, k=2) = log(guard_below(z, 1))/guard_zero(k, 1e-3)\n"
        "y ~ f(a, b, k=?)\noutput y"
    ),
}
NETWORKS = {name: ww.parse(text) for name, text in TEXTS.items()}
SIZES = (1, 2, 15, 16, 17, 150, 700)


def samples(network, n, seed=0):
    """Whole and half numbers: zeros, ties and both signs, exact in either type."""
    random = np.random.default_rng(seed)
    return random.integers(-3, 4, (n, network.n_inputs)) / 2


def halves(network):
    """Numbers of theta that are exact in either type."""
    return np.round(network.initial(2) * 4) / 4 + 0.25


def twin(network, theta, X):
    counts = reference.guard_counts(network, theta, X)
    return dict(zip(network.names[network.n_inputs :], counts, strict=True))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_counts_are_the_twins(name, n):
    network = NETWORKS[name]
    theta, X = halves(network), samples(network, n)
    found, expected = ww.guards(network, theta, X), twin(network, theta, X)
    assert found == {name: expected[name] for name in found}
    assert not any(expected[name] for name in expected.keys() - found.keys())
    assert n < 15 or any(found.values())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["formulas", "shared", "own"])
def test_counts_depend_neither_on_threads_nor_on_the_type(name, dtype):
    network = NETWORKS[name]
    theta, X = halves(network), samples(network, 1000)
    expected = ww.guards(network, theta, X)
    for threads in (1, 2, 3):
        assert ww.guards(network, theta, X, dtype=dtype, threads=threads) == expected


NEURONS = ("reciprocal", "sqrt", "log", "tanh", "cube_root")
FORMULAS = (
    "reciprocal({0} - {1})",
    "sqrt(guard_below({0}, [0.5])) + reciprocal({1})",
    "log(guard_below({0}, [0.25]))/guard_zero({1}, [0.25])",
)


@st.composite
def guarded_networks(draw):
    """Lines of guarded neurons and formulas that read whatever stands before them."""
    known, lines = ["a", "b"], []
    for i in range(draw(st.integers(1, 7))):
        sources = [draw(st.sampled_from(known)) for _ in range(2)]
        if draw(st.booleans()):
            body = "= " + draw(st.sampled_from(FORMULAS)).format(*sources)
        else:
            function = draw(st.sampled_from(NEURONS))
            body = f"~ {function}({', '.join(dict.fromkeys(sources))})"
        lines.append(f"n{i} {body}")
        known.append(f"n{i}")
    return "input a, b\n" + "\n".join(lines) + f"\noutput {known[-1]}"


@pytest.mark.slow
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(guarded_networks(), st.integers(0, 99), st.sampled_from([1, 6, 33, 300]))
def test_random_networks(text, seed, n):
    network = ww.parse(text)
    # Irregular numbers: no sum lies within rounding of the edge of a guard.
    theta, X = network.initial(seed), samples(network, n, seed)
    X += np.where(X == 0, 0, np.random.default_rng(seed).normal(0, 0.1, X.shape))
    found, expected = ww.guards(network, theta, X), twin(network, theta, X)
    assert found == {name: expected[name] for name in found}
    assert ww.guards(network, theta, X, threads=2) == found


def test_expressions_have_counts_of_their_own_in_training():
    network = ww.parse(
        "input a\nr ~ reciprocal(a)\nq = reciprocal(a)\np = sqrt(guard_below(a, [1]))\n"
        "y ~ identity(r, q, p)\noutput y"
    )
    X = np.array([[0.0], [0.0], [1.0], [2.0]] * 4)
    session = Session(network, X, X, loss="squared")
    session.load(np.zeros(network.n_theta))
    session.loss()
    counts = session._bound.guard_counts()
    # z of r is 0 in all rows; q and p read a itself.
    assert counts[session.program.row_of_neuron].tolist() == [16, 8, 12, 0]


def test_errors_and_nothing_to_count():
    network = NETWORKS["own"]
    with pytest.raises(UntrainedError, match="unknown"):
        ww.guards(network, np.full(network.n_theta, np.nan), [[1, 2]])
    with pytest.raises(DataError, match="row 0, column 1"):
        ww.guards(network, halves(network), [[1, np.inf]])
    plain = ww.parse("input x\ny ~ tanh(x)\noutput y")
    assert ww.guards(plain, plain.initial(0), [[0.0]]) == {}
    assert ww.guards(network, halves(network), np.zeros((0, 2))) == {"y": 0}


SENTENCES = {
    "recip = reciprocal([1]*x)": "recip: the guard of 1/z was active in 3 of 5 rows (z held 1e-12 from 0)",
    "q = log(guard_below(x, [2]))*3": "q: the guard of log(x)*3 was active in 4 of 5 rows (x held at 2 or above)",
    "h[2] = guard_above(x, [0.5]) + reciprocal(x)": (
        "h[0]: the guards of x + reciprocal(x) were active in 5 of 5 rows "
        "(x held at 0.5 or below, x held 1e-12 from 0)"
    ),
    "c = cube_root([1]*x)": (
        "c: the guard of cbrt(z) was active in 3 of 5 rows (z is 0, where the slope is taken as 0)"
    ),
}


@pytest.mark.parametrize("line", SENTENCES)
def test_sentences(line):
    network = ww.parse(
        f"input x\n{line}\ny ~ tanh({line.split()[0]})\noutput y".replace(
            "tanh(h[2])", "tanh(h)"
        )
    )
    theta, X = network.initial(0), np.array([[0.0], [0.0], [1.0], [0.0], [2.5]])
    counts = ww.guards(network, theta, X)
    assert guard_sentences(network, theta, counts, 5)[0] == SENTENCES[line]


def test_many_neurons_are_told_by_number():
    network = ww.parse("input x\nr[8] = reciprocal([1]*x)\ny ~ tanh(r)\noutput y")
    theta = network.initial(0)
    told = guard_sentences(network, theta, ww.guards(network, theta, [[0.0]]), 1)
    assert len(told) == 6
    assert told[0].startswith("r[0]: the guard of 1/z was active in 1 of 1 row (")
    assert told[-1] == "guards of 3 more neurons were active"
