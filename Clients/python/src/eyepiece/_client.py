"""The server, and what is asked of it."""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional, Union

from ._analysis import JointClusters, Matches, correspondences
from ._arrays import (
    Array,
    ImageLike,
    LabelsLike,
    Out,
    Path,
    download,
    image_bytes,
    label_bytes,
)
from ._classifier import Classifier, ClassifierFile
from ._field import Field
from ._jobs import Batch, Job
from ._progress import Progress
from ._segmentation import Segmentation
from ._submission import Images, taken_batch, taken_job
from ._transport import Answer, Headers, Transport, query


class Client:
    """An Eyepiece server. Close it, or use it in a `with`; threads may share it.

    `token` is what `eyepiece token add` made, or else the environment's EYEPIECE_TOKEN; the address
    is EYEPIECE_URL or http://localhost:8471. `timeout` is of one read in seconds, `patience` of all
    waits for a server that is full. `context` is for certificates of one's own (TLS).
    """

    def __init__(
        self, url: Optional[str] = None, token: Optional[str] = None, *, timeout: float = 600,
        patience: float = 300, context: Optional[ssl.SSLContext] = None,
    ) -> None:
        url = url or os.environ.get("EYEPIECE_URL") or "http://localhost:8471"
        token = token or os.environ.get("EYEPIECE_TOKEN")
        self.transport = Transport(url, token, timeout, patience, context)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.transport.url}>"

    def close(self) -> None:
        self.transport.close()

    def request(
        self, method: str, path: str, query: str = "", body: Optional[bytes] = None,
        headers: Optional[Headers] = None,
    ) -> Answer:
        """Any request of docs/http.md; a refusal is raised as a `Problem`."""
        return self.transport.request(method, path, query, body, headers)

    def models(self) -> list[dict[str, Any]]:
        """The models that the server knows; `available` are those whose weights it has."""
        models: list[dict[str, Any]] = json.loads(self.request("GET", "/models").body)["models"]
        return models

    def queue(self) -> dict[str, Any]:
        """How many requests wait, and when one's own will start."""
        queue: dict[str, Any] = json.loads(self.request("GET", "/queue").body)
        return queue

    def field(
        self, image: ImageLike, *, quality: Optional[str] = None, model: Optional[str] = None,
        progress: Progress = False, wait: bool = True, fits: Optional[Classifier] = None,
        **options: Any,
    ) -> Field:
        """The field of an image: a file's path or bytes, an array, or the name of a kept image.

        It is made in the background and waited for, unless `wait` is False. `fits` makes one that a
        classifier can be applied to. Further options, such as `resize=700`, are in docs/http.md.
        """
        settings = {**options, "quality": quality, "model": model, "for_": fits and fits.id}
        body = None
        if isinstance(image, str) and re.fullmatch("sha256-[0-9a-fA-F]{64}", image):
            settings["image"] = image
        else:
            body = image_bytes(image)
        answer = self.request(
            "POST", "/fields", query(settings), body, {"Prefer": "respond-async"})
        field = Field(self, json.loads(answer.body))
        return field.wait(progress) if wait else field

    def features(self, image: ImageLike, *, out: Optional[Out] = None, **options: Any) -> Array:
        """An image's vectors `[h, w, dim]`, `[pages, h, w, dim]` of several, in one request."""
        return download(
            self.transport, "/features", query({**options, "format": "npy"}), out,
            method="POST", body=image_bytes(image))

    # Work that goes on without this program.

    def submit(self, image: ImageLike, *, key: Optional[str] = None, **options: Any) -> Job:
        """Has one output of an image made, without waiting for it: `output="pca"`, `format="npy"`, ….

        `key` makes a submission that is made again find the first one.
        """
        return taken_job(self, image, options, key)

    def submit_all(
        self, images: Images, *, name: Optional[str] = None, key: Optional[str] = None,
        progress: Progress = False, **options: Any,
    ) -> Batch:
        """Has many images worked on as one batch: paths, or a dictionary of images by names.

        What the server has is not sent again. With `classifier` they are segmented;
        `output="measurements"` measures that, `output="field"` makes and keeps fields.
        """
        return taken_batch(self, images, name, options, key, progress)

    def job(self, id: str) -> Job:
        """A job by its id."""
        return Job(self, json.loads(self.request("GET", f"/jobs/{id}").body))

    def jobs(self, **filters: Any) -> Iterator[Job]:
        """One's jobs, the newest first: all, or those of a `state`, `batch` or `name`."""
        after = None
        while True:
            page = json.loads(self.request("GET", "/jobs", query({**filters, "after": after})).body)
            yield from (Job(self, info) for info in page["jobs"])
            after = page.get("next")
            if after is None:
                return

    def batch(self, id: str) -> Batch:
        """A batch by its id."""
        return Batch(self, json.loads(self.request("GET", f"/batches/{id}").body))

    # Several fields together.

    def clusters(self, fields: Iterable[Field], k: Optional[int] = None, **options: Any) -> JointClusters:
        """The pixels of several fields in groups of like vectors, the same groups in all."""
        several = list(fields)
        document = {**options, "fields": [field.id for field in several], "format": "png"}
        if k is not None:
            document["k"] = k
        return JointClusters(
            several, self.request("POST", "/clusters", body=json.dumps(document).encode()).body)

    def correspondences(self, a: Field, b: Field, **options: Any) -> Matches:
        """Places of two fields that show the same: `pairs` of them, 20 unless given."""
        return correspondences(self, a, b, options)

    def search(self, like: Union[Field, ImageLike], **options: Any) -> list[dict[str, Any]]:
        """Which images of kept fields are like one: `field`, `image`, `cosine` of `top`, 10 unless given."""
        if isinstance(like, Field):
            answer = self.request("GET", "/search", query({**options, "field": like.id}))
        else:
            answer = self.request("POST", "/search", query(options), image_bytes(like))
        results: list[dict[str, Any]] = json.loads(answer.body)["results"]
        return results

    def segment(self, image: ImageLike, classifier: Classifier, **options: Any) -> Segmentation:
        """What a classifier tells about an image, which is looked at as its own were."""
        return self.field(image, fits=classifier).segment(classifier=classifier, **options)

    def train(
        self, examples: Iterable[tuple[Field, LabelsLike]], *,
        classes: Optional[Mapping[int, Union[str, tuple[str, str]]]] = None, **options: Any,
    ) -> Classifier:
        """A classifier of several fields with labels; `classes` gives names, or names and colours.

            client.train([(a, labels_a), (b, labels_b)], classes={1: "matrix", 2: ("pore", "#000000")})
        """
        document: dict[str, Any] = {**options, "examples": []}
        for field, labels in examples:
            answer = self.request("POST", "/images", body=label_bytes(labels))
            document["examples"].append(
                {"field": field.id, "labels": json.loads(answer.body)["image"]})
        if classes is not None:
            document["classes"] = [
                {"id": number, "name": named if isinstance(named, str) else named[0],
                 "color": PALETTE[(number - 1) % 7] if isinstance(named, str) else named[1]}
                for number, named in classes.items()]
        report = json.loads(self.request("POST", "/classifiers", body=json.dumps(document).encode()).body)
        return Classifier(self, report["id"], report)

    def classifier(self, file: Union[str, Path, bytes, ClassifierFile]) -> Classifier:
        """A classifier that is kept there, by its id; or one's own, by its file, which is sent."""
        if isinstance(file, str) and re.fullmatch("[0-9a-f]{64}", file):
            return Classifier(self, file)
        if not isinstance(file, ClassifierFile):
            file = ClassifierFile(image_bytes(file))
        self.request("PUT", f"/classifiers/{file.id}", body=file.bytes)
        return Classifier(self, file.id)


# Okabe and Ito's colours, in the server's order.
PALETTE = ("#d55e00", "#56b4e9", "#f0e442", "#009e73", "#cc79a7", "#0072b2", "#e69f00")
