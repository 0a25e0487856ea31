"""Checks that users run on what they have defined themselves.

Comes in: a function or a network of the user's. Goes out: a report, or an error that names what does not
hold. Called by users' own tests as `ww.testing`; each check is imported when it is first used.
"""

from importlib import import_module

# public name -> the module that defines it
_HOME: dict[str, str] = {
    "Check": "wildwire.testing.report",
    "GradientReport": "wildwire.testing.gradients",
    "Report": "wildwire.testing.report",
    "check_function": "wildwire.testing.functions",
    "check_gradient": "wildwire.testing.gradients",
    "check_learner": "wildwire.testing.learners",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'wildwire.testing' has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__():
    return __all__
