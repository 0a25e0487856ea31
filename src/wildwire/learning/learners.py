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
from wildwire.learning.natural_gradient import NaturalGradient
from wildwire.learning.newton import GaussNewton, Newton
from wildwire.learning.relay import Relay, Restarts
from wildwire.learning.riemannian import RiemannianDescent
from wildwire.learning.local_rule import LocalRule, Rule
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
    "-",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BlameRule",
    "ConjugateGradient",
    "DeltaRule",
    "FirstOrder",
    "GaussNewton",
    "GradientDescent",
    "HebbRule",
    "IRpropPlus",
    "LBFGS",
    "Learner",
    "LevenbergMarquardt",
    "LocalRule",
    "NaturalGradient",
    "Newton",
    "OjaRule",
    "PerceptronRule",
    "Quickprop",
    "RMSprop",
    "Relay",
    "Restarts",
    "RiemannianDescent",
    "Rprop",
    "Rule",
    "SaddleFreeNewton",
    "Stepwise",
    "TruncatedNewton",
    "_",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "blame",
    "blame-rule",
    "by_name",
    "cg",
    "conjugate-gradient",
    "delta",
    "delta-rule",
    "gauss-newton",
    "gd",
    "gradient-descent",
    "hebb",
    "hebb-rule",
    "irprop",
    "l-bfgs",
    "lbfgs",
    "learner",
    "levenberg-marquardt",
    "lm",
    "manifolds",
    "names",
    "natural-gradient",
    "newton",
    "oja",
    "oja-rule",
    "perceptron",
    "perceptron-rule",
    "quickprop",
    "riemannian-descent",
    "rmsprop",
    "rprop",
    "saddle-free-newton",
    "schedules",
    "sgd",
    "truncated-newton",
    "widrow-hoff",
]
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
