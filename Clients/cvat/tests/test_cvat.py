"""The requests that CVAT makes of a nuclio dashboard, and answers that its own library takes."""

import base64
import io
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import eyepiece
import numpy as np
import pytest
from eyepiece_cvat import Interactor, Objects, Segmenter, Server
from eyepiece_cvat._functions import flat
from pictures import micrograph, strokes
from PIL import Image

HEADERS = {
    "x-nuclio-project-name": "cvat", "x-nuclio-function-namespace": "nuclio", "x-nuclio-path": "/",
    "x-nuclio-invoke-via": "domain-name", "X-Nuclio-Invoke-Timeout": "120s", "Content-Type": "application/json"}


def file_of(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def classifier(server):
    client = eyepiece.Client(server.url)
    field = client.field(micrograph(), quality="draft")
    return client.train([(field, strokes())], classes={1: "matrix", 2: "pore"})


@pytest.fixture
def cvat(server, classifier):
    client = eyepiece.Client(server.url)
    functions = [
        Interactor("eyepiece-similar", client, "draft"), Objects("eyepiece-objects", client, "draft"),
        Segmenter("eyepiece-steel", client, "draft", classifier)]
    with Server(("127.0.0.1", 0), functions) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_address[1]}"
        one.shutdown()


def ask(cvat, path, document=None, name=None):
    headers = {**HEADERS, **({"x-nuclio-function-name": name} if name else {})}
    data = None if document is None else json.dumps(document).encode()
    with urllib.request.urlopen(urllib.request.Request(cvat + path, data, headers)) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


def invoke(cvat, name, **document):
    return ask(cvat, "/api/function_invocations", {"image": file_of(micrograph()), **document}, name)


def read_as_cvat(record):
    """What CVAT keeps of a record, as its lambda manager reads it; the newest and an older one alike."""
    annotations = record["metadata"]["annotations"]
    assert annotations["type"] in ("detector", "interactor", "reid", "tracker")
    assert record["status"]["state"] == "ready" and isinstance(record["status"]["httpPort"], int)
    assert all(isinstance(value, str) for value in annotations.values())
    labels = [
        (label["name"], label.get("type", "unknown")) for label in json.loads(annotations.get("spec") or "[]")]
    assert len(labels) == len(dict(labels))
    return {
        "kind": annotations["type"], "labels": labels, "description": record["spec"]["description"],
        "version": int(annotations.get("version", "1")),
        "least": (int(annotations.get("min_pos_points", 1)), int(annotations.get("min_neg_points", -1))),
        "box": (bool(annotations.get("startswith_box", False)),
                bool(annotations.get("startswith_box_optional", False)))}


def test_functions_are_listed_as_a_dashboard_lists_them(cvat):
    records = ask(cvat, "/api/functions")
    assert list(records) == ["eyepiece-similar", "eyepiece-objects", "eyepiece-steel"]
    for name, record in records.items():
        assert record == ask(cvat, f"/api/functions/{name}") and record["metadata"]["name"] == name
    read = {name: read_as_cvat(record) for name, record in records.items()}
    assert read["eyepiece-similar"]["kind"] == "interactor" and read["eyepiece-similar"]["least"] == (1, 0)
    assert read["eyepiece-similar"]["box"] == (False, True)
    assert read["eyepiece-objects"]["labels"] == [("object", "rectangle")]
    assert read["eyepiece-steel"]["labels"] == [("matrix", "mask"), ("pore", "mask")]


def test_clicks_give_a_mask_of_rows(cvat):
    answer = invoke(
        cvat, "eyepiece-similar", pos_points=[[70.5, 30.2], [96, 64]], neg_points=[[20, 30]], obj_bbox=None)
    mask = np.array(answer["mask"])
    assert mask.shape == (64, 96) and set(np.unique(mask)) == {0, 255}
    assert mask[30, 70] and not mask[30, 20]
    assert (mask[:, 60:] > 0).mean() > (mask[:, :36] > 0).mean() + 0.5


def test_a_rectangle_bounds_the_mask_and_may_stand_alone(cvat):
    answer = invoke(cvat, "eyepiece-similar", pos_points=[], neg_points=[], obj_bbox=[[80, 40], [60, 10]])
    rows, columns = np.nonzero(answer["mask"])
    assert rows.min() >= 10 and rows.max() <= 40 and columns.min() >= 60 and columns.max() <= 80
    assert np.array(answer["mask"])[25, 70]
    assert not np.any(invoke(cvat, "eyepiece-similar", pos_points=[], neg_points=[[3, 3]])["mask"])


def decoded(mask, height=64, width=96):
    *cut, left, top, right, bottom = mask
    whole = np.zeros((height, width), bool)
    whole[top:bottom + 1, left:right + 1] = np.reshape(cut, (bottom - top + 1, right - left + 1))
    return whole


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (5, 3, 9, 60), (95, 63, 96, 64), (0, 0, 96, 64)])
def test_a_mask_is_cut_to_its_box(box):
    left, top, right, bottom = box
    mask = np.zeros((64, 96), bool)
    mask[top:bottom, left:right] = np.random.default_rng(0).random((bottom - top, right - left)) > 0.3
    mask[top, left] = mask[bottom - 1, right - 1] = True
    assert flat(mask)[-4:] == [left, top, right - 1, bottom - 1]
    assert np.array_equal(decoded(flat(mask)), mask)


