"""scikit-learn's face: `NetworkRegressor` and `NetworkClassifier`.

Comes in: arrays or frames as scikit-learn passes them. Goes out: fitted estimators. Called
by users. scikit-learn is imported with this package and nowhere earlier.
"""

from wildwire.estimators.classifier import NetworkClassifier
from wildwire.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
