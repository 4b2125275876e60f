"""What SAMBA's server keeps for one page: images, a classifier, the last segmentation."""

from __future__ import annotations

import base64
import math
import time
from typing import Any, Optional

import eyepiece
import numpy as np

from ._tiff import tiff


class Refusal(Exception):
    """What is told to the page as `msg`."""


class Session:
    def __init__(self, client: eyepiece.Client, quality: str) -> None:
        self.client, self.quality = client, quality
        self.fields: list[eyepiece.Field] = []
        self.classifier: Optional[eyepiece.Classifier] = None
        # Files that `/saving` hands out, by their type.
        self.files: dict[str, bytes] = {}
        self.touched = time.monotonic()

    def featurise(self, images: list[str], offset: int) -> None:
        """Makes the fields of images (data URLs), which follow `offset` earlier ones.

        The choice of features is not looked at: they are Eyepiece's.
        """
        if offset > len(self.fields):
            raise Refusal(f"there are {len(self.fields)} images, not {offset}")
        fields = [self.client.field(_decoded(image), quality=self.quality) for image in images]
        self.fields[offset:offset + len(fields)] = fields

    def delete(self, index: int) -> None:
        """Removes one image, or all for -1."""
        if index == -1:
            self.fields.clear()
        elif 0 <= index < len(self.fields):
            del self.fields[index]

    def segment(self, request: dict[str, Any]) -> bytes:
        """The bytes of all uncertainties, then those of all classes, image after image."""
        shapes = [_shape(text) for text in request["images"]]
        if [field.shape for field in self.fields] != shapes:
            raise Refusal("the images are not those that features were made of")
        trains = request["type"] == "segment"
        labels = [_array(one, shape) for one, shape in zip(request.get("labels") or [], shapes)]
        if trains:
            self._train(labels)
        elif self.classifier is None:
            raise Refusal("there is no classifier yet")
        classes, uncertainties = [], []
        for index, field in enumerate(self.fields):
            result = field.segment(classifier=self.classifier)
            painted = labels[index] if trains else np.zeros_like(result.labels)
            classes.append(np.where(painted == 0, result.labels, painted))
            uncertainties.append(_bytes(result.uncertainty(uncertainty="least"), is_spread=trains))
        self.files["segmentation"] = _file(classes, request)
        if trains:
            self.files["labels"] = _file(labels, request)
        return b"".join(one.tobytes() for one in uncertainties + classes)

    def _train(self, labels: list[np.ndarray]) -> None:
        examples = [pair for pair in zip(self.fields, labels) if pair[1].any()]
        self.classifier = self.client.train(examples)

    def saved(self, request: dict[str, Any]) -> tuple[bytes, str]:
        """A file and its name."""
        kind = request["type"]
        if kind in ("segmentation", "labels"):
            if kind not in self.files:
                raise Refusal("nothing was segmented yet")
            return self.files[kind], {"segmentation": "seg.tiff", "labels": "labels.tiff"}[kind]
        if request.get("format") == ".pkl":
            raise Refusal("Eyepiece writes no pickles; choose .skops, which gets a safetensors file")
        if self.classifier is None:
            raise Refusal("there is no classifier yet")
        return self.classifier.file.bytes, "classifier.skops"

    def load(self, classifier: str) -> None:
        """Takes a file that `saved` gave, as a data URL."""
        try:
            self.classifier = self.client.classifier(_decoded(classifier))
        except eyepiece.EyepieceError as error:
            raise Refusal(f"{error}; a classifier of SAMBA's own sees other features") from error


def labels_file(request: dict[str, Any]) -> bytes:
    """The labels of a request as a TIFF."""
    shapes = [_shape(text) for text in request["images"]]
    return _file([_array(one, shape) for one, shape in zip(request["labels"], shapes)], request)


def _decoded(url: str) -> bytes:
    return base64.standard_b64decode(url.partition(",")[2])


def _shape(text: str) -> tuple[int, int]:
    height, width = text.split(",")
    return int(height), int(width)


def _array(labels: dict[str, int], shape: tuple[int, int]) -> np.ndarray:
    """What JSON makes of a Uint8ClampedArray: an object with a key for each pixel."""
    values = np.fromiter(labels.values(), np.uint8, len(labels))
    if values.size != shape[0] * shape[1]:
        raise Refusal(f"{values.size} labels for {shape[0]} × {shape[1]} pixels")
    return values.reshape(shape)


def _bytes(uncertainty: np.ndarray, is_spread: bool) -> np.ndarray:
    """0…255; spread from the least to the greatest after training, as they are when applied."""
    if is_spread:
        low, high = uncertainty.min(), uncertainty.max()
        uncertainty = (uncertainty - low) / max(high - low, 1e-12)
    return (uncertainty * 255).astype(np.uint8)


def _file(pages: list[np.ndarray], request: dict[str, Any]) -> bytes:
    """Pages of a stack, or the one picture that was cut into tiles of at most 1024 pixels."""
    greatest = max(int(page.max()) for page in pages)
    factor = 255 // max(greatest, 1) if request.get("rescale", True) else 1
    if request.get("save_mode") == "large":
        whole = np.zeros((int(request["large_h"]), int(request["large_w"])), np.uint8)
        ys, xs = _starts(whole.shape[0]), _starts(whole.shape[1])
        for index, page in enumerate(pages):
            y, x = ys[index // len(xs)], xs[index % len(xs)]
            height, width = whole[y:y + page.shape[0], x:x + page.shape[1]].shape
            whole[y:y + height, x:x + width] = page[:height, :width]
        pages = [whole]
    return tiff([page * np.uint8(factor) for page in pages])


def _starts(side: int) -> list[int]:
    count = math.ceil(side / 1024)
    return [math.floor(side / count * index) for index in range(count)]
