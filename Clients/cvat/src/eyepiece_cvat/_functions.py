"""What CVAT can ask: an image and marks in, shapes out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

import eyepiece
import numpy as np
from eyepiece.adapters import Refusal

# Clicks of one question.
MOST_POINTS = 1000


class Function:
    """One of CVAT's functions; `kind` is `interactor` or `detector`."""

    kind: str
    title: str
    about: str

    def __init__(self, name: str, client: eyepiece.Client, quality: str) -> None:
        self.name, self.client, self.quality = name, client, quality

    @property
    def labels(self) -> list[dict[str, Any]]:
        return []

    @property
    def annotations(self) -> dict[str, str]:
        """What CVAT reads of it, beside its labels. It takes any text of a truth value for true."""
        return {}

    def record(self, port: int) -> dict[str, Any]:
        """As a nuclio dashboard describes a function."""
        return {
            "metadata": {
                "name": self.name, "namespace": "nuclio", "labels": {"nuclio.io/project-name": "cvat"},
                "annotations": {
                    "name": self.title, "type": self.kind, "framework": "eyepiece",
                    "spec": json.dumps(self.labels), **self.annotations},
            },
            "spec": {"description": self.about},
            "status": {"state": "ready", "httpPort": port},
        }

    def __call__(self, request: dict[str, Any]) -> Any:
        raise NotImplementedError

    def image(self, request: dict[str, Any]) -> bytes:
        text = request.get("image")
        if not isinstance(text, str):
            raise Refusal(400, "image is a file in base64")
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise Refusal(400, f"image is no base64: {error}") from error

    def field(self, request: dict[str, Any]) -> eyepiece.Field:
        return self.client.field(self.image(request), quality=self.quality)


class Interactor(Function):
    """Clicks, and perhaps a rectangle: what looks like the clicked places, as a mask."""

    kind = "interactor"
    title = "Eyepiece"
    about = "What looks like the places that were clicked, by deep features"

    def __init__(
        self, name: str, client: eyepiece.Client, quality: str, similarity: float = 0.6
    ) -> None:
        super().__init__(name, client, quality)
        self.similarity = similarity

    @property
    def annotations(self) -> dict[str, str]:
        return {
            "version": "2", "min_pos_points": "1", "min_neg_points": "0",
            "startswith_box_optional": "true",
            "help_message": "Click what you mean, click with the right button what you do not mean; "
                            "a rectangle bounds it. The first click of an image takes seconds."}

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        field = self.field(request)
        height, width = field.shape
        like, unlike = (points(request, name, height, width) for name in ("pos_points", "neg_points"))
        inside = np.ones((height, width), bool)
        box = request.get("obj_bbox")
        if box:
            (left, top), (right, lower) = corners(box, height, width)
            inside[:] = False
            inside[top:lower + 1, left:right + 1] = True
            if not len(like):
                like = [((left + right) // 2, (top + lower) // 2)]
        mask = inside & field.alike(like, unlike, self.similarity)
        return {"mask": np.where(mask, 255, 0).tolist()}


class Objects(Function):
    """Rectangles around what stands out, without labels."""

    kind = "detector"
    title = "Eyepiece: objects that stand out"
    about = "Boxes of objects that differ from the rest of the image, found without training"

    @property
    def labels(self) -> list[dict[str, Any]]:
        return [{"id": 1, "name": "object", "type": "rectangle", "attributes": []}]

    def __call__(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        least = threshold(request)
        try:
            boxes = self.field(request).boxes(method="most")
        except eyepiece.Problem as problem:
            if problem.name != "no-contrast":
                raise
            boxes = []
        found = []
        for box in boxes:
            left, top, width, height = box["bbox"]
            if box["score"] >= least:
                found.append({
                    "confidence": str(box["score"]), "label": "object", "type": "rectangle",
                    "points": [left, top, left + width, top + height]})
        return found


class Segmenter(Function):
    """A classifier's classes of an image, as a mask each."""

    kind = "detector"
    about = "The classes of a classifier that was trained with Eyepiece"

    def __init__(
        self, name: str, client: eyepiece.Client, quality: str, classifier: eyepiece.Classifier
    ) -> None:
        super().__init__(name, client, quality)
        self.classifier = classifier
        self.classes = {one["id"]: one["name"] for one in classifier.file.classes}
        self.title = f"Eyepiece: {', '.join(self.classes.values())}"

    @property
    def labels(self) -> list[dict[str, Any]]:
        return [{"id": number, "name": name, "type": "mask", "attributes": []}
                for number, name in self.classes.items()]

    def __call__(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        least = threshold(request)
        result = self.client.segment(self.image(request), self.classifier)
        probabilities = result.probabilities(dtype="float16")
        found = []
        for place, number in enumerate(self.classifier.file.ids):
            mask = result.labels == number
            if not mask.any():
                continue
            confidence = float(probabilities[..., place][mask].mean(dtype=float))
            if confidence >= least:
                found.append({
                    "confidence": str(confidence), "label": self.classes[number], "type": "mask",
                    "mask": flat(mask)})
        return found


def flat(mask: np.ndarray) -> list[int]:
    """A mask's pixels in its box, 0 or 1, and the box: left, top, right and bottom, which are in it."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])
    cut = mask[top:bottom + 1, left:right + 1].astype(int).ravel().tolist()
    return [*cut, left, top, right, bottom]


def threshold(request: dict[str, Any]) -> float:
    """The least confidence; CVAT sends none for 0."""
    value = request.get("threshold") or 0
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Refusal(400, "threshold is a number")
    return float(value)


def points(request: dict[str, Any], name: str, height: int, width: int) -> list[tuple[int, int]]:
    """The pixels of clicks, which are in continuous coordinates and may lie on the far edge."""
    places = request.get(name) or []
    if not isinstance(places, list) or len(places) > MOST_POINTS:
        raise Refusal(400, f"{name} is a list of at most {MOST_POINTS} points")
    return [pixel(place, name, height, width) for place in places]


def corners(
    box: Sequence[Any], height: int, width: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    if not isinstance(box, list) or len(box) != 2:
        raise Refusal(400, "obj_bbox is two points")
    (x0, y0), (x1, y1) = (pixel(place, "obj_bbox", height, width) for place in box)
    return (min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))


def pixel(place: Any, name: str, height: int, width: int) -> tuple[int, int]:
    try:
        x, y = (float(value) for value in place)
    except (TypeError, ValueError) as error:
        raise Refusal(400, f"a point of {name} is no pair of numbers") from error
    if not (0 <= x <= width and 0 <= y <= height):
        raise Refusal(400, f"a point of {name}, {x:g}, {y:g}, lies outside of the image, {width} by {height}")
    return min(int(x), width - 1), min(int(y), height - 1)


def segmenter(client: eyepiece.Client, quality: str, name: str, source: str) -> Segmenter:
    """A function of a classifier's file, or of one that the server keeps, by its id."""
    return Segmenter(f"eyepiece-{name}", client, quality, client.classifier(source))
