"""The requests that SAMBA's page makes, and what it must get."""

import base64
import io
import json
import threading
import urllib.error
import urllib.request

import eyepiece
import numpy as np
import pytest
from eyepiece_samba import Server
from pictures import micrograph, strokes
from PIL import Image

ID = "173290000000012345"
FEATURES = {name: 1 for name in (
    "Gaussian Blur", "Sobel Filter", "Hessian", "Difference of Gaussians", "Membrane Projections")}


@pytest.fixture
def samba(server):
    with Server(("127.0.0.1", 0), eyepiece.Client(server.url)) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_address[1]}"
        one.shutdown()


def post(samba, route, **members):
    """What the page's fetch sends."""
    request = urllib.request.Request(
        samba + route, json.dumps({"id": ID, **members}).encode(),
        {"Content-Type": "application/json;charset=utf-8", "Origin": "http://localhost:8080"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:8080"
        return answer.read()


def refused(samba, route, **members):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(samba, route, **members)
    assert refusal.value.code == 400
    body = refusal.value.read().decode()
    assert body.startswith("{'msg': '") and body.endswith("' }")
    return body


def data_url(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def typed_array(labels):
    """A Uint8ClampedArray, as JSON.stringify has it."""
    return {str(place): int(value) for place, value in enumerate(labels.ravel())}


def train(samba, labels, **members):
    height, width = labels[0].shape
    settings = {
        "images": [f"{height},{width}"] * len(labels), "labels": [typed_array(one) for one in labels],
        "save_mode": "single" if len(labels) == 1 else "stack", "large_w": 0, "large_h": 0,
        "n_points": 40000, "train_all": True, "rescale": True, "balance": True, "type": "segment"}
    return post(samba, "/segmenting", **{**settings, **members})


def pages(body):
    image = Image.open(io.BytesIO(body))
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        found.append(np.array(image))
    return found


def prepared(samba, count=1):
    assert post(samba, "/init") == b'{"success":true}\n'
    images = [data_url(micrograph(seed=seed)) for seed in range(count)]
    assert post(samba, "/featurising", images=images, features=FEATURES, offset=0) == b'{"success":true}\n'


def test_a_picture_is_trained_on_and_saved(samba):
    prepared(samba)
    labels = strokes()
    body = train(samba, [labels])
    assert len(body) == 2 * labels.size
    uncertainties, classes = np.frombuffer(body, np.uint8).reshape(2, *labels.shape)
    assert (classes[labels > 0] == labels[labels > 0]).all() and set(np.unique(classes)) == {1, 2}
    assert uncertainties.min() == 0 and uncertainties.max() == 255
    assert np.array_equal(pages(post(samba, "/saving", type="segmentation", rescale=True))[0], classes * 127)
    assert np.array_equal(pages(post(samba, "/saving", type="labels", rescale=True))[0], labels * 127)


def test_a_stack_has_all_uncertainties_before_all_classes(samba):
    prepared(samba, 3)
    labels = [strokes(), np.zeros((64, 96), np.uint8), strokes()]
    body = train(samba, labels, rescale=False)
    parts = np.frombuffer(body, np.uint8).reshape(6, 64, 96)
    assert set(np.unique(parts[3:])) == {1, 2}
    saved = pages(post(samba, "/saving", type="segmentation"))
    assert np.array_equal(saved, parts[3:])
    assert post(samba, "/delete", idx=1) == b'{"success":true}\n'
    assert np.frombuffer(train(samba, labels[::2], rescale=False), np.uint8).size == 4 * 64 * 96


def test_an_image_that_is_added_follows_the_others(samba):
    prepared(samba)
    post(samba, "/featurising", images=[data_url(micrograph(seed=5))], features=FEATURES, offset=1)
    assert len(train(samba, [strokes(), strokes()])) == 4 * 64 * 96


def test_tiles_are_put_together(samba):
    post(samba, "/init")
    whole = micrograph(40, 1500)
    tiles = [whole[:, :750], whole[:, 750:]]
    post(samba, "/featurising", images=[data_url(tile) for tile in tiles], features=FEATURES, offset=0)
    labels = [np.zeros((40, 750), np.uint8), np.zeros((40, 750), np.uint8)]
    labels[0][5:9, 10:60], labels[1][20:24, 600:650] = 1, 2
    body = train(samba, labels, save_mode="large", large_w=1500, large_h=40, rescale=False)
    classes = np.frombuffer(body, np.uint8).reshape(4, 40, 750)[2:]
    saved = pages(post(samba, "/saving", type="segmentation"))
    assert np.array_equal(saved[0], np.concatenate(list(classes), axis=1))


def test_a_classifier_is_saved_loaded_and_applied(samba):
    prepared(samba)
    trained = np.frombuffer(train(samba, [strokes()]), np.uint8)[64 * 96:]
    file = post(samba, "/saving", type="classifier", format=".skops")
    assert post(samba, "/delete", idx=-1) == b'{"success":true}\n'
    post(samba, "/featurising", images=[data_url(micrograph())], features=FEATURES, offset=0)
    loaded = post(samba, "/lclassifier", bytes="data:;base64," + base64.b64encode(file).decode())
    assert loaded == b"{'foo': 'bar'}"
    applied = post(samba, "/segmenting", images=["64,96"], type="apply", save_mode="single",
                   large_w=0, large_h=0, rescale=True)
    classes = np.frombuffer(applied, np.uint8)[64 * 96:]
    assert (classes == trained).mean() > 0.99
    assert eyepiece.ClassifierFile(file).ids == [1, 2]


def test_what_eyepiece_has_not_is_refused_by_name(samba):
    prepared(samba)
    assert "Segment Anything" in refused(samba, "/encoding", message=data_url(micrograph()), img_idx=0)
    assert "gallery" in refused(samba, "/saveToGallery")
    assert "pickles" in refused(samba, "/saving", type="classifier", format=".pkl")
    assert "other features" in refused(samba, "/lclassifier", bytes="data:;base64,UEsDBAo=")
    assert "no classifier" in refused(samba, "/segmenting", images=["64,96"], type="apply", save_mode="single")
    assert "not those" in refused(samba, "/segmenting", images=["1,1"], type="apply", save_mode="single")
    assert "/nothing" in refused(samba, "/nothing")
    assert "id" in refused(samba, "/init", id="../etc")
    assert post(samba, "/saveImage", images=data_url(micrograph())) == b""


def test_a_browser_asks_before_it_sends(samba):
    for origin, allowed in (("http://localhost:8080", True), ("http://elsewhere", False)):
        request = urllib.request.Request(samba + "/init", method="OPTIONS", headers={"Origin": origin})
        with urllib.request.urlopen(request) as answer:
            assert (answer.headers["Access-Control-Allow-Origin"] == origin) is allowed
    with urllib.request.urlopen(samba + "/init") as answer:
        assert json.load(answer) == {"success": False}
