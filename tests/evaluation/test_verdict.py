"""The verdict on losses made up so that the right answer is known."""

import numpy as np
import pytest

from wildwire.evaluation.problem import make_problem
from wildwire.evaluation.verdict import Tally, judge, paired_interval

FOLDS = 5


def setting(n, **more):
    problem = make_problem(np.zeros((n, 1)), np.arange(float(n)), **more)
    rng = np.random.default_rng(n + 2)
    fold_of = np.stack([rng.permutation(n) % FOLDS for _ in range(4)])
    return problem, fold_of, rng


def tally(rng, n, shift, parameters, common):
    noise = 0.2 * rng.normal(size=n)
    return Tally(np.tile(common + noise + shift, (4, 1)), parameters)


CASES = [
    (200, -0.3, "better", "net"),
    (200, 0.3, "worse", "line"),
    (200, 0.0, "no difference", "line"),
    (60, -0.3, "better", "net"),
    (60, 0.3, "worse", "line"),
    (29, -0.3, "cannot tell", None),
]


@pytest.mark.parametrize(("n", "shift", "kind", "recommended"), CASES)
def test_three_verdicts_and_no_verdict(n, shift, kind, recommended):
    problem, fold_of, rng = setting(n)
    common = rng.exponential(size=n)
    plain = {
        "mean": tally(rng, n, 1.0, 1, common),
        "line": tally(rng, n, 0.01, 5, common),
        "forest": tally(rng, n, 0.0, 500, common),
    }
    found = judge(problem, tally(rng, n, shift, 40, common), plain, fold_of, "net")
    assert (found.kind, found.recommended) == (kind, recommended)
    assert found.rival in ("line", "forest")
    assert found.difference.method == ("rows" if n >= 100 else "folds")


def test_a_simpler_network_without_difference_is_recommended():
    problem, fold_of, rng = setting(300)
    common = rng.exponential(size=300)
    plain = {"forest": tally(rng, 300, 0.0, 500, common)}
    found = judge(problem, tally(rng, 300, 0.0, 40, common), plain, fold_of, "net")
    assert (found.kind, found.recommended) == ("no difference", "net")


def test_pairing_sees_what_separate_intervals_hide():
    """Losses of rows vary by 10, the models differ by 0.05 on every row."""
    problem, fold_of, rng = setting(200)
    common = 10 * rng.exponential(size=200)
    network = Tally(np.tile(common - 0.05, (4, 1)), 9)
    found = judge(
        problem, network, {"line": Tally(np.tile(common, (4, 1)), 2)}, fold_of
    )
    assert found.kind == "better"


def test_groups_are_the_units():
    problem, fold_of, rng = setting(400, group=np.arange(400) // 20)
    common = np.zeros(400)
    network = tally(rng, 400, -1, 9, common)
    found = judge(problem, network, {"mean": tally(rng, 400, 0, 1, common)}, fold_of)
    assert (found.units, found.kind) == (20, "cannot tell")


def test_rows_that_were_not_tested_are_left_out():
    problem, fold_of, rng = setting(200)
    differences = rng.normal(1, 0.1, (4, 200))
    differences[:, 150:] = np.nan
    differences[1:, :] = np.nan
    fold_of = np.where(np.isnan(differences), -1, fold_of)
    interval = paired_interval(problem, differences, fold_of)
    assert interval.mean == pytest.approx(differences[0, :150].mean())


def test_the_corrected_interval_is_wider_than_the_naive_one():
    problem, fold_of, rng = setting(60)
    differences = rng.normal(size=(4, 60))
    corrected = paired_interval(problem, differences, fold_of)
    means = [
        differences[r][fold_of[r] == f].mean() for r in range(4) for f in range(FOLDS)
    ]
    naive = np.std(means, ddof=1) * np.sqrt(1 / 20)
    widened = np.std(means, ddof=1) * np.sqrt(1 / 20 + 1 / 4)
    reach = (corrected.high - corrected.low) / 2
    assert reach == pytest.approx(2.093024 * widened)
    assert reach > 2 * naive
