"""Classes of pixels, by a classifier."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from ._arrays import Array, Path, read_png
from ._classifier import Classifier

if TYPE_CHECKING:
    from ._field import Field


class Segmentation:
    """Classes of all pixels, and what can be asked of the classifier that told them."""

    def __init__(
        self, field: "Field", classifier: Classifier, labels: Array, options: dict[str, Any]
    ) -> None:
        self.field = field
        self.classifier = classifier
        # The class of each pixel, uint8 `[h, w]`.
        self.labels = labels
        self.options = options

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array(self.labels, dtype=dtype)

    def _settings(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**self.options, "classifier": self.classifier.id, **options}

    def probabilities(self, **options: Any) -> Array:
        """How likely each class is, `[h, w, classes]` in the order of their ids."""
        return self.field.array(
            "segmentation", **self._settings({**options, "output": "probabilities"}))

    def uncertainty(self, **options: Any) -> Array:
        """How unsure each pixel is of its class, 0 to 1, `[h, w]`."""
        array = self.field.array(
            "segmentation", **self._settings({**options, "output": "uncertainty"}))
        return array.reshape(array.shape[:2])

    def overlay(self) -> Array:
        """The picture under the classes' colours, uint8 `[h, w, 3]`."""
        return read_png(
            self.field.get("segmentation", **self._settings({"output": "overlay"})).body)

    def measure(self, of: str = "fractions", **options: Any) -> list[dict[str, Any]]:
        """A table, a dictionary a row: `fractions`, `objects`, `interfaces` or `correlation`."""
        return self.field.measure(
            of, classifier=self.classifier, **{**self.options, **options})

    def save(self, path: Path, **options: Any) -> None:
        """Writes it as .png or .tif with colours, .npy, .geojson, .zarr.zip or another ending."""
        if os.fspath(path).endswith((".zip", ".zarr")):
            options.setdefault("format", "zarr")
        self.field.save(path, "segmentation", **self._settings(options))


def identity(classifier: Optional[Classifier]) -> Optional[str]:
    return None if classifier is None else classifier.id
