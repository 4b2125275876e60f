"""Classifiers: by their ids on the server, and as files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from ._arrays import Array, Path
from ._errors import EyepieceError
from ._tensors import compact, read_safetensors, write_safetensors

if TYPE_CHECKING:
    from ._client import Client

FORMAT = "eyepiece-classifier/1"
# The colour that stands for all where names and colours make no difference.
PLAIN = "#d55e00"


class Classifier:
    """A classifier that the server keeps."""

    def __init__(
        self, client: "Client", id: str, report: Optional[dict[str, Any]] = None
    ) -> None:
        self.client = client
        self.id = id
        # What training told, where it was asked for by `Client.train`.
        self.report = report

    def __repr__(self) -> str:
        return f"<Classifier {self.id[:12]}>"

    @property
    def file(self) -> "ClassifierFile":
        """Its file, fetched: of a classifier of pixels."""
        return ClassifierFile(self.client.request("GET", f"/classifiers/{self.id}").body)

    def save(self, path: Path) -> None:
        """Writes its file, which any Eyepiece server and `eyepiece segment` take."""
        with open(path, "wb") as file:
            file.write(self.client.request("GET", f"/classifiers/{self.id}").body)

    def delete(self) -> None:
        self.client.request("DELETE", f"/classifiers/{self.id}")


class ClassifierFile:
    """A classifier's file: numbers, and a text about classes, features and training.

    Columns are the field's vector, then the classical features. `coef` `[1 or k, dim]` and
    `intercept` are scikit-learn's, of classical features that are standardised by `mean` and
    `scale`; `folded_coef` `[k, dim]` and `folded_intercept` take features as they are. A file of
    trees has their nodes instead.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self.tensors, metadata = read_safetensors(data)
            self.text: dict[str, Any] = json.loads(metadata["classifier"])
            is_ours = metadata["format"] == FORMAT
        except (EyepieceError, ValueError, KeyError, TypeError):
            is_ours = False
        if not is_ours:
            raise EyepieceError("the file is no classifier of Eyepiece's")
        self.bytes = data

    @property
    def classes(self) -> list[dict[str, Any]]:
        """Id, name and colour of each."""
        return list(self.text["classes"])

    @property
    def ids(self) -> list[int]:
        """The ids that it can answer, ascending."""
        return list(self.text["ids"])

    @property
    def is_linear(self) -> bool:
        """Whether it has weights, and no trees."""
        return "coef" in self.tensors

    @property
    def deep_dim(self) -> int:
        """How many of its columns are the field's vector; 0 where it sees none of it."""
        return int(self.text["deepDim"])

    @property
    def id(self) -> str:
        """Its id on every server: the digest of all but names, colours and the time."""
        classes = [
            {**one, "name": str(one["id"]), "color": PLAIN} for one in self.text["classes"]]
        provenance = {**self.text["provenance"], "created": ""}
        plain = _written({**self.text, "classes": classes, "provenance": provenance}, self.tensors)
        return hashlib.sha256(plain).hexdigest()

    def replacing(self, coef: Array, intercept: Array) -> "ClassifierFile":
        """The same classes and features with other weights, `[1 or k, dim]` and `[1 or k]`.

        They take classical features standardised by this file's `mean` and `scale`.
        """
        coef = np.array(coef, "<f8", ndmin=2)
        intercept = np.array(intercept, "<f8", ndmin=1)
        if not self.is_linear:
            raise ValueError(f"a classifier of kind {self.text['kind']} has no such weights")
        old = self.tensors["coef"]
        if coef.shape != old.shape or intercept.shape != old.shape[:1]:
            raise ValueError(
                f"weights of shape {coef.shape} and {intercept.shape}, not {old.shape} and {old.shape[:1]}")
        both, constants = coef, intercept
        if len(self.ids) == 2:
            both, constants = np.concatenate([coef * -0.5, coef * 0.5]), np.concatenate(
                [intercept * -0.5, intercept * 0.5])
        folded, biases = both.copy(), constants.copy()
        # One after another, as the server does, so that every bit is equal.
        for channel, (mean, scale) in enumerate(zip(self.tensors["mean"], self.tensors["scale"])):
            column = self.deep_dim + channel
            folded[:, column] = both[:, column] / scale
            biases -= folded[:, column] * mean
        provenance = self.text["provenance"]
        fit = {**provenance["fit"], "certificate": 0, "hasConverged": True}
        text = {**self.text, "provenance": {**provenance, "fit": fit}}
        return ClassifierFile(_written(text, {
            "coef": coef, "intercept": intercept,
            "mean": self.tensors["mean"], "scale": self.tensors["scale"],
            "folded_coef": folded.astype("<f4"), "folded_intercept": biases.astype("<f4")}))


def _written(text: dict[str, Any], tensors: dict[str, Array]) -> bytes:
    """The file's bytes, as the server writes them."""
    described = compact(_plain(text), sort_keys=True)
    data = b"".join(tensor.tobytes() for tensor in tensors.values())
    digest = hashlib.sha256(described.encode() + data).hexdigest()
    return write_safetensors(
        tensors, {"classifier": described, "format": FORMAT, "sha256": digest})


def _plain(value: Any) -> Any:
    """Whole numbers without a fraction, as Swift writes them."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
