"""The whole comparison, with procedures whose quality is known beforehand."""

import json
import time
from dataclasses import dataclass
from multiprocessing import active_children

import numpy as np
import pytest

from wildwire.errors import DataError, SettingError
from wildwire.evaluation import compare, comparison, fold, make_problem, report
from wildwire.evaluation.parallel import results_of
from wildwire.evaluation.plain import families
from wildwire.evaluation.problem import Problem

RNG = np.random.default_rng(3)
N = 120
INPUTS = RNG.normal(size=(N, 2))
WAVE = np.sin(5 * INPUTS[:, 0]) * np.cos(4 * INPUTS[:, 1])
NOISE = 0.1 * RNG.normal(size=N)
FLOOR: dict[str, int] = {}


@dataclass
class Known:
    """Predicts a fixed formula; its hidden neurons are given columns."""

    truth: np.ndarray
    neurons: np.ndarray | None = None
    name: str = "this network"
    parameters: int = 30
    stored: int | None = None
    interrupt_at: int = -1
    calls: int = 0
    sleep: float = 0.0

    def fit(self, rows, seed):
        if self.calls == self.interrupt_at:
            raise KeyboardInterrupt
        self.calls += 1
        time.sleep(self.sleep)
        return Answers(self.truth, self.neurons, self.parameters)


@dataclass
class Answers:
    truth: np.ndarray
    neurons: np.ndarray | None
    parameters: int

    def predict(self, rows):
        return self.truth[rows]

    def hidden(self, rows):
        if self.neurons is None:
            return np.empty((len(rows), 0))
        return self.neurons[rows]


@pytest.fixture(scope="module")
def wave() -> Problem:
    return make_problem(INPUTS, WAVE + NOISE)


FEW = 4
"""Rivals in most of these tests: slow ones add nothing to what is tested here."""


@pytest.fixture(scope="module", autouse=True)
def few_rivals():
    with pytest.MonkeyPatch.context() as patch:
        for module in (fold, comparison):
            patch.setattr(module, "families", lambda p: families(p)[:FEW])
        yield


@pytest.fixture
def all_rivals(monkeypatch):
    for module in (fold, comparison):
        monkeypatch.setattr(module, "families", families)


def quick(problem, network, **more):
    return compare(problem, network, repeats=1, further=FLOOR, **more)


@pytest.fixture(scope="module")
def better(wave):
    return quick(wave, Known(WAVE, np.column_stack([WAVE, INPUTS])))


def test_a_network_that_knows_the_law_is_better(better):
    assert better.verdict.kind == "better"
    assert better.verdict.recommended == "this network"
    assert report.verdict_sentence(better).startswith("Better: ")
    known = better.models[-1]
    assert known.figures["rmse"] == pytest.approx(np.sqrt(np.mean(NOISE**2)))
    assert known.row_losses == pytest.approx(NOISE**2)


def test_the_table_lists_every_model_in_order(better):
    names = [model.name for model in better.models]
    assert names[0] == "mean"
    assert names[-2:] == ["linear on the network's hidden neurons", "this network"]
    assert [model.plain for model in better.models] == [True] * FEW + [False] * 2
    on_neurons = better.models[-2]
    assert on_neurons.figures["rmse"] == pytest.approx(
        better.models[-1].figures["rmse"], rel=0.2
    )
    assert on_neurons.parameters == 4
    assert [row[0] for row in report.cells(better)] == names
    assert len(report.headings(better)) == len(report.cells(better)[0])


def test_json_holds_the_losses_of_every_row(better):
    plain = json.loads(json.dumps(report.as_dict(better), allow_nan=False))
    assert [len(model["row_losses"]) for model in plain["models"]] == [N] * (FEW + 2)
    ridge = next(m for m in plain["models"] if m["name"] == "ridge regression")
    assert np.sqrt(np.mean(ridge["row_losses"])) == pytest.approx(ridge["rmse"])
    assert plain["verdict"]["kind"] == "better"


