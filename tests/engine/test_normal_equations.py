"""Value, gradient and Gauss-Newton matrix against a twin in NumPy, for networks and losses of every kind.

The twin has its Jacobian of the outputs from forward mode, one sequence at a time, its second derivatives from
`Function.evaluate`, and reads z off the outputs.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from engine import recurrent_networks, settling_networks, transfer_networks
from engine.test_expressions import expression_networks
from network.strategies import SMOOTH, SMOOTH_TRANSFERS, filled, networks
from wildwire.engine import row_parts
from wildwire.engine.machine import is_partner_of
from wildwire.engine.memory import NO_MEMORY, Memory
from wildwire.engine.normal_equations import NormalEquations
from wildwire.engine.output_losses import output_losses
from wildwire.engine.tangent import Tangent
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.functions import find_loss, losses

SLOW = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
OF_NUMBERS = (
    "squared",
    "huber(delta=0.5)",
    ("log_cosh", 0.5),
    "expectile(q=0.3)",
    "abs(o - t)**1.5 + 0.1*(o - t)**2",
)
FLAT = ("absolute", "quantile", "hinge")


def in_head(network, q):
    return any(h.first <= q < h.first + h.count for h in network.heads)


def activation_of(network, q):
    node = network.output_node[q] - network.n_inputs
    return network.functions[network.activation[node]]


def losses_for(network, seed):
    """One loss for each output, all outputs of a head having the same."""
    rng, chosen = np.random.default_rng(seed), []
    of_heads = [rng.choice(["softmax", "squared", "logistic"]) for _ in network.heads]
    for q in range(network.n_outputs):
        name = activation_of(network, q).name
        here = [
            k for k, h in enumerate(network.heads) if h.first <= q < h.first + h.count
        ]
        if here:
            chosen.append(of_heads[here[0]])
        elif name == "logistic":
            chosen.append(str(rng.choice(["logistic", "squared", "poisson"])))
        else:
            chosen.append(OF_NUMBERS[rng.integers(len(OF_NUMBERS))])
    return chosen


def fused_of(network, functions):
    """Whether a loss reads z of a neuron that no other output has named before."""
    found, seen = [], set()
    for q, loss in enumerate(functions):
        node = int(network.output_node[q])
        partner = not in_head(network, q) and is_partner_of(
            loss, activation_of(network, q)
        )
        found.append(partner and node not in seen)
        seen |= {node} if partner else set()
    return found


def over_outputs(loss, fused, o, t):
    """First and second derivative over o that give the same gradient and matrix: dz = do / slope."""
    if not fused:
        table = loss.evaluate(2, [o, t], loss.defaults)
        return table[1], np.maximum(table[loss.n_tables(1)], 0)
    z, slope = (np.log(o), o) if loss.partner == "exponential" else (
        np.log(o / (1 - o)), o * (1 - o)
    )  # fmt: skip
    form = find_loss(loss.from_z)
    table = form.evaluate(2, [z, t], form.defaults)
    return table[1] / slope, np.maximum(table[form.n_tables(1)], 0) / slope**2


def twin(network, theta, sequences, loss, memory=NO_MEMORY):
    """Gradient, matrix, and what each might have lost to rounding.

    `sequences` are (X, Y, weight) each: (steps, n_inputs), (steps, n_outputs) twice.
    """
    chosen = output_losses(loss, network)
    fused = fused_of(network, chosen.functions)
    K = network.n_theta
    gradient, matrix, scale = np.zeros(K), np.zeros((K, K)), np.ones(2)
    for X, Y, weight in sequences:
        tangent = Tangent(network, theta, np.float64, memory=memory)
        outputs, moved = tangent.run(X)
        for q, function in enumerate(chosen.functions):
            used = weight[:, q] != 0
            o, t, J = outputs[used, q], Y[used, q], moved[used, q]
            w = weight[used, q] * chosen.weights[q]
            if function.name == "softmax":
                # H = diag(p) - p p^T over z is diag(1/p) over p.
                slope, curvature = -t / o, 1 / o
            else:
                slope, curvature = over_outputs(function, fused[q], o, t)
            gradient += J.T @ (w * slope)
            matrix += J.T @ (J * (w * curvature)[:, None])
            most = np.abs(J).max(initial=0)
            scale += np.abs(w * slope).sum() * most, (w * curvature).sum() * most**2
    return gradient, matrix, scale


def check(network, theta, X, Y, weight, loss, memory=NO_MEMORY):
    """The engine's against the twin's, for rows or sequences (n, steps, ...)."""
    own = NormalEquations(network, X, Y, loss=loss, sample_weight=weight, memory=memory)
    point = own.at(theta)
    options = {}
    if X.ndim == 3:
        options = {"warm_up": memory.warm_up, "feedback": dict(memory.feedback)}
    value, slope = ww.loss_and_gradient(
        network, theta, X, Y, loss=loss, gradient="sum", sample_weight=weight, **options
    )
    full = np.ones(Y.shape) if weight is None else weight
    full = np.array(
        np.broadcast_to(full.reshape(*full.shape, *[1] * (Y.ndim - full.ndim)), Y.shape)
    )
    if X.ndim == 3:
        full[:, : memory.warm_up] = 0
        cases = list(zip(X, Y, full, strict=True))
    else:
        cases = [(X, Y, full)]
    gradient, matrix, scale = twin(network, theta, cases, loss, memory)
    assert point.n_residuals == np.count_nonzero(full)
    np.testing.assert_allclose(point.value, value, rtol=1e-12, atol=1e-12)
    assert point.value == own.value(theta)
    allowed = 1e-9 * scale
    assert np.abs(point.gradient - slope).max(initial=0) <= allowed[0]
    assert np.abs(point.gradient - gradient).max(initial=0) <= allowed[0]
    assert np.abs(point.matrix - matrix).max(initial=0) <= allowed[1]
    assert (point.matrix == point.matrix.T).all()
    return own, point


def sample(network, n, seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.5, 1.5, (n, network.n_inputs))
    Y = rng.uniform(0.05, 0.95, (n, network.n_outputs))
    for head in network.heads:
        here = Y[:, head.first : head.first + head.count]
        here /= here.sum(axis=1, keepdims=True)
    weight = rng.uniform(0.1, 2, n) * (rng.random(n) < 0.8)
    weight[0] = 1
    return X, Y, weight


@SLOW
@given(
    networks(softmax=True, activations=SMOOTH, transfers=SMOOTH_TRANSFERS),
    st.integers(0, 999),
    st.sampled_from([1, 3, 40]),
)
def test_random_networks(network, seed, n):
    theta = filled(network, seed)
    X, Y, weight = sample(network, n, seed)
    if not np.isfinite(ww.jacobian(network, theta, X)).all():
        return
    check(network, theta, X, Y, (weight, None)[seed % 2], losses_for(network, seed))


@SLOW
@given(expression_networks(), st.integers(0, 99))
def test_random_networks_of_formulas(text, seed):
    network = ww.parse(text)
    theta = network.initial(seed)
    X, Y, weight = sample(network, 20, seed)
    if np.abs(ww.jacobian(network, theta, X)).max(initial=0) < 1e6:
        check(network, theta, X, Y, weight, losses_for(network, seed))


@pytest.mark.parametrize("seed", range(40))
def test_transfers(seed):
    network = transfer_networks.transfer_network(seed)
    theta = transfer_networks.numbers_for(network, seed)
    X, Y, weight = transfer_networks.sample_for(network, seed, 25)
    check(network, theta, X, Y, weight, losses_for(network, seed))


@pytest.mark.parametrize("seed", range(30))
def test_values_that_settle(seed):
    network = settling_networks.settling_network(seed)
    theta = settling_networks.numbers_for(network, seed)
    X, Y, weight = settling_networks.samples_for(network, seed, 9)
    loss = "squared" if network.heads else losses_for(network, seed)
    check(network, theta, X, Y, weight, loss)


BOTH_WAYS = pytest.mark.parametrize("cost", [0.0, 1e9], ids=["backward", "forward"])


@BOTH_WAYS
@pytest.mark.parametrize("seed", range(40))
def test_sequences(seed, cost, monkeypatch):
    monkeypatch.setattr(row_parts, "BACKWARD_COST", cost)
    network = recurrent_networks.recurrent_network(seed)
    theta = recurrent_networks.numbers_for(network, seed)
    X, Y, weight = recurrent_networks.sequences_for(network, seed, 3, 25)
    memory = Memory(warm_up=seed % 4)
    own, _ = check(network, theta, X, Y, weight, losses_for(network, seed), memory)
    assert own._task.forward.all() == (cost > 0 and network.n_theta > 0)


@BOTH_WAYS
def test_feedback_and_a_long_warm_up(cost, monkeypatch):
    monkeypatch.setattr(row_parts, "BACKWARD_COST", cost)
    network = ww.parse("input y\nh[3] ~ tanh(y@1..2)\nz ~ logistic(h, y@1)\noutput z")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, 1400, 1)), rng.uniform(size=(2, 1400, 1))
    memory = Memory(warm_up=900, feedback=(("y", "z"),))
    check(network, network.initial(2), X, Y, None, ["logistic"], memory)


@BOTH_WAYS
def test_sequences_of_several_lengths(cost, monkeypatch):
    monkeypatch.setattr(row_parts, "BACKWARD_COST", cost)
    network = ww.parse(
        "input u\nm[2] ~ tanh(u, m@1)\nstart m = 0.3\np ~ logistic(m, u@2)\noutput p, m"
    )
    rng, theta = np.random.default_rng(1), network.initial(0)
    loss = ["logistic", "squared", "huber"]
    X = [rng.normal(size=(n, 1)) for n in (5, 30, 3, 11)]
    Y = [rng.uniform(size=(len(x), 3)) for x in X]
    Y[1] = Y[1][-1]  # a target at the last step only
    found = NormalEquations(network, X, Y, loss=loss).at(theta)
    total, gradient = np.zeros((network.n_theta,) * 2), 0
    for i, (x, y) in enumerate(zip(X, Y, strict=True)):
        weight, full = np.ones((len(x), 3)), np.zeros((len(x), 3))
        if i == 1:
            weight[:-1] = 0
        full[-len(np.atleast_2d(y)) :] = y
        _, matrix, _ = twin(network, theta, [(x, full, weight)], loss)
        total += matrix
        gradient = (
            gradient
            + ww.loss_and_gradient(network, theta, [x], [y], loss=loss, gradient="sum")[
                1
            ]
        )
    np.testing.assert_allclose(found.matrix, total, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-10, atol=1e-12)
    assert found.n_residuals == 3 * (5 + 1 + 3 + 11)


def test_gradients_that_are_cut_off_have_rows_that_are():
    network = ww.parse("input u\nm[2] ~ tanh(u, m@1)\noutput m")
    rng, theta = np.random.default_rng(1), network.initial(0)
    X, Y = rng.normal(size=(2, 40, 1)), rng.normal(size=(2, 40, 2))
    own = NormalEquations(network, X, Y, loss="squared", memory=Memory(truncate=3))
    assert not own._task.forward.any()
    _, gradient = ww.loss_and_gradient(network, theta, X, Y, gradient="sum", truncate=3)
    np.testing.assert_allclose(own.at(theta).gradient, gradient, rtol=1e-12)


CATALOGUE = "input a, b\nh[3] ~ tanh(a, b)\n%s\noutput %s"
NETWORKS = {
    "numbers": ww.parse(CATALOGUE % ("y ~ identity(h, a)", "y")),
    "logistic": ww.parse(CATALOGUE % ("y ~ logistic(h, a)", "y")),
    "exponential": ww.parse(CATALOGUE % ("y ~ exponential(h, a)", "y")),
    "softplus": ww.parse(CATALOGUE % ("y ~ softplus(h, a)", "y")),
    "softmax": ww.parse(CATALOGUE % ("y[3] ~ identity(h, a)", "softmax(y)")),
}
OUTPUTS_FOR = {
    "logistic": ("logistic", "softmax"),
    "poisson": ("exponential", "softplus"),
    "gamma": ("exponential", "softplus"),
    "softmax": ("softmax",),
}
LOSSES = [n for n in losses() if not n.endswith("_from_z") and n not in FLAT]


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_the_catalogue(name):
    for kind in OUTPUTS_FOR.get(name, NETWORKS):
        network = NETWORKS[kind]
        X, Y, weight = sample(network, 600, 1)
        check(network, network.initial(3), X, Y, weight, name)


@pytest.mark.parametrize("loss", [*FLAT, "2*abs(o - t)", ["squared", "absolute"]])
def test_losses_without_curvature_are_refused(loss):
    two = isinstance(loss, list)
    network = (
        ww.parse("input a\ny[2] ~ identity(a)\noutput y")
        if two
        else NETWORKS["numbers"]
    )
    X, Y, _ = sample(network, 5, 0)
    with pytest.raises(SettingError, match=r"no curvature anywhere.*'huber'"):
        NormalEquations(network, X, Y, loss=loss)
    with pytest.raises(SettingError, match="downwards"):
        NormalEquations(
            NETWORKS["numbers"],
            *sample(NETWORKS["numbers"], 5, 0)[:2],
            loss="-(o - t)**2",
        )


def test_a_loss_that_curves_downwards_counts_as_flat_there():
    network, loss = NETWORKS["numbers"], "log(1 + (o - t)**2)"
    X, Y, _ = sample(network, 200, 0)
    _, point = check(network, 3 * network.initial(0), X, Y, None, loss)
    assert np.linalg.eigvalsh(point.matrix).min() > -1e-10 * np.abs(point.matrix).max()
    far = Y + 50
    flat = NormalEquations(network, X, far, loss=loss).at(network.initial(0))
    assert not flat.matrix.any()
    assert flat.gradient.any()


MIXED = (
    "input a, b\nh[3] ~ tanh(a, b)\nk[3] ~ identity(h)\nu ~ identity(h, b)\np ~ logistic(h)\n"
    "c ~ exponential(h)\nm[2] ~ tanh(a)\noutput u, softmax(k), p, c, softmax(m)"
)
LISTS = (
    {"p": "logistic", "c": "poisson"},
    {"u": "huber", "k[1]": ("softmax", 2.0), "c": ("gamma", 0.5), "m[0]": "squared"},
    {"k[0]": "squared", "p": "squared", "m[1]": ("logistic", 2)},
)


@pytest.mark.parametrize("number", range(3))
def test_losses_of_several_outputs(number):
    network = ww.parse(MIXED)
    X, Y, weight = sample(network, 300, number)
    check(network, network.initial(1), X, Y, weight, LISTS[number])


def test_weights_of_outputs_and_targets_that_are_missing():
    network = ww.parse(MIXED)
    X, Y, _ = sample(network, 60, 0)
    weight = np.random.default_rng(3).uniform(0.2, 2, Y.shape)
    for head in network.heads:
        own = slice(head.first, head.first + head.count)
        weight[:, own] = weight[:, own.start, None]
    weight[np.random.default_rng(4).random(len(X)) < 0.3] = 0
    weight[::7, 0] = 0
    check(network, network.initial(1), X, Y, weight, LISTS[0])
    sequences = ww.parse("input u\nm[2] ~ tanh(u, m@1)\noutput m")
    X, Y = X[:, :1].reshape(2, 30, 1), Y[:, :2].reshape(2, 30, 2).copy()
    weight = (np.random.default_rng(5).random(Y.shape) < 0.5).astype(float)
    told = check(sequences, sequences.initial(0), X, Y, weight, "squared")[1]
    Y[weight == 0] = np.nan
    missing = NormalEquations(sequences, X, Y, loss="squared", sample_weight=weight)
    assert (missing.at(sequences.initial(0)).matrix == told.matrix).all()


def test_weights_within_a_softmax_weigh_its_targets():
    network = NETWORKS["softmax"]
    X, Y, _ = sample(network, 8, 0)
    weight = np.random.default_rng(0).uniform(0.1, 2, Y.shape)
    weight[3, 1] = weight[5] = 0
    own = NormalEquations(network, X, Y, loss="softmax", sample_weight=weight)
    theta = network.initial(0)
    point = own.at(theta)
    for k in range(network.n_theta):
        step = 1e-5 * np.eye(network.n_theta)[k]
        close = (own.value(theta + step) - own.value(theta - step)) / 2e-5
        assert abs(close - point.gradient[k]) < 1e-7
    p, J = ww.run(network, theta, X), ww.jacobian(network, theta, X)
    mass = (weight * Y).sum(axis=1, keepdims=True)
    matrix = np.einsum("sqi,sqj,sq->ij", J, J, mass / p)
    np.testing.assert_allclose(point.matrix, matrix, rtol=1e-9, atol=1e-12)


def test_z_far_out():
    """Where the output has rounded to 0 or 1 nothing is lost: the losses read z."""
    network = ww.parse("input a\nz = ?*a\np = logistic([1]*z)\noutput p")
    for theta, x, t in ((800.0, 1.0, 0.0), (40.0, -1.0, 1.0), (800.0, -1.0, 0.0)):
        point = NormalEquations(network, [[x]], [[t]], loss="logistic").at([theta])
        z = theta * x
        share = np.exp(-abs(z))
        assert point.gradient[0] == pytest.approx(x * ((z > 0) - t), abs=1e-15)
        assert point.matrix[0, 0] == pytest.approx(share / (1 + share) ** 2, rel=1e-12)
    forward = ww.parse("input a\nm = ?*a + [0]*m@1\np = logistic([1]*m)\noutput p")
    X, Y = np.ones((1, 9, 1)), np.zeros((1, 9, 1))
    own = NormalEquations(forward, X, Y, loss="logistic")
    assert own._task.forward.all()
    assert own.at([800.0]).gradient[0] == 9


def test_numbers_that_are_derived_or_shared_or_bounded():
    network = ww.parse(
        "input x, u\nlet a = 0.3 in [0, 1]\nlet b = -0.7\nm = tanh(a*x + 0.5*(u - 3) + a*b)\n"
        "y = a*m + b*b*u - [2]*m\noutput y"
    )  # fmt: skip
    X, Y, weight = sample(network, 40, 0)
    check(network, network.initial(0), X, Y, weight, "log_cosh")


@pytest.mark.parametrize(
    "text",
    ["input x\ny = [2]*x + [1]\noutput y", "input u\nm = [0.5]*m@1 + [1]*u\noutput m"],
)
def test_nothing_to_learn(text):
    network = ww.parse(text)
    X = np.random.default_rng(0).normal(size=(2, 6, 1))
    X = X if network.n_delays else X[0]
    Y = np.zeros(X.shape)
    own = NormalEquations(network, X, Y, loss="squared")
    point = own.at([])
    assert point.gradient.shape == (0,)
    assert point.matrix.shape == (0, 0)
    value = (ww.run(network, [], X) ** 2).sum() / 2
    np.testing.assert_allclose(point.value, value, rtol=1e-14)
    assert own.pull_back([], np.ones((len(own.points), 1))).shape == (0,)


CASES = {
    "rows": ("input x[3]\nh[6] ~ tanh(x)\ny ~ linear(h)\noutput y", (3000, 3), "huber"),
    "classes": ("input x[2]\nh[4] ~ tanh(x)\nz[3] ~ linear(h)\noutput softmax(z)", (900, 2), "softmax"),
    "sequences": ("input u\nm[3] ~ tanh(u, m@1)\np ~ logistic(m)\noutput p", (40, 30, 1), "logistic"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_threads_change_no_bit(case):
    text, shape, loss = CASES[case]
    network, rng = ww.parse(text), np.random.default_rng(0)
    theta, X = network.initial(0), rng.normal(size=shape)
    Y = rng.uniform(size=(*shape[:-1], network.n_outputs))
    Y /= Y.sum(axis=-1, keepdims=True) if case == "classes" else 1
    points = [
        NormalEquations(network, X, Y, loss=loss, threads=threads).at(theta)
        for threads in (1, 2, 3, 1)
    ]
    for point in points[1:]:
        assert point.value == points[0].value
        assert (point.gradient == points[0].gradient).all()
        assert (point.matrix == points[0].matrix).all()


@pytest.mark.parametrize("case", CASES)
def test_rows_give_gradient_and_matrix(case):
    text, shape, loss = CASES[case]
    network, rng = ww.parse(text), np.random.default_rng(0)
    theta, X = network.initial(0), rng.normal(size=shape)
    Y = rng.uniform(size=(*shape[:-1], network.n_outputs))
    Y /= Y.sum(axis=-1, keepdims=True) if case == "classes" else 1
    own = NormalEquations(network, X, Y, loss="squared" if loss == "huber" else loss)
    point, parts = own.at(theta), list(own.rows(theta))
    jacobian = np.concatenate([part.jacobian for part in parts])
    residual = np.concatenate([part.residual for part in parts])
    place = np.concatenate([part.place for part in parts])
    size = np.abs(point.matrix).max()
    np.testing.assert_allclose(jacobian.T @ jacobian, point.matrix, atol=1e-12 * size)
    np.testing.assert_allclose(jacobian.T @ residual, point.gradient, atol=1e-12 * size)
    wanted = [
        (*where, q) for where in own.points.tolist() for q in range(network.n_outputs)
    ]
    assert [tuple(one) for one in place.tolist()] == wanted


@pytest.mark.parametrize("case", CASES)
def test_pulling_back_is_the_transposed_jacobian(case):
    text, shape, loss = CASES[case]
    network, rng = ww.parse(text), np.random.default_rng(0)
    theta, X = network.initial(0), rng.normal(size=shape)
    Y = np.full((*shape[:-1], network.n_outputs), 1 / network.n_outputs)
    own = NormalEquations(network, X, Y, loss=loss)
    U = rng.normal(size=own.outputs(theta).shape)
    found = own.pull_back(theta, U)
    step, directions = 1e-6, rng.normal(size=(3, network.n_theta))
    for direction in directions:
        high, low = (own.outputs(theta + s * direction) for s in (step, -step))
        close = ((high - low) * U).sum() / (2 * step)
        assert close == pytest.approx(found @ direction, rel=1e-6, abs=1e-6)
    J = np.concatenate([part.jacobian for part in own.rows(theta)])
    product = J.T @ (J @ directions[0])
    step = 1e-6 * directions[0]
    moved = (own.outputs(theta + step) - own.outputs(theta - step)) / 2e-6
    found = own.pull_back(theta, own.curve(theta, moved))
    np.testing.assert_allclose(found, product, rtol=1e-5, atol=1e-5)
    with pytest.raises(SettingError, match="U has shape"):
        own.curve(theta, U[1:])
    outputs, told = own.outputs(theta), ww.run(network, theta, X).reshape(U.shape)
    if case == "rows":
        np.testing.assert_allclose(outputs, told, rtol=1e-13)
    elif case == "sequences":
        np.testing.assert_allclose(1 / (1 + np.exp(-outputs)), told, rtol=1e-12)
    else:
        shares = np.exp(outputs)
        np.testing.assert_allclose(shares / shares.sum(axis=1, keepdims=True), told)
    with pytest.raises(SettingError, match="U has shape"):
        own.pull_back(theta, U[:-1])


def test_one_sample_and_one_after_another():
    network = NETWORKS["numbers"]
    X, Y, _ = sample(network, 700, 0)
    own = NormalEquations(network, X, Y, loss="squared")
    first, second = network.initial(0), network.initial(1)
    before = own.at(first)
    check(network, first, X[:1], Y[:1], None, "squared")
    own.at(second)
    list(zip(own.rows(first), own.rows(second), strict=True))
    own.pull_back(second, np.ones(Y.shape))
    again = own.at(first)
    assert (before.matrix == again.matrix).all()
    assert (before.gradient == again.gradient).all()


def test_numbers_that_are_not_finite_come_out():
    network = ww.parse("input x\nz = exp(?*x)\ny ~ linear(z)\noutput y")
    X, Y, _ = sample(network, 30, 0)
    own = NormalEquations(network, 1000 * X, Y, loss="squared")
    point = own.at(np.full(network.n_theta, 50.0))
    assert not np.isfinite(point.value)
    assert not np.isfinite(point.matrix).all()
    fine = own.at(np.full(network.n_theta, 1e-3))
    assert np.isfinite(fine.matrix).all()
    loop = ww.parse("input x\ns = tanh(?*s + [1]*x)\nsettle steps=30\noutput s")
    unsettled = NormalEquations(loop, [[0.5]], [[0.0]], loss="squared").at([-5.0])
    assert np.isnan(unsettled.value)
    assert np.isnan(unsettled.matrix).all()


def test_what_is_wrong_is_said():
    network = NETWORKS["logistic"]
    X, Y, _ = sample(network, 5, 0)
    with pytest.raises(DataError, match="row 2"):
        NormalEquations(
            network, X, np.where(np.arange(5)[:, None] == 2, 3, Y), loss="logistic"
        )
    with pytest.raises(SettingError, match="softmax head"):
        NormalEquations(network, X, Y, loss="softmax")
    with pytest.raises(UntrainedError, match="unknown"):
        NormalEquations(network, X, Y, loss="logistic").at(network.start)
    with pytest.raises(SettingError, match="threads"):
        NormalEquations(network, X, Y, loss="logistic", threads=0)
