"""Learning: theta moves, the structure stays.

Comes in: a network, rows, settings. Goes out: learnt numbers. `fit` is the entrance, `learners` and its `schedules`
hold the choices, `loop.py` is the one loop, `fit_readout` the closed form for linear outputs, `objective` the view for
optimisers of other libraries, `uncertainty` tells how well the data determine the numbers.

Names are imported when first used: choosing a learner needs no compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wildwire.learning import learners as learners
    from wildwire.learning.checkpoint import Checkpoint as Checkpoint
    from wildwire.learning.fitting import fit as fit
    from wildwire.learning.objective import Objective as Objective
    from wildwire.learning.online import Online as Online
    from wildwire.learning.rate_test import RateRange as RateRange
    from wildwire.learning.rate_test import rate_range as rate_range
    from wildwire.learning.readout import fit_readout as fit_readout
    from wildwire.learning.result import Progress as Progress
    from wildwire.learning.result import Result as Result
    from wildwire.learning.settings import time_limit_seconds as time_limit_seconds
    from wildwire.learning.standard_errors import Uncertainty as Uncertainty
    from wildwire.learning.standard_errors import uncertainty as uncertainty
    from wildwire.learning.stopping import Reason as Reason

# public name -> the module that defines it; a module stands for itself
_HOME = {
    "Checkpoint": "wildwire.learning.checkpoint",
    "Objective": "wildwire.learning.objective",
    "Online": "wildwire.learning.online",
    "Progress": "wildwire.learning.result",
    "RateRange": "wildwire.learning.rate_test",
    "Reason": "wildwire.learning.stopping",
    "Result": "wildwire.learning.result",
    "Uncertainty": "wildwire.learning.standard_errors",
    "fit": "wildwire.learning.fitting",
    "fit_readout": "wildwire.learning.readout",
    "rate_range": "wildwire.learning.rate_test",
    "time_limit_seconds": "wildwire.learning.settings",
    "uncertainty": "wildwire.learning.standard_errors",
}

__all__ = ["learners", *sorted(_HOME)]


def __getattr__(name: str):
    if name == "learners":
        return import_module("wildwire.learning.learners")
    if name not in _HOME:
        raise AttributeError(f"module 'wildwire.learning' has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found
