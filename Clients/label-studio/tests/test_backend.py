"""The requests that Label Studio makes, and answers that its own library takes."""

import http.server
import io
import json
import threading
import urllib.error
import urllib.request

import eyepiece
import numpy as np
import pytest
from eyepiece_label_studio import Backend, Server, decoded, encoded
from eyepiece_label_studio._images import Images
from pictures import micrograph, strokes
from PIL import Image

CONFIG = """<View><Image name="image" value="$micrograph"/>
<BrushLabels name="brush" toName="image"><Label value="matrix"/><Label value="pore"/></BrushLabels>
<KeyPointLabels name="point" toName="image" smart="true"><Label value="matrix"/><Label value="pore"/></KeyPointLabels>
</View>"""


class Uploads(http.server.BaseHTTPRequestHandler):
    """Hands out micrographs as Label Studio does: to who shows a key."""

    def do_GET(self):
        if self.headers["Authorization"] not in ("Token 0123", "Bearer short"):
            self.send_error(401)
            return
        file = io.BytesIO()
        Image.fromarray(micrograph(seed=int(self.path[-5]))).save(file, "PNG")
        self._send(file.getvalue())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert (self.path, asked) == ("/api/token/refresh", {"refresh": "a.b.c"})
        self._send(b'{"access": "short"}')

    def _send(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serving(one):
    threading.Thread(target=one.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{one.server_address[1]}"


@pytest.fixture
def studio():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Uploads) as one:
        yield serving(one)
        one.shutdown()


@pytest.fixture
def backend(server, studio):
    backend = Backend(eyepiece.Client(server.url), Images(studio, "0123"))
    with Server(("127.0.0.1", 0), backend) as one:
        yield serving(one)
        one.shutdown()


def call(backend, route, document=None):
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(backend + route, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return answer.status, json.load(answer)


def task(number):
    return {"id": number, "data": {"micrograph": f"/data/upload/1/a{number}.png"}}


def predict(backend, numbers=(1,), context=None):
    status, answer = call(backend, "/predict", {
        "tasks": [task(number) for number in numbers], "project": "7.1732900000", "label_config": CONFIG,
        "params": {"login": None, "password": None, "context": context}})
    assert status == 200 and len(answer["results"]) == len(numbers)
    return answer["results"]


def brush(mask, label):
    return {
        "from_name": "brush", "to_name": "image", "type": "brushlabels", "original_width": mask.shape[1],
        "original_height": mask.shape[0], "image_rotation": 0,
        "value": {"format": "rle", "rle": encoded(mask), "brushlabels": [label]}}


def point(x, y, positive="1"):
    """As the page sends it: in per cent."""
    return {
        "from_name": "point", "to_name": "image", "type": "keypointlabels", "is_positive": positive,
        "original_width": 96, "original_height": 64,
        "value": {"x": x / 96 * 100, "y": y / 64 * 100, "width": 0.5, "keypointlabels": ["pore"]}}


def mask_of(region):
    return decoded(region["value"]["rle"], region["original_height"], region["original_width"])


def annotate(backend, number, **members):
    labels = strokes()
    annotation = {"id": 10 + number, "result": [brush(labels == 1, "matrix"), brush(labels == 2, "pore")]}
    return call(backend, "/webhook", {
        "action": "ANNOTATION_CREATED", "project": {"id": 7, "label_config": CONFIG}, "task": task(number),
        "annotation": annotation, **members})


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 96), (500, 300)])
def test_run_lengths_are_read_as_they_were_written(shape):
    rng = np.random.default_rng(1)
    for mask in (np.zeros(shape, bool), np.ones(shape, bool), rng.random(shape) > 0.5, rng.random(shape) > 0.99):
        assert np.array_equal(decoded(encoded(mask), *shape), mask)


def test_run_lengths_are_those_of_label_studio():
    brushes = pytest.importorskip("label_studio_sdk.converter.brush")
    mask = np.random.default_rng(2).random((300, 200)) > 0.7
    theirs = brushes.decode_rle(encoded(mask)).reshape(300, 200, 4)
    assert np.array_equal(theirs[..., 3] > 0, mask)
    rgba = np.repeat(np.where(mask, 255, 0).astype(np.uint8).ravel(), 4)
    assert np.array_equal(decoded(list(brushes.encode_rle(rgba)), 300, 200), mask)


