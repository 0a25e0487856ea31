"""scikit-learn's face: `NetworkRegressor`, `NetworkClassifier` and `NetworkForecaster`.

Comes in: arrays or frames as scikit-learn passes them. Goes out: fitted estimators. Called
by users. scikit-learn is imported with this package and nowhere earlier.
"""

from wildwire.estimators.classifier import NetworkClassifier
from wildwire.estimators.forecaster import NetworkForecaster
from wildwire.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkForecaster", "NetworkRegressor"]
