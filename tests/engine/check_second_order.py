"""Products with the Hessian on 300 random networks, against the twin and against differences; prints the worst errors.

    PYTHONPATH=tests python -m engine.check_second_order [networks]

Errors against the twin are in units of machine epsilon times the condition, those against differences relative to one
plus the largest number of the product. Networks whose loops do not settle are left out and counted.
"""

import sys

import numpy as np

from engine.second_order_problems import (
    EPSILON,
    KINDS,
    difference,
    free_numbers,
    padded,
    problem,
    stencil,
)
from wildwire.errors import SettleError


def errors_of(kind, seed) -> dict:
    """Errors of one problem, and stencils drawn again."""
    made, rng = problem(kind, seed), np.random.default_rng(seed)
    v, again = stencil(made, rng)
    second = made.second_order()
    value, gradient = second.at(made.theta)
    known_value, known = made.gradient(made.theta)
    full, found = (
        padded(made)[0],
        {"drawn again": again, "stencils": again + (v is not None)},
    )
    found["gradient"] = abs(value - known_value) / (1 + abs(value)) + np.abs(
        gradient - known
    ).max(initial=0) / (1 + np.abs(known).max(initial=0))
    u = rng.normal(size=len(made.theta))
    for name, is_gauss in (("product", False), ("Gauss-Newton", True)):
        ours = second.gauss_newton_product(u) if is_gauss else second.product(u)
        error = np.abs(ours - full.twin(u, is_gauss)).max(initial=0)
        found[name] = error / (EPSILON * full.condition(u, is_gauss))
    if v is None:
        return found
    ours, free = second.product(v), free_numbers(made.network)
    slope, own = difference(made, v)
    error = (np.abs(ours - slope) - own)[free].max(initial=0)
    found["difference"] = error / (1 + np.abs(slope).max(initial=0))
    return found


def main(count=300) -> None:
    """Run and print, one line a kind."""
    names = ("gradient", "product", "Gauss-Newton", "difference")
    print("| kind | networks |", " | ".join(names), "| stencils drawn again |")
    print("| --- " * (len(names) + 3) + "|")
    each = -(-count // len(KINDS))
    for kind in KINDS:
        found, left_out = [], 0
        for seed in range(each):
            try:
                found.append(errors_of(kind, seed))
            except SettleError:
                left_out += 1
        worst = [max(e.get(name, 0.0) for e in found) for name in names]
        again = sum(e["drawn again"] for e in found)
        total = sum(e["stencils"] for e in found)
        told = " | ".join(f"{value:.2g}" for value in worst)
        count_told = f"{len(found)}, {left_out} left out" if left_out else len(found)
        print(f"| {kind} | {count_told} | {told} | {again} of {total} |", flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