def test_classes_of_a_classifier_are_masks_as_cvats_library_has_them(cvat, server, classifier):
    masks = pytest.importorskip("cvat_sdk.masks")
    models = pytest.importorskip("cvat_sdk.models")
    shapes = invoke(cvat, "eyepiece-steel")
    labels = eyepiece.Client(server.url).segment(micrograph(), classifier).labels
    assert [shape["label"] for shape in shapes] == ["matrix", "pore"]
    for number, shape in enumerate(shapes, 1):
        assert shape["type"] == "mask" and 0.5 < float(shape["confidence"]) <= 1
        whole = decoded(shape["mask"])
        assert np.array_equal(whole, labels == number)
        # CVAT makes run lengths of these pixels, and keeps the box.
        points = masks.encode_mask(whole)
        assert points[-4:] == shape["mask"][-4:]
        models.LabeledShapeRequest(type="mask", frame=0, label_id=number, points=[float(one) for one in points])
    assert invoke(cvat, "eyepiece-steel", threshold=0.999999) == []


def test_objects_are_rectangles(cvat):
    y, x = np.mgrid[:140, :140]
    spot = (x - 90) ** 2 + (y - 50) ** 2 < 30 ** 2
    picture = np.where(spot, 220, 60 + (x * 7 + y * 3) % 11).astype(np.uint8)
    shapes = invoke(cvat, "eyepiece-objects", image=file_of(picture))
    left, top, right, bottom = shapes[0]["points"]
    assert left <= 90 <= right and top <= 50 <= bottom
    for shape in shapes:
        left, top, right, bottom = shape["points"]
        assert (shape["type"], shape["label"]) == ("rectangle", "object")
        assert 0 <= left < right <= 140 and 0 <= top < bottom <= 140
    assert invoke(cvat, "eyepiece-objects", image=file_of(picture), threshold=2) == []
    assert invoke(cvat, "eyepiece-objects", image=file_of(np.full((64, 96), 7, np.uint8))) == []


@pytest.mark.parametrize("status, words, document", [
    (400, "image", {"image": None}), (400, "base64", {"image": "@@"}), (422, "image", {"image": "AAAA"}),
    (400, "pos_points", {"pos_points": [[1]]}), (400, "outside", {"pos_points": [[1000, 3]]}),
    (400, "pos_points", {"pos_points": [[float("nan"), 3]]}), (400, "pos_points", {"pos_points": "x"}),
    (400, "1000", {"pos_points": [[1, 1]] * 1001}), (400, "obj_bbox", {"obj_bbox": [[1, 1]]}),
    (400, "neg_points", {"neg_points": [["a", "b"]]})])
def test_what_is_wrong_is_told_under_error(cvat, status, words, document):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        invoke(cvat, "eyepiece-similar", **{"pos_points": [[3, 3]], "neg_points": [], **document})
    told = json.load(refusal.value)["error"]
    assert refusal.value.code == status and words in told


@pytest.mark.parametrize("status, path, name, body", [
    (404, "/api/functions/none", None, None), (404, "/api/function_invocations", "none", b"{}"),
    (404, "/", None, b"{}"), (404, "/api/projects", None, None),
    (400, "/api/function_invocations", "eyepiece-similar", b"[]"),
    (400, "/api/function_invocations", "eyepiece-similar", b"[" * 100_000),
    (400, "/api/function_invocations", "eyepiece-similar", b"{")])
def test_what_is_not_there_is_told(cvat, status, path, name, body):
    headers = {"x-nuclio-function-name": name} if name else {}
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(cvat + path, body, headers))
    assert refusal.value.code == status and json.load(refusal.value)["error"]


def test_a_threshold_that_is_none_is_told(cvat):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        invoke(cvat, "eyepiece-steel", threshold="high")
    assert refusal.value.code == 400 and "threshold" in json.load(refusal.value)["error"]


def test_the_command_offers_files_of_classifiers(server, classifier, tmp_path):
    classifier.save(tmp_path / "Steel 2.safetensors")
    command = subprocess.Popen(
        [sys.executable, "-m", "eyepiece_cvat", "--port", "0", "--url", server.url,
         "--classifier", str(tmp_path / "Steel 2.safetensors")],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ""})
    try:
        line = command.stdout.readline()
        records = ask(line.split()[-1], "/api/functions")
        assert line.startswith("3 functions") and "eyepiece-steel-2" in records
    finally:
        command.terminate()
        command.wait()
        command.stdout.close()


def test_functions_of_one_name_are_refused(server):
    client = eyepiece.Client(server.url)
    with pytest.raises(ValueError, match="one name"):
        Server(("127.0.0.1", 0), [Objects("a", client, "draft"), Objects("a", client, "draft")])
