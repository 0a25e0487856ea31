"""Model: predicting from tables, frames and arrays, and what surrounds it."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from wildwire.engine.evaluate import run
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.model import Model, load
from wildwire.network import Network

NUMBERS = """input a = "the a", b, c: "x" | "y"
missing b = 2
range a 0..1
range b -1..1e9
y = 2*a + b - 3*c["x"]
z = a - 1
output y, z
"""
BINARY = 'input a\np = logistic(4*a)\noutput p as "no", "yes"'
THREE = "input a, b\nz = identity(a)\nu = identity(b)\nv = identity([0]*a)\noutput softmax(z, u, v) as 3, 1, 2"
DATA = {
    "b": [1.0, 5.0, -2.0],
    "c": ["x", "y", "y"],
    "the a": [0.5, 2.0, 1.0],
    "no": [0] * 3,
}
EXPECTED = np.array([[-1.0, -0.5], [9.0, 1.0], [0.0, 0.0]])


def model(text=NUMBERS):
    return Model(Network.parse(text))


FORMS = {
    "mapping": lambda: DATA,
    "pandas": lambda: pd.DataFrame(DATA)[["no", "the a", "c", "b"]],
    "polars": lambda: pl.DataFrame(DATA),
    "pyarrow": lambda: pl.DataFrame(DATA).to_arrow(),
    "array": lambda: np.array(
        [[0.5, 1.0, "x"], [2.0, 5.0, "y"], [1.0, -2.0, "y"]], dtype=object
    ),
    "list": lambda: [[0.5, 1.0, "x"], [2.0, 5.0, "y"], [1.0, -2.0, "y"]],
}


@pytest.mark.parametrize("name", [name for name in FORMS if name != "list"])
def test_predictions_do_not_depend_on_the_form_of_the_table(name):
    assert np.array_equal(model().predict(FORMS[name]()), EXPECTED)


def test_a_file_is_a_table(tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame(DATA).to_csv(path, index=False)
    assert np.array_equal(model().predict(path), EXPECTED)
    assert np.array_equal(model().predict(str(path)), EXPECTED)


def test_one_output_is_a_vector():
    one = model("input a\ny = 2*a\noutput y")
    assert one.predict(np.array([[1], [2]])).tolist() == [2.0, 4.0]
    assert one.predict([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert one.run([1.0, 2.0]).tolist() == [[2.0], [4.0]]


def test_two_classes():
    two = model(BINARY)
    a = np.array([[-1.0], [0.5]])
    p = 1 / (1 + np.exp(-4 * a))
    np.testing.assert_allclose(two.predict_proba(a), np.hstack([1 - p, p]), rtol=1e-14)
    assert two.predict(a).tolist() == ["no", "yes"]
    assert two.classes == ("no", "yes")


def test_more_classes_keep_their_order_and_type():
    three = model(THREE)
    rows = np.array([[2.0, 0], [0, 3.0], [-1, -1]])
    assert three.predict(rows).tolist() == [3, 1, 2]
    z = np.hstack([rows, np.zeros((3, 1))])
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(three.predict_proba(rows), expected, rtol=1e-13)


def test_a_regression_has_no_probabilities():
    with pytest.raises(SettingError, match="regression"):
        model().predict_proba(DATA)


def test_missing_values_follow_the_rule_of_the_network():
    data = {**DATA, "b": [np.nan, 5.0, -2.0]}
    assert model().predict(data)[0].tolist() == [0.0, -0.5]
    with pytest.raises(DataError, match=r"row 0.*'the a' is missing"):
        model().predict({**DATA, "the a": [np.nan, 1, 1]})
    with pytest.raises(DataError, match=r"row 1.*'c' is 'q'.*never seen"):
        model().predict({**DATA, "c": ["x", "q", "y"]})


def test_rows_outside_the_ranges_of_training_are_counted():
    m = model()
    assert m.rows_outside == 0
    m.predict(DATA)
    assert m.rows_outside == 2
    assert m.outside(DATA) == {"the a": 1, "b": 1}
    m.predict({**DATA, "the a": [0.0, 0.5, 1.0], "b": [-1.0, 0, 1e9]})
    assert m.rows_outside == 0


@pytest.mark.parametrize(
    "bad",
    [np.ones((2, 2)), np.ones((2, 4)), np.array([[np.inf, 1, "x"]], dtype=object)],
)
def test_arrays_that_do_not_fit_are_refused(bad):
    with pytest.raises(DataError):
        model().predict(bad)


def test_an_array_with_nan_takes_the_rule():
    text = "input a, b\nmissing a = 7\ny = a + b\noutput y"
    assert model(text).predict(np.array([[np.nan, 1.0]])).tolist() == [8.0]
    with pytest.raises(DataError, match=r"row 0.*missing"):
        model(text).predict(np.array([[1.0, np.nan]]))


def test_groups_of_inputs():
    text = "input x[3], a\ny = x[0] + 10*x[2] + 100*a\noutput y"
    rows = np.array([[1.0, 2, 3, 4]])
    assert model(text).predict(rows).tolist() == [431.0]
    names = {"a": [4.0], "x_2": [3.0], "x_0": [1.0], "x_1": [2.0]}
    assert model(text).predict(names).tolist() == [431.0]


def test_unknown_numbers_are_named():
    m = model("input a\nh ~ tanh(a)\ny ~ identity(h)\noutput y")
    with pytest.raises(UntrainedError, match=r"'a -> h' is unknown.*first of 4"):
        m.predict([[1.0]])
    assert m.encode([[1.0]]).tolist() == [[1.0]]


def test_a_model_does_not_change_with_the_users_arrays():
    network = Network.parse("input a\ny ~ identity(a)\noutput y")
    theta = np.array([2.0, 1.0])
    m = Model(network, theta)
    theta[:] = 0
    assert m.predict([[1.0]]).tolist() == [3.0]
    with pytest.raises(ValueError, match="read-only"):
        m.theta[0] = 1


def test_copies_and_pickles_predict_the_same_bits():
    m = Model(Network.parse(NUMBERS), provenance={"seed": 1})
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert other.predict(DATA).tobytes() == m.predict(DATA).tobytes()
        assert dict(other.provenance) == {"seed": "1"}


@pytest.mark.parametrize("suffix", [".wire", ".safetensors"])
def test_what_is_loaded_predicts_the_same_bits(tmp_path, suffix):
    text = 'input x[6]\nh[9] ~ tanh(x)\nk[4] ~ sin(h, x)\ny ~ logistic(k, h)\noutput y as "n", "y"'
    network = Network.parse(text)
    m = Model(network, network.initial(3))
    X = np.random.default_rng(0).normal(size=(1000, 6))
    again = load(m.save(tmp_path / f"m{suffix}"))
    assert (
        again.run(X).tobytes()
        == m.run(X).tobytes()
        == run(network, m.theta, X).tobytes()
    )
    assert again.predict(X).tolist() == m.predict(X).tolist()


def test_what_it_is():
    m = model()
    assert m.columns == ("the a", "b", "c") and m.outputs == ("y", "z")
    assert "regression" in repr(m) and "2 classes" in repr(model(BINARY))
    assert Network.parse(m.to_text()) == m.network
