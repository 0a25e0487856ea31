"""Standard errors after a fit to a table: when they are found, what is said, what a file keeps."""

import numpy as np
import pytest

from wildwire.learning import uncertainty
from wildwire.learning.learners import Adam, LevenbergMarquardt
from wildwire.model import Model, load
from wildwire.procedure import fit_table
from wildwire.procedure.kept_errors import FACT, OPEN, kept_errors

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(120, 2))
Y = X @ [1.0, -2.0] + 0.3 * RANDOM.normal(size=120)
TABLE = {"a": X[:, 0], "b": X[:, 1], "y": Y}
LINE = "input a, b\ny = ?*a + ?*b + ?\noutput y"
TWICE = "input a, b\ny = ?*a + ?*b + ?*a@0 + ?\noutput y"
LONG = {"epochs": 3000, "learner": Adam(rate=0.02), "early_stopping": False}


def fitted(network=LINE, table=TABLE, **options):
    settings = {"progress": False, **LONG, **options}
    return fit_table(table, "y", network=network, **settings)


def test_a_fit_keeps_standard_errors():
    model = fitted().model
    design = np.column_stack([X, np.ones(120)])
    theta, rest, _, _ = np.linalg.lstsq(design, Y, rcond=None)
    np.testing.assert_allclose(model.theta, theta, atol=1e-5)
    errors = np.sqrt(rest[0] / 117 * np.diag(np.linalg.inv(design.T @ design)))
    kept = kept_errors(model)
    np.testing.assert_allclose(kept.errors, errors, rtol=6e-3)
    assert kept.undetermined == ()
    assert OPEN not in model.provenance
    assert model.provenance["noise"] == f"{np.sqrt(rest[0] / 117):.4g}"


@pytest.mark.parametrize("suffix", [".wire", ".safetensors"])
def test_files_keep_them(tmp_path, suffix):
    model = fitted().model
    again = load(model.save(tmp_path / f"m{suffix}"))
    assert np.array_equal(kept_errors(again).errors, kept_errors(model).errors)


def test_errors_of_other_numbers_are_not_shown(tmp_path):
    model = fitted().model
    for facts in (
        {}, {FACT: "nonsense"}, {FACT: model.provenance[FACT] + " 1.0"},
        {FACT: model.provenance[FACT].replace(": ", ": x")},
        {FACT: model.provenance[FACT].replace("of ", "of 0")},
    ):  # fmt: skip
        assert kept_errors(Model(model.network, model.theta, facts)) is None
    moved = Model(model.network, model.theta + 1e-9, model.provenance)
    assert kept_errors(moved) is None


def test_penalty_weights_and_sigmas_count_as_in_the_fit():
    weight = RANDOM.integers(1, 4, 120).astype(float)
    model = fitted(weight=weight, l2=0.05).model
    expected = uncertainty(
        model.network, model.theta, X, Y, sample_weight=weight, l2=0.05, scale_loss=True
    )
    np.testing.assert_allclose(
        kept_errors(model).errors, expected.standard_errors, rtol=6e-3
    )
    assert expected.from_minimum < 0.01
    sigma = RANDOM.uniform(0.1, 0.5, 120)
    model = fitted(table={**TABLE, "s": sigma}, sigma="s").model
    design = np.column_stack([X, np.ones(120)]) / sigma[:, None]
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    np.testing.assert_allclose(kept_errors(model).errors, errors, rtol=6e-3)


@pytest.mark.parametrize("bayesian", [False, True])
def test_errors_after_learners_of_second_order(bayesian):
    learner = LevenbergMarquardt(bayesian=bayesian)
    table = {**TABLE, "y": 1e5 * Y}
    l2 = {} if bayesian else {"l2": 0.05}
    model, result, _ = fitted(table=table, learner=learner, epochs=100, **l2)
    if bayesian:
        l2 = {"l2": result.details["alpha"] / result.details["beta"] / 120}
    expected = uncertainty(
        model.network, model.theta, X, 1e5 * Y, **l2, scale_loss=True
    )
    assert expected.from_minimum < 0.1
    np.testing.assert_allclose(
        kept_errors(model).errors, expected.standard_errors, rtol=6e-3
    )


