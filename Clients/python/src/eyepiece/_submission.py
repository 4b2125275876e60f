"""How jobs and batches are handed in."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional, Union

from ._arrays import ImageLike, Path, image_bytes
from ._jobs import Batch, Job
from ._progress import Progress, reporter
from ._transport import option, query

if TYPE_CHECKING:
    from ._client import Client

Images = Union[Iterable[Path], Mapping[str, ImageLike]]
# Digests of one question which of them the server lacks.
MOST_NAMES = 1000


def taken_job(
    client: "Client", image: ImageLike, options: Mapping[str, Any], key: Optional[str]
) -> Job:
    # A request that is sent twice, because its connection broke, is one job.
    headers = {"Prefer": "respond-async", "Idempotency-Key": key or str(uuid.uuid4())}
    answer = client.request("POST", "/features", query(options), image_bytes(image), headers)
    if answer.status == 202:
        return Job(client, json.loads(answer.body))
    return Job(client, {"state": "done", "field": answer.headers["Eyepiece-Field"]}, answer)


def taken_batch(
    client: "Client", images: Images, name: Optional[str], options: Mapping[str, Any],
    key: Optional[str], progress: Progress,
) -> Batch:
    names = list(_named(images))
    digests = [_digest(image) for _, image in names]
    _send(client, dict(zip(digests, (image for _, image in names))), progress)
    document = {
        "defaults": {name.rstrip("_"): option(value) for name, value in options.items() if value is not None},
        "jobs": [{"image": digest, "name": name} for digest, (name, _) in zip(digests, names)]}
    if name is not None:
        document["name"] = name
    answer = client.request(
        "POST", "/batches", "", json.dumps(document).encode(),
        {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())})
    return Batch(client, json.loads(answer.body))


def _named(images: Images) -> Iterator[tuple[str, ImageLike]]:
    if isinstance(images, Mapping):
        yield from images.items()
        return
    if isinstance(images, (str, bytes, os.PathLike)):
        raise ValueError("images are several: a list of paths, or a dictionary of images by names")
    for path in images:
        yield os.path.basename(os.fspath(path)), path


def _digest(image: ImageLike) -> str:
    return f"sha256-{hashlib.sha256(image_bytes(image)).hexdigest()}"


def _send(client: "Client", images: dict[str, ImageLike], progress: Progress) -> None:
    """Sends what the server does not have, one image in memory at a time."""
    missing: list[str] = []
    digests = list(images)
    for start in range(0, len(digests), MOST_NAMES):
        some = json.dumps({"images": digests[start:start + MOST_NAMES]}).encode()
        missing += json.loads(client.request("POST", "/images/missing", body=some).body)["images"]
    report, close = reporter(progress)
    for count, digest in enumerate(missing):
        report({"state": f"sending {count + 1} of {len(missing)}", "progress": count / len(missing)})
        client.request("PUT", f"/images/{digest}", body=image_bytes(images[digest]))
    close()
