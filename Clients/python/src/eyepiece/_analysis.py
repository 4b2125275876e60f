"""What is found without labels: clusters, and places that show the same."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import numpy as np

from ._arrays import Array, Path, read_png
from ._tensors import read_safetensors

if TYPE_CHECKING:
    from ._client import Client
    from ._field import Field


class Centroids(NamedTuple):
    """A linear map whose largest row tells the cluster: `weight` `[k, dim]`, `bias` `[k]`.

    `other.project(weight, "labels", bias=bias) + 1` finds the same clusters in another field.
    """

    weight: Array
    bias: Array


class Clusters:
    """Pixels in groups of like vectors, numbered from 1 by descending area."""

    def __init__(self, field: "Field", labels: Array, options: dict[str, Any]) -> None:
        self.field = field
        # The cluster of each pixel, uint8 `[h, w]`.
        self.labels = labels
        self.options = options
        self._summary: Optional[dict[str, Any]] = None

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array(self.labels, dtype=dtype)

    @property
    def summary(self) -> dict[str, Any]:
        """Of each cluster its share, mean grey level and box; of all the inertia."""
        if self._summary is None:
            answer = self.field.get("clusters", **{**self.options, "format": "json"})
            self._summary = json.loads(answer.body)
        return self._summary

    @property
    def centroids(self) -> Centroids:
        answer = self.field.get("clusters", **{**self.options, "output": "centroids", "format": "npz"})
        with np.load(io.BytesIO(answer.body), allow_pickle=False) as file:
            return Centroids(file["weight"], file["bias"])

    def save(self, path: Path, **options: Any) -> None:
        """Writes them as .png or .tif with colours, .npy, .geojson or another ending."""
        self.field.save(path, "clusters", **{**self.options, **options})


class JointClusters:
    """The same clusters in several fields."""

    def __init__(self, fields: list["Field"], archive: bytes) -> None:
        self.fields = fields
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            # Of each cluster its share in each field; of all the inertia.
            self.summary: dict[str, Any] = json.loads(file.read("clusters.json"))
            # The cluster of each pixel, uint8 `[h, w]` for each field.
            self.labels: list[Array] = [read_png(file.read(f"{field.id}.png")) for field in fields]
            # Absent where no linear map tells them.
            self.centroids: Optional[Centroids] = None
            if "centroids.safetensors" in file.namelist():
                tensors, _ = read_safetensors(file.read("centroids.safetensors"))
                self.centroids = Centroids(tensors["weight"], tensors["bias"])


class Matches(NamedTuple):
    """Places x, y of two fields that show the same, `[n, 2]` each, by descending `cosine` `[n]`."""

    a: Array
    b: Array
    cosine: Array


def correspondences(client: "Client", a: "Field", b: "Field", options: dict[str, Any]) -> Matches:
    document = json.dumps({**options, "a": a.id, "b": b.id}).encode()
    pairs = json.loads(client.request("POST", "/correspondences", body=document).body)["pairs"]
    return Matches(
        np.array([pair["a"] for pair in pairs], float).reshape(-1, 2),
        np.array([pair["b"] for pair in pairs], float).reshape(-1, 2),
        np.array([pair["cosine"] for pair in pairs], float))