def test_open_numbers_are_told():
    chain = "input a, b\nh = ?*a\ny = ?*h + ?*b + ?\noutput y"
    model, _, notes = fitted(chain, epochs=100)
    told = "the data do not determine 2 of 4 numbers (one combination of them is open): a -> h, h -> y"
    assert told in notes
    assert model.provenance[OPEN] == told
    assert kept_errors(model).undetermined == ("a -> h", "h -> y")
    dead = "input a, b\nh = relu(1*a - 50)\ny = 1*h + ?*a + ?*b + ?\noutput y"
    notes = fitted(dead, epochs=100).notes
    assert "the data do not determine 3 of 6 numbers: a -> h, h bias, h -> y" in notes
    bounded = "input a, b\nlet k = 0.5 in [0, 0.5]\ny = k*a + ?*b + ?\noutput y"
    model, _, notes = fitted(bounded, epochs=400)
    assert "at a bound, and so without a standard error: k" in notes
    assert np.isnan(kept_errors(model).errors[model.network.theta_names.index("k")])


def test_a_softmax_says_nothing_of_its_shifts():
    labels = np.array(["p", "q", "r"])[
        np.digitize(Y + RANDOM.normal(size=120), [-1, 1])
    ]
    model, _, notes = fit_table(
        {**TABLE, "y": labels}, "y", hidden=0, progress=False, epochs=200
    )
    assert not any("determine" in note for note in notes)
    assert len(kept_errors(model).undetermined) == 9
    same = {**TABLE, "c": X[:, 0], "y": labels}
    notes = fit_table(same, "y", hidden=0, progress=False, epochs=200).notes
    assert any("do not determine 6 of 12 numbers (" in note for note in notes)


def test_class_weights_make_them_robust():
    labels = np.where(Y + RANDOM.normal(size=120) > 1, "yes", "no")
    options = {"network": None, "hidden": 0, "table": {**TABLE, "y": labels}, "l2": 0.0}
    model = fitted(**options, class_weight={"yes": 5.0, "no": 1.0}).model
    design = np.column_stack([X, np.ones(120)])
    weight = np.where(labels == "yes", 5.0, 1.0)
    p = model.predict_proba({**TABLE, "y": labels})[:, 1]
    inputs = model.network.numbers(model.theta)
    bias = next(i for i, name in enumerate(inputs) if name.endswith("bias"))
    residual = weight * ((labels == "yes") - p)
    inverse = np.linalg.inv(design.T @ ((weight * p * (1 - p))[:, None] * design))
    inner = design.T @ (residual[:, None] ** 2 * design) * 120 / 117
    scaled = kept_errors(model).errors
    # Scaling of the inputs leaves fitted log-odds and their errors alone, at the mean of the inputs.
    centre = np.array([*[float(v) for v in _means(model)], 1.0])
    expected = np.sqrt(centre @ inverse @ inner @ inverse @ centre)
    assert scaled[bias] == pytest.approx(expected, rel=0.02)


def _means(model):
    """What the fixed lines take away from the inputs."""
    zeros = []
    for name in ("a", "b"):
        line = next(
            line
            for line in model.to_text().splitlines()
            if line.startswith(f"fixed {name}_scaled")
        )
        inside = line.split("(")[1].split(")")[0] if "(" in line else f"{name} - 0"
        sign = -1.0 if "+" in inside else 1.0
        zeros.append(sign * float(inside.replace("+", "-").split("-")[1]))
    return zeros


NONE = {
    "asked": {"standard_errors": False},
    "loss": {"loss": "huber"},
    "size": {"network": None, "hidden": 200, "epochs": 2},
}


@pytest.mark.parametrize("case", NONE)
def test_none_are_kept(case):
    assert kept_errors(fitted(**{"epochs": 5, **NONE[case]}).model) is None
