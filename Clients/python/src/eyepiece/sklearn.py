"""Eyepiece for scikit-learn, which must be installed: a transformer, and classifiers both ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression

from ._arrays import Array, ImageLike
from ._classifier import ClassifierFile
from ._client import Client


class EyepieceFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Images to rows of features, for a pipeline.

    `pooling` is `cls` (the model's summary) or `mean` (over all patches) for a row an image, or
    `pixels` for a row a pixel, image after image.
    """

    def __init__(
        self, url: Optional[str] = None, token: Optional[str] = None, pooling: str = "cls",
        quality: str = "standard", options: Optional[dict[str, Any]] = None,
    ) -> None:
        self.url, self.token, self.pooling = url, token, pooling
        self.quality, self.options = quality, options

    def fit(self, X: Iterable[ImageLike], y: Any = None) -> "EyepieceFeatures":
        """Learns nothing."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, X: Iterable[ImageLike]) -> Array:
        if self.pooling not in ("cls", "mean", "pixels"):
            raise ValueError(f"pooling is cls, mean or pixels, not {self.pooling!r}")
        with Client(self.url, self.token) as client:
            return np.concatenate([self._rows(client, image) for image in X])

    def _rows(self, client: Client, image: ImageLike) -> Array:
        field = client.field(image, quality=self.quality, **(self.options or {}))
        if self.pooling == "cls":
            return field.cls()[None]
        if self.pooling == "mean":
            return np.asarray(field.features(grid="patch").mean(axis=(0, 1))[None])
        return field.features().reshape(-1, field.dim)


def to_sklearn(file: ClassifierFile) -> LogisticRegression:
    """A fitted estimator of features as they are: the field's vector, then classical features.

    One of `features=deep` predicts from what `Field.sample` and `Field.features` give.
    """
    if not file.is_linear:
        raise ValueError(f"a classifier of kind {file.text['kind']} has no weights")
    coef, intercept = file.tensors["folded_coef"], file.tensors["folded_intercept"]
    if len(file.ids) == 2:
        coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    estimator = LogisticRegression(C=float(file.text["provenance"]["fit"]["strength"]) or 1.0)
    estimator.coef_, estimator.intercept_ = coef.astype(float), intercept.astype(float)
    estimator.classes_ = np.array(file.ids)
    estimator.n_features_in_, estimator.n_iter_ = coef.shape[1], np.zeros(1, dtype=np.int32)
    return estimator


def from_sklearn(estimator: Any, like: ClassifierFile) -> ClassifierFile:
    """A file of an estimator's weights, which the server applies; `like` has its classes and features.

    Any linear one with `coef_`, `intercept_` and `classes_` that was fitted to features as they are.
    """
    if [int(one) for one in estimator.classes_] != like.ids:
        raise ValueError(f"classes {list(estimator.classes_)}, not {like.ids}")
    coef, intercept = np.array(estimator.coef_, float), np.array(estimator.intercept_, float)
    # The file's classical features are standardised.
    classical = coef[:, like.deep_dim:]
    intercept += classical @ like.tensors["mean"]
    coef[:, like.deep_dim:] = classical * like.tensors["scale"]
    return like.replacing(coef, intercept)