def test_a_network_that_knows_nothing_is_worse():
    line = make_problem(INPUTS, INPUTS[:, 0] + NOISE)
    found = quick(line, Known(np.zeros(N)))
    assert found.verdict.kind == "worse"
    sentence = report.verdict_sentence(found)
    assert sentence.startswith("Worse: ")
    assert "Recommended" in sentence
    assert found.verdict.recommended != "this network"


def test_without_difference_the_simpler_is_recommended():
    line = make_problem(INPUTS, INPUTS[:, 0] + NOISE)
    found = quick(line, Known(INPUTS[:, 0] + 0.002))
    assert found.verdict.kind == "no difference"
    assert found.verdict.recommended == "ridge regression"
    assert report.verdict_sentence(found).startswith(
        "No difference that these data can"
    )


def test_noise_recommends_the_mean():
    noise = make_problem(INPUTS, NOISE)
    found = quick(noise, Known(0.02 * INPUTS[:, 0]))
    assert found.verdict.recommended == "mean"


def test_few_rows_cannot_tell():
    rows = np.arange(24)
    found = quick(make_problem(INPUTS[rows], WAVE[rows]), Known(WAVE))
    assert found.verdict.kind == "cannot tell"
    assert report.verdict_sentence(found).startswith("The data cannot tell: 24 rows")


def test_classification():
    truth = (INPUTS[:, 0] * INPUTS[:, 1] > 0).astype(int)
    sure = np.where(np.arange(2) == truth[:, None], 0.98, 0.02)
    found = quick(make_problem(INPUTS, truth, class_count=2), Known(sure))
    assert found.classification
    assert found.verdict.kind == "better"
    network = found.models[-1].figures
    assert network == pytest.approx({"log_loss": -np.log(0.98), "accuracy": 1.0})
    assert "accuracy" in report.headings(found)


def test_the_same_seed_gives_the_same_table(better, wave):
    network = Known(WAVE, np.column_stack([WAVE, INPUTS]))
    again = quick(wave, network)
    for one, two in zip(better.models, again.models, strict=True):
        assert np.array_equal(one.row_losses, two.row_losses)
    other = quick(wave, network, seed=1)
    assert other.models[1].figures != better.models[1].figures


def test_other_processes_give_the_same_bits(all_rivals):
    rows = np.arange(40)
    small = make_problem(INPUTS[rows], WAVE[rows])
    tasks = comparison.tasks_of(small, 1, 3, 0, None)
    alone = list(results_of(small, Known(WAVE), tasks, FLOOR, 1))
    others = list(results_of(small, Known(WAVE), tasks, FLOOR, 2))
    for one, two in zip(alone, others, strict=True):
        assert len(one.outcomes) == 8
        for name, outcome in one.outcomes.items():
            assert np.array_equal(outcome.measures, two.outcomes[name].measures), name


def test_other_processes_end_with_the_caller():
    rows = np.arange(40)
    small = make_problem(INPUTS[rows], WAVE[rows])
    results = results_of(small, None, comparison.tasks_of(small, 4, 5, 0), FLOOR, 2)
    assert next(results).task.fold == 0
    workers = active_children()
    assert len(workers) >= 2
    results.close()
    for worker in workers:
        worker.join(20)
    assert not any(worker.is_alive() for worker in workers)


def test_further_settings_can_be_repeated(wave):
    rows = np.arange(30)
    small = make_problem(INPUTS[rows], WAVE[rows])
    first = compare(small, Known(WAVE, sleep=0.25), repeats=1)
    assert first.further["ridge regression"] == 6
    again = compare(small, Known(WAVE), repeats=1, further=first.further)
    for one, two in zip(first.models, again.models, strict=True):
        assert np.array_equal(one.row_losses, two.row_losses)
        assert one.tried == two.tried


