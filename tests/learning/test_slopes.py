"""Targets for slopes: what is minimised, by whom, and what is refused."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import DataError, SettingError, UnsupportedError
from wildwire.learning import Objective, learners
from wildwire.learning.binding import Problem
from wildwire.learning.scaling import Scaling
from wildwire.learning.slopes import scaled_with_slopes

ENERGY = ww.parse("input x, y\nh[6] ~ tanh(x, y)\nE ~ linear(h)\noutput E")
TWO = ww.parse(
    "input x, y\nlet a = 0.4\nh[4] ~ tanh(x, y)\np ~ softplus(h)\nq = a*x*p + sin(a*y)\noutput p, q"
)
CLASSES = ww.parse(
    "input x, y\nh[4] ~ tanh(x, y)\na ~ linear(h)\nb ~ linear(h)\ns ~ logistic(h)\noutput softmax(a, b), s"
)
RNG = np.random.default_rng(7)
N = 15
X = RNG.uniform(-1, 1, (N, 2))
Y = X[:, 0] ** 2 + 0.5 * X[:, 1]
DY = np.stack([2 * X[:, 0], np.full(N, 0.5)], axis=1)
WEIGHT = RNG.uniform(0.5, 2, N)


def with_gaps(table):
    """Some of its entries, and two rows, without a target."""
    table = np.array(table)
    table[RNG.uniform(size=table.shape) < 0.3] = np.nan
    table[[2, 9]] = np.nan
    return table


def problems():
    """Networks with rows, targets of slopes and the rest of an objective."""
    two = RNG.uniform(0.1, 1, (N, 2))
    classes = np.column_stack([np.eye(2)[RNG.integers(0, 2, N)], RNG.uniform(size=N)])
    losses = {"a": "softmax", "s": "logistic"}
    return {
        "one output": (ENERGY, Y, DY, {}),
        "gaps": (ENERGY, Y, with_gaps(DY), {"sample_weight": WEIGHT}),
        "weights": (ENERGY, Y, with_gaps(DY), {"slope_weight": [[0.3, 0]], "gradient": "sum"}),
        "two outputs": (TWO, two, RNG.normal(size=(N, 2, 2)), {"loss": {"p": "poisson"}}),
        "two with gaps": (TWO, two, with_gaps(RNG.normal(size=(N, 2, 2))), {"slope_weight": [[2.0], [0.1]]}),
        "classes": (CLASSES, classes, with_gaps(RNG.normal(size=(N, 3, 2))), {"loss": losses, "l2": 0.1}),
    }  # fmt: skip


PROBLEMS = problems()


def plain_value(network, targets, dY, theta, **options):
    """The objective from its definition: values, and slopes by `input_gradient`."""
    gradient = options.pop("gradient", "mean")
    weight = options.get("sample_weight", np.ones(N))
    share = np.broadcast_to(options.pop("slope_weight", 1.0), (network.n_outputs, 2))
    objective = Objective(network, X, targets, gradient="sum", **options)
    l2 = options.get("l2", 0.0)
    penalty = objective.penalty.values(np.array([theta]))[0] if l2 else 0.0
    total = objective.value(theta) - penalty
    dY = np.reshape(dY, (N, network.n_outputs, 2))
    for k in range(network.n_outputs):
        found = ww.input_gradient(network, theta, X, output=k)
        losses = np.nan_to_num(0.5 * (found - dY[:, k]) ** 2)
        total += float((weight[:, None] * share[k] * losses).sum())
    return total / (weight.sum() if gradient == "mean" else 1.0) + penalty


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_objective_is_what_it_says(name):
    network, targets, dY, options = PROBLEMS[name]
    theta = network.initial(seed=2)
    objective = Objective(network, X, targets, dY=dY, **options)
    expected = plain_value(network, targets, dY, theta, **options)
    assert objective.value(theta) == pytest.approx(expected, rel=1e-12)
    assert objective.n_theta == network.n_theta


@pytest.mark.parametrize("name", PROBLEMS)
def test_derivatives_of_the_objective(name):
    network, targets, dY, options = PROBLEMS[name]
    theta = network.initial(seed=3)
    objective = Objective(network, X, targets, dY=dY, **options)
    value, gradient = objective.value_and_gradient(theta)
    assert value == pytest.approx(objective.value(theta), rel=1e-13)
    step = 1e-5 * np.eye(network.n_theta)
    differences = [(objective.value(theta + d) - objective.value(theta - d)) / 2e-5 for d in step]  # fmt: skip
    scale = 1 + np.abs(gradient).max()
    assert np.abs(gradient - differences).max() <= 1e-7 * scale
    found = objective.normal_equations(theta)
    assert np.abs(found.gradient - gradient).max() <= 1e-12 * scale
    vector = np.random.default_rng(1).normal(size=network.n_theta)
    product = objective.hessian_product(theta, vector)
    ahead, back = (objective.gradient(theta + s * vector) for s in (1e-6, -1e-6))
    close = (ahead - back) / 2e-6
    assert np.abs(product - close).max() <= 1e-5 * (1 + np.abs(product).max())


@pytest.mark.parametrize("batch", ["full", 1, 4])
def test_a_step_is_one_of_the_objective(batch):
    """Also where some targets are missing: a row weighs its own weight, not the mean over what it has."""
    dY = with_gaps(DY)
    rate, theta = 0.05, ENERGY.initial(seed=0)
    result = ww.fit(
        ENERGY, X, Y, theta, dY=dY, sample_weight=WEIGHT, batch=batch, epochs=1,
        learner=learners.GradientDescent(rate=rate), shuffle=False,
    )  # fmt: skip
    size = N if batch == "full" else batch
    expected, total = np.array(theta), 0.0
    for first in range(0, N, size):
        rows = slice(first, first + size)
        own, weight, told = (X[rows], WEIGHT[rows], dY[rows])
        if np.isnan(told).all():  # dY must have some target
            part = Objective(ENERGY, own, Y[rows], sample_weight=weight)
        else:
            part = Objective(ENERGY, own, Y[rows], dY=told, sample_weight=weight)
        value, gradient = part.value_and_gradient(expected)
        total += value * weight.sum()
        expected = expected - rate * gradient
    np.testing.assert_allclose(result.theta, expected, atol=1e-12)
    assert result.history["loss"][0] == pytest.approx(total / WEIGHT.sum(), rel=1e-12)


LEARNERS = {
    "adam": learners.Adam(rate=0.02),
    "gradient-descent": learners.GradientDescent(rate=0.1, momentum=0.9),
    "levenberg-marquardt": learners.LevenbergMarquardt(),
    "gauss-newton": learners.GaussNewton(),
    "newton": learners.Newton(),
    "saddle-free-newton": learners.SaddleFreeNewton(),
    "restarts": learners.Restarts(learners.LevenbergMarquardt(), n=3, steps=30),
    "relay": learners.Relay(learners.Adam(rate=0.02), "levenberg-marquardt", steps=30),
}  # fmt: skip


@pytest.mark.parametrize("name", LEARNERS)
def test_every_kind_of_learner_learns_slopes(name):
    dY = with_gaps(DY)
    result = ww.fit(ENERGY, X, Y, dY=dY, learner=LEARNERS[name], epochs=100, seed=3)
    objective = Objective(ENERGY, X, Y, dY=dY)
    assert objective.value(result.theta) < 0.2 * objective.value(ENERGY.initial(seed=3))
    assert set(result.history) == {"loss"}
    assert result.theta.shape == (ENERGY.n_theta,)
    assert set(result.guards) <= set(ENERGY.names)


def test_restarts_draw_as_the_network_does():
    """The slopes' links must not change how many a node has where starts are drawn."""
    with_slopes = Objective(ENERGY, X, Y, dY=DY)
    np.testing.assert_array_equal(with_slopes.initial(5), ENERGY.initial(5))


