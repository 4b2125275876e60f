"""A field: what the model says about every pixel of one image, kept by the server."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import numpy as np
import numpy.typing as npt

from ._arrays import (
    Array,
    LabelsLike,
    Out,
    Path,
    download,
    label_bytes,
    npy,
    read_npy,
    read_png,
)
from ._analysis import Clusters
from ._classifier import Classifier
from ._errors import Problem
from ._progress import Progress, reporter
from ._segmentation import Segmentation, identity
from ._tensors import write_safetensors
from ._transport import Answer, query

if TYPE_CHECKING:
    from ._client import Client

Rectangle = tuple[int, int, int, int]


class Sample(NamedTuple):
    """Vectors of some pixels `[n, dim]`, their labels `[n]` and places x, y `[n, 2]`."""

    features: Array
    labels: Array
    points: Array


class Field:
    """The vectors of an image's pixels, each `dim` long, asked in parts.

    Methods take further options of the server (docs/http.md) by name, as `layer=8`.
    """

    def __init__(self, client: "Client", info: dict[str, Any]) -> None:
        self.client = client
        # What the server tells: size, model, levels, notices; while it is made, how far it is.
        self.info = info

    def __repr__(self) -> str:
        size = "×".join(map(str, self.shape))
        return f"<Field {self.id[:12]} {size} {self.info.get('state')}>"

    @property
    def id(self) -> str:
        return str(self.info["id"])

    @property
    def path(self) -> str:
        return f"/fields/{self.id}"

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.info["size"]["height"]), int(self.info["size"]["width"])

    @property
    def dim(self) -> int:
        """Numbers of a vector."""
        return int(self.info["dim"])

    @property
    def notices(self) -> list[str]:
        """What was left out, guessed or converted, one sentence each."""
        return list(self.info.get("source", {}).get("notices", []))

    @property
    def is_ready(self) -> bool:
        return bool(self.info.get("state") == "ready")

    def refresh(self, wait: int = 0) -> bool:
        """Asks how far it is, for up to `wait` seconds (30 at most); whether it is made.

        Raises the `Problem` for which it could not be made.
        """
        answer = self.client.request("GET", self.path, query({"wait": wait or None}))
        self.info = json.loads(answer.body)
        if self.info["state"] == "failed":
            raise Problem(self.info["problem"]["status"], self.info["problem"])
        return self.is_ready

    def wait(self, progress: Progress = False) -> "Field":
        """Waits until it is made; `progress` is True for a bar (with tqdm), or is told each state.

        Whoever interrupts it (Ctrl-C) gives the field up.
        """
        report, close = reporter(progress)
        try:
            while not self.is_ready:
                report(self.info)
                self.refresh(wait=1 if progress else 30)
            report({**self.info, "progress": 1.0})
        except KeyboardInterrupt:
            self.cancel()
            raise
        finally:
            close()
        return self

    def cancel(self) -> None:
        """Gives up a field that is being made."""
        try:
            self.client.request("DELETE", self.path)
        except Problem as problem:
            if problem.status not in (404, 409):
                raise

    # Arrays and pictures.

    def array(self, name: str, /, out: Optional[Out] = None, **options: Any) -> Array:
        """Any output that the server has as npy, read while it comes; `out` is a file to map, or an array."""
        return download(
            self.client.transport, f"{self.path}/{name}", query({**options, "format": "npy"}), out)

    def features(
        self, region: Optional[Rectangle] = None, points: Optional[npt.ArrayLike] = None,
        components: Optional[int] = None, dtype: str = "float32", out: Optional[Out] = None,
        **options: Any,
    ) -> Array:
        """The vectors `[h, w, dim]`, or `[n, dim]` at points `[[x, y], …]`; 1.5 kB a pixel.

        With `out`, an .npy file is written while the array comes, and answered as a memory map; or an
        array is filled, such as one image's part of a larger map.
        """
        settings = {**options, "components": components, "dtype": dtype}
        if points is None:
            return self.array("features", out, region=region, **settings)
        if region is not None:
            raise ValueError("features are of a region or of points")
        # As a body, which takes a million points where a query takes a thousand.
        body = npy(np.ascontiguousarray(np.atleast_2d(points), dtype=np.int32))
        return download(
            self.client.transport, f"{self.path}/sample", query({**settings, "format": "npy"}), out,
            method="POST", body=body)

    def pca(self, components: Optional[int] = None, **options: Any) -> Array:
        """Three principal components as colours, uint8 `[h, w, 3]`; or `components` as numbers."""
        if components is not None:
            return self.array("pca", components=components, **options)
        return read_png(self.get("pca", format="png", **options).body)

    def attention(self, **options: Any) -> Array:
        """Which places the model's summary draws on, `[h, w, heads]`."""
        return self.array("attention", **options)

    def cls(self, **options: Any) -> Array:
        """One vector of the whole image, `[dim]`."""
        return self.array("cls", **options)

    def foreground(self, **options: Any) -> npt.NDArray[np.bool_]:
        """A mask of the busier part, `[h, w]`."""
        return np.asarray(read_png(self.get("foreground", **options).body) > 0)

    def picture(self, **options: Any) -> Array:
        """The image as the model sees it, uint8 `[h, w]` or `[h, w, 3]`."""
        return read_png(self.get("picture", **options).body)

    def similarity(self, points: npt.ArrayLike, **options: Any) -> Array:
        """The cosine of each pixel's vector and the mean of those at points x, y, `[h, w]`."""
        places = np.atleast_2d(np.asarray(points))
        array = self.array("similarity", points=places, **options)
        return array.reshape(array.shape[:2])

    def alike(
        self, like: Sequence[npt.ArrayLike], unlike: Sequence[npt.ArrayLike] = (),
        similarity: float = 0.6,
    ) -> npt.NDArray[np.bool_]:
        """A mask of what looks like some places, `[x, y]` each, or the points of a stroke, `[h, w]`.

        Of pixels whose cosine with one of `like` is `similarity` or more, and more than with any of
        `unlike`.
        """
        best = np.full(self.shape, -2.0)
        for places in like:
            best = np.maximum(best, self.similarity(places))
        mask = best >= similarity
        for places in unlike:
            mask &= best > self.similarity(places)
        return np.asarray(mask)

    # What is there without labels.

    def clusters(self, k: int = 8, **options: Any) -> Clusters:
        """Pixels in `k` groups of like vectors (docs/clusters.md)."""
        settings = {**options, "k": k}
        return Clusters(self, self.array("clusters", **settings), settings)

    def saliency(self, **options: Any) -> npt.NDArray[np.bool_]:
        """A mask of the object that stands out, `[h, w]` (docs/objects.md).

        `array("saliency")` is what it was cut from, a number a pixel.
        """
        return np.asarray(read_png(self.get("saliency", **{**options, "format": "png"}).body) > 0)

    def boxes(self, **options: Any) -> list[dict[str, Any]]:
        """Boxes of objects: `bbox` (left, top, width, height), `area`, `score`, `centroid`."""
        answer = self.get("boxes", **{**options, "format": "json"})
        boxes: list[dict[str, Any]] = json.loads(answer.body)["boxes"]
        return boxes

    def get(self, name: str, /, **options: Any) -> Answer:
        """Any answer of this field, whole."""
        return self.client.request("GET", f"{self.path}/{name}", query(options))

    def save(self, path: Path, name: str, /, **options: Any) -> None:
        """Writes an answer to a file, in the format that its name ends in."""
        formats = {"tif": "tiff", "json": None, "csv": None}
        ending = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
        options.setdefault("format", formats.get(ending, ending))
        answer = self.get(name, **options)
        with open(path, "wb") as file:
            file.write(answer.body)

    # A classifier of one's own.

    def sample(self, labels: LabelsLike, **options: Any) -> Sample:
        """The vectors of all labelled pixels (those not 0)."""
        answer = self.client.request(
            "POST", f"{self.path}/sample", query({**options, "format": "npz"}), label_bytes(labels))
        with np.load(io.BytesIO(answer.body), allow_pickle=False) as file:
            return Sample(file["features"], file["labels"], file["points"])

    def project(
        self, weight: npt.ArrayLike, output: str = "logits", *,
        bias: Optional[npt.ArrayLike] = None, **options: Any,
    ) -> Array:
        """The vectors under a matrix `[k, dim]`, plus `bias` `[k]`: `logits`, `probabilities`, or `labels` from 0."""
        matrix = np.ascontiguousarray(weight, dtype=np.float32)
        body = npy(matrix) if bias is None else write_safetensors(
            {"weight": matrix, "bias": np.asarray(bias, dtype=np.float32)})
        answer = self.client.request(
            "POST", f"{self.path}/project", query({**options, "output": output, "format": "npy"}), body)
        return read_npy(answer.body)

    # Segmentation.

    def segment(
        self, labels: Optional[LabelsLike] = None, classifier: Optional[Classifier] = None,
        clean: Optional[str] = None, **options: Any,
    ) -> Segmentation:
        """Classes of all pixels, by labels (0 is unlabelled, 255 left out) or a trained classifier.

        Options of training are `features`, `kind` and `c`.
        """
        if (labels is None) == (classifier is None):
            raise ValueError("a segmentation is of labels or of a classifier")
        path = f"{self.path}/segmentation"
        settings = {**options, "clean": clean, "format": "npy"}
        if labels is not None:
            answer = self.client.request("POST", path, query(settings), label_bytes(labels))
        else:
            answer = self.client.request(
                "GET", path, query({**settings, "classifier": identity(classifier)}))
        used = classifier or Classifier(self.client, answer.headers["Eyepiece-Classifier"])
        kept = {name: value for name, value in options.items() if name not in ("features", "kind", "c")}
        return Segmentation(self, used, read_npy(answer.body), {**kept, "clean": clean})

    def measure(
        self, of: str = "fractions", labels: Optional[LabelsLike] = None,
        classifier: Optional[Classifier] = None, **options: Any,
    ) -> list[dict[str, Any]]:
        """A table, a dictionary a row: `fractions`, `objects`, `interfaces` or `correlation`.

        Of the classes in `labels`, or of what `classifier` tells; with both, 255 in `labels` is
        left out.
        """
        method, body = ("GET", None) if labels is None else ("POST", label_bytes(labels))
        settings = {**options, "of": of, "format": "json", "classifier": identity(classifier)}
        answer = self.client.request(method, f"{self.path}/measurements", query(settings), body)
        rows: list[dict[str, Any]] = json.loads(answer.body)["rows"]
        return rows

    def suggestions(self, classifier: Classifier) -> list[dict[str, Any]]:
        """Up to three boxes where a few more labels would teach most."""
        answer = self.get("suggestions", classifier=classifier.id)
        boxes: list[dict[str, Any]] = json.loads(answer.body)["boxes"]
        return boxes

    @property
    def labels(self) -> Optional[Array]:
        """The labels that are kept at this field, on the server; set it to keep others there."""
        try:
            return read_npy(self.get("labels", format="npy").body)
        except Problem as problem:
            if problem.status == 404:
                return None
            raise

    @labels.setter
    def labels(self, labels: Optional[LabelsLike]) -> None:
        if labels is not None:
            self.client.request("PUT", f"{self.path}/labels", body=label_bytes(labels))
        elif self.labels is not None:
            self.client.request("DELETE", f"{self.path}/labels")
