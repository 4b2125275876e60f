"""What is under way with one image of napari's: its fields, one a page, and its classifier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

import eyepiece
import numpy as np


class Session:
    """An image `[h, w]`, `[h, w, 3]` or, with pages, `[pages, h, w]` or `[pages, h, w, 3]`.

    Nothing here knows Qt: it is called from threads.
    """

    def __init__(
        self, client: eyepiece.Client, data: Any, is_rgb: bool, options: dict[str, Any]
    ) -> None:
        self.client, self.options = client, options
        self.has_pages = data.ndim == (4 if is_rgb else 3)
        self.data, self.is_rgb = data, is_rgb
        self.pages = data.shape[0] if self.has_pages else 1
        self.fields: dict[int, eyepiece.Field] = {}
        self.classifier: Optional[eyepiece.Classifier] = None
        # Set from outside, to end what is under way.
        self.is_cancelled = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a labels layer over the image."""
        return tuple(self.data.shape[:-1] if self.is_rgb else self.data.shape)

    def picture(self, page: int) -> np.ndarray:
        picture = np.asarray(self.data[page] if self.has_pages else self.data)
        return np.ascontiguousarray(picture[..., :3] if self.is_rgb else picture)

    def making(self, page: int) -> Iterator[dict[str, Any]]:
        """Makes the field of a page, and tells how far it is; gives it up when it is cancelled."""
        if page in self.fields:
            return
        field = self.client.field(self.picture(page), wait=False, **self.options)
        while not field.is_ready:
            yield field.info
            if self.is_cancelled:
                field.cancel()
                return
            field.refresh(wait=1)
        self.fields[page] = field

    def field(self, page: int) -> eyepiece.Field:
        for _ in self.making(page):
            pass
        return self.fields[page]

    def train(self, labels: np.ndarray, **options: Any) -> bool:
        """Trains on the strokes of all pages `[pages, h, w]`; whether there are two classes."""
        painted = [page for page in range(self.pages) if labels[page].any()]
        classes = {int(label) for page in painted for label in np.unique(labels[page])}
        if len(classes - {0, 255}) < 2:
            return False
        examples = [(self.field(page), labels[page]) for page in painted]
        if len(examples) == 1:
            self.classifier = examples[0][0].segment(examples[0][1], **options).classifier
        else:
            self.classifier = self.client.train(examples, **options)
        return True

    def segment(self, page: int, clean: Optional[str]) -> eyepiece.Segmentation:
        return self.field(page).segment(classifier=self.classifier, clean=clean)
