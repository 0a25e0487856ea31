"""Wildwire: neural networks of any wiring.

A network is a list of formulas; every neuron may compute any function, every link may go anywhere.

    import wildwire as ww
    network = ww.parse("input x1, x2\\nh ~ tanh(x1, x2)\\ny ~ logistic(h, x1, x2)\\noutput y")
    result = ww.fit(network, X, Y, loss="logistic", epochs=200, seed=0)
    print(network.to_text(result.theta))

Comes in: nothing. Goes out: the public names, each imported when it is first used, so that `import
wildwire` costs milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wildwire._version import __version__ as __version__

if TYPE_CHECKING:
    from wildwire import datasets as datasets
    from wildwire import errors as errors
    from wildwire import functions as functions
    from wildwire import landscape as landscape
    from wildwire import learning as learning
    from wildwire import testing as testing
    from wildwire import wiring as wiring
    from wildwire.engine.evaluate import input_gradient as input_gradient
    from wildwire.engine.evaluate import loss_and_gradient as loss_and_gradient
    from wildwire.engine.evaluate import run as run
    from wildwire.engine.evaluate import values as values
    from wildwire.engine.guards import guards as guards
    from wildwire.engine.jacobian import jacobian as jacobian
    from wildwire.engine.population import (
        loss_and_gradient_many as loss_and_gradient_many,
    )
    from wildwire.engine.population import run_many as run_many
    from wildwire.engine.runner import Runner as Runner
    from wildwire.engine.stability import stability as stability
    from wildwire.engine.trace import trace as trace
    from wildwire.errors import WildwireError as WildwireError
    from wildwire.estimators import NetworkClassifier as NetworkClassifier
    from wildwire.estimators import NetworkForecaster as NetworkForecaster
    from wildwire.estimators import NetworkRegressor as NetworkRegressor
    from wildwire.functions import activation as activation
    from wildwire.functions import loss as loss
    from wildwire.functions import transfer as transfer
    from wildwire.learning import fit as fit
    from wildwire.learning import learners as learners
    from wildwire.model import Model as Model
    from wildwire.model import load as load
    from wildwire.network import Network as Network
    from wildwire.symmetry import symmetries as symmetries
    from wildwire.symmetry import symmetrize as symmetrize

# public name -> the module that defines it; a module stands for itself
_HOME = {
    "Model": "wildwire.model",
    "Network": "wildwire.network",
    "NetworkClassifier": "wildwire.estimators",
    "NetworkForecaster": "wildwire.estimators",
    "NetworkRegressor": "wildwire.estimators",
    "Runner": "wildwire.engine.runner",
    "WildwireError": "wildwire.errors",
    "activation": "wildwire.functions",
    "datasets": None,
    "errors": None,
    "fit": "wildwire.learning",
    "functions": None,
    "guards": "wildwire.engine.guards",
    "input_gradient": "wildwire.engine.evaluate",
    "jacobian": "wildwire.engine.jacobian",
    "landscape": None,
    "learners": "wildwire.learning",
    "learning": None,
    "load": "wildwire.model",
    "loss": "wildwire.functions",
    "loss_and_gradient": "wildwire.engine.evaluate",
    "loss_and_gradient_many": "wildwire.engine.population",
    "run": "wildwire.engine.evaluate",
    "run_many": "wildwire.engine.population",
    "stability": "wildwire.engine.stability",
    "symmetries": "wildwire.symmetry",
    "symmetrize": "wildwire.symmetry",
    "testing": None,
    "trace": "wildwire.engine.trace",
    "transfer": "wildwire.functions",
    "values": "wildwire.engine.evaluate",
    "wiring": None,
}

__all__ = ["__version__", "parse", *sorted(_HOME)]


def parse(text: str) -> "Network":
    """Read a network from its text: `Network.parse(text)`.

    Parameters
    ----------
    text : str

    Returns
    -------
    Network

    Raises
    ------
    WildwireError
        LanguageError with line, column and caret; NetworkError and its kinds.

    Examples
    --------
    >>> import wildwire as ww
    >>> ww.parse("input x\\ny ~ tanh(x)\\noutput y").theta_names
    ['x -> y', 'y bias']
    """
    from wildwire.network import Network

    return Network.parse(text)


# reached as attributes too, though their names are not among the public ones
_PACKAGES = frozenset({"drawing", "evaluation", "network", "program"})


def __getattr__(name):
    if name in _PACKAGES:
        return import_module(f"wildwire.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'wildwire' has no attribute {name!r}")
    home = _HOME[name]
    found = (
        import_module(f"wildwire.{name}")
        if home is None
        else getattr(import_module(home), name)
    )
    globals()[name] = found
    return found


def __dir__():
    return sorted(__all__)