def test_validation_is_of_values_alone():
    held = np.random.default_rng(0).uniform(-1, 1, (9, 2))
    target = held[:, 0] ** 2 + 0.5 * held[:, 1]
    for learner in (learners.Adam(rate=0.02), "levenberg-marquardt"):
        result = ww.fit(
            ENERGY, X, Y, dY=DY, validation=(held, target), learner=learner, epochs=20
        )
        value = ww.loss_and_gradient(ENERGY, result.theta, held, target)[0]
        assert min(result.history["validation"]) == pytest.approx(value, rel=1e-9)


def test_held_out_rows_take_their_slopes_along():
    dY = np.array(DY)
    result = ww.fit(
        ENERGY, X, Y, dY=dY, validation=0.4, epochs=5, seed=1, shuffle=False
    )
    from wildwire.learning.data import as_samples, split_validation
    from wildwire.learning.shuffling import seed_key

    kept, held = split_validation(ENERGY, as_samples(ENERGY, X, Y), 0.4, seed_key(1))
    again = ww.fit(
        ENERGY, kept.X, kept.Y, dY=dY[kept.number], validation=(held.X, held.Y),
        epochs=5, seed=1, shuffle=False,
    )  # fmt: skip
    np.testing.assert_array_equal(result.theta, again.theta)


