"""Learners by their names: what `ww.learners` offers, and what the command line can ask for.

Comes in: a name and hyper-parameters. Goes out: a learner. The classes stand in `first_order.py` and the other files
of learners.
"""

import difflib
from dataclasses import fields

from wildwire.errors import SettingError
from wildwire.learning import manifolds, schedules
from wildwire.learning.conjugate_gradient import ConjugateGradient
from wildwire.learning.first_order import (
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    FirstOrder,
    GradientDescent,
    RMSprop,
)
from wildwire.learning.full_batch import Quickprop, Rprop
from wildwire.learning.irprop import IRpropPlus
from wildwire.learning.learner import Learner, Stepwise
from wildwire.learning.levenberg_marquardt import LevenbergMarquardt
from wildwire.learning.local_rule import LocalRule, Rule
from wildwire.learning.natural_gradient import NaturalGradient
from wildwire.learning.newton import GaussNewton, Newton
from wildwire.learning.population.annealing import SimulatedAnnealing
from wildwire.learning.population.ants import AntColony
from wildwire.learning.population.covariance import CMAES
from wildwire.learning.population.evolution import DifferentialEvolution
from wildwire.learning.population.max_min_ants import MaxMinAntSystem
from wildwire.learning.population.random_search import RandomSearch
from wildwire.learning.population.simplex import NelderMead
from wildwire.learning.population.simplex_swarm import SimplexSwarm
from wildwire.learning.population.swarm import ParticleSwarm
from wildwire.learning.relay import Relay, Restarts
from wildwire.learning.riemannian import RiemannianDescent
from wildwire.learning.rules import (
    BlameRule,
    DeltaRule,
    HebbRule,
    OjaRule,
    PerceptronRule,
)
from wildwire.learning.saddle_free import SaddleFreeNewton
from wildwire.learning.scipy_learners import LBFGS, TruncatedNewton

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AntColony",
    "BlameRule",
    "CMAES",
    "ConjugateGradient",
    "DeltaRule",
    "DifferentialEvolution",
    "FirstOrder",
    "GaussNewton",
    "GradientDescent",
    "HebbRule",
    "IRpropPlus",
    "LBFGS",
    "Learner",
    "LevenbergMarquardt",
    "LocalRule",
    "MaxMinAntSystem",
    "NaturalGradient",
    "NelderMead",
    "Newton",
    "OjaRule",
    "ParticleSwarm",
    "PerceptronRule",
    "Quickprop",
    "RMSprop",
    "RandomSearch",
    "Relay",
    "Restarts",
    "RiemannianDescent",
    "Rprop",
    "Rule",
    "SaddleFreeNewton",
    "SimplexSwarm",
    "SimulatedAnnealing",
    "Stepwise",
    "TruncatedNewton",
    "by_name",
    "manifolds",
    "names",
    "schedules",
]

_BY_NAME: dict[str, type[Learner]] = {
    "gradient-descent": GradientDescent,
    "adagrad": AdaGrad,
    "adadelta": AdaDelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "rprop": Rprop,
    "irprop+": IRpropPlus,
    "quickprop": Quickprop,
    "conjugate-gradient": ConjugateGradient,
    "natural-gradient": NaturalGradient,
    "lbfgs": LBFGS,
    "truncated-newton": TruncatedNewton,
    "levenberg-marquardt": LevenbergMarquardt,
    "gauss-newton": GaussNewton,
    "newton": Newton,
    "saddle-free-newton": SaddleFreeNewton,
    "riemannian-descent": RiemannianDescent,
    "particle-swarm": ParticleSwarm,
    "nelder-mead": NelderMead,
    "simplex-swarm": SimplexSwarm,
    "ant-colony": AntColony,
    "max-min-ant-system": MaxMinAntSystem,
    "differential-evolution": DifferentialEvolution,
    "cma-es": CMAES,
    "simulated-annealing": SimulatedAnnealing,
    "random-search": RandomSearch,
    "perceptron": PerceptronRule,
    "delta": DeltaRule,
    "hebb": HebbRule,
    "oja": OjaRule,
    "blame": BlameRule,
}
_ALIASES = {
    "gd": "gradient-descent",
    "sgd": "gradient-descent",
    "irprop": "irprop+",
    "cg": "conjugate-gradient",
    "l-bfgs": "lbfgs",
    "lm": "levenberg-marquardt",
    "pso": "particle-swarm",
    "perceptron-rule": "perceptron",
    "delta-rule": "delta",
    "widrow-hoff": "delta",
    "hebb-rule": "hebb",
    "oja-rule": "oja",
    "blame-rule": "blame",
}


def names() -> tuple[str, ...]:
    """Names that `by_name` knows, without aliases."""
    return tuple(_BY_NAME)


def by_name(name: str, **hyper_parameters) -> Learner:
    """The learner called `name` ("adam", "gradient-descent" or "sgd", ...), for the command line.

    Case, blanks, `_` and `-` do not matter.

    Raises
    ------
    SettingError
        No learner has that name (the nearest is suggested), or it has no such hyper-parameter.
    """
    plain = {key.replace("-", ""): key for key in (*_BY_NAME, *_ALIASES)}
    wanted = str(name).lower().replace("-", "").replace("_", "").replace(" ", "")
    if wanted not in plain:
        raise SettingError(_unknown("learner", str(name), wanted, plain))
    key = plain[wanted]
    learner = _BY_NAME[_ALIASES.get(key, key)]
    known = {field.name: field.name for field in fields(learner)}
    for parameter in hyper_parameters:
        if parameter not in known:
            what = f"hyper-parameter of {learner.__name__}"
            raise SettingError(_unknown(what, parameter, parameter, known))
    return learner(**hyper_parameters)


def _unknown(what: str, shown: str, wanted: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"did you mean {known[close[0]]!r}?" if close else "there are"
    listed = "" if close else " " + ", ".join(sorted(set(known.values())))
    return f"there is no {what} {shown!r}; {hint}{listed}"
