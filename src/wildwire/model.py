"""Model: a network with its numbers, its columns and its classes.

Comes in: a network and theta from `fitting.py`, or a file. Goes out: predictions for
tables and arrays, files. Called by users (`ww.load`, `estimator.model_`), the command
line and drawings. Learning is in `fitting.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from wildwire import files
from wildwire.errors import SettingError, UntrainedError
from wildwire.network import Network
from wildwire.preparation.encode import encode_array, encode_table, outside
from wildwire.tables import Table, as_table


class Model:
    """A network that predicts.

    Parameters
    ----------
    network : Network
        Scaling, categories, ranges and classes stand inside it.
    theta : array_like of shape (n_theta,), optional
        None takes the numbers of the network's text. NaN is unknown: such a model can
        be saved and shown, and predicting raises UntrainedError.
    provenance : mapping of str, optional
        Where it comes from, for people: version, date, seed, data, metrics.

    Attributes
    ----------
    rows_outside : int
        How many rows of the last prediction had a value outside the ranges of training.
    """

    def __init__(
        self,
        network: Network,
        theta: Any = None,
        provenance: Mapping[str, Any] | None = None,
    ):
        numbers = np.array(network.start if theta is None else theta, dtype=np.float64)
        if numbers.shape != (network.n_theta,):
            raise SettingError(
                f"theta must have shape ({network.n_theta},), not {numbers.shape}"
            )
        numbers.flags.writeable = False
        self._network, self._theta = network, numbers
        texts = {str(key): str(value) for key, value in (provenance or {}).items()}
        self._provenance = MappingProxyType(texts)
        self.rows_outside = 0

    # ---- what it is -----------------------------------------------------------

    @property
    def network(self) -> Network:
        """The description."""
        return self._network

    @property
    def theta(self) -> np.ndarray:
        """The learnt numbers, read-only, in the order of `network.theta_names`."""
        return self._theta

    @property
    def provenance(self) -> Mapping[str, str]:
        """Where the model comes from; never used in computing."""
        return self._provenance

    @property
    def columns(self) -> tuple[str, ...]:
        """What the inputs are called in a table."""
        return tuple(column.header for column in self._network.columns)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self._network.output_names

    @property
    def classes(self) -> tuple | None:
        """Labels of the classes, or None for a regression."""
        return self._network.classes

    def to_text(self) -> str:
        """The network's text with its numbers."""
        return self._network.to_text(self._theta)

    def __repr__(self) -> str:
        kind = "regression" if self.classes is None else f"{len(self.classes)} classes"
        return f"<Model: {kind}, {', '.join(self.outputs[:5])}; {self._network!r}>"

    # ---- predicting -----------------------------------------------------------

    def predict(self, data: Any) -> np.ndarray:
        """Predict numbers or classes.

        Parameters
        ----------
        data : Table, frame, mapping, path, or array of shape (n, n_columns)
            Tables are matched by column name, in any order and with further columns;
            arrays by position. One dimension is one column.

        Returns
        -------
        ndarray
            Shape (n,) for one output or for classes, else (n, n_outputs).

        Raises
        ------
        UntrainedError
            A number is unknown; the first is named.
        DataError
            A missing column, a category never seen, a value that is missing or
            infinite.
        """
        if self.classes is not None:
            best = np.argmax(self.predict_proba(data), axis=1)
            return np.array(self.classes)[best]
        outputs = self.run(data)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def predict_proba(self, data: Any) -> np.ndarray:
        """Probabilities of the classes, shape (n, n_classes), in the order of
        `classes`.

        Raises
        ------
        SettingError
            The model is a regression. For other errors see `predict`.
        """
        if self.classes is None:
            raise SettingError("probabilities need classes, and this is a regression")
        outputs = self.run(data)
        if outputs.shape[1] == 1:
            return np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
        return outputs

    def run(self, data: Any) -> np.ndarray:
        """The network's outputs, shape (n, n_outputs), whatever they mean."""
        self._require_trained()
        X = self.encode(data)
        hits = outside(self._network.columns, X)
        self.rows_outside = int(hits.any(axis=1).sum())
        return self.run_encoded(X)

    def run_encoded(self, X: np.ndarray) -> np.ndarray:
        """The network's outputs for arrays that are encoded already: see `encode`."""
        from wildwire.engine.evaluate import run

        self._require_trained()
        return run(self._network, self._theta, X)

    def encode(self, data: Any) -> np.ndarray:
        """The arrays that the network reads, (n, n_inputs); errors as in `predict`."""
        columns = self._network.columns
        if isinstance(data, np.ndarray):
            X = encode_array(columns, data)
            if X is not None:
                return X
        return encode_table(columns, as_table(data))

    def outside(self, data: Any) -> dict[str, int]:
        """How many rows lie outside the range of training, per column that has such
        rows.

        A network follows its data; where there were none it may say anything.
        """
        hits = outside(self._network.columns, self.encode(data)).sum(axis=0)
        return {
            column.header: int(count)
            for column, count in zip(self._network.columns, hits, strict=True)
            if count
        }

    def guards(self, data: Any) -> dict[str, int]:
        """In how many rows the guard of each neuron is active, as `ww.guards` counts.

        A guard holds an argument away from a pole, such as that of 1/z: what such a neuron
        computes there is not what its formula says.
        """
        from wildwire.engine.guards import guards

        self._require_trained()
        return guards(self._network, self._theta, self.encode(data))

    def _require_trained(self) -> None:
        unknown = np.isnan(self._theta)
        if unknown.any():
            name = self._network.theta_names[int(np.argmax(unknown))]
            raise UntrainedError(
                f"'{name}' is unknown (the first of {int(unknown.sum())} numbers): fit "
                f"the network before it predicts"
            )

    # ---- files ----------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the model to a file: text for .wire, arrays for .safetensors.

        The file appears complete or not at all; what `ww.load` reads back predicts the
        same bits.

        Raises
        ------
        SettingError
            Another suffix.
        FileError
            The file cannot be written; an existing one is as it was.
        """
        stored = files.Stored(self._network, self._theta, dict(self._provenance))
        return files.save(path, stored)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "network": self._network,
            "theta": np.array(self._theta),
            "provenance": dict(self._provenance),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)


def load(path: str | Path) -> Model:
    """Read a model, trained or not, from a .wire or .safetensors file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Model

    Raises
    ------
    FileError
        No such file, damaged, truncated, of a newer version, or not a network.

    Notes
    -----
    Reading never runs code.
    """
    stored = files.load(path)
    return Model(stored.network, stored.theta, stored.provenance)


__all__ = ["Model", "Table", "load"]