def test_a_resumed_run_has_the_same_bits(tmp_path):
    point, dY = tmp_path / "run.ckpt", with_gaps(DY)
    whole = ww.fit(ENERGY, X, Y, dY=dY, epochs=12, batch=4, seed=2)
    ww.fit(ENERGY, X, Y, dY=dY, epochs=5, batch=4, seed=2, checkpoint=point)
    rest = ww.fit(ENERGY, X, Y, dY=dY, epochs=12, batch=4, seed=2, resume=point)
    np.testing.assert_array_equal(rest.theta, whole.theta)
    for other in (2 * dY, None):
        with pytest.raises(SettingError, match="cannot resume"):
            ww.fit(ENERGY, X, Y, dY=other, epochs=12, batch=4, seed=2, resume=point)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_bit(threads):
    rng = np.random.default_rng(0)
    many = rng.uniform(-1, 1, (600, 2))
    table = np.where(rng.uniform(size=(600, 2)) < 0.2, np.nan, many)
    found = ww.fit(
        ENERGY, many, many[:, 0], dY=table, batch="full", epochs=3, threads=threads
    )
    alone = ww.fit(ENERGY, many, many[:, 0], dY=table, batch="full", epochs=3)
    np.testing.assert_array_equal(found.theta, alone.theta)


def test_units_of_values_do_not_matter():
    """Values and slopes in another unit: with scaling the same run, but for the unit of the read-out."""
    unit = 1e9
    start = "input x, y\nh[5] ~ tanh(x, y)\ns ~ linear(h)\nfixed E = "
    texts = [f"{start}{u}*s\noutput E" for u in ("1", "1e9")]
    runs = []
    for text, factor in zip(texts, (1.0, unit), strict=True):
        runs.append(
            ww.fit(
                ww.parse(text), X, factor * Y, dY=factor * with_gaps_at(DY), epochs=30,
                batch=5, scale_loss=True, seed=0,
            )
        )  # fmt: skip
    np.testing.assert_allclose(runs[1].theta, runs[0].theta, rtol=1e-6)
    np.testing.assert_allclose(
        runs[1].history["loss"], unit**2 * runs[0].history["loss"], rtol=1e-6
    )


def with_gaps_at(table):
    table = np.array(table)
    table[3, 0] = table[7] = np.nan
    return table


def test_slopes_are_scaled_as_their_output():
    own = Scaling(np.array([2.0, 1.0]), np.array([1.0, 5.0]), np.array([4.0, 1.0]))
    found = scaled_with_slopes(own, np.array([0, 1, 1]))
    # A loss counts factor/unit times what it would in the user's units; slopes as often as their output.
    counts = found.factor / found.scale**2
    np.testing.assert_array_equal(counts[2:], np.array([1 / 4, 5, 5]))
    np.testing.assert_array_equal(found.unit[2:], found.scale[2:] ** 2)


def test_a_constant_is_found_by_a_value_and_the_rest_by_slopes():
    line = ww.parse("input x\ny = ?*x**2 + ?*x + ?\noutput y")
    x = np.array([0.0, 1.0, 2.0])
    y, dy = 3 * x**2 - 2 * x + 5, 6 * x - 2
    result = ww.fit(
        line, x, y, dY=dy, sample_weight=[1.0, 1.0, 1.0], learner="levenberg-marquardt"
    )
    np.testing.assert_allclose(ww.run(line, result.theta, x)[:, 0], y, atol=1e-6)
    np.testing.assert_allclose(ww.input_gradient(line, result.theta, x[:, None])[:, 0], dy, atol=1e-6)  # fmt: skip


def test_categories_and_names_are_by_position():
    network = ww.parse(
        'input a, colour: "red" | "blue"\nh[3] ~ tanh(a, colour)\ny ~ linear(h)\noutput y'
    )
    inputs = np.array([[0.5, 1, 0], [0.1, 0, 1], [-0.4, 1, 0]])
    dY = np.array([[1.0, np.nan, 2.0]] * 3)
    objective = Objective(network, inputs, [0.0, 1, 2], dY=dY)
    assert objective.network.outputs == ("y", "dy/da", 'dy/dcolour["blue"]')