def test_an_interruption_keeps_what_is_done(wave):
    seen = []
    found = quick(
        wave,
        Known(WAVE, interrupt_at=3),
        progress=lambda done, planned: seen.append((done, planned)),
    )
    assert (found.stopped, found.folds_done, found.rows) == ("interrupted", 3, 72)
    assert seen == [(1, 5), (2, 5), (3, 5)]
    assert "after 3 of 5 folds" in report.setting_sentence(found)
    assert np.isnan(found.models[0].row_losses).sum() == N - 72


def test_an_interruption_before_the_first_fold_is_passed_on(wave):
    with pytest.raises(KeyboardInterrupt):
        quick(wave, Known(WAVE, interrupt_at=0))


def test_the_time_limit_keeps_whole_folds(wave, monkeypatch):
    network = Known(WAVE)
    # Every fit takes 10 s of this clock; the third would end after the limit.
    monkeypatch.setattr(time, "time", lambda: 10.0 * network.calls)
    found = quick(wave, network, time_limit=25)
    assert (found.stopped, found.folds_done, found.rows) == ("time", 2, 48)


REFUSED = [
    ({"repeats": 0}, "repeats is 0"),
    ({"folds": 1}, "folds is 1"),
    ({"jobs": 0}, "jobs is 0"),
    ({"time_limit": 0}, "time limit is 0"),
    ({"time_limit": 1e-6}, "not one of 5 folds"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED)
def test_refused(wave, changed, message):
    with pytest.raises(SettingError, match=message):
        compare(wave, Known(WAVE), **{"repeats": 1, "further": FLOOR, **changed})


def test_a_plain_model_that_fails_is_left_out_and_named(wave, monkeypatch, all_rivals):
    def fail(sample, seed):
        raise np.linalg.LinAlgError("not positive definite")

    monkeypatch.setattr("wildwire.evaluation.processes.fit_process", fail)
    found = quick(wave, Known(WAVE), folds=2)
    assert "Gaussian process" not in [model.name for model in found.models]
    assert "Gaussian process failed" in found.notes[0]
    assert len(families(wave)) == len(found.models)


def test_predictions_that_are_not_finite_are_no_missing_rows(wave):
    with pytest.raises(DataError, match="not finite in fold 1 of repeat 1"):
        quick(wave, Known(np.full(N, np.inf)))


def test_several_targets(all_rivals):
    targets = np.column_stack([1e-9 * INPUTS[:, 0], 1e9 * WAVE])
    both = make_problem(INPUTS, targets)
    found = quick(both, Known(targets), folds=2)
    assert len(found.models) == 8
    ridge = {m.name: m.figures for m in found.models}["ridge regression"]
    # One target is a line and the other is none of it.
    assert ridge["r2"] == pytest.approx(0.5, abs=0.1)
    assert ridge["rmse"] == pytest.approx(np.sqrt(0.5), abs=0.1)
    assert found.models[-1].figures == {"rmse": 0.0, "r2": 1.0}


def test_sample_weights_decide_what_counts(wave):
    """A network that is right where the weight is, wins."""
    weight = np.where(np.arange(N) < 60, 1.0, 1e-4)
    truth = np.where(np.arange(N) < 60, WAVE, 5.0)
    weighted = make_problem(INPUTS, WAVE + NOISE, weight=weight)
    assert quick(weighted, Known(truth)).verdict.kind == "better"
    assert quick(wave, Known(truth)).verdict.kind == "worse"


def test_groups_are_never_torn_apart():
    """A model that only recognises groups is worth nothing on new ones."""
    group = np.arange(N) // 3
    level = RNG.normal(size=N // 3)[group]
    inputs = np.column_stack([group, group])
    torn = quick(make_problem(inputs, level), None)
    whole = quick(make_problem(inputs, level, group=group), None)

    def r2(found):
        return {m.name: m.figures["r2"] for m in found.models}["k-nearest neighbours"]

    assert r2(torn) > 0.2
    assert r2(whole) < 0.05
    assert torn.verdict is None
