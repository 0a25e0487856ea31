"""Settings are chosen on inner folds and never see a test row."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from wildwire.evaluation.family import Family, Fitted
from wildwire.evaluation.plain import families
from wildwire.evaluation.problem import make_problem
from wildwire.evaluation.tuning import InnerFolds, tune, tune_on_neurons

RNG = np.random.default_rng(5)
INPUTS = RNG.normal(size=(60, 4))
TARGET = INPUTS @ [1.0, -1, 0, 0] + 0.3 * RNG.normal(size=60)


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


TRAIN, TEST = np.arange(48), np.arange(48, 60)


@pytest.mark.parametrize("class_count", [0, 2])
def test_nothing_of_a_test_row_reaches_a_plain_model(class_count):
    target = (TARGET > 0).astype(int) if class_count else TARGET
    changed = target.copy()
    changed[TEST] = 1 - target[TEST] if class_count else 1e6
    inputs = INPUTS.copy()
    inputs[TEST[1:]] += 50
    predictions = []
    for x, y in ((INPUTS, target), (inputs, changed)):
        problem = make_problem(x, y, class_count=class_count)
        folds = InnerFolds(problem, TRAIN, 7)
        rows = np.r_[TRAIN, TEST[:1]]
        predictions.append(
            [tune(kind, folds, 0).predictor.predict(rows) for kind in families(problem)]
        )
    for before, after in zip(*predictions, strict=True):
        assert np.array_equal(before, after)


def biased(sample, setting, seed):
    """The mean, moved by a setting: only offset 0 is right."""
    value = np.average(sample.target, axis=0) + setting["offset"]
    return Fitted(lambda inputs: np.tile(value, (len(inputs), 1)), 1)


OFFSETS = Family(
    "offset",
    biased,
    tuple({"offset": offset} for offset in (3.0, 1.0)),
    tuple({"offset": offset} for offset in (0.0, -5.0)),
)


def test_the_least_inner_loss_wins():
    folds = InnerFolds(make_problem(INPUTS, TARGET), TRAIN, 0)
    assert tune(OFFSETS, folds, 0).setting == {"offset": 1.0}
    found = tune(OFFSETS, folds, 1)
    assert (found.setting, found.tried, found.further) == ({"offset": 0.0}, 3, 1)


def test_further_settings_follow_the_budget():
    folds = InnerFolds(make_problem(INPUTS, TARGET), TRAIN, 0)
    assert tune(OFFSETS, folds, None, budget=0.0).further == 0
    assert tune(OFFSETS, folds, None, budget=60.0).further == 2


def test_inner_folds_keep_groups_whole_and_prepare_alone():
    group = np.arange(60) // 4
    problem = make_problem(INPUTS, TARGET, group=group)
    folds = InnerFolds(problem, TRAIN, 0)
    assert len(folds.pairs) == 3
    for train, test in folds.pairs:
        assert len(train.inputs) + len(test.inputs) == 48
        assert len(test.inputs) % 4 == 0
        assert np.abs(train.inputs.mean(axis=0)).max() < 1e-12
        assert np.abs(test.inputs.mean(axis=0)).max() > 1e-3


def test_a_train_set_of_one_class_gets_the_constant():
    target = np.zeros(60, dtype=int)
    target[:2] = 1
    problem = make_problem(INPUTS, target, class_count=2)
    folds = InnerFolds(problem, np.arange(2, 60), 0)
    for kind in families(problem):
        assert tune(kind, folds, 0).predictor.predict(np.arange(2)).tolist() == [
            [1, 0],
            [1, 0],
        ]


def test_linear_on_neurons_uses_them():
    folds = InnerFolds(make_problem(INPUTS, np.sin(3 * TARGET)), TRAIN, 0)
    ridge = families(make_problem(INPUTS, TARGET))[1]
    hidden = np.sin(3 * TARGET[TRAIN])[:, None]
    fitted, setting = tune_on_neurons(ridge, folds, hidden)
    assert setting["penalty"] == 0.01
    assert fitted.predict(hidden) == pytest.approx(folds.whole.target, abs=1e-3)
