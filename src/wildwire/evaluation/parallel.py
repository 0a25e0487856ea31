"""Running outer folds one after another, or in several processes.

Comes in: tasks. Goes out: their results, in the order of the tasks.
Called by comparison.py.
"""

import signal
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from wildwire.evaluation.fold import FoldResult, Task, run_fold
from wildwire.evaluation.problem import Problem
from wildwire.evaluation.tuning import Procedure


def results_of(
    problem: Problem,
    network: Procedure | None,
    tasks: list[Task],
    further: Mapping[str, int],
    jobs: int,
) -> Iterator[FoldResult]:
    """Results of the tasks in order; processes are stopped if the caller stops."""
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield run_fold(problem, network, task, further)
        return
    # loky and not multiprocessing: "fork" hangs after OpenMP has been used, and
    # "spawn" runs a user's script a second time. Threads would share the interpreter,
    # whose lock small fits hold for most of their time.
    from joblib.externals.loky import ProcessPoolExecutor

    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pool = ProcessPoolExecutor(jobs, initializer=_ignore_interrupt, env=one_thread)
    # Only one task more than processes is handed over: loky's manager fails with a
    # KeyError if it is stopped while it still moves tasks into its queue.
    waiting = iter(tasks)
    running: deque[Any] = deque()
    try:
        while True:
            for task in islice(waiting, jobs + 1 - len(running)):
                running.append(pool.submit(run_fold, problem, network, task, further))
            if not running:
                return
            yield running.popleft().result()
    finally:
        pool.shutdown(kill_workers=True)


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of a terminal; only the first one answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