def test_run_lengths_that_are_wrong_are_refused():
    good = encoded(strokes() > 0)
    for rle, size in ((good[:8], (64, 96)), (good, (64, 97)), ([], (1, 1)), (good[:-4], (64, 96))):
        with pytest.raises(ValueError):
            decoded(rle, *size)


def test_health_and_setup_are_answered(backend):
    assert call(backend, "/health") == (200, {"status": "UP", "model_class": "Eyepiece"})
    assert call(backend, "/") == call(backend, "/health")
    setup = {"project": "7.1732900000", "schema": CONFIG, "hostname": "http://localhost:8080",
             "access_token": "0123", "extra_params": None}
    assert call(backend, "/setup", setup) == (200, {"model_version": "eyepiece-clicks"})
    for route in ("/validate", "/train", "/delete", "/job_status"):
        assert call(backend, route, {})[0] == 200
    assert call(backend, "/versions")[1] == {"versions": ["eyepiece-clicks"]}


def test_a_click_takes_what_looks_like_it(backend):
    (prediction,) = predict(backend, context={"result": [point(70, 30), point(20, 30, "0")]})
    (region,) = prediction["result"]
    assert region["value"]["brushlabels"] == ["pore"]
    mask = mask_of(region)
    assert mask[30, 70] and not mask[30, 20]
    assert mask[:, 60:].mean() > mask[:, :36].mean() + 0.5


def test_a_rectangle_bounds_what_is_taken(backend):
    box = {"from_name": "box", "to_name": "image", "type": "rectanglelabels", "value": {
        "x": 60, "y": 25, "width": 25, "height": 50, "rectanglelabels": ["pore"]}}
    (prediction,) = predict(backend, context={"result": [box]})
    mask = mask_of(prediction["result"][0])
    ys, xs = np.nonzero(mask)
    assert ys.min() >= 16 and ys.max() < 48 and xs.min() >= 57 and xs.max() < 82


def test_annotations_teach_what_is_predicted_for_other_tasks(backend):
    assert predict(backend)[0]["result"] == []
    assert annotate(backend, 1) == (201, {"learnt": True})
    assert annotate(backend, 2) == (201, {"learnt": True})
    for prediction in predict(backend, (1, 3, 4)):
        assert prediction["model_version"] != "eyepiece-clicks" and 0.5 < prediction["score"] <= 1
        masks = {one["value"]["brushlabels"][0]: mask_of(one) for one in prediction["result"]}
        assert np.array_equal(masks["matrix"], ~masks["pore"])
        assert masks["matrix"][:, :36].mean() > 0.9 and masks["pore"][:, 60:].mean() > 0.9
    annotate(backend, 2, action="ANNOTATION_UPDATED", annotation={"id": 12, "result": []})
    assert predict(backend)[0]["result"]
    annotate(backend, 1, action="ANNOTATIONS_DELETED", annotations=[{"id": 11}])
    assert predict(backend)[0]["result"] == []
    assert call(backend, "/webhook", {"action": "START_TRAINING"}) == (200, {"learnt": False})


def test_predictions_are_what_label_studios_library_takes(backend):
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    annotate(backend, 1)
    (learnt,) = predict(backend)
    (clicked,) = predict(backend, context={"result": [point(70, 30)]})
    for prediction in (learnt, clicked):
        assert prediction["result"]
        errors = interface.LabelInterface(CONFIG).validate_prediction(prediction, return_errors=True)
        assert not errors, errors


def test_failures_are_told_under_error(backend):
    for document in (
        {"tasks": [], "label_config": "<View/>"},
        {"tasks": [{"id": 1, "data": {"micrograph": "s3://bucket/a.png"}}], "label_config": CONFIG,
         "params": {"context": {"result": [point(1, 1)]}}}):
        with pytest.raises(urllib.error.HTTPError) as failure:
            call(backend, "/predict", document)
        assert failure.value.code == 500 and json.load(failure.value)["error"]


def test_images_are_fetched_with_the_key_that_label_studio_wants(studio):
    for key in ("0123", "a.b.c"):
        assert Images(studio, key)("/data/upload/1/a1.png").startswith(b"\x89PNG")
    with pytest.raises(urllib.error.HTTPError):
        Images(studio, None)("/data/upload/1/a1.png")
    # The key is for Label Studio alone.
    with pytest.raises(urllib.error.HTTPError):
        Images("http://localhost:1", "0123")(studio + "/data/upload/1/a1.png")
