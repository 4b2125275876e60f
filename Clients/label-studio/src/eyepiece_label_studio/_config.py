"""What a project's labelling configuration says about images and brushes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    # The names of the brush's and the image's tags, and the key of a task's image.
    brush: str
    image: str
    key: str
    labels: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Config":
        """Reads the configuration: its first `BrushLabels` and the `Image` that they are for."""
        root = ElementTree.fromstring(text)
        brush = root.find(".//BrushLabels")
        if brush is None:
            raise ValueError("the labelling configuration has no BrushLabels")
        target = brush.get("toName", "").split(",")[0]
        image = next((one for one in root.iter("Image") if one.get("name") == target), None)
        if image is None:
            raise ValueError(f"the labelling configuration has no Image {target}")
        labels = tuple(label.get("value", "") for label in brush.iter("Label"))
        return cls(brush.get("name", ""), target, image.get("value", "").lstrip("$"), labels)
