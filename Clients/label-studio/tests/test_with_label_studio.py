"""Label Studio itself: a project, an image, the backend connected, clicks and predictions by its API."""

import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import eyepiece
import pytest
from eyepiece_label_studio import Backend, Server
from eyepiece_label_studio._images import Images
from PIL import Image
from pictures import micrograph, strokes
from test_backend import CONFIG, brush, mask_of, point

pytest.importorskip("label_studio", reason="label-studio is not installed")
TOKEN = "0123456789" * 4


def ask(url, method="GET", document=None, body=None, kind="application/json"):
    data = body if document is None else json.dumps(document).encode()
    request = urllib.request.Request(
        url, data, {"Authorization": f"Token {TOKEN}", "Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folder = tmp_path_factory.mktemp("label-studio")
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder), "DJANGO_DB": "sqlite", "COLLECT_ANALYTICS": "False",
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true", "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false"}
    process = subprocess.Popen(
        [str(pathlib.Path(sys.executable).parent / "label-studio"), "start", "--no-browser",
         "--port", str(port), "--internal-host", "127.0.0.1", "--username", "a@b.example",
         "--password", "a-long-one", "--user-token", TOKEN],
        env={**os.environ, **settings}, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 240
    while True:
        try:
            ask(url + "/api/projects")
            break
        except (OSError, AssertionError):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(1)
    yield url
    process.terminate()
    process.wait()


def test_label_studio_shows_what_is_predicted(studio, server):
    backend = Backend(eyepiece.Client(server.url), Images(studio, TOKEN))
    with Server(("127.0.0.1", 0), backend) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{one.server_address[1]}"
        config = CONFIG.replace("$micrograph", "$image")
        project = ask(studio + "/api/projects", "POST", {"title": "steel", "label_config": config})["id"]
        for seed in range(3):
            file = io.BytesIO()
            Image.fromarray(micrograph(seed=seed)).save(file, "PNG")
            head = (f'--x\r\nContent-Disposition: form-data; name="file"; filename="a{seed}.png"\r\n'
                    "Content-Type: image/png\r\n\r\n")
            ask(f"{studio}/api/projects/{project}/import", "POST",
                body=head.encode() + file.getvalue() + b"\r\n--x--\r\n", kind="multipart/form-data; boundary=x")
        tasks = ask(f"{studio}/api/tasks?project={project}")["tasks"]
        assert len(tasks) == 3
        model = ask(studio + "/api/ml", "POST", {
            "project": project, "url": url, "title": "Eyepiece", "is_interactive": True})
        clicked = ask(f"{studio}/api/ml/{model['id']}/interactive-annotating", "POST", {
            "task": tasks[0]["id"], "context": {"result": [point(70, 30), point(20, 30, "0")]}})
        mask = mask_of(clicked["data"]["result"][0])
        assert mask[30, 70] and not mask[30, 20]

        # Label Studio made the webhook itself.
        labels = strokes()
        ask(f"{studio}/api/tasks/{tasks[0]['id']}/annotations", "POST", {
            "result": [brush(labels == 1, "matrix"), brush(labels == 2, "pore")]})
        end = time.monotonic() + 60
        while not any(project.classifier for project in backend.projects.values()):
            assert time.monotonic() < end
            time.sleep(0.1)
        ask(f"{studio}/api/dm/actions?id=retrieve_tasks_predictions&project={project}", "POST", {
            "ordering": [], "selectedItems": {"all": True, "excluded": []}, "project": str(project)})
        predictions = ask(f"{studio}/api/predictions?project={project}")
        assert len(predictions) == 3
        for prediction in predictions:
            assert prediction["model_version"].startswith("eyepiece-")
            assert {one["value"]["brushlabels"][0] for one in prediction["result"]} == {"matrix", "pore"}