MEMORY = ww.parse("input x, y\nE ~ tanh(x, y, E@1)\noutput E")
SETTLES = ww.parse("input x, y\nsettle\na ~ tanh(x, b)\nb ~ tanh(a, y)\noutput b")


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"dY": DY[:4]}, DataError, r"dY must have shape \(15, 1, 2\) or \(15, 2\).*it has \(4, 2\)"),
        ({"dY": Y}, DataError, "rows, outputs, inputs"),
        ({"dY": np.full((N, 2), np.nan)}, DataError, "no target to learn from"),
        ({"dY": DY, "slope_weight": 0}, DataError, "slope_weight 0"),
        ({"dY": np.where(DY == 0.5, np.inf, DY)}, DataError, "row 0, dE/dy is inf"),
        ({"dY": [["a", "b"]] * N}, DataError, "dY must be numbers"),
        ({"dY": DY, "slope_weight": -1}, SettingError, "0 or more"),
        ({"dY": DY, "slope_weight": np.nan}, SettingError, "0 or more"),
        ({"dY": DY, "slope_weight": "much"}, SettingError, "1 outputs and 2 inputs"),
        ({"dY": DY, "slope_weight": [1, 2, 3]}, SettingError, "1 outputs and 2 inputs"),
        ({"slope_weight": 2.0}, SettingError, "give dY"),
    ],
)  # fmt: skip
def test_refusals(options, error, told):
    with pytest.raises(error, match=told):
        ww.fit(ENERGY, X, Y, **options)
    with pytest.raises(error, match=told):
        Objective(ENERGY, X, Y, **options)


@pytest.mark.parametrize(
    ("network", "told"), [(MEMORY, "has memory"), (SETTLES, "has settle")]
)
def test_networks_without_slopes_of_one_step(network, told):
    with pytest.raises(UnsupportedError, match=told):
        ww.fit(network, X, Y, dY=DY)


def test_sequences_have_no_slopes():
    with pytest.raises(SettingError, match="dY is for rows"):
        ww.fit(ENERGY, X.reshape(3, 5, 2), Y.reshape(3, 5, 1), dY=DY[:3])


def test_the_example_of_the_page(tmp_path, capsys):
    page = (Path(__file__).parents[2] / "docs" / "learning.md").read_text("utf-8")
    section = page.split("## Targets for slopes")[1]
    (program,) = re.findall(
        r"```python\n(.*?)```", section.split("\n## ")[0], re.DOTALL
    )
    path = tmp_path / "page.py"
    path.write_text(program, encoding="utf-8")
    names = runpy.run_path(str(path))
    without, with_slopes = map(float, capsys.readouterr().out.split())
    assert without > 5 * with_slopes
    assert names["forces"].shape == (4, 1)


def test_what_is_not_asked_for_stays_as_it_was():
    problem = object.__new__(Problem)
    assert problem.with_slopes(None) is problem


def hidden_weights(theta):
    """Of the six hidden neurons of `ENERGY` on its two inputs; each has a bias behind them."""
    return theta[:18].reshape(6, 3)[:, :2]


def test_a_greatest_length_is_of_the_networks_own_neurons():
    """The neurons of slopes read the same numbers otherwise grouped."""
    options = {"dY": DY, "epochs": 30, "batch": 5, "learner": learners.Adam(rate=0.1)}
    result = ww.fit(ENERGY, X, Y, max_norm=0.7, seed=0, **options)
    weights = hidden_weights(result.theta)
    lengths = np.linalg.norm(weights, axis=1)
    assert lengths.max() == pytest.approx(0.7, rel=1e-9)
    assert np.linalg.norm(weights, axis=0).max() > 0.7


def test_neurons_are_named_as_in_the_network():
    sphere = learners.RiemannianDescent({"h": learners.manifolds.Sphere()})
    result = ww.fit(ENERGY, X, Y, dY=DY, learner=sphere, epochs=20, seed=0)
    lengths = np.linalg.norm(hidden_weights(result.theta), axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{"dropout": 0.2}, {"learner": learners.Rule("rate*x*e", rate=0.1)}],
    ids=["dropout", "local rule"],
)
def test_what_knows_no_slopes_is_refused(options):
    line = ww.parse("input x, y\nE ~ linear(x, y)\noutput E")
    with pytest.raises(SettingError, match="leave out"):
        ww.fit(line, X, Y, dY=DY, **options)


def test_scaling_of_all_learners_is_of_the_outputs():
    """Targets of 1e9: a learner that sees sums only has them in units of their spread, slopes in the same."""
    text = "input x, y\nh[5] ~ tanh(x, y)\ns ~ linear(h)\nfixed E = 1e9*s\noutput E"
    network, plain = ww.parse(text), ww.parse(text.replace("1e9", "1"))
    runs = [
        ww.fit(
            made, X, unit * Y, dY=unit * with_gaps_at(DY), scale_loss=True, seed=0,
            learner="levenberg-marquardt", epochs=15,
        )
        for made, unit in ((plain, 1.0), (network, 1e9))
    ]  # fmt: skip
    np.testing.assert_allclose(
        runs[1].history["loss"], 1e18 * runs[0].history["loss"], rtol=1e-4
    )
