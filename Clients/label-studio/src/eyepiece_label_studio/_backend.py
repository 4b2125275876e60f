"""What is predicted: what looks like a click, or the classes that annotations taught."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Optional

import eyepiece
import numpy as np

from ._brush import decoded, encoded
from ._config import Config
from ._images import Images

# The most pixels of a stroke that are compared with.
MOST_POINTS = 1000
MOST_EXAMPLES = 1000


class Project:
    """What annotations of a project teach: an image's labels, by the annotation's id."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.examples: dict[int, tuple[eyepiece.Field, np.ndarray]] = {}
        self.classifier: Optional[eyepiece.Classifier] = None


class Backend:
    def __init__(
        self, client: eyepiece.Client, images: Images, quality: str = "draft", similarity: float = 0.6
    ) -> None:
        self.client, self.images = client, images
        self.quality, self.similarity = quality, similarity
        self.projects: dict[str, Project] = {}
        self.lock = threading.Lock()

    def predict(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """One prediction a task, of regions of the brush."""
        config = Config.of(request["label_config"])
        context = (request.get("params") or {}).get("context")
        project = self.project(request.get("project"), config)
        return [self._prediction(task, config, context, project) for task in request["tasks"]]

    def _prediction(
        self, task: dict[str, Any], config: Config, context: Optional[dict[str, Any]], project: Project
    ) -> dict[str, Any]:
        if context and context.get("result"):
            regions = list(self._alike(self._field(task, config), config, context["result"]))
            return {"model_version": self.version(project), "score": 1.0, "result": regions}
        if project.classifier is None:
            return {"model_version": self.version(project), "score": 0.0, "result": []}
        result = self._field(task, config).segment(classifier=project.classifier)
        ids = project.classifier.file.ids
        regions = [
            _region(config, config.labels[number - 1], result.labels == number)
            for number in ids if (result.labels == number).any()]
        score = float(result.probabilities(dtype="float16").max(axis=-1).mean(dtype=float))
        return {"model_version": self.version(project), "score": score, "result": regions}

    def _alike(
        self, field: eyepiece.Field, config: Config, marks: list[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """What looks like what was marked, as one region of the label that was chosen."""
        height, width = field.shape
        inside, label = np.ones((height, width), bool), None
        like: list[np.ndarray] = []
        unlike: list[np.ndarray] = []
        for mark in marks:
            points, box = _points(mark, height, width)
            label = label or next(
                (name for name in mark["value"].get(mark["type"], []) if name in config.labels), None)
            if box is not None:
                inside &= box
            if len(points):
                (like if int(mark.get("is_positive", True)) else unlike).append(points)
        mask = inside & field.alike(like, unlike, self.similarity)
        if mask.any():
            yield _region(config, label or config.labels[0], mask)

    def learn(self, request: dict[str, Any]) -> bool:
        """Takes or forgets annotations, and trains again; whether they were of use."""
        described = request["project"]
        config = Config.of(described["label_config"])
        project = self.project(described["id"], config)
        with self.lock:
            if request["action"] == "ANNOTATIONS_DELETED":
                for annotation in request["annotations"]:
                    project.examples.pop(annotation["id"], None)
            else:
                for task, annotation in zip(_several(request["task"]), _several(request["annotation"])):
                    field = self._field(task, config)
                    labels = _labels(annotation["result"], config, field.shape)
                    if labels.any() and len(project.examples) < MOST_EXAMPLES:
                        project.examples[annotation["id"]] = (field, labels)
                    else:
                        project.examples.pop(annotation["id"], None)
            classes = {number for _, labels in project.examples.values() for number in np.unique(labels)}
            project.classifier = None
            if len(classes - {0}) > 1:
                project.classifier = self.client.train(
                    project.examples.values(),
                    classes={place + 1: name for place, name in enumerate(config.labels)})
            return project.classifier is not None

    def project(self, name: Any, config: Config) -> Project:
        """A project by its id, of which a request may say more (`3.1700000000`)."""
        key = str(name).split(".")[0]
        known = self.projects.get(key)
        if known is None or known.config != config:
            known = self.projects[key] = Project(config)
        return known

    def version(self, project: Optional[Project]) -> str:
        """The classifier's id, shortened; before there is one, that clicks alone are answered."""
        if project is None or project.classifier is None:
            return "eyepiece-clicks"
        return f"eyepiece-{project.classifier.id[:12]}"

    def _field(self, task: dict[str, Any], config: Config) -> eyepiece.Field:
        return self.client.field(self.images(task["data"][config.key]), quality=self.quality)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _points(mark: dict[str, Any], height: int, width: int) -> tuple[np.ndarray, Optional[np.ndarray]]:
    """The pixels that a mark names, x and y, and the rectangle that it bounds; it is in per cent."""
    value = mark["value"]
    if "rle" in value:
        ys, xs = np.nonzero(decoded(value["rle"], height, width))
        points = np.stack([xs, ys], axis=1)
        return points[:: len(points) // MOST_POINTS + 1], None
    x, y = value["x"] / 100 * width, value["y"] / 100 * height
    if mark["type"] == "rectanglelabels":
        right, lower = x + value["width"] / 100 * width, y + value["height"] / 100 * height
        box = np.zeros((height, width), bool)
        box[round(y):round(lower), round(x):round(right)] = True
        x, y = (x + right) / 2, (y + lower) / 2
    else:
        box = None
    return np.array([[min(int(x), width - 1), min(int(y), height - 1)]]), box


def _labels(regions: list[dict[str, Any]], config: Config, shape: tuple[int, int]) -> np.ndarray:
    """The brushes of an annotation as labels from 1, in the order of the configuration."""
    labels = np.zeros(shape, np.uint8)
    for region in regions:
        if region.get("type") != "brushlabels" or region.get("from_name") != config.brush:
            continue
        if (region["original_height"], region["original_width"]) != shape:
            raise ValueError("an annotation is of another size than its image")
        for name in region["value"]["brushlabels"]:
            if name in config.labels:
                labels[decoded(region["value"]["rle"], *shape)] = config.labels.index(name) + 1
    return labels


def _region(config: Config, label: str, mask: np.ndarray) -> dict[str, Any]:
    height, width = mask.shape
    return {
        "from_name": config.brush, "to_name": config.image, "type": "brushlabels",
        "original_width": width, "original_height": height, "image_rotation": 0,
        "value": {"format": "rle", "rle": encoded(mask), "brushlabels": [label]}}
